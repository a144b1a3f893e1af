//! Contacts, referrals and concerns: what they mean and what they must hold (domain 3.10, 3.12, R50, R70).

use super::super::age::Age;
use super::Subject;
use super::assess::{Assessed, Assessment, Mismatch, primary_age};
use super::findings::Findings;
use crate::domain::referral::OwnReport;
use crate::domain::submission::{
    Bool3, ConcernCode, ConcernFacts, CscContactFacts, FgmDisclosed, Given, Length, Need,
    ParentAgreement, SubjectRole, Submission, Worry, path,
};
use crate::domain::{Priority, Risk};

/// The shortest account of what was seen and heard.
const ACCOUNT_MIN: Length = Length(50);
/// The shortest reason that says anything (D14).
pub(crate) const REASON_MIN: Length = Length(20);

/// Whether significant harm is suspected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Harm {
    /// Yes, or an act of FGM is told of.
    Suspected,
    /// Not known: taken as suspected for sharing (D3).
    Unknown,
    /// Answered NO.
    No,
}

/// Whom a concern is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AboutWhom {
    /// A child is the PRIMARY.
    Child,
    /// An adult, and a child is affected.
    AdultAndChild,
    /// An adult, and no child.
    Adult,
}

/// A contact, referral or concern as routing and sharing read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConcernAssessment {
    /// Whether harm is suspected.
    pub harm: Harm,
    /// Whom it is about.
    pub about: AboutWhom,
    /// The report that the law asks of the sender besides.
    pub own_report: OwnReport,
    /// Whether a crime is suspected.
    pub crime: bool,
    /// Whether asking a parent would not be safe.
    pub unsafe_to_ask: bool,
    /// Whether it is about somebody who works with children.
    pub about_worker: bool,
}

impl ConcernAssessment {
    /// Whether it is shared as suspected harm (matrix row m), else with a parent's agreement or a reason (row n).
    #[must_use]
    pub fn is_suspected(&self, risk: Option<Risk>) -> bool {
        self.harm != Harm::No || self.unsafe_to_ask || risk == Some(Risk::High)
    }
}

/// R50: P4; P3 where harm is not known; P2 where it is suspected or the risk is HIGH.
pub(super) fn assess_contact(submission: &Submission, facts: &CscContactFacts) -> Assessed {
    let risk = submission.envelope.risk.known();
    let harm = harm(&facts.worry);
    let found = ConcernAssessment {
        harm,
        about: AboutWhom::Child,
        own_report: own_report(&facts.worry),
        crime: facts.worry.crime.is(Bool3::Yes),
        unsafe_to_ask: facts.worry.parent_agreement.is(ParentAgreement::NotAskedUnsafe),
        about_worker: false,
    };
    let minimum = match harm {
        Harm::Suspected => Priority::P2,
        Harm::Unknown | Harm::No if is_high(submission) => Priority::P2,
        Harm::Unknown => Priority::P3,
        Harm::No => Priority::P4,
    };
    assessed(Assessment::CscContact(found), minimum, risk, mismatches(&facts.worry, path::CONTACT))
}

/// R70: by risk for a child; for an adult P3, P2 where HIGH.
pub(super) fn assess_concern(
    submission: &Submission,
    ages: &[Age],
    facts: &ConcernFacts,
) -> Assessed {
    let risk = submission.envelope.risk.known();
    let about = about(submission, ages);
    let harm = harm(&facts.worry);
    let found = ConcernAssessment {
        harm,
        about,
        own_report: own_report(&facts.worry),
        crime: facts.worry.crime.is(Bool3::Yes),
        unsafe_to_ask: facts.worry.parent_agreement.is(ParentAgreement::NotAskedUnsafe),
        // An answer this hub cannot read is taken as yes: somebody must look.
        about_worker: facts.about_worker.is(Bool3::Yes) || facts.about_worker.is_unrecognised(),
    };
    let of_child = if harm == Harm::Suspected || is_high(submission) {
        Priority::P2
    } else if risk == Some(Risk::Medium) {
        Priority::P3
    } else {
        Priority::P4
    };
    let of_adult = if is_high(submission) { Priority::P2 } else { Priority::P3 };
    let minimum = match about {
        AboutWhom::Child => of_child,
        AboutWhom::AdultAndChild => of_adult.most_urgent(of_child),
        AboutWhom::Adult => of_adult,
    };
    assessed(Assessment::Concern(found), minimum, risk, mismatches(&facts.worry, path::CONCERN))
}

