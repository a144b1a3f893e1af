//! A correction: the whole alert again, and which fields of it change.
//!
//! The paths go into the record and to recipients, so only paths of the contract are taken, without positions: a text
//! in their place would be content in the clear.

use super::{Parsed, TestOrProduction, Unreadable, submission};
use crate::domain::after::CorrectionReason;
use crate::domain::submission::{Given, Need, Violation};
use crate::policy::views::names_a_field;
use crate::wire::words::{self, reason};
use crate::wire::{SubmitAlertRequest, v1};

/// The most paths of one correction.
pub const CORRECTED_MAX: usize = 64;

/// What stands for a correction whose sender named no field.
const WHOLE: &str = "alert";

/// Reads a correction: the alert as [`submission`], its reason where one is given, and the changed fields, ascending and
/// never empty.
///
/// # Errors
/// [`Unreadable`], as [`submission`].
pub fn correction(
    request: &v1::CorrectAlertRequest,
    scheme: TestOrProduction,
) -> Result<(Parsed, Option<CorrectionReason>, Vec<String>), Unreadable> {
    // What a correction completes is its original, whatever the inner request says.
    let inner = request.corrected.clone().unwrap_or_default();
    let inner = SubmitAlertRequest { completes: String::new(), ..inner };
    let mut parsed = submission(&inner, scheme)?;
    parsed.completes = Given::Missing;
    let mut noted = Vec::new();
    let why = u32::try_from(request.reason).ok().and_then(CorrectionReason::from_code);
    match (request.reason, why) {
        (0, _) => noted.push(violation("reason".to_owned(), reason::REQUIRED, Need::Required)),
        (_, None) => noted.push(violation("reason".to_owned(), reason::UNKNOWN_CODE, Need::Format)),
        (_, Some(_)) => {}
    }
    let mut changed = Vec::new();
    if request.field_paths.is_empty() {
        let path = "field_paths".to_owned();
        noted.push(violation(path, reason::REQUIRED, Need::Required));
    }
    if request.field_paths.len() > CORRECTED_MAX {
        noted.push(violation("field_paths".to_owned(), reason::TOO_MANY, Need::Format));
    }
    for (index, raw) in request.field_paths.iter().take(CORRECTED_MAX).enumerate() {
        match without_positions(raw).filter(|path| names_a_field(parsed.submission.kind, path)) {
            Some(path) => changed.push(path),
            None => {
                let path = format!("field_paths[{index}]");
                noted.push(violation(path, reason::MALFORMED, Need::Format));
            }
        }
    }
    if changed.is_empty() {
        changed.push(WHOLE.to_owned());
    }
    changed.sort();
    changed.dedup();
    parsed.submission.violations.extend(noted);
    Ok((parsed, why, changed))
}

fn violation(path: String, reason: &'static str, need: Need) -> Violation {
    let what_to_do = words::what_to_do(&path, reason);
    Violation { path, reason, need, what_to_do }
}

/// `alert.envelope.subjects[12].dob` as `alert.envelope.subjects[].dob`; none where something else than a position
/// stands in brackets.
fn without_positions(raw: &str) -> Option<String> {
    let mut steps = Vec::new();
    for step in raw.split('.') {
        let Some((name, rest)) = step.split_once('[') else {
            steps.push(step.to_owned());
            continue;
        };
        let position = rest.strip_suffix(']')?;
        if !position.chars().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        steps.push(format!("{name}[]"));
    }
    Some(steps.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json;

    const URGENT: &str = include_str!("../../../docs/samples/alerts/s01-missing-reported.json");

    fn read(paths: &[&str]) -> (Parsed, Option<CorrectionReason>, Vec<String>) {
        let request = v1::CorrectAlertRequest {
            alert_id: String::new(),
            field_paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            reason: v1::CorrectionReason::Identity.into(),
            corrected: Some(json::request_from_json(URGENT).unwrap()),
        };
        correction(&request, TestOrProduction::Test).unwrap()
    }

    fn faults(parsed: &Parsed) -> Vec<(&str, &str)> {
        let violations = parsed.submission.violations.iter();
        violations.map(|told| (told.path.as_str(), told.reason)).collect()
    }

    #[test]
    fn paths_are_kept_without_positions_once_each_and_in_order() {
        let (parsed, why, changed) = read(&[
            "alert.missing.last_seen_place",
            "alert.envelope.subjects[0].nhs_number",
            "alert.envelope.subjects[1].nhs_number",
        ]);

        assert_eq!(faults(&parsed), []);
        assert_eq!(why, Some(CorrectionReason::Identity));
        assert_eq!(
            changed,
            ["alert.envelope.subjects[].nhs_number", "alert.missing.last_seen_place"]
        );
    }

    #[test]
    fn what_is_no_path_of_the_kind_is_told_by_its_place_and_not_kept() {
        let (parsed, _, changed) = read(&[
            "Ellie-Test Marrowby",
            "alert.envelope.subjects[Ellie].dob",
            "alert.envelope.subjects[0]Ellie",
            "alert.envelope.risk[0]",
            "alert.alcohol.gcs",
            "envelope.risk",
            "alert.envelope.risk",
        ]);

        let told: Vec<_> = (0..6).map(|index| format!("field_paths[{index}]")).collect();
        let paths: Vec<_> = faults(&parsed).iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(paths, told);
        assert_eq!(changed, ["alert.envelope.risk"]);
        let debug = format!("{:?}", parsed.submission.violations);
        assert!(!debug.contains("Ellie"), "no value in a violation: {debug}");
    }

    #[test]
    fn a_correction_that_names_no_field_or_too_many_says_so_and_is_one_all_the_same() {
        let (none, _, whole) = read(&[]);
        assert_eq!(faults(&none), [("field_paths", "REQUIRED")]);
        assert_eq!(whole, ["alert"]);

        let most = vec!["alert.envelope.risk"; CORRECTED_MAX];
        assert_eq!(faults(&read(&most).0), []);
        let more = vec!["alert.envelope.risk"; CORRECTED_MAX.saturating_add(1)];
        assert_eq!(faults(&read(&more).0), [("field_paths", "TOO_MANY")]);
    }

    #[test]
    fn a_correction_without_its_alert_cannot_be_read() {
        let request = v1::CorrectAlertRequest::default();

        assert!(correction(&request, TestOrProduction::Test).is_err());
    }
}
