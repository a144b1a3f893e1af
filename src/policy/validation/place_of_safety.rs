//! The part of a place of safety record (domain 3.9): what it means, and what must stand in it.

use super::super::age::Age;
use super::super::stage;
use super::assess::{Assessed, Assessment, mismatch};
use super::findings::Findings;
use super::{Reading, Subject};
use crate::domain::place_of_safety::{Held, StayError};
use crate::domain::submission::{
    Collection, Given, Need, OfferAgreedBy, Onward, PlaceOfSafetyFacts, PoliceProtectionFacts,
    PowerUsed, Submission, path,
};
use crate::domain::{AlertKind, Priority, Risk, Timestamp};

/// Under what a young person is in the place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Power {
    /// By agreement: nobody is held.
    Agreement,
    /// After an arrest.
    Arrest,
    /// Police protection.
    PoliceProtection,
    /// An emergency protection order.
    ProtectionOrder,
    /// Mental Health Act 1983 s136.
    MentalHealthAct,
    /// It cannot be told: no power this hub can read, or a block of police protection without its power (GAP3). Never
    /// shown as police protection.
    Unclear,
}

/// A place of safety record as routing and sharing read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlaceOfSafetyAssessment {
    /// Under what.
    pub power: Power,
    /// A block of police protection stands there without its power: GAP3, P1.
    pub block_without_power: bool,
    /// No safe adult to go home to, or nobody knows.
    pub no_safe_adult: bool,
    /// The power that holds the child, while it does; none once released.
    pub held: Option<Held>,
    /// The end of a stay that an earlier alert of the episode told of.
    pub is_release: bool,
    /// The age at the event.
    pub age: Age,
}

pub(super) fn assess(
    submission: &Submission,
    context: &Reading<'_>,
    age: Age,
    facts: &PlaceOfSafetyFacts,
) -> Assessed {
    let block_without_power = facts.has_block_without_power();
    let is_released = facts.released_at.is_given();
    let told_before = context.episode.iter().any(|record| record.kind == AlertKind::PlaceOfSafety);
    let power = power(facts);
    let found = PlaceOfSafetyAssessment {
        power,
        block_without_power,
        no_safe_adult: is_without_safe_adult(facts),
        held: held(facts, power, context.now).filter(|_| !is_released),
        is_release: is_released && told_before,
        age,
    };
    let envelope = &submission.envelope;
    let is_unreadable = power == Power::Unclear && !block_without_power
        || facts.power_used.known().is_none()
        || facts.collection.known().is_none()
        || envelope.risk.is_unrecognised();
    let is_urgent = found.no_safe_adult || is_unreadable || envelope.risk.is(Risk::High);
    let minimum = match power {
        Power::PoliceProtection | Power::ProtectionOrder | Power::MentalHealthAct => Priority::P1,
        Power::Agreement | Power::Arrest | Power::Unclear if is_urgent => Priority::P2,
        Power::Agreement | Power::Arrest | Power::Unclear => Priority::P3,
    };
    // GAP3 delivers at P1, whichever of power and block is wrong. Whether it is a gap or a refusal is the mode's, which
    // the block alone does not set (domain 9, S08).
    let row = if block_without_power {
        Priority::P1
    } else if found.is_release && !found.no_safe_adult {
        Priority::P3
    } else {
        minimum
    };
    let mismatches = block_without_power
        .then(|| mismatch(path::PLACE_OF_SAFETY, "s46", "CONTRADICTION"))
        .into_iter()
        .collect();
    Assessed {
        assessment: Assessment::PlaceOfSafety(found),
        minimum,
        row,
        risk: envelope.risk.known(),
        mismatches,
        gaps: Vec::new(),
        refused_fields: Vec::new(),
    }
}

