//! A referrer that does not agree with a decision of the front door (R90, domain 5.2a).
//!
//! Three stages, each unless it was resolved before: the front door's duty manager; after a working day both agencies'
//! safeguarding leads; after five working days the senior on call. The child's safety may shorten every step: a later
//! stage may be asked for at any time, an earlier one never again. A new decision or feedback answers it. Owns who may
//! disagree, whom a stage calls, with which view, and when the next one is due. Whoever is called sees what the referrer
//! was told, and what it said.

use super::decide::task;
use super::escalation::{Climb, Steps};
use super::follow_on::{FollowOn, armed, due};
use super::partners::{CADT, COUNCIL, is_front_door};
use super::sketch::EventSketch;
use super::{Clocks, recall, referral, routing, sharing};
use crate::domain::alert::{Conflicts, Timer, TimerKind, TimerState};
use crate::domain::delivery::Moment;
use crate::domain::directory::{Agency, Directory, MailboxRole};
use crate::domain::disagreement::{Disagreement, Raised, Said};
use crate::domain::referral::Stage as ReferralStage;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, Deadline, Delivery, DisagreementStage as Stage, EventKind,
    Letter, MailboxId, Position, Priority, Rule, Timestamp, UserId, View,
};

/// Every stage is the same day's work (domain 5.2a). `[DEFAULT]` for the last, of which the domain states none.
pub const PRIORITY: Priority = Priority::P3;

/// Why a referrer cannot disagree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotPossible {
    /// Nobody has decided, or the hub has not told the referrer: which of both is not said.
    #[error("there is no decision that the referrer was told of")]
    NotDecided,
    /// Another decision took its place.
    #[error("another decision was made meanwhile")]
    DecisionChanged,
    /// That stage was reached before, or a later one.
    #[error("the disagreement has reached this stage")]
    StageReached,
}

impl NotPossible {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotDecided => "NOT_DECIDED",
            Self::DecisionChanged => "DECISION_CHANGED",
            Self::StageReached => "STAGE_REACHED",
        }
    }
}

/// What a referrer says.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Its alert that was decided on.
    pub referral: &'a AlertRecord,
    /// The stage it wants.
    pub stage: Stage,
    /// Who says so, where a person does.
    pub by: Option<&'a UserId>,
}

/// The decision that the sender of `referral` may disagree with: a professional's, and only one that the hub told it of. A
/// referrer from whom the decision is kept does not learn that there is one.
///
/// # Errors
/// [`NotPossible::NotDecided`]; [`NotPossible::DecisionChanged`] where the referrer names another one.
pub fn decision_of(referral: &AlertRecord, named: Option<AlertId>) -> Result<AlertId, NotPossible> {
    let told = referral.referral.filter(|it| it.hub_feeds_back()).and_then(|it| match it.stage {
        ReferralStage::Received | ReferralStage::Decided(_) => None,
        ReferralStage::FedBack(decided) => Some(decided.by),
    });
    let told = told.ok_or(NotPossible::NotDecided)?;
    match named.is_none_or(|named| named == told) {
        true => Ok(told),
        false => Err(NotPossible::DecisionChanged),
    }
}

/// Whether the stage may be raised with this decision.
///
/// # Errors
/// [`NotPossible`].
pub fn may_raise(decision: &AlertRecord, asked: &Asked<'_>) -> Result<(), NotPossible> {
    if recall::is_recalled(decision) {
        return Err(NotPossible::NotDecided);
    }
    let reached = decision.after.disagreement_on(asked.referral.id).and_then(Disagreement::last);
    match reached.is_none_or(|reached| reached.stage.may_become(asked.stage)) {
        true => Ok(()),
        false => Err(NotPossible::StageReached),
    }
}

