//! Reads single fields and notes what is wrong with them.
//!
//! Owns field paths, bounds and the list of violations. A violation names the field and the rule, never the
//! value; its words come from [`crate::wire::words`].

use std::ops::RangeInclusive;

use super::TestOrProduction;
use super::format;
use crate::domain::error::Fault;
use crate::domain::submission::{Code, Codes, Given, Length, Need, Violation};
use crate::domain::{ParseError, Timestamp};
use crate::wire::v1;
use crate::wire::words::{self, reason};

/// Where a field stands in the request. Cheap to make: its text is built only for a violation.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    parent: Option<&'a Self>,
    name: &'static str,
    index: Option<usize>,
}

impl At<'_> {
    /// A field of the request, or the root of a part, e.g. `alert.envelope`.
    pub(super) const fn root(name: &'static str) -> Self {
        Self { parent: None, name, index: None }
    }

    /// A field of the message at this place.
    pub(super) const fn field<'b>(&'b self, name: &'static str) -> At<'b> {
        At { parent: Some(self), name, index: None }
    }

    /// An element of a repeated field of the message at this place.
    pub(super) const fn item<'b>(&'b self, name: &'static str, index: usize) -> At<'b> {
        At { parent: Some(self), name, index: Some(index) }
    }

    /// An element of the repeated field at this place.
    const fn nth(mut self, index: usize) -> Self {
        self.index = Some(index);
        self
    }

    fn path(&self) -> String {
        let own = match self.index {
            Some(index) => format!("{}[{index}]", self.name),
            None => self.name.to_owned(),
        };
        match self.parent {
            Some(parent) => format!("{}.{own}", parent.path()),
            None => own,
        }
    }
}

/// How long a text may be, in characters.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    min: usize,
    max: usize,
}

/// At most `max` characters.
pub(super) const fn up_to(max: usize) -> Bound {
    Bound { min: 1, max }
}

/// At least `min` characters after trimming, at most `max`.
pub(super) const fn between(min: usize, max: usize) -> Bound {
    Bound { min, max }
}

/// The longest free text (domain 3.1).
pub(super) const FREE_TEXT: usize = 4_000;

/// Violations collected before only refusing ones are still added: bounds memory, not what is checked.
const COLLECTED_MAX: usize = 1_000;

/// Reads fields of one request.
pub(super) struct Reader {
    /// Where this hub runs.
    pub(super) scheme: TestOrProduction,
    /// The sender's time of sending, for dates that may not lie in the future.
    pub(super) sent_at: Given<Timestamp>,
    /// When it happened, for ages and expected deliveries.
    pub(super) occurred_at: Given<Timestamp>,
    found: Vec<Violation>,
}

impl Reader {
    pub(super) const fn new(scheme: TestOrProduction) -> Self {
        Self { scheme, sent_at: Given::Missing, occurred_at: Given::Missing, found: Vec::new() }
    }

    /// The violations in the order found; beyond `max` those that refuse first.
    pub(super) fn into_violations(self, max: usize) -> Vec<Violation> {
        let mut found = self.found;
        if found.len() > max {
            found.sort_by_key(|violation| violation.need);
            found.truncate(max);
        }
        found
    }

    /// Notes one violation.
    pub(super) fn note(&mut self, at: At<'_>, reason: &'static str, need: Need) {
        if self.found.len() < COLLECTED_MAX || need == Need::Hard {
            let what_to_do = words::what_to_do(at.name, reason);
            self.found.push(Violation { path: at.path(), reason, need, what_to_do });
        }
    }

    /// Notes a value that cannot be used.
    pub(super) fn malformed(&mut self, at: At<'_>, reason: &'static str) {
        self.note(at, reason, Need::Format);
    }

    /// Notes that nothing was given, where something is needed.
    pub(super) fn absent(&mut self, at: At<'_>, need: Option<Need>) {
        if let Some(need) = need {
            self.note(at, reason::REQUIRED, need);
        }
    }

    /// Reads a text. An over-long or short text still has a length: nobody may take it as not given.
    pub(super) fn text(
        &mut self,
        at: At<'_>,
        raw: &str,
        bound: Bound,
        need: Option<Need>,
    ) -> Given<Length> {
        let length = Length::of(raw);
        match &length {
            Given::Given(Length(trimmed)) => {
                if raw.chars().count() > bound.max {
                    self.malformed(at, reason::TOO_LONG);
                } else if *trimmed < bound.min {
                    self.malformed(at, reason::TOO_SHORT);
                } else if !format::is_plain(raw) {
                    self.malformed(at, reason::MALFORMED);
                }
            }
            Given::Missing | Given::Malformed => self.absent(at, need),
        }
        length
    }

    /// Reads a code that decisions use.
    pub(super) fn code<T>(
        &mut self,
        at: At<'_>,
        raw: i32,
        from: fn(u32) -> Option<T>,
        need: Option<Need>,
    ) -> Given<Code<T>> {
        if raw == 0 {
            self.absent(at, need);
            return Given::Missing;
        }
        match u32::try_from(raw).ok().and_then(from) {
            Some(known) => Given::Given(Code::Known(known)),
            None => {
                self.malformed(at, reason::UNKNOWN_CODE);
                Given::Given(Code::Unrecognised(raw))
            }
        }
    }