/// An order or the Mental Health Act stays what it is beside a block that does not belong to it.
fn power(facts: &PlaceOfSafetyFacts) -> Power {
    match facts.power_used.known() {
        Some(PowerUsed::Ca89S46) => Power::PoliceProtection,
        Some(PowerUsed::EpoS44) => Power::ProtectionOrder,
        Some(PowerUsed::MhaS136) => Power::MentalHealthAct,
        Some(PowerUsed::NoneVoluntary) if !facts.has_block_without_power() => Power::Agreement,
        Some(PowerUsed::PaceArrest) if !facts.has_block_without_power() => Power::Arrest,
        Some(PowerUsed::NoneVoluntary | PowerUsed::PaceArrest) | None => Power::Unclear,
    }
}

/// An answer that cannot be read is not taken for a safe adult.
fn is_without_safe_adult(facts: &PlaceOfSafetyFacts) -> bool {
    match facts.collection.known() {
        Some(Collection::NoSafeAdult | Collection::Unknown) => true,
        Some(Collection::Collected | Collection::SafeAdultOnWay) => false,
        None => facts.collection.is_unrecognised(),
    }
}

/// The clock of police protection runs from `taken_at`, where that is missing or lies ahead from the earliest instant
/// the record gives: an end told too early is safe, one told too late is not.
fn held(facts: &PlaceOfSafetyFacts, power: Power, now: Timestamp) -> Option<Held> {
    let taken = facts.s46.get().and_then(|block| past(&block.taken_at, now));
    let (found, moved) = (past(&facts.found_at, now), past(&facts.moved_at, now));
    match power {
        Power::PoliceProtection => {
            let since = taken.or(found).or(moved).unwrap_or(now);
            Some(Held::by_police_protection(since))
        }
        Power::MentalHealthAct => {
            let held = Held::by_s136(moved.or(found).unwrap_or(now));
            let is_extended = facts.order_expires_at.get().is_some_and(|end| *end > held.ends_at());
            Some(if is_extended { held.extended_by_doctor() } else { held })
        }
        Power::Agreement | Power::Arrest | Power::ProtectionOrder | Power::Unclear => None,
    }
}

fn past(given: &Given<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    given.get().copied().filter(|at| *at <= now)
}

pub(super) fn check(
    subject: &Subject<'_>,
    found: &PlaceOfSafetyAssessment,
    findings: &mut Findings,
) {
    let Some(facts) = subject.submission.place_of_safety() else { return };
    let root = path::PLACE_OF_SAFETY;
    findings.require(&facts.found_at, root, "found_at");
    findings.require(&facts.found_place, root, "found_place");
    findings.require(&facts.moved_to, root, "moved_to");
    findings.require(&facts.moved_at, root, "moved_at");
    findings.require(&facts.staffed_by, root, "staffed_by");
    findings.require(&facts.power_used, root, "power_used");
    findings.require(&facts.collection, root, "collection");
    if facts.circumstances.is_empty() {
        findings.missing(of("circumstances"), Need::Required, "say how the young person was found");
    }
    if facts.onward.is_empty() {
        findings.missing(of("onward"), Need::Required, "give NONE if nothing follows");
    }
    let now = subject.context.now;
    let times = [("found_at", &facts.found_at), ("moved_at", &facts.moved_at)];
    for (field, given) in times {
        if given.get().is_some_and(|at| *at > now) {
            findings.wrong(of(field), "IN_FUTURE", "correct the clock or the time");
        }
    }
    if facts.moved_at.get().zip(facts.found_at.get()).is_some_and(|(moved, found)| moved < found) {
        findings.wrong(of("moved_at"), "BEFORE_FOUND", "nobody is moved before being found");
    }
    by_power(facts, now, findings);
    onward(facts, findings);
    release(facts, found, now, findings);
    let told = stage::of(subject.submission);
    if let Some(error) = told.and_then(|told| stage::refused(told, subject.context)) {
        let what = "the stay has ended: a new one is a record by itself";
        findings.wrong(of("released_at"), error.reason(), what);
    }
}

