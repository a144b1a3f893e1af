//! In which of the matrix's conditions an alert is (domain 6.5a).

use super::super::referral;
use super::super::routing::{Routed, is_repeat_of};
use super::super::validation::{
    AboutWhom, Assessment, ConcernAssessment, InformationRow, Power, is_adult_in_a_child_kind,
};
use super::matrix::{self, Asked, Condition as C, Row};
use super::{Case, PolicyError};
use crate::domain::directory::Agency;
use crate::domain::submission::{BodyFacts, Bool3, RiskBand};
use crate::domain::{AlertKind, AlertRecord, Letter, Risk, Rule, View};

/// The condition for this recipient, and what its cell may ask besides. None where there is no such alert that was
/// decided on.
pub(super) fn of(case: &Case<'_>, routed: &Routed) -> Result<(Option<C>, Asked), PolicyError> {
    if !is_of_kind(&case.submission.body, case.submission.kind) {
        return Err(PolicyError::BodyOfOtherKind);
    }
    let risk = case.validated.risk;
    let condition = match &case.validated.assessment {
        Assessment::Missing(_) => Some(C::Missing),
        Assessment::Alcohol(found) if found.hard => Some(C::AlcoholHard),
        Assessment::Alcohol(_) => Some(C::AlcoholNoHard),
        Assessment::ReturnInterview(_) => Some(C::ReturnInterview),
        Assessment::AlcoholPathway => Some(C::AlcoholPathway),
        Assessment::DomesticAbuse(found) => {
            // D4: the band, or a repeat of the pair.
            let is_high = found.band == RiskBand::HighGold || is_repeat_of(&case.validated.repeats);
            Some(match (found.child_in_scope, is_high) {
                (true, true) => C::ChildHigh,
                (true, false) => C::ChildNotHigh,
                (false, true) => C::NoChildHigh,
                (false, false) => C::NoChildNotHigh,
            })
        }
        Assessment::Marac(found) if found.has_children => Some(C::MaracWithChildren),
        Assessment::Marac(_) => Some(C::MaracWithoutChildren),
        // A power that is not clear is none: the row without a power asks for no agreement either.
        Assessment::PlaceOfSafety(found) => Some(match found.power {
            Power::Agreement | Power::Arrest | Power::Unclear => C::PlaceWithoutPower,
            Power::PoliceProtection | Power::ProtectionOrder => C::PlaceWithPower,
            Power::MentalHealthAct => C::PlaceUnderMentalHealthAct,
        }),
        Assessment::FamilyHelp => Some(match case.submission.family_help() {
            Some(facts) if facts.steps_up() => C::FamilyHelpStepUp,
            Some(_) | None => C::FamilyHelp,
        }),
        Assessment::Information(row) => Some(match row {
            InformationRow::Statute => C::InformationByStatute,
            InformationRow::Harm => C::InformationOnHarm,
            InformationRow::Agreement => C::InformationByAgreement,
        }),
        // Row u: nobody gets it.
        Assessment::Kept => None,
        Assessment::OperationReport => Some(C::OperationReport),
        Assessment::CscContact(found) | Assessment::Concern(found) => Some(worry(found, risk)),
        Assessment::Feedback => Some(C::Feedback),
        Assessment::ReferralDecision if routed.letter == Letter::T => Some(C::Feedback),
        Assessment::ReferralDecision => {
            referral::decided_on(case.context.episode).find_map(decided_on)
        }
    };
    Ok((condition, asked(case, routed)))
}

/// Whether the part is the kind's own.
fn is_of_kind(body: &BodyFacts, kind: AlertKind) -> bool {
    match body {
        BodyFacts::Missing(_) => kind.is_missing(),
        BodyFacts::Alcohol(_) => kind == AlertKind::AlcoholAttendance,
        BodyFacts::DomesticAbuse(_) => kind == AlertKind::DvNotification,
        BodyFacts::ReturnInterview(_) => kind == AlertKind::RhiUpdate,
        BodyFacts::AlcoholPathway(_) => kind == AlertKind::AlcoholPathway,
        BodyFacts::MaracReferral(_) => kind == AlertKind::MaracReferral,
        BodyFacts::MaracOutcome(_) => kind == AlertKind::MaracOutcome,
        BodyFacts::FamilyHelp(_) => {
            matches!(kind, AlertKind::CafRegistered | AlertKind::TacUpdate)
        }
        BodyFacts::InformationRequest(_) => kind == AlertKind::InformationRequest,
        BodyFacts::InformationResponse(_) => kind == AlertKind::InformationResponse,
        BodyFacts::NotShared(_) => kind == AlertKind::NotSharedRecord,
        BodyFacts::AssessmentCompleted(_) => kind == AlertKind::AssessmentCompleted,
        BodyFacts::PlaceOfSafety(_) => kind == AlertKind::PlaceOfSafety,
        BodyFacts::OperationReport(_) => kind == AlertKind::OperationReport,
        BodyFacts::CscContact(_) => {
            matches!(kind, AlertKind::CscContact | AlertKind::CscReferral)
        }
        BodyFacts::ReferralDecision(_) => kind == AlertKind::ReferralDecision,
        BodyFacts::Feedback(_) => kind == AlertKind::Feedback,
        BodyFacts::Concern(_) => kind == AlertKind::Concern,
    }
}

