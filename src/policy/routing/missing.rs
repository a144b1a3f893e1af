//! R01–R06: a missing child (domain 5.3).

use crate::domain::delivery::{DeliveryState, EndReason, Purpose};
use crate::domain::submission::{FoundPlace, LookedAfter, MissingFacts, SchoolFact, Submission};
use crate::domain::{AgencyCode, AlertKind, Delivery, Letter, Priority, Rule, View};

use super::super::partners::{CADT, FSU, MERPOL, SAFERFUT, WUTH_AED};
use super::super::validation::{MissingAssessment, MissingRow};
use super::super::{Context, clock, partners};
use super::{Facts, Line, Target, Wish, Wishes, line, lookout};

/// R01: HIGH, 13 or under, or an exploitation, forced-marriage or HBA flag.
const R01: &[Line] = &[
    line(CADT, Priority::P1),
    line(MERPOL, Priority::P1),
    line(SAFERFUT, Priority::P3),
    lookout(WUTH_AED, Priority::P2),
];

/// R02: MEDIUM.
const R02: &[Line] = &[
    line(CADT, Priority::P2),
    line(MERPOL, Priority::P2),
    line(SAFERFUT, Priority::P3),
    lookout(WUTH_AED, Priority::P3),
];

/// R03: category MISSING, LOW or NONE_APPARENT.
const R03: &[Line] =
    &[line(CADT, Priority::P3), line(MERPOL, Priority::P3), line(SAFERFUT, Priority::P4)];

/// R04: no apparent risk, or away from placement.
const R04: &[Line] =
    &[line(CADT, Priority::P4), line(MERPOL, Priority::P4), line(SAFERFUT, Priority::P5)];

/// News of an episode the hub does not know still reaches the front door and police.
const UNKNOWN_EPISODE: &[Line] = &[line(CADT, Priority::P3), line(MERPOL, Priority::P3)];

pub(super) fn rows(facts: &Facts<'_>, found: &MissingAssessment, wishes: &mut Wishes) {
    let Some(body) = facts.submission.missing() else { return };
    let kind = facts.submission.kind;
    if kind == AlertKind::MissingReported {
        report(facts, found.row, body, wishes);
    } else if kind == AlertKind::MissingUpdated {
        r05(facts, found, body, wishes);
    } else if matches!(kind, AlertKind::MissingFound | AlertKind::MissingCancelled) {
        r06(facts, found, body, wishes);
    }
}

fn report(facts: &Facts<'_>, row: MissingRow, body: &MissingFacts, wishes: &mut Wishes) {
    match row {
        MissingRow::R01 => {
            wishes.lines(Rule::R01, R01);
            r01_area(facts, wishes);
            r01_school(facts, body, wishes);
        }
        MissingRow::R02 => wishes.lines(Rule::R02, R02),
        MissingRow::R03 => wishes.lines(Rule::R03, R03),
        MissingRow::R04 => {
            wishes.lines(Rule::R04, R04);
            r04_responsible(facts, wishes);
        }
    }
}

/// The Area Team's information copy; never under forced marriage or HBA, never by a sealed area.
fn r01_area(facts: &Facts<'_>, wishes: &mut Wishes) {
    if facts.submission.is_one_chance() {
        return;
    }
    for team in facts.area.teams().cloned().collect::<Vec<_>>() {
        wishes.agency(Rule::R01, team, Priority::P5, View::Info);
    }
}

/// The school, only where the sender says so and why, and school is now or next.
fn r01_school(facts: &Facts<'_>, body: &MissingFacts, wishes: &mut Wishes) {
    let is_wanted = body.inform_school && body.inform_school_reason.is_given();
    if !is_wanted || facts.submission.is_one_chance() {
        return;
    }
    let Some(SchoolFact::Urn(urn)) =
        facts.submission.primary().and_then(|child| child.school.get())
    else {
        return;
    };
    let directory = facts.context.directory;
    let school = directory.schools.get(urn.expose());
    let Some(agency) = school.and_then(|school| school.agency.clone()) else { return };
    if clock::school_today_or_tomorrow(facts.context.now, school, directory) {
        wishes.agency(Rule::R01, agency, Priority::P3, View::Standard);
    }
}

fn r04_responsible(facts: &Facts<'_>, wishes: &mut Wishes) {
    let envelope = &facts.submission.envelope;
    if !envelope.looked_after.is(LookedAfter::Yes) {
        return;
    }
    if let Some(team) = envelope.responsible_la.get().and_then(|la| partners::responsible_team(la))
    {
        wishes.agency(Rule::R04, team, Priority::P3, View::Standard);
    }
}

/// R05: a risk that rises makes the new row's set; else everyone who got the episode, P3 (P5 stays P5).
fn r05(facts: &Facts<'_>, found: &MissingAssessment, body: &MissingFacts, wishes: &mut Wishes) {
    if found.risen {
        report(facts, found.row, body, wishes);
        // The new row alone would not say that it was an update which brought it here.
        let named: Vec<Wish> =
            wishes.list.iter().map(|wish| Wish { rule: Rule::R05, ..wish.clone() }).collect();
        wishes.list.extend(named);
    }
    again(facts, Rule::R05, wishes, |delivery| delivery.view);
}

/// R06: everyone who got the episode hears the end of it.
fn r06(facts: &Facts<'_>, found: &MissingAssessment, body: &MissingFacts, wishes: &mut Wishes) {
    if found.deceased {
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
        wishes.lines(Rule::R06, UNKNOWN_EPISODE);
    }
    wishes.lines(Rule::R06, &[line(MERPOL, Priority::P2)]);
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
    wishes.lines(Rule::R06, &[line(CADT, Priority::P1), line(MERPOL, Priority::P1)]);
}

/// Everyone who got the episode, once each: P3, or P5 where it was P5 throughout.
fn again(facts: &Facts<'_>, rule: Rule, wishes: &mut Wishes, view: impl Fn(&Delivery) -> View) {
    for record in facts.context.episode {
        for delivery in record.deliveries.iter().filter(|delivery| told_of(delivery)) {
            let is_closed =
                facts.submission.is_one_chance() || facts.area == super::area::Area::Sealed;
            let is_area = delivery.letter == Letter::A && is_closed;
            let is_school = delivery.letter == Letter::E && facts.submission.is_one_chance();
            if is_area || is_school {
                continue;
            }
            let priority =
                if delivery.priority == Priority::P5 { Priority::P5 } else { Priority::P3 };
            wishes.list.push(Wish {
                to: Target::Again(delivery.mailbox.clone()),
                priority,
                view: view(delivery),
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
    let is_found = kind == AlertKind::MissingFound && sender.as_str() != WUTH_AED;
    is_found || kind == AlertKind::MissingCancelled
}
