//! R01–R06: a missing child (domain 5.3).

use crate::domain::delivery::{DeliveryState, EndReason, Purpose};
use crate::domain::directory::School;
use crate::domain::submission::{FoundPlace, LookedAfter, SchoolFact, Submission};
use crate::domain::{AgencyCode, AlertKind, Delivery, Letter, MissingNews, Priority, Rule, View};

use super::super::partners::{CADT, FSU, MERPOL, SAFERFUT, WUTH_AED};
use super::super::validation::MissingRow;
use super::super::{Context, age, clock, partners, standing};
use super::row::{Line, Row, line, lookout, those, told};
use super::{Facts, Target, Wish, Wishes};

/// News of an episode the hub does not know still reaches the front door and police.
const UNKNOWN_EPISODE: &[Line] = &[line(CADT, Priority::P3), line(MERPOL, Priority::P3)];

/// Who may have got a missing episode.
const EPISODE: &[Letter] =
    &[Letter::C, Letter::P, Letter::S, Letter::H1, Letter::A, Letter::E, Letter::L, Letter::X];

/// Who may hear the end of it: the refuge's helpers too, where it ended at a SAFE address.
const ENDED: &[Letter] = &[
    Letter::C,
    Letter::P,
    Letter::F,
    Letter::S,
    Letter::H1,
    Letter::A,
    Letter::E,
    Letter::L,
    Letter::X,
];

const AREA_TEAM: &str =
    "the Area Team; never under FORCED_MARRIAGE or HBA, never for a SAFE address (sealed area)";
const SCHOOL: &str =
    "the school, where the sender wants it told and says why; never under FORCED_MARRIAGE or HBA";
const AGAIN: &str = "everyone who got the episode, P3 (P5 stays P5), but no Area Team and no school under FORCED_MARRIAGE or HBA, no \
     Area Team for a SAFE address; CADT and MERPOL P3 where the hub does not know the episode";

/// R01–R04 are the rows of a report, and of an update that raises the risk; R05 and R06 follow the episode.
pub(super) const ROWS: &[Row] = &[
    Row {
        rule: Rule::R01,
        when: "MISSING_REPORTED, HIGH, or age 13 or under, or CSE, CCE, TRAFFICKING, FORCED_MARRIAGE, HBA",
        applies: |facts| is_set_by(facts, MissingRow::R01),
        lines: &[
            line(CADT, Priority::P1),
            line(MERPOL, Priority::P1),
            line(SAFERFUT, Priority::P3),
            lookout(WUTH_AED, Priority::P2),
            those((AREA_TEAM, &[Letter::A]), area_teams, Priority::P5).seeing(View::Info),
            those(
                (SCHOOL, &[Letter::E]),
                school,
                Priority::P3,
            )
            .only("school is today or tomorrow", school_is_near),
        ],
    },
    Row {
        rule: Rule::R02,
        when: "MISSING_REPORTED, MEDIUM",
        applies: |facts| is_set_by(facts, MissingRow::R02),
        lines: &[
            line(CADT, Priority::P2),
            line(MERPOL, Priority::P2),
            line(SAFERFUT, Priority::P3),
            lookout(WUTH_AED, Priority::P3),
        ],
    },
    Row {
        rule: Rule::R03,
        when: "MISSING_REPORTED, category MISSING, LOW or NONE_APPARENT",
        applies: |facts| is_set_by(facts, MissingRow::R03),
        lines: &[
            line(CADT, Priority::P3),
            line(MERPOL, Priority::P3),
            line(SAFERFUT, Priority::P4),
        ],
    },
    Row {
        rule: Rule::R04,
        when: "MISSING_REPORTED, NO_APPARENT_RISK or AWAY_FROM_PLACEMENT, not R01 or R02",
        applies: |facts| is_set_by(facts, MissingRow::R04),
        lines: &[
            line(CADT, Priority::P4),
            line(MERPOL, Priority::P4),
            line(SAFERFUT, Priority::P5),
            those(
                ("CIC or the responsible council", &[Letter::L, Letter::X]),
                responsible,
                Priority::P3,
            )
            .only("looked after", is_looked_after),
        ],
    },
    Row {
        rule: Rule::R05,
        when: "MISSING_UPDATED",
        applies: |facts| facts.submission.kind == AlertKind::MissingUpdated,
        lines: &[
            told(
                ("the set of the new row, each at that row's priority, where the risk rises", EPISODE),
                r05_risen,
                Priority::P5,
            )
            .up_to(Priority::P1),
            told((AGAIN, EPISODE), r05_again, Priority::P5).up_to(Priority::P3),
        ],
    },
    Row {
        rule: Rule::R06,
        when: "MISSING_FOUND, MISSING_CANCELLED",
        applies: |facts| {
            matches!(facts.submission.kind, AlertKind::MissingFound | AlertKind::MissingCancelled)
        },
        lines: &[told(
            (
                "everyone who got the episode, P3 (P5 stays P5), but no Area Team and no school under \
                 FORCED_MARRIAGE or HBA, no Area Team for a SAFE address; MERPOL P2; FSU P2, SAFE_TASK, where found \
                 at a SAFE address; look-outs are cancelled, but not while FOUND_UNCONFIRMED (found by A&E): then who \
                 holds one is told nothing; DECEASED: front door, responsible council and police P1, all others only \
                 that it is cancelled; an episode the hub does not know: CADT P3",
                ENDED,
            ),
            r06,
            Priority::P5,
        )
        .up_to(Priority::P1)],
    },
];