/// The decision with the stage raised, and what to record.
///
/// # Errors
/// [`NotPossible`], as [`may_raise`].
pub fn raise(
    decision: &AlertRecord,
    (asked, said): (&Asked<'_>, Said),
    conflicts: &Conflicts,
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) -> Result<Steps, NotPossible> {
    may_raise(decision, asked)?;
    let mut climb = Climb::of(decision, &[], conflicts);
    let disagreements = &mut climb.record.after.disagreements;
    let known = disagreements.iter().position(|it| it.referral == asked.referral.id);
    let place = known.unwrap_or_else(|| {
        disagreements.push(Disagreement {
            referral: asked.referral.id,
            referrer: asked.referral.sender.clone(),
            raised: Vec::new(),
        });
        disagreements.len().saturating_sub(1)
    });
    let raised = Raised {
        stage: asked.stage,
        at: Moment { at: now, by: asked.by.cloned(), position: Position::THIS },
        called: Vec::new(),
        said: Some(said),
        answered: None,
    };
    call(&mut climb, (place, raised), (directory, clocks, now));
    Ok(climb.steps())
}

/// Nobody has resolved it in time: the next stage, by the clock.
pub(crate) fn next_stage(
    climb: &mut Climb<'_>,
    timer: &Timer,
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) {
    let is_its = |stage: &Stage| clock_of(*stage) == Some(timer.kind);
    let Some(stage) = Stage::ALL.iter().copied().find(is_its) else { return };
    let is_due = |it: &Disagreement| {
        let calls = it.last().is_some_and(|raised| {
            raised.called.first().copied() == timer.delivery && raised.stage.may_become(stage)
        });
        calls && it.is_open()
    };
    let Some(place) = climb.record.after.disagreements.iter().position(is_due) else { return };
    let at = Moment { at: now, by: None, position: Position::THIS };
    let raised = Raised { stage, at, called: Vec::new(), said: None, answered: None };
    call(climb, (place, raised), (directory, clocks, now));
}

/// Calls whom the stage calls and starts the clock of the next one.
fn call(
    climb: &mut Climb<'_>,
    (place, mut raised): (usize, Raised),
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) {
    let Some(disagreement) = climb.record.after.disagreements.get(place) else { return };
    let since = disagreement.open_since().unwrap_or(now);
    let earlier: Vec<u32> = disagreement.raised.iter().flat_map(|it| it.called.clone()).collect();
    let referrer = disagreement.referrer.clone();
    let between = Between {
        referrer: &referrer,
        decider: &climb.record.sender.clone(),
        conflicts: climb.conflicts,
    };
    let next = next(raised.stage, (since, &clocks.follow_on));
    let due = next.map(|(_, due)| due);
    let event = EventSketch::of(EventKind::DisagreementRaised).by_rules(&[Rule::R90]).due(due);
    let content = raised.said.as_ref().map(|said| said.text.commitment);
    climb.events.push(event.because(raised.stage.as_str()).committing(content));
    for mailbox in called(raised.stage, between, (directory, now)) {
        let task = Delivery {
            view: View::Feedback,
            routes: vec![Rule::R90],
            due,
            ..task(0, &mailbox, PRIORITY, now)
        };
        let number = climb.add(Delivery { letter: Letter::T, ..task });
        let created = EventSketch::of(EventKind::TaskCreated).to(number, &mailbox);
        climb.events.push(created.by_rules(&[Rule::R90]).due(due));
        raised.called.push(number);
    }
    // The clock of the stage before has nothing to wait for any more.
    for timer in &mut climb.record.timers {
        let is_its = timer.delivery.is_some_and(|number| earlier.contains(&number));
        if is_its && is_stage_clock(timer.kind) && timer.state == TimerState::Armed {
            timer.state = TimerState::Cancelled;
        }
    }
    let first = raised.called.first().and_then(|number| climb.record.delivery(*number));
    if let (Some((stage, _)), Some(first)) = (next, first)
        && let Some(kind) = clock_of(stage)
    {
        let timer = armed(kind, (since, &clocks.follow_on), first.mailbox.clone());
        let delivery = Some(first.number);
        climb.record.timers.push(Timer { delivery, ..timer });
    }
    if let Some(disagreement) = climb.record.after.disagreements.get_mut(place) {
        disagreement.raised.push(raised);
    }
}

/// The stage after `stage`, and when it is called if nobody has resolved the disagreement that was raised at `raised`.
/// None after the last.
#[must_use]
pub fn next(stage: Stage, raised: (Timestamp, &FollowOn)) -> Option<(Stage, Deadline)> {
    let next = match stage {
        Stage::Manager => Stage::Leads,
        Stage::Leads => Stage::Senior,
        Stage::Senior => return None,
    };
    Some((next, due(clock_of(next)?, raised)))
}

const fn clock_of(stage: Stage) -> Option<TimerKind> {
    match stage {
        Stage::Manager => None,
        Stage::Leads => Some(TimerKind::DisagreementToLeads),
        Stage::Senior => Some(TimerKind::DisagreementToSenior),
    }
}

fn is_stage_clock(kind: TimerKind) -> bool {
    Stage::ALL.iter().any(|stage| clock_of(*stage) == Some(kind))
}

/// Whether only the referrer's safeguarding lead was told of the decision: what is kept from somebody stays with the lead
/// (domain 5.7).
#[must_use]
pub fn is_for_lead(referral: &AlertRecord, conflicts: &Conflicts, directory: &Directory) -> bool {
    let agency = directory.agencies.get(&referral.sender);
    let has_lead = agency.is_some_and(|agency| agency.mailbox(MailboxRole::Lead).is_some());
    has_lead && referral::is_kept(referral, conflicts)
}

/// A referrer's disagreement as it sees it: not who is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VisibleDisagreement {
    /// The decision it does not agree with.
    pub decision: AlertId,
    /// The stage it has reached.
    pub stage: Stage,
    /// When it reached it.
    pub raised_at: Timestamp,
    /// The next stage and when it is called; none once answered, and after the last.
    pub next: Option<(Stage, Timestamp)>,
    /// When the front door answered; none while it is open.
    pub answered_at: Option<Timestamp>,
}

