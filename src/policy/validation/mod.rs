//! Whether an alert is taken, and as what (domain 3.2).
//!
//! The mode is the more urgent of the sender's priority and the hub's minimum, which is told before anything
//! is refused, from whatever can be read. In urgent mode (P1, P2) only a missing R! field or a kind that is
//! not the sender's refuses; everything else becomes a gap. P3–P5 are refused with every violation at once.
//! Contradictions resolve upward. Stored records are never validated again.

mod alcohol;
mod alcohol_pathway;
mod assess;
mod child_impact;
mod concern;
mod decision;
mod domestic_abuse;
mod envelope;
mod family_help;
mod findings;
mod information;
mod marac;
mod missing;
mod operation_report;
mod place_of_safety;
mod return_interview;
mod sharing_record;

pub(crate) use assess::is_adult_in_a_child_kind;
pub(crate) use concern::REASON_MIN;
pub(crate) use sharing_record::{is_approved, is_refused, parent_refuses};

pub use concern::{AboutWhom, ConcernAssessment, Harm};

pub use assess::{AlcoholAssessment, Assessment, Mismatch, MissingAssessment, MissingRow};
pub use domestic_abuse::{Danger, DomesticAbuseAssessment};
pub use information::InformationRow;
pub(crate) use information::{asked, asker};
pub use marac::MaracAssessment;
pub use place_of_safety::{PlaceOfSafetyAssessment, Power};

pub use return_interview::ReturnInterviewAssessment;

use std::sync::Arc;

use super::{Clocks, Context, age::Age, clock, partners, triggers};
use crate::domain::alert::{AlertStatus, Gap};
use crate::domain::submission::{Code, Given, Need, Submission, Violation, path};
use crate::domain::{AlertRecord, Priority, Risk, Rule, Timestamp};
use findings::Findings;

/// An alert that is taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Validated {
    /// The priority that decided what a fault means.
    pub mode: Priority,
    /// The effective priority: what its routing row and the sender make it.
    pub priority: Priority,
    /// The effective risk.
    pub risk: Option<Risk>,
    /// Whether it is whole.
    pub status: AlertStatus,
    /// What is missing or unusable; empty unless urgent.
    pub gaps: Vec<Gap>,
    /// Where the hub's reading differs from the sender's: PRIORITY_MISMATCH.
    pub mismatches: Vec<Mismatch>,
    /// Fields refused alone while the rest was taken (GAP4): ALERT_REJECTED.
    pub refused_fields: Vec<String>,
    /// Times of the sender that were replaced by the hub's (GAP1): CLOCK_SKEW.
    pub skewed: Vec<String>,
    /// Whether the sharing record is coherent; otherwise the basis is provisional (domain 6.4).
    pub sharing: SharingStanding,
    /// What the kind's own part means.
    pub assessment: Assessment,
    /// The age of each subject at the event, in order.
    pub ages: Vec<Age>,
    /// What the repeat triggers say of it (domain 5.8).
    pub repeats: Vec<triggers::Finding>,
}

impl Validated {
    /// The paths of the fields of which the hub took more than the sender stated. What the sender raised itself is not
    /// among them, nor the urgency that a routine kind cannot have.
    #[must_use]
    pub fn raised(&self) -> Vec<String> {
        let by_sender = |reason| matches!(reason, SENDER_RAISED | ROUTINE_KIND);
        let by_hub = self.mismatches.iter().filter(|mismatch| !by_sender(mismatch.reason));
        by_hub.map(|mismatch| mismatch.path.clone()).collect()
    }
}

/// The sender states more urgency than its facts ask for: it goes as sent, and shows (domain 3.2).
const SENDER_RAISED: &str = "PRIORITY_RAISED";

/// The sender states an urgency that the kind cannot have: it is not taken (domain 3.1a).
pub(crate) const ROUTINE_KIND: &str = "ROUTINE_KIND";

/// Whether the sharing record can be relied on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SharingStanding {
    /// Yes.
    Coherent,
    /// No: the hub fills in a PROVISIONAL basis.
    Provisional,
}

/// An alert that is not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    /// Every violation, by path.
    pub violations: Vec<Violation>,
    /// The mode it was refused in. Urgent: the sender is told "not sent: phone".
    pub priority: Priority,
}

