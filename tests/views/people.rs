//! The synthetic people and alerts of the scenarios (domain 9.1). All fictitious.

use serde_json::Value;

/// S01: Ellie-Test, 14, missing overnight, medium risk.
pub(crate) fn missing_overnight() -> Value {
    serde_json::from_str(include_str!("alerts/missing_overnight.json")).unwrap()
}

/// S03: Orla, 15, accepts an appointment with Response.
pub(crate) fn alcohol_accepted() -> Value {
    serde_json::from_str(include_str!("alerts/alcohol_accepted.json")).unwrap()
}

/// S05: gold domestic abuse; Tilly, 8, saw it; Noah, 3; an unborn child.
pub(crate) fn gold_domestic_abuse() -> Value {
    serde_json::from_str(include_str!("alerts/gold_domestic_abuse.json")).unwrap()
}
