//! What the kind's own part means: effective risk, band, markers, and the priority no sender can go below.

use super::super::age::Age;
use super::super::triggers::{self, Trigger};
use super::super::{clock, stage};
use super::concern::{ConcernAssessment, assess_concern, assess_contact};
use super::domestic_abuse::{self, DomesticAbuseAssessment};
use super::information::{self, InformationRow};
use super::marac::MaracAssessment;
use super::place_of_safety::PlaceOfSafetyAssessment;
use super::{
    Reading, ReturnInterviewAssessment, family_help, marac, operation_report, place_of_safety,
};
use crate::domain::alert::Gap;
use crate::domain::submission::{
    AlcoholFacts, BodyFacts, CpPlan, CpisResult, FoundHow, Given, InjuryMechanism, Intoxication,
    LookedAfter, MissingCategory, MissingFacts, MissingRiskFactor, RiskMarker, SafeDischarge,
    Submission, path,
};
use crate::domain::{AlertKind, Priority, Risk, Rule};

/// A place where the hub reads an alert as more urgent, or less consistent, than its sender.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    /// The field.
    pub path: String,
    /// A stable code: `RISK_BELOW_MINIMUM`, `PRIORITY_RAISED`, `CONTRADICTION`, ….
    pub reason: &'static str,
}

/// What the kind's own part means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Assessment {
    /// MISSING_*.
    Missing(MissingAssessment),
    /// ALCOHOL_ATTENDANCE.
    Alcohol(AlcoholAssessment),
    /// DV_NOTIFICATION.
    DomesticAbuse(DomesticAbuseAssessment),
    /// RHI_UPDATE.
    ReturnInterview(ReturnInterviewAssessment),
    /// ALCOHOL_PATHWAY.
    AlcoholPathway,
    /// MARAC_REFERRAL, MARAC_OUTCOME.
    Marac(MaracAssessment),
    /// CAF_REGISTERED, TAC_UPDATE.
    FamilyHelp,
    /// INFORMATION_REQUEST, INFORMATION_RESPONSE: which line of the matrix it is in.
    Information(InformationRow),
    /// NOT_SHARED_RECORD, ASSESSMENT_COMPLETED: goes to nobody.
    Kept,
    /// PLACE_OF_SAFETY.
    PlaceOfSafety(PlaceOfSafetyAssessment),
    /// OPERATION_REPORT: nothing about a person.
    OperationReport,
    /// CSC_CONTACT, CSC_REFERRAL.
    CscContact(ConcernAssessment),
    /// CONCERN.
    Concern(ConcernAssessment),
    /// REFERRAL_DECISION.
    ReferralDecision,
    /// FEEDBACK.
    Feedback,
}

impl Assessment {
    /// What a MISSING_* means.
    #[must_use]
    pub const fn missing(&self) -> Option<&MissingAssessment> {
        if let Self::Missing(found) = self { Some(found) } else { None }
    }

    /// What an ALCOHOL_ATTENDANCE means.
    #[must_use]
    pub const fn alcohol(&self) -> Option<&AlcoholAssessment> {
        if let Self::Alcohol(found) = self { Some(found) } else { None }
    }

    /// What an RHI_UPDATE means.
    #[must_use]
    pub const fn return_interview(&self) -> Option<&ReturnInterviewAssessment> {
        if let Self::ReturnInterview(found) = self { Some(found) } else { None }
    }

    /// What a contact, a referral or a concern means.
    #[must_use]
    pub const fn worry(&self) -> Option<&ConcernAssessment> {
        if let Self::CscContact(found) | Self::Concern(found) = self { Some(found) } else { None }
    }

    /// What a DV_NOTIFICATION means.
    #[must_use]
    pub const fn domestic_abuse(&self) -> Option<&DomesticAbuseAssessment> {
        if let Self::DomesticAbuse(found) = self { Some(found) } else { None }
    }

    /// What a MARAC_REFERRAL or MARAC_OUTCOME means.
    #[must_use]
    pub const fn marac(&self) -> Option<&MaracAssessment> {
        if let Self::Marac(found) = self { Some(found) } else { None }
    }

    /// What a PLACE_OF_SAFETY means.
    #[must_use]
    pub const fn place_of_safety(&self) -> Option<&PlaceOfSafetyAssessment> {
        if let Self::PlaceOfSafety(found) = self { Some(found) } else { None }
    }
}

/// The row of a report (domain 5.3). Orders from most to least urgent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MissingRow {
    /// HIGH, 13 or under, or a flag.
    R01,
    /// MEDIUM.
    R02,
    /// Missing, LOW or NONE_APPARENT.
    R03,
    /// No apparent risk, or away from placement.
    R04,
}

