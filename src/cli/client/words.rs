//! Codes and times as a person reads them.

use super::super::output::clean;
use crate::calendar;
use crate::wire::v1;

/// A moment in local time; a dash where there is none.
pub(crate) fn time(at: Option<&prost_types::Timestamp>) -> String {
    at.and_then(instant).map_or_else(|| "-".to_owned(), calendar::on_screen_with_year)
}

/// As an instant; none outside the calendar.
pub(crate) fn instant(at: &prost_types::Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::new(at.seconds, at.nanos).ok()
}

/// Milliseconds of hub time as local time.
pub(crate) fn time_of_millis(millis: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(millis).ok();
    at.map_or_else(|| "-".to_owned(), calendar::on_screen_with_year)
}

/// `P1` to `P5`.
pub(crate) fn priority(code: v1::Priority) -> &'static str {
    short(code.as_str_name(), "PRIORITY_")
}

/// Such as `MISSING_REPORTED`; a task whose kind may not be told is a `TASK`.
pub(crate) fn kind(code: v1::AlertKind) -> &'static str {
    if code == v1::AlertKind::Unspecified {
        return "TASK";
    }
    short(code.as_str_name(), "ALERT_KIND_")
}

/// Such as `ACKNOWLEDGED`.
pub(crate) fn delivery_state(code: v1::DeliveryState) -> &'static str {
    short(code.as_str_name(), "DELIVERY_STATE_")
}

/// Such as `NO_CAPACITY`.
pub(crate) fn decline_reason(code: v1::DeclineReason) -> &'static str {
    short(code.as_str_name(), "DECLINE_REASON_")
}

/// Such as `STORED`.
pub(crate) fn receipt_kind(code: v1::ReceiptKind) -> &'static str {
    short(code.as_str_name(), "RECEIPT_KIND_")
}

/// A code without its list's prefix.
pub(crate) fn short(code: &'static str, prefix: &str) -> &'static str {
    code.strip_prefix(prefix).unwrap_or(code)
}

/// Gaps, each with its path and what to do.
pub(crate) fn gaps(gaps: &[v1::Gap]) -> Vec<String> {
    let line = |gap: &v1::Gap| {
        clean(&format!("  {} ({} {}): {}", gap.path, gap.rule, gap.reason, gap.what_to_do))
    };
    gaps.iter().map(line).collect()
}

/// What the hub wants the sender to know.
pub(crate) fn notices(notices: &[v1::Notice]) -> Vec<String> {
    notices.iter().map(|notice| clean(&format!("! {}", notice.text))).collect()
}
