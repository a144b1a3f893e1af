//! The same facts in another order: nobody's place in a list means anything.

use crate::domain::Submission;
use crate::domain::submission::*;

/// Every list of the alert backwards; who is referred to by place is referred to at the new place.
pub(super) fn turned(submission: &Submission) -> Submission {
    let mut other = submission.clone();
    let last = other.subjects.len().saturating_sub(1);
    other.subjects.reverse();
    for person in &mut other.subjects {
        person.addresses.reverse();
    }
    let envelope = &mut other.envelope;
    envelope.told.reverse();
    envelope.exclude.reverse();
    envelope.employers_of_concern.reverse();
    envelope.staff_of_concern.reverse();
    let record = &mut other.sharing;
    record.basis9 = codes(&record.basis9);
    record.gateways = codes(&record.gateways);
    record.consents.reverse();
    match &mut other.body {
        BodyFacts::Missing(facts) => facts.risk_factors = codes(&facts.risk_factors),
        BodyFacts::Alcohol(facts) => {
            facts.risk_markers = codes(&facts.risk_markers);
            facts.substances = codes(&facts.substances);
        }
        BodyFacts::DomesticAbuse(facts) => {
            facts.abuse_types = codes(&facts.abuse_types);
            // Where no victim is named it is the PRIMARY, wherever it stands.
            if let Given::Given(victim) = &mut facts.victim {
                *victim = last - *victim;
            }
            impacts(&mut facts.impacts, last);
        }
        BodyFacts::MaracReferral(facts) => {
            facts.basis = codes(&facts.basis);
            case(&mut facts.case, last);
        }
        BodyFacts::MaracOutcome(facts) => {
            facts.actions.reverse();
            case(&mut facts.case, last);
        }
        BodyFacts::PlaceOfSafety(facts) => {
            facts.circumstances = codes(&facts.circumstances);
            facts.onward = codes(&facts.onward);
        }
        BodyFacts::OperationReport(facts) => facts.areas.reverse(),
        BodyFacts::CscContact(facts) => facts.worry.codes = codes(&facts.worry.codes),
        BodyFacts::Concern(facts) => facts.worry.codes = codes(&facts.worry.codes),
        BodyFacts::FamilyHelp(facts) => facts.agreed.reverse(),
        BodyFacts::NotShared(facts) => facts.considered_for.reverse(),
        BodyFacts::ReturnInterview(facts) => facts.shared_with.reverse(),
        BodyFacts::ReferralDecision(facts) => facts.releases.reverse(),
        BodyFacts::AlcoholPathway(_)
        | BodyFacts::Feedback(_)
        | BodyFacts::InformationRequest(_)
        | BodyFacts::InformationResponse(_)
        | BodyFacts::AssessmentCompleted(_) => {}
    }
    other
}

fn codes<T: Copy + PartialEq>(codes: &Codes<T>) -> Codes<T> {
    let codes: Vec<_> = codes.known().map(Code::Known).collect();
    Codes::new(codes.into_iter().rev().collect())
}

fn case(case: &mut MaracCaseFacts, last: usize) {
    case.attendees.reverse();
    impacts(&mut case.impacts, last);
}

fn impacts(impacts: &mut [ImpactFacts], last: usize) {
    impacts.reverse();
    for impact in impacts {
        impact.codes = codes(&impact.codes);
        if let Given::Given(ImpactedChild::Subject(place)) = &mut impact.child {
            *place = last - *place;
        }
    }
}