/// Takes the alert or refuses it with every violation at once.
///
/// # Errors
/// [`Rejected`]: at any priority for a missing R! field or a kind the sender may not send; at P3–P5 for any
/// missing or unusable field.
pub fn validate(submission: &Submission, context: &Context<'_>) -> Result<Validated, Rejected> {
    let reading = Reading { now: context.now, episode: context.episode, clocks: &context.clocks };
    let ages = ages(submission, context.now);
    let assessed = assess::assess(submission, &reading, &ages);
    let stated = stated_priority(submission);
    let mode = stated.map_or(assessed.minimum, |stated| stated.most_urgent(assessed.minimum));

    let mut findings = Findings::of(&submission.violations);
    let subject = Subject { submission, context, ages: &ages, mode };
    check_sender(&subject, &mut findings);
    envelope::check(&subject, &mut findings);
    sharing_record::check(&subject, &assessed.assessment, &mut findings);
    match &assessed.assessment {
        Assessment::Missing(_) => missing::check(&subject, &mut findings),
        Assessment::Alcohol(_) => alcohol::check(&subject, &mut findings),
        Assessment::DomesticAbuse(found) => {
            domestic_abuse::check(&subject, found, &mut findings);
        }
        Assessment::ReturnInterview(_) => return_interview::check(&subject, &mut findings),
        Assessment::AlcoholPathway => alcohol_pathway::check(&subject, &mut findings),
        Assessment::Marac(found) => marac::check(&subject, found, &mut findings),
        Assessment::PlaceOfSafety(found) => {
            place_of_safety::check(&subject, found, &mut findings);
        }
        Assessment::FamilyHelp => family_help::check(&subject, &mut findings),
        Assessment::Information(_) => information::check(&subject, &mut findings),
        Assessment::Kept => information::check_kept(&subject, &mut findings),
        Assessment::OperationReport => operation_report::check(&subject, &mut findings),
        Assessment::CscContact(_) => concern::check_contact(&subject, &mut findings),
        Assessment::Concern(_) => concern::check_concern(&subject, &mut findings),
        Assessment::ReferralDecision => decision::check_decision(&subject, &mut findings),
        Assessment::Feedback => decision::check_feedback(&subject, &mut findings),
    }

    let violations = findings.into_sorted();
    let is_hard = violations.iter().any(|violation| violation.need == Need::Hard);
    if is_hard || (!mode.is_urgent() && !violations.is_empty()) {
        return Err(Rejected { violations, priority: mode });
    }
    let repeats = triggers::judge(submission, &ages, context);
    let assessed = assessed.marked_by(&repeats);
    Ok(take(&subject, (assessed, repeats), stated, &violations))
}

/// The mode of an alert, told from itself alone: what a sender hears when nothing can be stored.
#[must_use]
pub fn minimum_priority(submission: &Submission, clocks: &Clocks) -> Priority {
    let envelope = &submission.envelope;
    let at = envelope.sent_at.get().or_else(|| envelope.occurred_at.get());
    let reading = Reading { now: at.copied().unwrap_or_default(), episode: &[], clocks };
    let ages = ages(submission, reading.now);
    let minimum = assess::assess(submission, &reading, &ages).minimum;
    stated_priority(submission).map_or(minimum, |stated| stated.most_urgent(minimum))
}

/// What an assessment rests on besides the submission.
struct Reading<'a> {
    now: Timestamp,
    episode: &'a [Arc<AlertRecord>],
    clocks: &'a Clocks,
}

/// What the checks look at.
struct Subject<'a> {
    submission: &'a Submission,
    context: &'a Context<'a>,
    ages: &'a [Age],
    mode: Priority,
}