fn assessed(
    assessment: Assessment,
    minimum: Priority,
    risk: Option<Risk>,
    mismatches: Vec<Mismatch>,
) -> Assessed {
    Assessed {
        assessment,
        minimum,
        row: minimum,
        risk,
        mismatches,
        gaps: Vec::new(),
        refused_fields: Vec::new(),
    }
}

/// A risk that cannot be read is never the lowest.
fn is_high(submission: &Submission) -> bool {
    let risk = &submission.envelope.risk;
    risk.is(Risk::High) || risk.is_unrecognised()
}

fn harm(worry: &Worry) -> Harm {
    if own_report(worry) == OwnReport::Fgm || worry.harm.is_unrecognised() {
        return Harm::Suspected;
    }
    match worry.harm.known() {
        Some(Bool3::Yes) => Harm::Suspected,
        Some(Bool3::No) => Harm::No,
        Some(Bool3::Unknown) | None => Harm::Unknown,
    }
}

/// Told by the child, or seen: an act, whatever else is answered (FGM Act 2003 s5B).
fn own_report(worry: &Worry) -> OwnReport {
    let is_act = worry.fgm_disclosed.known().is_some_and(FgmDisclosed::is_of_an_act);
    if is_act { OwnReport::Fgm } else { OwnReport::None }
}

/// Harm answered NO beside an act of FGM is taken as harm (GAP2).
fn mismatches(worry: &Worry, root: &str) -> Vec<Mismatch> {
    let is_contradicted = worry.harm.is(Bool3::No) && own_report(worry) == OwnReport::Fgm;
    let mismatch =
        Mismatch { path: format!("{root}.significant_harm_suspected"), reason: "CONTRADICTION" };
    if is_contradicted { vec![mismatch] } else { Vec::new() }
}

fn about(submission: &Submission, ages: &[Age]) -> AboutWhom {
    if !primary_age(submission, ages).is_adult() {
        return AboutWhom::Child;
    }
    let has_child = submission.subjects.iter().any(|person| {
        matches!(
            person.role.known(),
            Some(SubjectRole::Sibling | SubjectRole::OtherChild | SubjectRole::Unborn)
        )
    });
    if has_child { AboutWhom::AdultAndChild } else { AboutWhom::Adult }
}

pub(super) fn check_contact(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.contact() else { return };
    let at = path::CONTACT;
    worry(&facts.worry, at, findings);
    findings.require(&facts.contact_type, at, "contact_type");
    findings.require(&facts.worry.harm, at, "significant_harm_suspected");
    findings.require(&facts.worry.parent_agreement, at, "parent_agreement");
    findings.require(&facts.referrer, at, "referrer_type");
    account(&facts.evidence, at, "evidence", findings);
    if facts.child_seen_at.get().is_some_and(|seen| *seen > subject.context.now) {
        let path = format!("{at}.child_seen_by_referrer_at");
        findings.wrong(path, "IN_FUTURE", "correct the clock or the time");
    }
}

pub(super) fn check_concern(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.concern() else { return };
    let at = path::CONCERN;
    worry(&facts.worry, at, findings);
    findings.require(&facts.source, at, "source");
    findings.require(&facts.about_worker, at, "about_worker");
    findings.require(&facts.response_wanted, at, "response_wanted");
    account(&facts.narrative, at, "narrative", findings);
    if facts.worry.harm.is(Bool3::No) {
        let what = "say whether a parent agrees";
        findings.require_since(&facts.worry.parent_agreement, at, "parent_agreement", what);
    }
}

fn worry(worry: &Worry, at: &str, findings: &mut Findings) {
    if worry.codes.is_empty() {
        let what = "give at least one code, OTHER if none fits";
        findings.missing(format!("{at}.concern_codes"), Need::Required, what);
    }
    if worry.codes.contains(ConcernCode::Fgm) {
        let what = "say how you know: told by the child, seen, or a risk only";
        findings.require_since(&worry.fgm_disclosed, at, "fgm_disclosed", what);
    }
    if worry.parent_reason.get().is_some_and(|reason| *reason < REASON_MIN) {
        let path = format!("{at}.parent_agreement_reason");
        findings.wrong(path, "TOO_SHORT", "use at least 20 characters");
    }
}

fn account(given: &Given<Length>, at: &str, field: &str, findings: &mut Findings) {
    findings.require(given, at, field);
    if given.get().is_some_and(|text| *text < ACCOUNT_MIN) {
        let what = "use at least 50 characters: what was seen and heard, by whom, when";
        findings.wrong(format!("{at}.{field}"), "TOO_SHORT", what);
    }
}
