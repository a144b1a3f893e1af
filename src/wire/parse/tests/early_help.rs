//! Early help, questions, answers and records that go to nobody, one rule a line: by path, reason and need; and their
//! bounds.

use Need::{Conditional, Format, Hard, Required};

use super::*;
use crate::domain::submission::{Given, Scope};

const PLAN: &str = "s10-tac-update";
const REGISTERED: &str = "s10-caf-registered";
const QUESTION: &str = "information-request";
const ANSWER: &str = "information-response";

fn plan(alert: &mut v1::Alert) -> &mut v1::FamilyHelp {
    let Some(v1::alert::Body::FamilyHelp(body)) = &mut alert.body else { panic!("other kind") };
    body
}

fn question(alert: &mut v1::Alert) -> &mut v1::InformationRequest {
    let Some(v1::alert::Body::InformationRequest(body)) = &mut alert.body else {
        panic!("other kind")
    };
    body
}

fn answer(alert: &mut v1::Alert) -> &mut v1::InformationResponse {
    let Some(v1::alert::Body::InformationResponse(body)) = &mut alert.body else {
        panic!("other kind")
    };
    body
}

#[test]
fn a_plan_rests_on_an_agreement_and_says_who_leads_and_what_is_needed() {
    let at = |field: &str| format!("alert.family_help.{field}");
    let part = |text: String| v1::PlanPart { text, for_agencies: Vec::new() };
    for (field, reason, need, change) in [
        ("agreement", "REQUIRED", Hard, (|b| b.agreement = None) as fn(&mut v1::FamilyHelp)),
        ("caf_ref", "REQUIRED", Required, |b| b.caf_ref.clear()),
        ("caf_ref", "TOO_LONG", Format, |b| b.caf_ref = "é".repeat(41)),
        ("registered_at", "REQUIRED", Required, |b| b.registered_at = None),
        ("lead_practitioner", "REQUIRED", Required, |b| b.lead_practitioner.clear()),
        ("lead_practitioner", "TOO_LONG", Format, |b| b.lead_practitioner = "é".repeat(141)),
        ("needs", "REQUIRED", Required, |b| b.needs.clear()),
        ("status", "REQUIRED", Required, |b| b.status = 0),
        ("status", "UNKNOWN_CODE", Format, |b| b.status = 9),
        ("agreed_agencies[2]", "MALFORMED", Format, |b| {
            b.agreed_agencies.push("the GP".to_owned())
        }),
        ("tac_attendees[0]", "MALFORMED", Format, |b| {
            b.tac_attendees = vec!["her aunt".to_owned()]
        }),
        ("needs[0].for_agencies", "NOT_AGREED", Format, |b| {
            b.needs[0].for_agencies = vec!["MERPOL".to_owned()]
        }),
        ("parent_agreement", "REQUIRED", Conditional, |b| b.status = 2),
        ("parent_agreement_reason", "TOO_SHORT", Format, |b| {
            b.parent_agreement_reason = "é".repeat(19)
        }),
        ("audited_at", "REQUIRED", Conditional, |b| b.quality_rating = 3),
    ] {
        breaks(PLAN, (&at(field), reason, need), |alert| change(plan(alert)));
    }
    breaks(PLAN, (&at("needs"), "TOO_MANY", Format), |alert| {
        plan(alert).needs = vec![part("a need".to_owned()); 21];
    });
    breaks(PLAN, (&at("goals[0].text"), "TOO_LONG", Format), |alert| {
        plan(alert).goals = vec![part("é".repeat(1_001))];
    });
    fits(PLAN, |alert| plan(alert).goals = vec![part("é".repeat(1_000)); 20]);
    breaks(REGISTERED, (&at("quality_rating"), "NOT_FOR_KIND", Format), |alert| {
        plan(alert).quality_rating = 3;
        plan(alert).audited_at = plan(alert).registered_at;
    });
}

#[test]
fn an_agreement_to_early_help_is_read_with_its_scope() {
    let parsed = parse(&sample(REGISTERED)).unwrap();

    let facts = parsed.submission.family_help().unwrap();
    assert_eq!(facts.agreement.get().unwrap().scope, Given::Given(Scope::EarlyHelp));
    assert_eq!((facts.agreed.len(), facts.needs), (2, 2));
    assert!(!facts.steps_up());
}

