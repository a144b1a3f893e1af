//! A referrer that does not agree with a decision of the front door (R90, domain 5.2a).
//!
//! Three stages, each unless it was resolved before: the front door's duty manager; after a working day both agencies'
//! safeguarding leads; after five working days the senior on call. The child's safety may shorten every step: a later
//! stage may be asked for at any time, an earlier one never again. Owns whom a stage calls and when the next one is due.
//! Raising, answering and the words of both wait for REFERRAL_DECISION to be spoken.

use super::partners::{CADT, COUNCIL, is_front_door};
use super::{clock, routing, sharing};
use crate::domain::alert::Conflicts;
use crate::domain::codes::code_list;
use crate::domain::directory::{Agency, Directory, MailboxRole};
use crate::domain::{AgencyCode, Deadline, DeadlineTag, MailboxId, Priority, Timestamp};

code_list! {
    /// How far a disagreement has gone. Orders from first to last.
    Stage {
        /// With the duty manager of the front door.
        Manager = 1 => "STAGE_1",
        /// With the safeguarding leads of both agencies.
        Leads = 2 => "STAGE_2",
        /// With the senior on call.
        Senior = 3 => "STAGE_3",
    }
}

/// Every stage is the same day's work (domain 5.2a). `[DEFAULT]` for the last, of which the domain states none.
pub const PRIORITY: Priority = Priority::P3;

/// One working day, which is 8 working hours (domain 5.5).
const LEADS_AFTER_MINUTES: u32 = 480;

/// A working week: resolve within it, or as the child's safety needs (local protocol of 2015).
const SENIOR_AFTER_DAYS: u32 = 5;

impl Stage {
    /// The stage after this one, and when it is called if nobody has resolved the disagreement that was raised at
    /// `raised`. None after the last.
    #[must_use]
    pub fn next(self, raised: Timestamp) -> Option<(Self, Deadline)> {
        let (next, at) = match self {
            Self::Manager => (Self::Leads, clock::working_minutes(raised, LEADS_AFTER_MINUTES)),
            Self::Leads => (Self::Senior, clock::working_days(raised, SENIOR_AFTER_DAYS)),
            Self::Senior => return None,
        };
        Some((next, Deadline { at, tag: DeadlineTag::Local }))
    }

    /// Whether a referrer may go from this stage to `asked`: further, as soon as the child's safety needs it; never back.
    #[must_use]
    pub fn may_become(self, asked: Self) -> bool {
        self < asked
    }
}

/// Whom a disagreement is between, and from whom the alert is kept.
#[derive(Clone, Copy, Debug)]
pub struct Between<'a> {
    /// The agency that referred.
    pub referrer: &'a AgencyCode,
    /// The agency that decided.
    pub decider: &'a AgencyCode,
    /// From whom the decision is kept: whoever stands in their place is called (domain 5.7).
    pub conflicts: &'a Conflicts,
}

/// The inboxes a stage calls, each once, at [`PRIORITY`]. An agency without the role is called at its desk: no stage calls
/// nobody while the agency has an inbox at all.
#[must_use]
pub fn called(
    stage: Stage,
    between: Between<'_>,
    (directory, now): (&Directory, Timestamp),
) -> Vec<MailboxId> {
    let Between { referrer, decider, conflicts } = between;
    let of = |code: &str, role| {
        let code = AgencyCode::try_from(code).ok()?;
        inbox(directory.agencies.get(&code)?, role)
    };
    // Of the two desks of the front door the day's has the lead (domain 2.2).
    let led = if is_front_door(decider) { CADT } else { decider.as_str() };
    let named: Vec<Option<MailboxId>> = match stage {
        Stage::Manager => vec![of(decider.as_str(), MailboxRole::Manager)],
        Stage::Leads => {
            vec![of(led, MailboxRole::Lead), of(referrer.as_str(), MailboxRole::Lead)]
        }
        Stage::Senior => vec![of(COUNCIL, MailboxRole::HeadOfService)],
    };
    let open = |mailbox: MailboxId| sharing::told_of(&mailbox, conflicts, (directory, now));
    let mut inboxes: Vec<MailboxId> = named.into_iter().flatten().map(open).collect();
    inboxes.dedup();
    inboxes
}

