//! Every sample alert, and every rule a single field can break.

mod bounds;
mod codes;
mod decided;
mod early_help;
mod envelope;
mod help;
mod hostile;
mod kinds;
mod mothers;
mod people;
mod referrals;
mod rules;
mod samples;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use prost::Message as _;

use super::{Parsed, TestOrProduction, Unreadable, submission};
use crate::domain::submission::{Need, Violation};
use crate::wire::{SubmitAlertRequest, json, v1};

/// `docs/samples/alerts/NAME.json`, read once.
fn sample(name: &str) -> SubmitAlertRequest {
    static READ: Mutex<BTreeMap<String, SubmitAlertRequest>> = Mutex::new(BTreeMap::new());
    READ.lock().unwrap().entry(name.to_owned()).or_insert_with(|| read(name)).clone()
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples/alerts")
}

fn read(name: &str) -> SubmitAlertRequest {
    let file = directory().join(name);
    let text = std::fs::read_to_string(file.with_extension("json")).unwrap();
    json::request_from_json(&text).unwrap()
}

fn parse(request: &SubmitAlertRequest) -> Result<Parsed, Unreadable> {
    submission(request, TestOrProduction::Test)
}

/// Path and reason of every violation, in the order told.
fn told(violations: &[Violation]) -> Vec<(&str, &str)> {
    violations.iter().map(|violation| (violation.path.as_str(), violation.reason)).collect()
}

/// A sample with one thing changed.
fn changed(name: &str, change: impl FnOnce(&mut v1::Alert)) -> SubmitAlertRequest {
    let mut request = sample(name);
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    change(&mut alert);
    request.alert = alert.encode_to_vec().into();
    request
}

/// What is told of a sample with one thing changed.
fn violations(
    name: &str,
    change: impl FnOnce(&mut v1::Alert),
) -> Vec<(String, &'static str, Need)> {
    let request = changed(name, change);
    let violations = match parse(&request) {
        Ok(parsed) => parsed.submission.violations,
        Err(unreadable) => unreadable.violations,
    };
    assert!(violations.iter().all(|violation| !violation.what_to_do.is_empty()));
    violations.into_iter().map(|v| (v.path, v.reason, v.need)).collect()
}

/// Asserts that a change is told as exactly this violation and no other.
#[track_caller]
fn breaks(
    name: &str,
    (path, reason, need): (&str, &str, Need),
    change: impl FnOnce(&mut v1::Alert),
) {
    assert_eq!(
        violations(name, change),
        [(path.to_owned(), reason, need)].map(|(p, r, n)| {
            let reason: &'static str = Box::leak(r.to_owned().into_boxed_str());
            (p, reason, n)
        })
    );
}

/// Asserts that a change breaks nothing.
#[track_caller]
fn fits(name: &str, change: impl FnOnce(&mut v1::Alert)) {
    assert_eq!(violations(name, change), []);
}

fn envelope(alert: &mut v1::Alert) -> &mut v1::Envelope {
    alert.envelope.as_mut().unwrap()
}

fn missing(alert: &mut v1::Alert) -> &mut v1::MissingFromHome {
    let Some(v1::alert::Body::Missing(body)) = &mut alert.body else { panic!("other kind") };
    body
}

fn alcohol(alert: &mut v1::Alert) -> &mut v1::AlcoholAttendance {
    let Some(v1::alert::Body::Alcohol(body)) = &mut alert.body else { panic!("other kind") };
    body
}

fn abuse(alert: &mut v1::Alert) -> &mut v1::DomesticViolenceNotification {
    let Some(v1::alert::Body::DomesticViolence(body)) = &mut alert.body else {
        panic!("other kind")
    };
    body
}

fn referral(alert: &mut v1::Alert) -> &mut v1::MaracReferral {
    let Some(v1::alert::Body::MaracReferral(body)) = &mut alert.body else { panic!("other kind") };
    body
}

fn outcome(alert: &mut v1::Alert) -> &mut v1::MaracOutcome {
    let Some(v1::alert::Body::MaracOutcome(body)) = &mut alert.body else { panic!("other kind") };
    body
}

fn place(alert: &mut v1::Alert) -> &mut v1::PlaceOfSafety {
    let Some(v1::alert::Body::PlaceOfSafety(body)) = &mut alert.body else { panic!("other kind") };
    body
}

fn report(alert: &mut v1::Alert) -> &mut v1::OperationReport {
    let Some(v1::alert::Body::OperationReport(body)) = &mut alert.body else {
        panic!("other kind")
    };
    body
}

fn contact(alert: &mut v1::Alert) -> &mut v1::CscContact {
    let Some(v1::alert::Body::Contact(body)) = &mut alert.body else { panic!("other kind") };
    body
}

fn concern(alert: &mut v1::Alert) -> &mut v1::Concern {
    let Some(v1::alert::Body::Concern(body)) = &mut alert.body else { panic!("other kind") };
    body
}

fn decision(alert: &mut v1::Alert) -> &mut v1::ReferralDecision {
    let Some(v1::alert::Body::ReferralDecision(body)) = &mut alert.body else {
        panic!("other kind")
    };
    body
}
