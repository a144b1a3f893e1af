//! The interview and the pathway, one rule a line.

use super::*;
use Need::{Conditional, Format, Required};

const INTERVIEW: &str = "s01-rhi-completed";
const OFFERED: &str = "s01-rhi-offered";
const BOOKED: &str = "s03-pathway-booked";
const ENGAGED: &str = "s03-pathway-engaged";

fn interview(alert: &mut v1::Alert) -> &mut v1::ReturnInterview {
    let Some(v1::alert::Body::ReturnInterview(body)) = &mut alert.body else {
        panic!("other kind")
    };
    body
}

fn pathway(alert: &mut v1::Alert) -> &mut v1::AlcoholPathway {
    let Some(v1::alert::Body::AlcoholPathway(body)) = &mut alert.body else { panic!("other kind") };
    body
}

#[test]
fn an_interview_says_how_it_went_and_whom_the_interviewer_told() {
    let at = |field: &str| format!("alert.return_interview.{field}");
    let body = |change: fn(&mut v1::ReturnInterview)| {
        move |alert: &mut v1::Alert| change(interview(alert))
    };
    for (field, reason, need, change) in [
        (
            "interviewer_independent",
            "REQUIRED",
            Required,
            (|b| b.interviewer_independent = 0) as fn(&mut v1::ReturnInterview),
        ),
        ("completed_at", "REQUIRED", Conditional, |b| b.completed_at = None),
        ("outcome", "REQUIRED", Conditional, |b| b.outcome = 0),
        ("outcome", "CONTRADICTION", Format, |b| b.outcome = 2),
        ("outcome", "UNKNOWN_CODE", Format, |b| b.outcome = 99),
        ("harm_disclosed", "REQUIRED", Conditional, |b| b.harm_disclosed = 0),
        ("shared_with", "REQUIRED", Conditional, |b| b.shared_with.clear()),
        ("shared_with[0]", "MALFORMED", Format, |b| b.shared_with[0] = "the school".to_owned()),
        ("shared_with", "TOO_MANY", Format, |b| b.shared_with = vec!["CADT".to_owned(); 21]),
        ("push_pull[0].factor", "REQUIRED", Required, |b| b.push_pull[0].factor = 0),
        ("push_pull", "TOO_MANY", Format, |b| b.push_pull = vec![b.push_pull[0]; 17]),
        ("child_told_how_shared", "REQUIRED", Conditional, |b| {
            b.disclosures
                .push(v1::InterviewDisclosure { text: "a".to_owned(), police_relevant: true });
        }),
        ("disclosures[0].text", "REQUIRED", Required, |b| {
            b.child_told_how_shared = 1;
            b.disclosures.push(v1::InterviewDisclosure::default());
        }),
        ("disclosures[0].text", "TOO_LONG", Format, |b| {
            b.child_told_how_shared = 1;
            let text = "a".repeat(4_001);
            b.disclosures.push(v1::InterviewDisclosure { text, police_relevant: false });
        }),
    ] {
        breaks(INTERVIEW, (&at(field), reason, need), body(change));
    }
    let declined = |outcome: i32| {
        move |alert: &mut v1::Alert| {
            let body = interview(alert);
            body.completed_at = None;
            body.state = 4;
            body.outcome = outcome;
        }
    };
    breaks(INTERVIEW, (&at("not_offered_reason"), "REQUIRED", Conditional), declined(6));
    fits(INTERVIEW, declined(5));
    for (field, change) in [
        ("offered_at", (|b| b.offered_at = None) as fn(&mut v1::ReturnInterview)),
        ("offer_method", |b| b.offer_method = 0),
    ] {
        breaks(OFFERED, (&at(field), "REQUIRED", Conditional), body(change));
    }
    breaks(OFFERED, (&at("completed_at"), "CONTRADICTION", Format), |alert| {
        let body = interview(alert);
        body.completed_at = body.offered_at;
    });
}

#[test]
fn a_pathway_state_has_the_dates_it_needs_and_no_others_are_asked_for() {
    let at = |field: &str| format!("alert.alcohol_pathway.{field}");
    let body =
        |change: fn(&mut v1::AlcoholPathway)| move |alert: &mut v1::Alert| change(pathway(alert));
    for (sample, field, reason, need, change) in [
        (
            ENGAGED,
            "state_at",
            "REQUIRED",
            Required,
            (|b| b.state_at = None) as fn(&mut v1::AlcoholPathway),
        ),
        (ENGAGED, "state", "REQUIRED", Required, |b| b.state = 0),
        (ENGAGED, "state", "UNKNOWN_CODE", Format, |b| b.state = 77),
        (ENGAGED, "first_attended_at", "REQUIRED", Conditional, |b| b.first_attended_at = None),
        (ENGAGED, "closed_reason", "CONTRADICTION", Format, |b| b.closed_reason = 1),
        (ENGAGED, "closed_reason", "REQUIRED", Conditional, |b| b.state = 9),
        (BOOKED, "appointment_at", "REQUIRED", Conditional, |b| b.appointment_at = None),
    ] {
        breaks(sample, (&at(field), reason, need), body(change));
    }
    fits(
        BOOKED,
        body(|b| {
            b.state = 4;
            b.appointment_at = None;
        }),
    );
}
