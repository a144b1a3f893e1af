//! R40–R43: a young person in a place of safety, and the report of an operation (domain 5.3).

use crate::domain::submission::{Circumstance, LookedAfter, Onward};
use crate::domain::{AgencyCode, AlertKind, Letter, Priority, Rule, View};

use super::super::partners::{self, CADT, RESPONSE, SAFERFUT, WUTH_AED, WUTH_SG, YOS};
use super::super::validation::{PlaceOfSafetyAssessment, Power};
use super::Facts;
use super::row::{Line, Row, line, those};

pub(super) const ROWS: &[Row] = &[
    Row {
        rule: Rule::R40,
        when: "PLACE_OF_SAFETY, NONE_VOLUNTARY or PACE_ARREST",
        applies: |facts| is_under(facts, &[Power::Agreement, Power::Arrest, Power::Unclear]),
        lines: &[
            line(CADT, Priority::P3),
            line(CADT, Priority::P2).only("no safe adult, or not known", |facts| {
                found(facts).is_some_and(|found| found.no_safe_adult)
            }),
            line(CADT, Priority::P1).only(POWER_UNCLEAR, is_power_unclear),
            residence(Priority::P1).only(POWER_UNCLEAR, is_power_unclear),
            wirral_looked_after(Priority::P1).only(POWER_UNCLEAR, is_power_unclear),
            line(SAFERFUT, Priority::P4).only("found missing", was_missing),
            those((AREA_TEAM, &[Letter::A]), area_teams, Priority::P5).seeing(View::Info),
            line(RESPONSE, Priority::P4).only("onward RESPONSE (D9 decides)", wants_response),
        ],
    },
    Row {
        rule: Rule::R41,
        when: "PLACE_OF_SAFETY, CA89_S46 or EPO_S44",
        applies: |facts| is_under(facts, &[Power::PoliceProtection, Power::ProtectionOrder]),
        lines: &[
            line(CADT, Priority::P1).only(HELD, is_held),
            residence(Priority::P1).only(HELD, is_held),
            wirral_looked_after(Priority::P1).only(HELD, is_held),
            line(CADT, Priority::P3).only(LET_GO, is_release),
            residence(Priority::P3).only(LET_GO, is_release),
            wirral_looked_after(Priority::P3).only(LET_GO, is_release),
        ],
    },
    Row {
        rule: Rule::R42,
        when: "PLACE_OF_SAFETY, MHA_S136",
        applies: |facts| is_under(facts, &[Power::MentalHealthAct]),
        lines: &[
            line(CADT, Priority::P1).only(HELD, is_held),
            line(CADT, Priority::P3).only(LET_GO, is_release),
            line(WUTH_AED, Priority::P2).only(HELD, is_held),
            line(WUTH_AED, Priority::P3).only(LET_GO, is_release),
            line(WUTH_SG, Priority::P3),
            those(RESPONSIBLE, responsible, Priority::P1).only(HELD, is_held),
            those(RESPONSIBLE, responsible, Priority::P3).only(LET_GO, is_release),
        ],
    },
    Row {
        rule: Rule::R43,
        when: "OPERATION_REPORT",
        applies: |facts| facts.submission.kind == AlertKind::OperationReport,
        lines: &[
            line(CADT, Priority::P5),
            line(YOS, Priority::P5),
            those(
                ("the Area Teams it names, and nobody else it names", &[Letter::A]),
                reported_areas,
                Priority::P5,
            ),
        ],
    },
];

const AREA_TEAM: &str = "the Area Team; never for a SAFE address (sealed area)";
const HELD: &str = "not the end of a stay told of before";
const LET_GO: &str = "the end of a stay told of before";
const RESPONSIBLE: (&str, &[Letter]) =
    ("CIC or the responsible council, if looked after", &[Letter::L, Letter::X]);
const POWER_UNCLEAR: &str = "a block of police protection without its power (GAP3)";

/// Another council's front door, where the child ordinarily lives, Children Act 1989 s46(3)(b).
const fn residence(priority: Priority) -> Line {
    those(
        ("the council of ordinary residence, if another; never by a SAFE address", &[Letter::X]),
        other_council,
        priority,
    )
}

const fn wirral_looked_after(priority: Priority) -> Line {
    those(("CIC, for Wirral's looked-after child", &[Letter::L]), own_team, priority)
}

fn found<'a>(facts: &Facts<'a>) -> Option<&'a PlaceOfSafetyAssessment> {
    facts.validated.assessment.place_of_safety()
}

fn was_missing(facts: &Facts<'_>) -> bool {
    let body = facts.submission.place_of_safety();
    body.is_some_and(|body| body.circumstances.contains(Circumstance::Missing))
}

fn wants_response(facts: &Facts<'_>) -> bool {
    let body = facts.submission.place_of_safety();
    body.is_some_and(|body| body.onward.contains(Onward::Response))
}

fn is_under(facts: &Facts<'_>, powers: &[Power]) -> bool {
    found(facts).is_some_and(|found| powers.contains(&found.power))
}

fn is_power_unclear(facts: &Facts<'_>) -> bool {
    found(facts).is_some_and(|found| found.block_without_power)
}

fn is_held(facts: &Facts<'_>) -> bool {
    !is_release(facts)
}

/// A child let go to nobody safe is no end of anything.
fn is_release(facts: &Facts<'_>) -> bool {
    found(facts).is_some_and(|found| found.is_release && !found.no_safe_adult)
}

/// Never by a sealed area.
fn area_teams(facts: &Facts<'_>) -> Vec<AgencyCode> {
    facts.area.teams().cloned().collect()
}

/// By HOME or the responsible council; never by a SAFE address (R80).
fn other_council(facts: &Facts<'_>) -> Vec<AgencyCode> {
    facts.area.councils().cloned().collect()
}

fn own_team(facts: &Facts<'_>) -> Vec<AgencyCode> {
    responsible(facts).into_iter().filter(|code| code.as_str() == partners::CIC).collect()
}

fn responsible(facts: &Facts<'_>) -> Vec<AgencyCode> {
    let envelope = &facts.submission.envelope;
    let council =
        envelope.responsible_la.get().filter(|_| envelope.looked_after.is(LookedAfter::Yes));
    council.and_then(|council| partners::responsible_team(council)).into_iter().collect()
}

/// Area Teams only: a report is sent to nobody else by a code in it.
fn reported_areas(facts: &Facts<'_>) -> Vec<AgencyCode> {
    let Some(body) = facts.submission.operation_report() else { return Vec::new() };
    let is_area = |code: &&AgencyCode| code.as_str().starts_with("AREA-");
    body.areas.iter().filter(is_area).cloned().collect()
}