impl MissingRow {
    const ALL: &'static [Self] = &[Self::R01, Self::R02, Self::R03, Self::R04];

    /// The rule's id.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::R01 => Rule::R01,
            Self::R02 => Rule::R02,
            Self::R03 => Rule::R03,
            Self::R04 => Rule::R04,
        }
    }
}

/// A missing alert as routing reads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MissingAssessment {
    /// The row of a report with these facts.
    pub row: MissingRow,
    /// MISSING_UPDATED: whether the row is more urgent than the episode's so far.
    pub risen: bool,
    /// Whether the child is dead.
    pub deceased: bool,
}

/// An alcohol attendance as routing and sharing read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlcoholAssessment {
    /// The markers given and those the hub adds, ascending; never NONE.
    pub markers: Vec<RiskMarker>,
    /// Whether one of them is hard.
    pub hard: bool,
    /// Whether there is a child protection plan, for the child or an unborn one.
    pub plan: bool,
    /// The age at the attendance.
    pub age: Age,
}

/// The assessment with what follows for the alert as a whole.
pub(super) struct Assessed {
    pub(super) assessment: Assessment,
    pub(super) minimum: Priority,
    /// The priority of the routing row itself: differs from the minimum for news in an episode.
    pub(super) row: Priority,
    pub(super) risk: Option<Risk>,
    pub(super) mismatches: Vec<Mismatch>,
    pub(super) gaps: Vec<Gap>,
    pub(super) refused_fields: Vec<String>,
}

pub(super) fn assess(submission: &Submission, context: &Reading<'_>, ages: &[Age]) -> Assessed {
    match &submission.body {
        BodyFacts::Missing(facts) => missing(submission, context, ages, facts),
        BodyFacts::Alcohol(facts) => alcohol(submission, context, facts),
        BodyFacts::DomesticAbuse(facts) => domestic_abuse::assess(submission, context, ages, facts),
        BodyFacts::ReturnInterview(_) => {
            let found =
                ReturnInterviewAssessment { late: stage::lateness(submission, context.episode) };
            at_row(submission, Assessment::ReturnInterview(found), Priority::P4)
        }
        BodyFacts::AlcoholPathway(_) => {
            at_row(submission, Assessment::AlcoholPathway, Priority::P5)
        }
        BodyFacts::MaracReferral(facts) => marac::assess(submission, context, ages, &facts.case),
        BodyFacts::MaracOutcome(facts) => marac::assess(submission, context, ages, &facts.case),
        BodyFacts::PlaceOfSafety(facts) => {
            place_of_safety::assess(submission, context, primary_age(submission, ages), facts)
        }
        BodyFacts::FamilyHelp(facts) => family_help::assess(submission, facts),
        BodyFacts::InformationRequest(_)
        | BodyFacts::InformationResponse(_)
        | BodyFacts::NotShared(_)
        | BodyFacts::AssessmentCompleted(_) => information::assess(submission, context),
        BodyFacts::OperationReport(_) => operation_report::assess(submission),
        BodyFacts::CscContact(facts) => assess_contact(submission, facts),
        BodyFacts::Concern(facts) => assess_concern(submission, ages, facts),
        BodyFacts::ReferralDecision(_) => {
            at_row(submission, Assessment::ReferralDecision, Priority::P4)
        }
        BodyFacts::Feedback(_) => at_row(submission, Assessment::Feedback, Priority::P4),
    }
}

/// An alert whose row alone says how urgent it is.
pub(super) fn at_row(submission: &Submission, assessment: Assessment, row: Priority) -> Assessed {
    Assessed {
        assessment,
        minimum: row,
        row,
        risk: submission.envelope.risk.known(),
        mismatches: Vec::new(),
        gaps: Vec::new(),
        refused_fields: Vec::new(),
    }
}

pub(super) fn primary_age(submission: &Submission, ages: &[Age]) -> Age {
    let index = submission.primary_index();
    index.and_then(|index| ages.get(index)).copied().unwrap_or(Age::Unknown)
}

/// Whether a child kind is about somebody who is known to be an adult: 18 or over, the NHS number traced (R81). A date
/// of birth alone may be mistyped, and the person is then taken as a child (GAP5).
pub(crate) fn is_adult_in_a_child_kind(submission: &Submission, ages: &[Age]) -> bool {
    let is_traced = submission.primary().is_some_and(|person| person.nhs_verified);
    submission.kind.is_child_kind() && is_traced && primary_age(submission, ages).is_adult()
}