/// Whether the row's set is told: a report, or an update that raises the risk to it.
fn is_set_by(facts: &Facts<'_>, row: MissingRow) -> bool {
    let Some(found) = facts.validated.assessment.missing() else { return false };
    let is_report = facts.submission.kind == AlertKind::MissingReported;
    let is_rise = facts.submission.kind == AlertKind::MissingUpdated && found.risen;
    (is_report || is_rise) && found.row == row
}

/// The Area Team's information copy; never under forced marriage or HBA, never by a sealed area.
fn area_teams(facts: &Facts<'_>) -> Vec<AgencyCode> {
    if facts.submission.is_one_chance() {
        Vec::new()
    } else {
        facts.area.teams().cloned().collect()
    }
}

/// The school, only where the sender says so and why; never under forced marriage or HBA.
fn school(facts: &Facts<'_>) -> Vec<AgencyCode> {
    let is_wanted = facts
        .submission
        .missing()
        .is_some_and(|body| body.inform_school && body.inform_school_reason.is_given());
    if !is_wanted || facts.submission.is_one_chance() {
        return Vec::new();
    }
    own_school(facts).and_then(|school| school.agency.clone()).into_iter().collect()
}

fn school_is_near(facts: &Facts<'_>) -> bool {
    let directory = facts.context.directory;
    clock::school_today_or_tomorrow(facts.context.now, own_school(facts), directory)
}

fn own_school<'a>(facts: &Facts<'a>) -> Option<&'a School> {
    match facts.submission.primary()?.school.get()? {
        SchoolFact::Urn(urn) => facts.context.directory.schools.get(urn.expose()),
        SchoolFact::HomeEducated | SchoolFact::NotInEducation => None,
    }
}

pub(super) fn is_looked_after(facts: &Facts<'_>) -> bool {
    facts.submission.envelope.looked_after.is(LookedAfter::Yes)
}

pub(super) fn responsible(facts: &Facts<'_>) -> Vec<AgencyCode> {
    let council = facts.submission.envelope.responsible_la.get();
    council.and_then(|council| partners::responsible_team(council)).into_iter().collect()
}

/// A risk that rises makes the new row's set: the row alone would not say that it was an update which brought it.
fn r05_risen(facts: &Facts<'_>, wishes: &mut Wishes) {
    if facts.validated.assessment.missing().is_some_and(|found| found.risen) {
        let named: Vec<Wish> =
            wishes.list.iter().map(|wish| Wish { rule: Rule::R05, ..wish.clone() }).collect();
        wishes.list.extend(named);
    }
}

/// Everyone who got the episode, P3 (P5 stays P5).
fn r05_again(facts: &Facts<'_>, wishes: &mut Wishes) {
    again(facts, Rule::R05, wishes, |delivery| delivery.view);
}

