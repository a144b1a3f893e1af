//! Contacts, concerns and decisions, one rule a line: by path, reason and need; and their bounds.

use Need::{Conditional, Format, Required};

use super::*;

const CONTACT: &str = "s09-referral";
const CONCERN: &str = "concern";
const DECISION: &str = "s09-decision";

#[test]
fn a_contact_says_what_was_seen_and_whether_a_parent_agrees() {
    let at = |field: &str| format!("alert.contact.{field}");
    for (field, reason, need, change) in [
        (
            "concern_codes",
            "REQUIRED",
            Required,
            (|b| b.concern_codes.clear()) as fn(&mut v1::CscContact),
        ),
        ("fgm_disclosed", "REQUIRED", Conditional, |b| b.concern_codes.push(17)),
        ("significant_harm_suspected", "REQUIRED", Required, |b| b.significant_harm_suspected = 0),
        ("evidence", "TOO_SHORT", Format, |b| b.evidence = "é".repeat(49)),
        ("evidence", "TOO_LONG", Format, |b| b.evidence = "é".repeat(4_001)),
        ("referrer_type", "UNKNOWN_CODE", Format, |b| b.referrer_type = 9),
        ("parent_agreement", "REQUIRED", Required, |b| b.parent_agreement = 0),
        ("parent_agreement_reason", "TOO_SHORT", Format, |b| {
            b.parent_agreement_reason = "é".repeat(19)
        }),
        ("parent_agreement_reason", "TOO_LONG", Format, |b| {
            b.parent_agreement_reason = "é".repeat(501)
        }),
        ("early_help_history", "TOO_LONG", Format, |b| b.early_help_history = "é".repeat(4_001)),
        ("referrer", "TOO_LONG", Format, |b| b.referrer = "é".repeat(201)),
    ] {
        breaks(CONTACT, (&at(field), reason, need), |alert| change(contact(alert)));
    }
    fits(CONTACT, |alert| contact(alert).evidence = "é".repeat(50));
    fits(CONTACT, |alert| contact(alert).evidence = "é".repeat(4_000));
    // A refusal without a reason is D14's to withhold, not the parser's to refuse.
    fits(CONTACT, |alert| contact(alert).parent_agreement = 2);
}

#[test]
fn a_concern_says_what_happened_and_asks_a_parent_where_no_harm_is_suspected() {
    let at = |field: &str| format!("alert.concern.{field}");
    for (field, reason, need, change) in [
        (
            "narrative",
            "TOO_SHORT",
            Format,
            (|b| b.narrative = "é".repeat(49)) as fn(&mut v1::Concern),
        ),
        ("narrative", "TOO_LONG", Format, |b| b.narrative = "é".repeat(4_001)),
        ("parent_agreement", "REQUIRED", Conditional, |b| b.significant_harm_suspected = 2),
        ("about_worker", "REQUIRED", Required, |b| b.about_worker = 0),
        ("source", "REQUIRED", Required, |b| b.source = 0),
        ("response_wanted", "REQUIRED", Required, |b| b.response_wanted = 0),
        ("requested_recipients", "TOO_MANY", Format, |b| {
            b.requested_recipients = vec!["AREA-02".to_owned(); 11]
        }),
        ("requested_recipients[0]", "MALFORMED", Format, |b| {
            b.requested_recipients = vec!["the area team".to_owned()]
        }),
    ] {
        breaks(CONCERN, (&at(field), reason, need), |alert| change(concern(alert)));
    }
    fits(CONCERN, |alert| concern(alert).significant_harm_suspected = 0);
}

#[test]
fn a_decision_names_what_its_outcome_needs_and_nobody_in_the_feedback_but_the_child() {
    let at = |field: &str| format!("alert.referral_decision.{field}");
    for (field, reason, need, change) in [
        (
            "rationale",
            "TOO_SHORT",
            Format,
            (|b| b.rationale = "é".repeat(49)) as fn(&mut v1::ReferralDecision),
        ),
        ("feedback", "REQUIRED", Required, |b| b.feedback = None),
        ("feedback.text", "TOO_LONG", Format, |b| {
            b.feedback.as_mut().unwrap().text = "é".repeat(501)
        }),
        ("feedback.contact", "TOO_LONG", Format, |b| {
            b.feedback.as_mut().unwrap().contact = "é".repeat(141)
        }),
        ("release_to", "TOO_MANY", Format, |b| b.release_to = vec![release(); 11]),
        ("release_to[0].parts", "REQUIRED", Required, |b| {
            b.release_to = vec![v1::Release { parts: Vec::new(), ..release() }]
        }),
        ("release_to[0].inbox", "MALFORMED", Format, |b| {
            b.release_to = vec![v1::Release { inbox: "the school".to_owned(), ..release() }]
        }),
        ("release_to[0].parts[0]", "TOO_LONG", Format, |b| {
            b.release_to = vec![v1::Release { parts: vec!["é".repeat(2_001)], ..release() }]
        }),
        ("transfer_to", "REQUIRED", Conditional, |b| b.decision = 10),
        ("allocated_worker", "REQUIRED", Conditional, |b| b.decision = 9),
    ] {
        breaks(DECISION, (&at(field), reason, need), |alert| change(decision(alert)));
    }
    breaks(DECISION, (&at("feedback.text"), "STOP_LIST", Format), |alert| {
        let uncle = v1::DoNotTell { name: "Zed Uncle".to_owned(), ..v1::DoNotTell::default() };
        envelope(alert).do_not_tell.push(uncle);
        decision(alert).feedback.as_mut().unwrap().text = "Zed is known to us.".to_owned();
    });
    fits(DECISION, |alert| decision(alert).release_to = vec![release(); 10]);
}

fn release() -> v1::Release {
    v1::Release {
        inbox: "SCH-900104".to_owned(),
        parts: vec!["Amara may come to breakfast club.".to_owned()],
        note: String::new(),
    }
}