/// The row for this recipient. A task about a SAFE address is D3's wherever it comes from; early help is D13's, whatever
/// was decided on (row p).
pub(super) fn cell(
    (condition, asked): (Option<C>, Asked),
    routed: &Routed,
    (agency, case): (&Agency, &Case<'_>),
) -> Option<Row> {
    if routed.view == View::SafeTask && routed.letter == Letter::F {
        return Some(Row::D3);
    }
    let is_decision = matches!(case.validated.assessment, Assessment::ReferralDecision);
    if is_decision && routed.letter == Letter::A {
        return Some(Row::D13);
    }
    matrix::cell(condition?, routed.letter, (agency, case.context.sender), asked)
}

fn worry(found: &ConcernAssessment, risk: Option<Risk>) -> C {
    match (found.about, found.is_suspected(risk)) {
        (AboutWhom::Child, true) => C::HarmSuspected,
        (AboutWhom::Child, false) => C::NoHarm,
        (AboutWhom::AdultAndChild, true) => C::AdultChildHarm,
        (AboutWhom::AdultAndChild, false) => C::AdultChildNoHarm,
        (AboutWhom::Adult, _) => C::AdultOnly,
    }
}

/// The condition of an alert that was decided on, told from its record: its kind, and the row by which the front door
/// had it. What its body said stays sealed.
fn decided_on(earlier: &AlertRecord) -> Option<C> {
    let has = |row: Rule| {
        let to_front_door = |letter| matches!(letter, Letter::C | Letter::CL | Letter::X);
        let of = |applicable: &[Rule]| applicable.contains(&row);
        earlier
            .decisions
            .iter()
            .any(|decided| to_front_door(decided.letter) && of(&decided.applicable))
    };
    let is_of_adult = || earlier.decisions.iter().any(|decided| decided.letter == Letter::Z);
    Some(match earlier.kind {
        AlertKind::MissingReported
        | AlertKind::MissingUpdated
        | AlertKind::MissingFound
        | AlertKind::MissingCancelled => C::Missing,
        AlertKind::RhiUpdate => C::ReturnInterview,
        AlertKind::AlcoholPathway => C::AlcoholPathway,
        AlertKind::AlcoholAttendance if has(Rule::D11) => C::AlcoholHard,
        AlertKind::AlcoholAttendance => C::AlcoholNoHard,
        // High and not high differ for none whom a decision releases to but F, who has it from the start.
        AlertKind::DvNotification if has(Rule::D6) => C::ChildNotHigh,
        AlertKind::DvNotification => C::NoChildNotHigh,
        AlertKind::MaracReferral | AlertKind::MaracOutcome if has(Rule::D6) => C::MaracWithChildren,
        AlertKind::MaracReferral | AlertKind::MaracOutcome => C::MaracWithoutChildren,
        AlertKind::PlaceOfSafety if has(Rule::D2) => C::PlaceWithPower,
        AlertKind::PlaceOfSafety => C::PlaceWithoutPower,
        AlertKind::CscContact | AlertKind::CscReferral if has(Rule::D3) => C::HarmSuspected,
        AlertKind::CscContact | AlertKind::CscReferral => C::NoHarm,
        AlertKind::Concern if is_of_adult() && has(Rule::D3) => C::AdultChildHarm,
        AlertKind::Concern if is_of_adult() && has(Rule::D14) => C::AdultChildNoHarm,
        AlertKind::Concern if is_of_adult() => C::AdultOnly,
        AlertKind::Concern if has(Rule::D3) => C::HarmSuspected,
        AlertKind::Concern => C::NoHarm,
        // What police ask on a crime route is the front door's to decide (row r).
        AlertKind::InformationRequest if has(Rule::D2) => C::InformationByStatute,
        AlertKind::InformationRequest if has(Rule::D3) => C::InformationOnHarm,
        AlertKind::InformationRequest => C::InformationByAgreement,
        AlertKind::CafRegistered | AlertKind::TacUpdate if has(Rule::D14) => C::FamilyHelpStepUp,
        AlertKind::CafRegistered | AlertKind::TacUpdate => C::FamilyHelp,
        AlertKind::OperationReport
        | AlertKind::ReferralDecision
        | AlertKind::Feedback
        | AlertKind::InformationResponse
        | AlertKind::NotSharedRecord
        | AlertKind::AssessmentCompleted => return None,
    })
}

fn asked(case: &Case<'_>, routed: &Routed) -> Asked {
    let Case { submission, validated, .. } = case;
    let about = match &validated.assessment {
        Assessment::DomesticAbuse(found) => found.victim,
        Assessment::Missing(_)
        | Assessment::Alcohol(_)
        | Assessment::ReturnInterview(_)
        | Assessment::AlcoholPathway
        | Assessment::FamilyHelp
        | Assessment::Information(_)
        | Assessment::Kept
        | Assessment::Marac(_)
        | Assessment::PlaceOfSafety(_)
        | Assessment::OperationReport
        | Assessment::CscContact(_)
        | Assessment::Concern(_)
        | Assessment::ReferralDecision
        | Assessment::Feedback => submission.primary_index(),
    };
    let person = about.and_then(|about| submission.subjects.get(about));
    let has_needs = person.is_some_and(|person| person.care_needs.is(Bool3::Yes));
    let is_high = validated.risk == Some(Risk::High);
    let is_urgent_adult = validated.priority.is_urgent()
        && is_adult_in_a_child_kind(submission, &validated.ages)
        && routed.rules.contains(&Rule::R81);
    let worry = validated.assessment.worry();
    Asked {
        released: matches!(validated.assessment, Assessment::ReferralDecision),
        adult_at_risk: has_needs || is_urgent_adult || (is_high && submission.concern().is_some()),
        crime_and_high: is_high && worry.is_some_and(|found| found.crime),
    }
}