#[test]
fn a_question_says_by_which_route_how_soon_and_what() {
    let at = |field: &str| format!("alert.information_request.{field}");
    for (field, reason, need, change) in [
        (
            "legal_route",
            "REQUIRED",
            Required,
            (|b| b.legal_route = 0) as fn(&mut v1::InformationRequest),
        ),
        ("legal_route", "UNKNOWN_CODE", Format, |b| b.legal_route = 9),
        ("rating", "REQUIRED", Required, |b| b.rating = 0),
        ("asked_agency", "REQUIRED", Required, |b| b.asked_agency.clear()),
        ("asked_agency", "MALFORMED", Format, |b| b.asked_agency = "the nurse".to_owned()),
        ("questions", "REQUIRED", Required, |b| b.questions.clear()),
        ("questions", "TOO_MANY", Format, |b| b.questions = vec!["é".repeat(20); 11]),
        ("questions[0]", "TOO_SHORT", Format, |b| b.questions[0] = "é".repeat(19)),
        ("questions[0]", "TOO_LONG", Format, |b| b.questions[0] = "é".repeat(1_001)),
    ] {
        breaks(QUESTION, (&at(field), reason, need), |alert| change(question(alert)));
    }
    // Nobody who asks must know whether harm is suspected.
    fits(QUESTION, |alert| question(alert).harm_suspected = 0);
    fits(QUESTION, |alert| question(alert).questions = vec!["é".repeat(1_000); 10]);
}

#[test]
fn an_answer_names_its_question_and_answers_or_says_why_not() {
    let at = |field: &str| format!("alert.information_response.{field}");
    for (field, reason, need, change) in [
        (
            "request",
            "REQUIRED",
            Required,
            (|b| b.request.clear()) as fn(&mut v1::InformationResponse),
        ),
        ("request", "MALFORMED", Format, |b| b.request = "yesterday's".to_owned()),
        ("legal_route", "REQUIRED", Required, |b| b.legal_route = 0),
        ("outcome", "REQUIRED", Required, |b| b.outcome = 0),
        ("answers", "REQUIRED", Conditional, |b| b.answers.clear()),
        ("answers", "CONTRADICTION", Format, |b| b.outcome = 2),
        ("answers[0]", "TOO_LONG", Format, |b| b.answers[0] = "é".repeat(4_001)),
        ("answers", "TOO_MANY", Format, |b| b.answers = vec!["no".to_owned(); 11]),
        ("refusal_reason", "REQUIRED", Conditional, |b| {
            b.outcome = 3;
            b.answers.clear();
        }),
        ("refusal_reason", "TOO_LONG", Format, |b| {
            b.outcome = 3;
            b.answers.clear();
            b.refusal_reason = "é".repeat(501);
        }),
    ] {
        breaks(ANSWER, (&at(field), reason, need), |alert| change(answer(alert)));
    }
    fits(ANSWER, |alert| {
        answer(alert).outcome = 2;
        answer(alert).answers.clear();
    });
}

#[test]
fn what_goes_to_nobody_says_why_and_when() {
    let not_shared = |alert: &mut v1::Alert, change: fn(&mut v1::NotShared)| {
        let Some(v1::alert::Body::NotShared(body)) = &mut alert.body else { panic!("other kind") };
        change(body);
    };
    for (field, reason, need, change) in [
        (
            "considered_for",
            "REQUIRED",
            Required,
            (|b| b.considered_for.clear()) as fn(&mut v1::NotShared),
        ),
        ("considered_for[0]", "MALFORMED", Format, |b| b.considered_for[0] = "police".to_owned()),
        ("why_not", "TOO_SHORT", Format, |b| b.why_not = "é".repeat(19)),
        ("why_not", "TOO_LONG", Format, |b| b.why_not = "é".repeat(4_001)),
        ("review_at", "REQUIRED", Required, |b| b.review_at = None),
    ] {
        let at = format!("alert.not_shared.{field}");
        breaks("full-not-shared", (&at, reason, need), |alert| not_shared(alert, change));
    }
    breaks(
        "full-assessment",
        ("alert.assessment_completed.ended_at", "CONTRADICTION", Format),
        |alert| {
            let Some(v1::alert::Body::AssessmentCompleted(body)) = &mut alert.body else {
                panic!("other kind")
            };
            std::mem::swap(&mut body.started_at, &mut body.ended_at);
        },
    );
}