fn missing(
    submission: &Submission,
    context: &Reading<'_>,
    ages: &[Age],
    facts: &MissingFacts,
) -> Assessed {
    let stated = submission.envelope.risk.known();
    let before = context.episode.iter().rev().find_map(|record| record.risk);
    let is_update = submission.kind == AlertKind::MissingUpdated;
    let is_flagged = facts.risk_factors.contains_any(MissingRiskFactor::MAKING_HIGH);
    let is_authorised = is_update
        && facts.downgrade_by == Given::Given(crate::domain::submission::Rank::InspectorOrAbove);
    let lowers =
        is_update && before == Some(Risk::High) && stated.is_some_and(|risk| risk < Risk::High);
    let is_refused = lowers && !is_authorised;

    let is_high = (is_flagged && !is_authorised) || is_refused;
    let risk = if is_high { Some(Risk::High) } else { stated.or(before.filter(|_| is_update)) };
    let age = primary_age(submission, ages);
    let is_young = context.clocks.thresholds.is_young(age);
    let row = missing_row(risk, facts, is_young);
    let deceased =
        submission.kind == AlertKind::MissingFound && facts.found_how.is(FoundHow::Deceased);
    let risen = is_update && episode_row(context).is_none_or(|before| row < before);

    let mut mismatches = Vec::new();
    if !is_refused && risk > stated && stated.is_some() {
        mismatches.push(mismatch(path::ENVELOPE, "risk", "RISK_BELOW_MINIMUM"));
    }
    if is_young && facts.category.is(MissingCategory::NoApparentRisk) {
        mismatches.push(mismatch(path::MISSING, "category", "CONTRADICTION"));
    }
    let minimum = if deceased { Priority::P1 } else { row_priority(row) };
    let refused = format!("{}.downgrade_by", path::MISSING);
    Assessed {
        assessment: Assessment::Missing(MissingAssessment { row, risen, deceased }),
        minimum,
        row: news_priority(submission.kind, minimum, risen, deceased),
        risk,
        mismatches,
        gaps: Vec::new(),
        refused_fields: if is_refused { vec![refused] } else { Vec::new() },
    }
}

/// R01–R04 (domain 5.3). A risk or factor that cannot be read is taken as R02's: no priority can be told, P2.
fn missing_row(risk: Option<Risk>, facts: &MissingFacts, is_young: bool) -> MissingRow {
    let is_flagged = facts.risk_factors.contains_any(MissingRiskFactor::MAKING_HIGH);
    if risk == Some(Risk::High) || is_young || (is_flagged && risk.is_none()) {
        return MissingRow::R01;
    }
    let is_unreadable = risk.is_none() || facts.risk_factors.has_unrecognised();
    if is_unreadable || risk == Some(Risk::Medium) {
        return MissingRow::R02;
    }
    match facts.category.known() {
        Some(MissingCategory::NoApparentRisk | MissingCategory::AwayFromPlacement) => {
            MissingRow::R04
        }
        Some(MissingCategory::Missing) | None => MissingRow::R03,
    }
}

/// The front door's and police's priority. R04's responsible team has its own, P3, which lifts nobody else's.
const fn row_priority(row: MissingRow) -> Priority {
    match row {
        MissingRow::R01 => Priority::P1,
        MissingRow::R02 => Priority::P2,
        MissingRow::R03 => Priority::P3,
        MissingRow::R04 => Priority::P4,
    }
}

/// News in an episode goes at P3 unless the risk rises (R05) or the child is dead (R06).
const fn news_priority(
    kind: AlertKind,
    minimum: Priority,
    risen: bool,
    deceased: bool,
) -> Priority {
    let is_quiet = (matches!(kind, AlertKind::MissingUpdated) && !risen)
        || (matches!(kind, AlertKind::MissingFound) && !deceased)
        || matches!(kind, AlertKind::MissingCancelled);
    if is_quiet { Priority::P3 } else { minimum }
}

/// The row the episode stands at: that of its newest report or risen update.
fn episode_row(context: &Reading<'_>) -> Option<MissingRow> {
    context.episode.iter().rev().find_map(|record| {
        let is_of = |row: &&MissingRow| {
            record.decisions.iter().any(|decision| decision.routes.contains(&row.rule()))
        };
        MissingRow::ALL.iter().find(is_of).copied()
    })
}

impl Assessed {
    /// With the marker REPEAT where the hub's own count says so (T3). It is soft: no priority changes by it.
    pub(super) fn marked_by(mut self, repeats: &[triggers::Finding]) -> Self {
        if let Assessment::Alcohol(found) = &mut self.assessment
            && triggers::holds(repeats, Trigger::T3)
        {
            found.markers.push(RiskMarker::Repeat);
            found.markers.sort_unstable();
            found.markers.dedup();
        }
        self
    }
}

