//! The words about early help, a question or its answer.

use super::super::fixtures::*;
use super::words::of;
use crate::domain::submission::*;

pub(super) fn planned(alert: AlertBuilder, word: &str, value: &str) -> AlertBuilder {
    match (word, value) {
        ("agreed", "by the child") => alert.plan(|facts| {
            facts.agreement = Given::Given(agreed_to_help(ConsentGiver::ChildCompetent));
            let scope = Given::Given(Scope::EarlyHelp);
            facts.competence = Given::Given(CompetenceFacts { scope, ..competent(14) });
        }),
        ("also", agency) => alert.plan(|facts| facts.agreed.push(code(agency))),
        ("only", agency) => alert.plan(|facts| facts.agreed = vec![code(agency)]),
        ("step-up", parent) => stepped_up(alert, parent),
        ("closed", _) => alert.plan(|facts| {
            facts.status = known(FamilyHelpStatus::ClosedNeedsMet);
        }),
        ("withdrawn", _) => alert.sharing(|record| {
            record.consents.push(ConsentFact {
                state: known(ConsentState::Withdrawn),
                effective_at: Given::Given(at("2026-11-01T09:00Z")),
                ..agreed_to_help(ConsentGiver::PrHolder)
            });
        }),
        other => panic!("not a word of early help: {other:?}"),
    }
}

pub(super) fn asked_as(alert: AlertBuilder, word: &str, value: &str) -> AlertBuilder {
    match (word, value) {
        ("route", route) => alert.by_route(of(LegalRoute::ALL, LegalRoute::as_str, route)),
        ("asks", agency) => alert.question(|facts| facts.asked = Given::Given(code(agency))),
        ("rated", rating) => alert.question(|facts| {
            facts.rating = known(of(RequestRating::ALL, RequestRating::as_str, rating));
        }),
        ("harm", value) => {
            let harm = known(of(Bool3::ALL, Bool3::as_str, value));
            alert.with(|alert| {
                if let BodyFacts::InformationRequest(facts) = &mut alert.body {
                    facts.harm_suspected = harm;
                } else if let BodyFacts::InformationResponse(facts) = &mut alert.body {
                    facts.harm_suspected = harm;
                }
            })
        }
        ("parent", "agreed") => alert.sharing(|record| {
            record.consents.push(ConsentFact {
                scope: Given::Given(Scope::Information),
                ..agreed_to_help(ConsentGiver::PrHolder)
            });
        }),
        other => panic!("not a word of a question: {other:?}"),
    }
}
