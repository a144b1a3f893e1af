//! MARAC repeats: T4 and T4-legacy (domain 5.8, 3.8). A repeat is of a pair, not of a victim.

use jiff::civil::Date;

use crate::calendar;
use crate::domain::counted::MaracRepeat;
use crate::domain::submission::AbuseType;

/// Twelve calendar months [GUID SafeLives; NI 32].
const MONTHS: u16 = 12;

/// Behaviour that would be criminal, as NI 32 asks for; STALKING is a pattern of harassment.
const CRIMINAL: &[AbuseType] = &[
    AbuseType::Physical,
    AbuseType::Sexual,
    AbuseType::Threats,
    AbuseType::Strangulation,
    AbuseType::Weapon,
    AbuseType::Stalking,
];

/// What the MARAC register says of a pair. Empty for a pair that was never referred.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MaracDates {
    /// The last referral: the anchor of T4.
    pub last_referral: Option<Date>,
    /// The last meeting at which the pair was heard: the anchor of T4-legacy.
    pub last_meeting: Option<Date>,
}

/// Whether both persons of the pair are known: the victim, and the alleged perpetrator or the person on whose behalf a
/// third party acted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pair {
    /// Both links are confirmed, and the pair is the one of the register.
    Confirmed,
    /// Both are confirmed, and the register does not know this pair.
    Other,
    /// One of them is not confirmed.
    Unconfirmed,
}

/// T4: any instance of abuse, criminal or not, from the last referral to the same day number twelve months later.
#[must_use]
pub fn repeat(pair: Pair, dates: &MaracDates, event: Date) -> MaracRepeat {
    within(pair, dates.last_referral, event)
}

/// T4-legacy, for NI 32 only: behaviour that would be criminal within twelve months of the last meeting.
#[must_use]
pub fn legacy_repeat(
    pair: Pair,
    dates: &MaracDates,
    (event, abuse): (Date, &[AbuseType]),
) -> MaracRepeat {
    let is_criminal = abuse.iter().any(|kind| CRIMINAL.contains(kind));
    match within(pair, dates.last_meeting, event) {
        MaracRepeat::Repeat if !is_criminal => MaracRepeat::NotRepeat,
        found @ (MaracRepeat::Repeat | MaracRepeat::NotRepeat | MaracRepeat::Unknown) => found,
    }
}

fn within(pair: Pair, anchor: Option<Date>, event: Date) -> MaracRepeat {
    let is_inside = anchor.is_some_and(|anchor| {
        calendar::is_within_months(anchor, event, MONTHS).unwrap_or_default()
    });
    match pair {
        Pair::Unconfirmed => MaracRepeat::Unknown,
        Pair::Confirmed if is_inside => MaracRepeat::Repeat,
        Pair::Confirmed | Pair::Other => MaracRepeat::NotRepeat,
    }
}