/// R06: everyone who got the episode hears the end of it.
fn r06(facts: &Facts<'_>, wishes: &mut Wishes) {
    let Some(body) = facts.submission.missing() else { return };
    if facts.validated.assessment.missing().is_some_and(|found| found.deceased) {
        r06_deceased(facts, wishes);
        return;
    }
    let is_end = is_confirmed_end(facts.submission, facts.context);
    again(facts, Rule::R06, wishes, |delivery| {
        let ends = is_end && delivery.view == View::Lookout;
        if ends { View::Cancelled } else { delivery.view }
    });
    // While FOUND_UNCONFIRMED the look-outs stay, and who holds one is told nothing.
    if !is_end {
        wishes.list.retain(|wish| wish.view != View::Lookout);
    }
    if facts.context.episode.is_empty() {
        UNKNOWN_EPISODE.iter().for_each(|line| line.run(Rule::R06, facts, wishes));
    }
    wishes.tell(Rule::R06, MERPOL, Priority::P2, View::Standard);
    let is_safe = body.found_place == FoundPlace::Safe
        || facts.submission.subjects.iter().any(|person| person.has_safe_address);
    if is_safe && facts.submission.kind == AlertKind::MissingFound {
        wishes.tell(Rule::R06, FSU, Priority::P2, View::SafeTask);
    }
}

/// C, P, and L or X who had the episode: P1. All others learn only that it has ended.
fn r06_deceased(facts: &Facts<'_>, wishes: &mut Wishes) {
    let directory = facts.context.directory;
    again(facts, Rule::R06, wishes, |_| View::Cancelled);
    for wish in &mut wishes.list {
        let letter = match &wish.to {
            Target::Again(mailbox) => directory.agency_of(mailbox).map(|agency| agency.letter),
            Target::Duty(agency) => directory.agencies.get(agency).map(|agency| agency.letter),
        };
        let is_told = letter
            .is_some_and(|letter| matches!(letter, Letter::C | Letter::P | Letter::L | Letter::X));
        if is_told {
            wish.view = View::Standard;
            wish.priority = Priority::P1;
        }
    }
    for desk in [CADT, MERPOL] {
        wishes.tell(Rule::R06, desk, Priority::P1, View::Standard);
    }
}

/// Everyone who got the episode, once each: P3, or P5 where it was P5 throughout.
fn again(facts: &Facts<'_>, rule: Rule, wishes: &mut Wishes, view: impl Fn(&Delivery) -> View) {
    let is_one_chance = facts.submission.is_one_chance();
    let is_sealed = facts.area == super::area::Area::Sealed;
    // From the 18th birthday on no school hears of it (domain 5.6).
    let is_grown_up = age::has_come_of_age(facts.submission, facts.context.now);
    for record in facts.context.episode {
        for delivery in record.deliveries.iter().filter(|delivery| told_of(delivery)) {
            let is_area = delivery.letter == Letter::A && (is_one_chance || is_sealed);
            let is_school = delivery.letter == Letter::E && (is_one_chance || is_grown_up);
            if is_area || is_school {
                continue;
            }
            let priority =
                if delivery.priority == Priority::P5 { Priority::P5 } else { Priority::P3 };
            wishes.list.push(Wish {
                to: Target::Again(delivery.mailbox.clone()),
                priority,
                view: view(delivery),
                letter: None,
                rule,
                due: None,
                setting: None,
            });
        }
    }
}

/// Whether a delivery told its recipient of the episode.
fn told_of(delivery: &Delivery) -> bool {
    let is_telling = matches!(delivery.purpose, Purpose::Alert | Purpose::OutOfHoursCopy);
    let is_undone =
        matches!(delivery.state, DeliveryState::Ended(EndReason::Cancelled | EndReason::Recalled));
    is_telling && !is_undone
}

/// Whether the alert ends the episode: A&E's word alone does not (FOUND_UNCONFIRMED, domain 3.5).
pub(crate) fn is_confirmed_end(submission: &Submission, context: &Context<'_>) -> bool {
    ends(submission.kind, &context.sender.code)
}

/// Whether this kind from this sender ends an episode.
pub(crate) fn ends(kind: AlertKind, sender: &AgencyCode) -> bool {
    standing::missing_news(kind, sender).is_some_and(MissingNews::is_end)
}
