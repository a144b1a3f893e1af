//! The section for the clocks that follow an alert and that no statute sets: `[clocks.follow_on]`.

use serde::Deserialize;

use super::unit::{Days, Hours, WorkingDays, WorkingMinutes};

/// `[clocks.follow_on]`: how long what follows an alert may take (domain 5.3, last column). All local choices: what a
/// statute sets cannot be set here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FollowOn {
    /// R06: a return home interview is warned of so many hours after the return, 1 to 71. Default 48.
    pub interview_warning_hours: Hours<1, 71>,
    /// R10: the young people's service has made contact, 1 to 20. Default 2.
    pub contact_working_days: WorkingDays<1, 20>,
    /// R20: a referral to the MARAC is expected, 1 to 20. Default 2.
    pub marac_referral_working_days: WorkingDays<1, 20>,
    /// R30: research is due so many days before the meeting, 1 to 20. Default 2.
    pub marac_research_working_days: WorkingDays<1, 20>,
    /// R41: police protection is warned of so many hours after it began, 1 to 71 each, ascending. Default 48, 60, 71.
    pub police_protection_warning_hours: [Hours<1, 71>; 3],
    /// R41: the front door's enquiries, 1 to 1,440; 72 hours at the latest. Default 480.
    pub enquiries_working_minutes: WorkingMinutes<1, 1_440>,
    /// R55: a question asked RED is answered, 1 to 4,800. Default 240.
    pub answer_red_working_minutes: WorkingMinutes<1, 4_800>,
    /// R55: a question asked AMBER is answered, 1 to 4,800. Default 480.
    pub answer_amber_working_minutes: WorkingMinutes<1, 4_800>,
    /// R55: a question asked GREEN is answered, 1 to 20. Default 3.
    pub answer_green_working_days: WorkingDays<1, 20>,
    /// R60: the team around the child reviews, 1 to 366. Default 42.
    pub team_review_days: Days<1, 366>,
    /// R90: a disagreement goes to both leads, 1 to 4,800. Default 480.
    pub disagreement_leads_working_minutes: WorkingMinutes<1, 4_800>,
    /// R90: a disagreement goes to the senior on call, 1 to 20. Default 5.
    pub disagreement_senior_working_days: WorkingDays<1, 20>,
    /// 6.4: an overridden refusal is reviewed, 1 to 4,800. Default 480.
    pub override_review_working_minutes: WorkingMinutes<1, 4_800>,
    /// 6.6: whoever was asked to stop confirms, 1 to 20. Default 2.
    pub stop_confirmed_working_days: WorkingDays<1, 20>,
}

impl FollowOn {
    pub(super) fn warns_in_order(&self) -> bool {
        self.police_protection_warning_hours.is_sorted_by(|earlier, later| earlier < later)
    }

    pub(super) fn is_red_soonest(&self) -> bool {
        self.answer_red_working_minutes <= self.answer_amber_working_minutes
    }
}

impl Default for FollowOn {
    fn default() -> Self {
        Self {
            interview_warning_hours: Hours::default_of::<48>(),
            contact_working_days: WorkingDays::default_of::<2>(),
            marac_referral_working_days: WorkingDays::default_of::<2>(),
            marac_research_working_days: WorkingDays::default_of::<2>(),
            police_protection_warning_hours: [
                Hours::default_of::<48>(),
                Hours::default_of::<60>(),
                Hours::default_of::<71>(),
            ],
            enquiries_working_minutes: WorkingMinutes::default_of::<480>(),
            answer_red_working_minutes: WorkingMinutes::default_of::<240>(),
            answer_amber_working_minutes: WorkingMinutes::default_of::<480>(),
            answer_green_working_days: WorkingDays::default_of::<3>(),
            team_review_days: Days::default_of::<42>(),
            disagreement_leads_working_minutes: WorkingMinutes::default_of::<480>(),
            disagreement_senior_working_days: WorkingDays::default_of::<5>(),
            override_review_working_minutes: WorkingMinutes::default_of::<480>(),
            stop_confirmed_working_days: WorkingDays::default_of::<2>(),
        }
    }
}
