//! R60: early help that was registered or goes on (domain 5.3).

use crate::domain::{AgencyCode, AlertKind, Letter, Priority, Rule};

use super::super::area::Area;
use super::super::partners::{self, CADT};
use super::Facts;
use super::row::{Row, line, those};

/// Whom a family may name.
pub(super) const AGREED: &[Letter] = &[
    Letter::P,
    Letter::F,
    Letter::N,
    Letter::H1,
    Letter::H2,
    Letter::R,
    Letter::S,
    Letter::E,
    Letter::L,
    Letter::X,
    Letter::Z,
    Letter::A,
];

const AREA_TEAM: &str = "the Area Team; never for a SAFE address (sealed area)";
const AGREED_TO: &str = "the agencies the family agreed to, but the front door, which a step up asks; no Area Team for a SAFE address";

pub(super) const ROWS: &[Row] = &[Row {
    rule: Rule::R60,
    when: "CAF_REGISTERED, TAC_UPDATE",
    applies: |facts| {
        matches!(facts.submission.kind, AlertKind::CafRegistered | AlertKind::TacUpdate)
    },
    lines: &[
        those((AREA_TEAM, &[Letter::A]), area_teams, Priority::P4),
        those((AGREED_TO, AGREED), agreed, Priority::P5),
        line(CADT, Priority::P3).only("STEP_UP_REQUESTED (D14 decides)", |facts| {
            facts.submission.family_help().is_some_and(|body| body.steps_up())
        }),
    ],
}];

/// Never by a sealed area, and not under forced marriage or HBA.
fn area_teams(facts: &Facts<'_>) -> Vec<AgencyCode> {
    if facts.submission.is_one_chance() {
        Vec::new()
    } else {
        facts.area.teams().cloned().collect()
    }
}

/// The front door is asked by a step up, and not by a name in a list; no Area Team where the area is sealed.
fn agreed(facts: &Facts<'_>) -> Vec<AgencyCode> {
    let Some(body) = facts.submission.family_help() else { return Vec::new() };
    let is_sealed = matches!(facts.area, Area::Sealed);
    let is_kept = |code: &AgencyCode| is_sealed && code.as_str().starts_with("AREA-");
    let is_named = |code: &&AgencyCode| {
        !partners::is_front_door(code) && !is_kept(code) && !facts.is_kept_from(code)
    };
    body.agreed.iter().filter(is_named).cloned().collect()
}
