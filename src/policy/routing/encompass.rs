//! R24: Operation Encompass, Domestic Abuse Act 2021 s49A (domain 5.3).
//!
//! The duty is on police, so only their notifications reach a school. One delivery per setting, at once; its
//! only clock is the first 08:30 of a school day strictly after receipt.

use crate::domain::directory::School;
use crate::domain::submission::{ImpactCode, SchoolFact, SubjectFacts, SubjectRole};
use crate::domain::{AgencyCode, Deadline, DeadlineTag, Priority, Rule, View};

use super::super::age::{Age, has_reached_reception};
use super::super::partners::{CADT, CADT_EDU, MERPOL, WCHC};
use super::super::{area, clock, partners};
use super::{Facts, Target, Wish, Wishes};

/// Where a child's school is told.
enum Setting<'a> {
    /// A school or college with an inbox.
    Inbox(&'a AgencyCode, &'a School),
    /// The council's education inbox stands in for this setting: a school without an inbox, `EHE`, or
    /// `NOT_IN_EDUCATION`.
    StandIn(&'a str, Option<&'a School>),
    /// Nobody knows the setting, or this URN: the stand-in, and the front door finds out.
    Unknown(Option<&'a str>),
    /// Below reception age: community health.
    BelowReception,
    /// Another area's front door arranges it.
    Elsewhere,
}

impl Setting<'_> {
    /// As the delivery names it; empty where nobody knows it, nothing where no school or stand-in is told.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Inbox(_, school) => Some(&school.urn),
            Self::StandIn(setting, _) => Some(setting),
            Self::Unknown(urn) => Some(urn.unwrap_or_default()),
            Self::BelowReception | Self::Elsewhere => None,
        }
    }
}

pub(super) fn r24(facts: &Facts<'_>, wishes: &mut Wishes) {
    let Some(found) = facts.validated.assessment.domestic_abuse() else { return };
    let is_police = partners::is(facts.context.sender, MERPOL);
    // HBA and forced marriage: nothing to a school before the front door decides (domain 3.3).
    if !is_police || facts.submission.is_one_chance() {
        return;
    }
    for index in &found.children {
        let Some(child) = facts.submission.subjects.get(*index) else { continue };
        let age = facts.validated.ages.get(*index).copied().unwrap_or(Age::Unknown);
        let is_victim = found.victim == Some(*index);
        if age.may_be_under(18) && is_affected(facts, (*index, child), is_victim) {
            let setting = setting(facts, child);
            wishes.pupils.extend(setting.name().map(|name| (name.to_owned(), *index)));
            tell(facts, &setting, wishes);
        }
    }
}

fn tell(facts: &Facts<'_>, setting: &Setting<'_>, wishes: &mut Wishes) {
    match *setting {
        Setting::Inbox(agency, school) => {
            let due = due(facts, Some(school), wishes);
            wishes.encompass.push((school.urn.clone(), due.at));
            // Also where the inbox is the school's own: another may have to stand in for it (D0).
            let setting = Some(school.urn.clone());
            send(agency.clone(), Priority::P3, (due, setting), wishes);
        }
        Setting::StandIn(setting, school) => {
            let due = due(facts, school, wishes);
            wishes.encompass.extend(school.map(|school| (school.urn.clone(), due.at)));
            stand_in(due, Some(setting), wishes);
        }
        Setting::Unknown(urn) => {
            stand_in(due(facts, None, wishes), urn, wishes);
            wishes.tell(Rule::R24, CADT, Priority::P2, View::Standard);
        }
        Setting::BelowReception => {
            wishes.tell(Rule::R24, WCHC, Priority::P4, View::Standard);
        }
        // That area's front door arranges it, and hears of it with the rest of the alert.
        Setting::Elsewhere => {}
    }
}

fn stand_in(due: Deadline, setting: Option<&str>, wishes: &mut Wishes) {
    if let Ok(agency) = AgencyCode::try_from(CADT_EDU) {
        send(agency, Priority::P2, (due, setting.map(str::to_owned)), wishes);
    }
}

fn send(
    to: AgencyCode,
    priority: Priority,
    (due, setting): (Deadline, Option<String>),
    wishes: &mut Wishes,
) {
    let (to, view, rule) = (Target::Duty(to), View::Standard, Rule::R24);
    let due = Some(due);
    wishes.list.push(Wish { to, priority, view, letter: None, rule, due, setting });
}

/// "Before the start of the next school day" is statutory guidance; 08:30 is our reading of it.
fn due(facts: &Facts<'_>, school: Option<&School>, wishes: &mut Wishes) -> Deadline {
    let (at, calendar) =
        clock::next_school_morning(facts.context.now, school, facts.context.directory);
    wishes.calendar_unknown |= calendar == clock::Calendar::Unknown;
    Deadline { at, tag: DeadlineTag::StatReading }
}

fn setting<'a>(facts: &Facts<'a>, child: &'a SubjectFacts) -> Setting<'a> {
    let directory = facts.context.directory;
    if !area::lives_in_police_area(child, directory) {
        return Setting::Elsewhere;
    }
    let today = clock::date_of(facts.context.now);
    let is_small = !has_reached_reception(child.age, today);
    let school = match child.school.get() {
        Some(SchoolFact::Urn(urn)) => directory.schools.get(urn.expose()).ok_or(Some(urn)),
        Some(SchoolFact::HomeEducated | SchoolFact::NotInEducation) | None => Err(None),
    };
    match (school, child.school.get()) {
        (Ok(school), _) if school.nursery => Setting::BelowReception,
        (Ok(school), _) => match &school.agency {
            Some(agency) if directory.agencies.contains_key(agency) => {
                Setting::Inbox(agency, school)
            }
            Some(_) | None => Setting::StandIn(&school.urn, Some(school)),
        },
        (Err(_), _) if is_small => Setting::BelowReception,
        (Err(_), Some(SchoolFact::HomeEducated)) => Setting::StandIn("EHE", None),
        (Err(_), Some(SchoolFact::NotInEducation)) => Setting::StandIn("NOT_IN_EDUCATION", None),
        (Err(urn), Some(SchoolFact::Urn(_)) | None) => {
            Setting::Unknown(urn.map(|urn| urn.expose().as_str()))
        }
    }
}

/// A child who saw, heard or experienced the effects: any code but NO_OBSERVED_IMPACT_ASSESSED. A child whose
/// impact nobody gave is not a child without impact. A victim under 18 is a child in scope too (domain 3.7): her school
/// is told of the impact on her where the police assessed one, and else of nothing, for it would be told that she is
/// the victim.
fn is_affected(facts: &Facts<'_>, (index, child): (usize, &SubjectFacts), is_victim: bool) -> bool {
    if child.role.is(SubjectRole::Unborn) {
        return false;
    }
    let Some(body) = facts.submission.domestic_abuse() else { return false };
    let mut impacts =
        body.impacts.iter().filter(|impact| impact.subject() == Some(index)).peekable();
    if impacts.peek().is_none() {
        return !is_victim;
    }
    impacts.any(|impact| {
        impact.codes.is_empty()
            || impact.codes.has_unrecognised()
            || impact.codes.known().any(|code| code != ImpactCode::NoObservedImpactAssessed)
    })
}