fn inbox(agency: &Agency, role: MailboxRole) -> Option<MailboxId> {
    let found = agency.mailbox(role).or_else(|| routing::duty_mailbox(agency))?;
    Some(found.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fixtures::*;

    /// A Monday.
    const S15: &str = "2026-11-23T16:00Z";

    fn names(stage: Stage, referrer: &str, conflicts: &Conflicts) -> Vec<String> {
        let (referrer, decider) = (code(referrer), code("CADT"));
        let between = Between { referrer: &referrer, decider: &decider, conflicts };
        let inboxes = called(stage, between, (&directory(), at(S15)));
        inboxes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn r90_each_stage_calls_whom_it_names() {
        let nobody = Conflicts::default();

        assert_eq!(names(Stage::Manager, "MERPOL", &nobody), ["CADT/manager"]);
        assert_eq!(names(Stage::Leads, "MERPOL", &nobody), ["CADT/lead", "MERPOL/lead"]);
        assert_eq!(names(Stage::Senior, "MERPOL", &nobody), ["COUNCIL/head-of-service"]);
    }

    #[test]
    fn r90_a_referrer_without_a_lead_is_called_at_its_desk() {
        let school = code("SCH-900102");
        let mut directory = directory();
        let agency = directory.agencies.get_mut(&school).unwrap();
        agency.mailboxes.retain(|mailbox| mailbox.role != MailboxRole::Lead);
        let (decider, conflicts) = (code("EDT"), Conflicts::default());
        let between = Between { referrer: &school, decider: &decider, conflicts: &conflicts };

        let inboxes = called(Stage::Leads, between, (&directory, at(S15)));

        let inboxes: Vec<String> = inboxes.iter().map(ToString::to_string).collect();
        assert_eq!(inboxes, ["CADT/lead", "SCH-900102"], "the day's desk has the lead for both");
    }

    #[test]
    fn r90_nobody_is_called_from_whom_the_decision_is_kept() {
        let conflicts = Conflicts { agencies: vec![code("CADT")], ..Conflicts::default() };

        assert_eq!(names(Stage::Manager, "MERPOL", &conflicts), ["CADT/lead"]);
    }

    #[test]
    fn r90_a_stage_may_be_asked_for_sooner_and_never_again() {
        for (from, to, may) in [
            (Stage::Manager, Stage::Leads, true),
            (Stage::Manager, Stage::Senior, true),
            (Stage::Leads, Stage::Senior, true),
            (Stage::Manager, Stage::Manager, false),
            (Stage::Senior, Stage::Leads, false),
        ] {
            assert_eq!(from.may_become(to), may, "{from} to {to}");
        }
    }

    #[test]
    fn r90_the_steps_are_those_of_the_table_line_by_line() {
        let table = include_str!("../../tests/tables/disagreement.txt");
        let is_row = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
        let mut rows = 0_u32;
        for line in table.lines().filter(is_row) {
            let columns: Vec<&str> = line.split('|').map(str::trim).collect();
            let [raised, leads, senior] = columns.as_slice() else { panic!("{line}") };
            let step = |stage: Stage| {
                let (_, due) = stage.next(at(raised)).unwrap();
                assert_eq!(due.tag, DeadlineTag::Local, "no statute sets it");
                london(due.at)
            };
            assert_eq!(step(Stage::Manager), *leads, "{line}");
            assert_eq!(step(Stage::Leads), *senior, "{line}");
            rows = rows.saturating_add(1);
        }
        assert!(rows >= 5, "{rows} lines");
        assert_eq!(Stage::Senior.next(at(S15)), None, "above the senior on call is nobody");
    }
}