/// What the sender of `referral` sees of its disagreement with `decision`; none where it raised none.
#[must_use]
pub fn visible(decision: &AlertRecord, referral: AlertId) -> Option<VisibleDisagreement> {
    let disagreement = decision.after.disagreement_on(referral)?;
    let last = disagreement.last()?;
    let first = last.called.first().copied();
    let armed = decision.timers.iter().find(|timer| {
        let is_its = timer.delivery.is_some() && timer.delivery == first;
        is_its && is_stage_clock(timer.kind) && timer.state == TimerState::Armed
    });
    let next = armed.and_then(|timer| {
        let stage = Stage::ALL.iter().copied().find(|it| clock_of(*it) == Some(timer.kind))?;
        Some((stage, timer.due.at))
    });
    Some(VisibleDisagreement {
        decision: decision.id,
        stage: last.stage,
        raised_at: last.at.at,
        next,
        answered_at: last.answered.map(|answered| answered.at),
    })
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
    use crate::domain::DeadlineTag;
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
    fn r90_the_steps_are_those_of_the_table_line_by_line() {
        let table = include_str!("../../tests/tables/disagreement.txt");
        let is_row = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
        let mut rows = 0_u32;
        for line in table.lines().filter(is_row) {
            let columns: Vec<&str> = line.split('|').map(str::trim).collect();
            let ["R90", raised, leads, senior] = columns.as_slice() else { panic!("{line}") };
            let step = |stage: Stage| {
                let (_, due) = next(stage, (at(raised), &FollowOn::DEFAULT)).unwrap();
                assert_eq!(due.tag, DeadlineTag::Local, "no statute sets it");
                london(due.at)
            };
            assert_eq!(step(Stage::Manager), *leads, "{line}");
            assert_eq!(step(Stage::Leads), *senior, "{line}");
            rows = rows.saturating_add(1);
        }
        assert!(rows >= 5, "{rows} lines");
        assert_eq!(
            next(Stage::Senior, (at(S15), &FollowOn::DEFAULT)),
            None,
            "above the senior on call is nobody"
        );
    }
}
