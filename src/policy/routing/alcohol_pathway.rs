//! R15: a state of the way to the alcohol and drug service (domain 5.3).

use crate::domain::delivery::Purpose;
use crate::domain::{AlertKind, Delivery, Letter, Priority, Rule, View};

use super::super::partners::{CADT, WUTH_AED, WUTH_SG};
use super::Facts;
use super::row::{Row, line};

pub(super) const ROWS: &[Row] = &[Row {
    rule: Rule::R15,
    when: "ALCOHOL_PATHWAY",
    applies: |facts| facts.submission.kind == AlertKind::AlcoholPathway,
    lines: &[
        line(WUTH_AED, Priority::P5).seeing(View::Pathway),
        line(WUTH_SG, Priority::P5).seeing(View::Pathway),
        line(CADT, Priority::P5).only("it got the attendance", front_door_had_it),
    ],
}];

fn front_door_had_it(facts: &Facts<'_>) -> bool {
    // A step of the ladder that called its manager told it nothing of the attendance.
    let got = |delivery: &Delivery| {
        delivery.letter == Letter::C
            && matches!(delivery.purpose, Purpose::Alert | Purpose::OutOfHoursCopy)
    };
    facts.context.episode.iter().any(|record| {
        record.kind == AlertKind::AlcoholAttendance && record.deliveries.iter().any(got)
    })
}
