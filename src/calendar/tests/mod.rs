//! The clocks, by the table in `clocks.txt` and by what must hold at any instant.

mod days;
mod every_instant;
mod table;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::instant;

/// The instant of a local time written like `2026-04-02 15:00`.
fn at(text: &str) -> Timestamp {
    instant(text.parse::<DateTime>().unwrap()).unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}
