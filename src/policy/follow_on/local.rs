//! How long the follow-on clocks run that no statute sets: a partnership may choose, within bounds (domain 5.3, last
//! column; 6.4; R90).
//!
//! What a statute sets, or our reading of one, is no choice and stands in the table: the return home interview, police
//! protection, Encompass, the decision, the assessment, the conference, the designated officer.

use crate::domain::Span;

/// The lengths. The default is the domain's, `[DEFAULT]`, `[LOCAL]` or `[PRACTICE]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FollowOn {
    /// R06: the interview's owner is warned so many hours after the return; 48 of the statutory 72.
    pub interview_warning_hours: u32,
    /// R10: RESPONSE has made contact by 17:00 of that working day; 2.
    pub contact_working_days: u32,
    /// R20: a referral to the MARAC is expected by 17:00 of that working day; 2.
    pub marac_referral_working_days: u32,
    /// R30: research is due so many working days before the meeting; 2.
    pub marac_research_working_days: u32,
    /// R41: police protection is warned of so many hours after it began, ascending; 48, 60, 71 of the 72.
    pub police_protection_warning_hours: [u32; 3],
    /// R41: the front door's enquiries (s47), working minutes, at most the 72 hours; 480.
    pub enquiries_working_minutes: u32,
    /// R55: a question asked RED is answered, working minutes; 240.
    pub answer_red_working_minutes: u32,
    /// R55: AMBER, working minutes; 480.
    pub answer_amber_working_minutes: u32,
    /// R55: GREEN, by 17:00 of that working day; 3.
    pub answer_green_working_days: u32,
    /// R60: the team around the child reviews after so many days; 42.
    pub team_review_days: u32,
    /// R90: a disagreement goes to the leads, working minutes; 480.
    pub disagreement_leads_working_minutes: u32,
    /// R90: to the senior on call, by 17:00 of that working day; 5.
    pub disagreement_senior_working_days: u32,
    /// 6.4: an overridden refusal is reviewed, working minutes; 480.
    pub override_review_working_minutes: u32,
    /// 6.6: who was asked to stop confirms, by 17:00 of that working day; 2.
    pub stop_confirmed_working_days: u32,
}

impl FollowOn {
    /// As the domain proposes them.
    pub const DEFAULT: Self = Self {
        interview_warning_hours: 48,
        contact_working_days: 2,
        marac_referral_working_days: 2,
        marac_research_working_days: 2,
        police_protection_warning_hours: [48, 60, 71],
        enquiries_working_minutes: 480,
        answer_red_working_minutes: 240,
        answer_amber_working_minutes: 480,
        answer_green_working_days: 3,
        team_review_days: 42,
        disagreement_leads_working_minutes: 480,
        disagreement_senior_working_days: 5,
        override_review_working_minutes: 480,
        stop_confirmed_working_days: 2,
    };

    /// When police protection is warned of for the first, second or third time.
    pub(super) fn police_protection_warning(&self, which: usize) -> Span {
        let hours = self.police_protection_warning_hours.get(which).copied().unwrap_or_default();
        Span::hours(i64::from(hours))
    }
}

impl Default for FollowOn {
    fn default() -> Self {
        Self::DEFAULT
    }
}
