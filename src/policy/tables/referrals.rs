//! The words about a contact, a referral or a concern.

use super::super::fixtures::*;
use super::words::of;
use crate::domain::referral::ReferralOutcome;
use crate::domain::submission::*;

pub(super) fn worried(alert: AlertBuilder, word: &str, value: &str) -> AlertBuilder {
    match (word, value) {
        ("harm", value) => {
            alert.worry(|worry| worry.harm = known(of(Bool3::ALL, Bool3::as_str, value)))
        }
        ("crime", "suspected") => alert.worry(|worry| worry.crime = known(Bool3::Yes)),
        ("fgm", value) => alert.worry(|worry| {
            worry.codes = Codes::of(&[ConcernCode::Fgm]);
            worry.fgm_disclosed = known(of(FgmDisclosed::ALL, FgmDisclosed::as_str, value));
        }),
        ("parent", value) => alert.worry(|worry| {
            let said = of(ParentAgreement::ALL, ParentAgreement::as_str, value);
            worry.parent_agreement = known(said);
        }),
        ("reason", "written") => alert.worry(|worry| worry.parent_reason = text(30)),
        ("about", "a worker") => alert.concern(|facts| facts.about_worker = known(Bool3::Yes)),
        ("a", "child affected") => alert.with(|alert| {
            let child = SubjectFacts { age: born(2018, 9, 2), ..person(SubjectRole::OtherChild) };
            alert.subjects.push(child);
        }),
        ("adult", "agrees") => alert.sharing(|record| {
            record.consents.push(ConsentFact {
                kind: known(ConsentType::ServiceAgreement),
                scope: Given::Given(Scope::AdultCare),
                giver: known(ConsentGiver::Adult),
                standing: GiverStanding::Counts,
                state: known(ConsentState::Given),
                effective_at: Given::Given(at("2026-01-05T09:00Z")),
            });
        }),
        other => panic!("not a word of a referral or concern: {other:?}"),
    }
}

pub(super) fn handed_on(alert: AlertBuilder, word: &str, value: &str) -> AlertBuilder {
    match (word, value) {
        ("outcome", value) => alert.decision(|facts| {
            let outcome = of(ReferralOutcome::ALL, ReferralOutcome::as_str, value);
            facts.outcome = known(outcome);
            facts.feedback.outcome = known(outcome);
        }),
        ("to", council) => alert.decision(|facts| facts.transfer_to = Given::Given(code(council))),
        ("released", inbox) => alert.decision(|facts| {
            let inbox = Given::Given(mailbox(inbox.trim_start_matches("to ")));
            facts.releases.push(ReleaseFact { inbox, parts: 1 });
        }),
        other => panic!("not a word of a decision: {other:?}"),
    }
}