fn take(
    subject: &Subject<'_>,
    (assessed, repeats): (assess::Assessed, Vec<triggers::Finding>),
    stated: Option<Priority>,
    violations: &[Violation],
) -> Validated {
    let mut mismatches = assessed.mismatches;
    mismatches.extend(priority_mismatch(subject.submission, assessed.minimum, assessed.row));
    // T2 is P1 whatever the row (domain 5.8); for the sharing rows and the sender's fields nothing changes.
    let row = match triggers::fires(&repeats, triggers::Trigger::T2) {
        true => Priority::P1,
        false => assessed.row,
    };
    let priority = stated.map_or(row, |stated| stated.most_urgent(row));
    let mut gaps: Vec<Gap> = violations.iter().map(gap).collect();
    gaps.extend(assessed.gaps);
    gaps.extend(assessed.refused_fields.iter().map(|path| Gap {
        path: path.clone(),
        rule: Rule::GAP4,
        reason: "DOWNGRADE_WITHOUT_AUTHORITY".to_owned(),
    }));
    let ends = |field: &str| {
        let is_of = |violation: &&Violation| violation.path.ends_with(field);
        violations.iter().filter(is_of).any(|violation| violation.reason == "IN_FUTURE")
    };
    let skewed = ["sent_at", "occurred_at"].iter().filter(|field| ends(field));
    let is_of_sharing = |violation: &Violation| violation.path.starts_with(sharing_record::PATH);
    let sharing = if violations.iter().any(is_of_sharing) {
        SharingStanding::Provisional
    } else {
        SharingStanding::Coherent
    };
    // A field refused alone comes back at once; the alert itself is whole.
    let is_whole = gaps.iter().all(|gap| gap.rule == Rule::GAP4);
    Validated {
        mode: subject.mode,
        priority,
        risk: assessed.risk,
        status: if is_whole { AlertStatus::Accepted } else { AlertStatus::AcceptedIncomplete },
        gaps,
        mismatches,
        refused_fields: assessed.refused_fields,
        skewed: skewed.map(|field| format!("{}.{field}", path::ENVELOPE)).collect(),
        sharing,
        assessment: assessed.assessment,
        ages: subject.ages.to_vec(),
        repeats,
    }
}

fn check_sender(subject: &Subject<'_>, findings: &mut Findings) {
    let kind = subject.submission.kind;
    if !partners::may_send(&subject.context.sender.code, kind) {
        findings.hard(
            format!("{}.kind", path::ENVELOPE),
            "KIND_NOT_ALLOWED",
            "this kind is not for your agency to send; phone the front door",
        );
    }
    let is_other = subject
        .submission
        .envelope
        .sender_agency
        .get()
        .is_some_and(|stated| *stated != subject.context.sender.code);
    if is_other {
        findings.hard(
            format!("{}.sender_agency", path::ENVELOPE),
            "SENDER_MISMATCH",
            "state the agency of your certificate",
        );
    }
}

/// The priority the sender states; an unknown code is urgent, never the least urgent. A routine kind is never above P3
/// (domain 3.1a).
fn stated_priority(submission: &Submission) -> Option<Priority> {
    let stated = match &submission.envelope.priority {
        Given::Given(Code::Known(priority)) => *priority,
        Given::Given(Code::Unrecognised(_)) => Priority::P2,
        Given::Missing | Given::Malformed => return None,
    };
    Some(if submission.kind.is_routine() { stated.max(Priority::P3) } else { stated })
}

/// News in an episode goes at its row's priority although the child's facts would ask for more.
fn priority_mismatch(
    submission: &Submission,
    minimum: Priority,
    row: Priority,
) -> Option<Mismatch> {
    let stated = submission.envelope.priority.known()?;
    let reason = if submission.kind.is_routine() && stated.is_urgent() {
        // Not taken: urgent content belongs in a CONCERN.
        ROUTINE_KIND
    } else if stated > row {
        "PRIORITY_BELOW_MINIMUM"
    } else if stated < minimum && stated.is_urgent() {
        SENDER_RAISED
    } else {
        return None;
    };
    Some(Mismatch { path: format!("{}.priority", path::ENVELOPE), reason })
}

fn gap(violation: &Violation) -> Gap {
    let field = violation.path.rsplit('.').next().unwrap_or_default();
    let rule = match (field, violation.reason) {
        ("sent_at" | "occurred_at", "IN_FUTURE") => Rule::GAP1,
        ("s46", "MUST_BE_ABSENT") => Rule::GAP3,
        (_, "CONTRADICTION") => Rule::GAP2,
        ("dob", "ADULT" | "IN_FUTURE") => Rule::GAP5,
        ("headline_concern" | "sender_user" | "schema_version", _) => Rule::GAP6,
        (_, _) => Rule::GAP,
    };
    Gap { path: violation.path.clone(), rule, reason: violation.reason.to_owned() }
}

/// The age of each subject on the day of the event.
fn ages(submission: &Submission, now: Timestamp) -> Vec<Age> {
    let event = submission.envelope.occurred_at.get().copied();
    let day = clock::date_of(event.filter(|at| *at <= now).unwrap_or(now));
    submission.subjects.iter().map(|subject| Age::on(subject.age, day)).collect()
}

#[cfg(test)]
mod tests;