    /// Reads a list of codes that decisions use. An element 0 says nothing and is noted as not given.
    pub(super) fn codes<T: Copy + PartialEq>(
        &mut self,
        at: At<'_>,
        raw: &[i32],
        from: fn(u32) -> Option<T>,
        need: Option<Need>,
    ) -> Codes<T> {
        if raw.is_empty() {
            self.absent(at, need);
        }
        self.count(at, raw.len(), CODES_MAX);
        let read = raw.iter().take(CODES_MAX).enumerate().filter_map(|(index, raw)| {
            match self.code(at.nth(index), *raw, from, Some(Need::Format)) {
                Given::Given(code) => Some(code),
                Given::Missing | Given::Malformed => None,
            }
        });
        Codes::new(read.collect())
    }

    /// Reads a code that no decision uses.
    pub(super) fn listed<E: TryFrom<i32>>(
        &mut self,
        at: At<'_>,
        raw: i32,
        need: Option<Need>,
    ) -> Option<E> {
        if raw == 0 {
            self.absent(at, need);
            return None;
        }
        let known = E::try_from(raw).ok();
        if known.is_none() {
            self.malformed(at, reason::UNKNOWN_CODE);
        }
        known
    }

    /// Reads a moment. An unusable offset leaves the instant usable.
    pub(super) fn instant(
        &mut self,
        at: At<'_>,
        raw: Option<&v1::Instant>,
        need: Option<Need>,
    ) -> Given<Timestamp> {
        let Some(raw) = raw else {
            self.absent(at, need);
            return Given::Missing;
        };
        if !OFFSET_MINUTES.contains(&raw.utc_offset_minutes) {
            self.malformed(at.field("utc_offset_minutes"), reason::OUT_OF_RANGE);
        }
        match &raw.at {
            None => {
                self.note(at.field("at"), reason::REQUIRED, need.unwrap_or(Need::Format));
                Given::Missing
            }
            Some(stamp) => match format::timestamp(stamp) {
                Some(instant) => Given::Given(instant),
                None => {
                    self.malformed(at.field("at"), reason::OUT_OF_RANGE);
                    Given::Malformed
                }
            },
        }
    }

    /// Reads an ISO date.
    pub(super) fn date(
        &mut self,
        at: At<'_>,
        raw: &str,
        need: Option<Need>,
    ) -> Given<jiff::civil::Date> {
        if raw.is_empty() {
            self.absent(at, need);
            return Given::Missing;
        }
        match format::date(raw) {
            Some(date) => Given::Given(date),
            None => {
                self.malformed(at, reason::MALFORMED);
                Given::Malformed
            }
        }
    }

    /// Reads a value with a shape of its own; `is_well_formed` says whether it has it.
    pub(super) fn shaped(
        &mut self,
        at: At<'_>,
        raw: &str,
        is_well_formed: fn(&str) -> bool,
        need: Option<Need>,
    ) -> Given<()> {
        match (raw.is_empty(), is_well_formed(raw)) {
            (true, _) => {
                self.absent(at, need);
                Given::Missing
            }
            (false, true) => Given::Given(()),
            (false, false) => {
                self.malformed(at, reason::MALFORMED);
                Given::Malformed
            }
        }
    }

    /// Reads an identifier. One that refuses when missing refuses when malformed too.
    pub(super) fn id<T>(&mut self, at: At<'_>, raw: &str, need: Option<Need>) -> Given<T>
    where
        T: for<'t> TryFrom<&'t str, Error = ParseError>,
    {
        match T::try_from(raw) {
            Ok(id) => Given::Given(id),
            Err(error) => match error.fault {
                Fault::Missing => {
                    self.absent(at, need);
                    Given::Missing
                }
                Fault::Malformed => {
                    let need = need.filter(|need| *need == Need::Hard).unwrap_or(Need::Format);
                    self.note(at, reason::MALFORMED, need);
                    Given::Malformed
                }
            },
        }
    }

    /// Reads a number within a range.
    pub(super) fn number(
        &mut self,
        at: At<'_>,
        raw: Option<u32>,
        range: RangeInclusive<u32>,
        need: Option<Need>,
    ) -> Given<u32> {
        match raw {
            None => {
                self.absent(at, need);
                Given::Missing
            }
            Some(number) if range.contains(&number) => Given::Given(number),
            Some(_) => {
                self.malformed(at, reason::OUT_OF_RANGE);
                Given::Malformed
            }
        }
    }

    /// Checks how many elements a list has.
    pub(super) fn count(&mut self, at: At<'_>, count: usize, max: usize) {
        if count > max {
            self.malformed(at, reason::TOO_MANY);
        }
    }
}

/// The most codes one list may hold: more than any code list has values.
const CODES_MAX: usize = 32;

/// Offsets from UTC that exist on earth, in minutes.
const OFFSET_MINUTES: RangeInclusive<i32> = -840..=840;