fn by_power(facts: &PlaceOfSafetyFacts, now: Timestamp, findings: &mut Findings) {
    let root = path::PLACE_OF_SAFETY;
    if facts.has_block_without_power() {
        findings.wrong(
            of("s46"),
            "MUST_BE_ABSENT",
            "leave the block out, or give power_used CA89_S46 if the child is in police protection",
        );
    }
    match facts.power_used.known() {
        Some(PowerUsed::NoneVoluntary) => {
            let what = "say who agreed to the move";
            findings.require_since(&facts.agreement, root, "agreement", what);
        }
        Some(PowerUsed::EpoS44) => {
            let what = "say when the order ends";
            findings.require_since(&facts.order_expires_at, root, "order_expires_at", what);
        }
        Some(PowerUsed::Ca89S46) => {
            let what = "give the block of police protection";
            findings.require_since(&facts.s46, root, "s46", what);
            if let Some(block) = facts.s46.get() {
                police_protection(block, now, findings);
            }
        }
        Some(PowerUsed::MhaS136 | PowerUsed::PaceArrest) | None => {}
    }
}

/// Children Act 1989 s46(3)-(5): who did what, and when everybody was told.
fn police_protection(block: &PoliceProtectionFacts, now: Timestamp, findings: &mut Findings) {
    let at = of("s46");
    findings.require(&block.taken_at, &at, "taken_at");
    findings.require(&block.initiating_officer, &at, "initiating_officer");
    findings.require(&block.designated_officer, &at, "designated_officer");
    findings.require(&block.grounds, &at, "grounds");
    findings.require(&block.la_informed_at, &at, "la_informed_at");
    findings.require(&block.child_wishes, &at, "child_wishes");
    if matches!(block.parents_informed_at, Given::Missing) {
        let what = "say when the parents were told, or why not";
        let field = "parents_not_informed_reason";
        findings.require_since(&block.parents_not_informed_reason, &at, field, what);
    }
    if block.taken_at.get().is_some_and(|taken| *taken > now) {
        findings.wrong(format!("{at}.taken_at"), "IN_FUTURE", "correct the clock or the time");
    }
}

/// RESPONSE needs an agreement, and a child who gives it a record of being able to (domain 6.3).
fn onward(facts: &PlaceOfSafetyFacts, findings: &mut Findings) {
    let root = path::PLACE_OF_SAFETY;
    if facts.onward.contains(Onward::Response) {
        let what = "say who agreed to RESPONSE, or leave it out";
        findings.require_since(&facts.offer_agreed_by, root, "offer_agreed_by", what);
    }
    if facts.offer_agreed_by.is(OfferAgreedBy::ChildCompetent) {
        let what = "record that the child can decide this";
        findings.require_since(&facts.competence, root, "competence", what);
    }
    if facts.onward.contains(Onward::None) && facts.onward.known().count() > 1 {
        findings.wrong(of("onward"), "CONTRADICTION", "give NONE alone");
    }
}

fn release(
    facts: &PlaceOfSafetyFacts,
    found: &PlaceOfSafetyAssessment,
    now: Timestamp,
    findings: &mut Findings,
) {
    let Some(released) = facts.released_at.get() else { return };
    let what = "say to whom the young person went";
    findings.require_since(&facts.released_to, path::PLACE_OF_SAFETY, "released_to", what);
    if *released > now {
        findings.wrong(of("released_at"), "IN_FUTURE", "correct the clock or the time");
        return;
    }
    if facts.moved_at.get().is_some_and(|moved| released < moved) {
        findings.wrong(of("released_at"), "BEFORE_MOVED", "nobody leaves before coming");
    }
    let of_power = held(facts, found.power, now).map(|held| held.release(*released));
    match of_power {
        Some(Err(StayError::AfterItEnded)) => findings.wrong(
            of("released_at"),
            "AFTER_POWER_ENDED",
            "the power had ended by then: correct the time, or tell the front door by phone",
        ),
        Some(Err(StayError::BeforeItBegan)) => findings.wrong(
            of("released_at"),
            "BEFORE_POWER_BEGAN",
            "correct this time, or when the power began",
        ),
        Some(Ok(_)) | None => {}
    }
}

fn of(field: &str) -> String {
    format!("{}.{field}", path::PLACE_OF_SAFETY)
}