fn alcohol(submission: &Submission, context: &Reading<'_>, facts: &AlcoholFacts) -> Assessed {
    let at = facts.attendance_at.get().filter(|at| **at <= context.now).unwrap_or(&context.now);
    let day = clock::date_of(*at);
    let age = submission.primary().map_or(Age::Unknown, |person| Age::on(person.age, day));
    let envelope = &submission.envelope;
    let plan =
        matches!(facts.cpis_result.known(), Some(CpisResult::CpPlan | CpisResult::UnbornPlan))
            || matches!(envelope.cp_plan.known(), Some(CpPlan::Yes | CpPlan::Unborn));
    let markers = markers(submission, facts, age);
    let is_hard = |marker: &RiskMarker| {
        RiskMarker::HARD.contains(marker)
            || (*marker == RiskMarker::Pregnant && age.may_be_under(16))
    };
    let hard = markers.iter().any(is_hard);
    let has = |marker: RiskMarker| markers.contains(&marker);
    let is_exploitation = RiskMarker::EXPLOITATION.iter().any(|marker| has(*marker));

    let is_urgent = is_exploitation || has(RiskMarker::NoSafeAdult) || (hard && plan);
    let is_high = envelope.risk.is(Risk::High) || envelope.risk.is_unrecognised();
    let minimum = if is_urgent || is_high || is_unreadable(facts) {
        Priority::P2
    } else if hard {
        Priority::P3
    } else {
        Priority::P4
    };
    let mut mismatches = Vec::new();
    if facts.risk_markers.contains(RiskMarker::None) && !markers.is_empty() {
        mismatches.push(mismatch(path::ALCOHOL, "risk_markers", "CONTRADICTION"));
    }
    Assessed {
        assessment: Assessment::Alcohol(AlcoholAssessment { markers, hard, plan, age }),
        minimum,
        row: minimum,
        risk: envelope.risk.known(),
        mismatches,
        gaps: Vec::new(),
        refused_fields: Vec::new(),
    }
}

/// The sender's markers and those the hub reads from the other fields (domain 3.6).
fn markers(submission: &Submission, facts: &AlcoholFacts, age: Age) -> Vec<RiskMarker> {
    /// At or below this the Glasgow Coma Scale says unconscious.
    const COMA: u32 = 8;
    let envelope = &submission.envelope;
    let is_flag = facts.cpis_result.known().is_some_and(CpisResult::is_flag)
        || envelope.looked_after.is(LookedAfter::Yes)
        || matches!(envelope.cp_plan.known(), Some(CpPlan::Yes | CpPlan::Unborn));
    let derived = [
        (RiskMarker::Age12OrUnder, age.is_at_most(12)),
        (
            RiskMarker::Unconscious,
            facts.intoxication.is(Intoxication::Unconscious)
                || facts.gcs_lowest.get().is_some_and(|gcs| *gcs <= COMA),
        ),
        (RiskMarker::Assault, facts.injury_mechanism.is(InjuryMechanism::Assault)),
        (RiskMarker::SelfHarm, facts.injury_mechanism.is(InjuryMechanism::SelfHarm)),
        (RiskMarker::NoSafeAdult, facts.safe_discharge_to.is(SafeDischarge::NoSafeAdult)),
        (RiskMarker::CpisFlag, is_flag),
    ];
    let derived = derived.iter().filter(|(_, applies)| *applies).map(|(marker, _)| *marker);
    let given = facts.risk_markers.known().filter(|marker| *marker != RiskMarker::None);
    let mut all: Vec<RiskMarker> = given.chain(derived).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether the markers, or a field the hub reads them from, cannot be read.
fn is_unreadable(facts: &AlcoholFacts) -> bool {
    let has_unknown_code = facts.risk_markers.has_unrecognised()
        || facts.intoxication.is_unrecognised()
        || facts.injury_mechanism.is_unrecognised()
        || facts.safe_discharge_to.is_unrecognised()
        || facts.cpis_result.is_unrecognised();
    let nothing_told = facts.risk_markers.is_empty()
        && (facts.intoxication.known().is_none()
            || facts.safe_discharge_to.known().is_none()
            || facts.cpis_result.known().is_none());
    has_unknown_code || nothing_told
}

pub(super) fn mismatch(path: &str, field: &str, reason: &'static str) -> Mismatch {
    Mismatch { path: format!("{path}.{field}"), reason }
}
