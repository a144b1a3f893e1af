//! From the persons of a submission and of earlier alerts to claims (domain 4.4, 4.5).
//!
//! Each pair is judged for itself. A claim waits for nobody and changes nobody's copy; only the protected-subject
//! register reaches through it (domain 4.5.8).

use std::sync::Arc;

use super::table::have_one_number;
use super::{Claim, Features, Name, NhsNumber, Surroundings, compare, unborn};
use crate::domain::delivery::Purpose;
use crate::domain::directory::{Directory, MailboxRole};
use crate::domain::event::EventKind;
use crate::domain::identity::{
    Evidence, Flag, IdentityFacts, Link, LinkState, MatchClass, MentionedPerson, Mentions, Tally,
};
use crate::domain::submission::{
    AgeFact, EpisodeName, Given, MissingCategory, MotherFacts, PartnerFacts, SchoolFact,
    SubjectFacts, SubjectRole, Submission,
};
use crate::domain::{
    AgencyCode, AlertRecord, Deadline, DeadlineTag, Delivery, Event, MailboxId, Priority, Rule,
    Timestamp,
};
use crate::policy::age::Age;
use crate::policy::clock;
use crate::policy::decide::task;
use crate::policy::sketch::EventSketch;

/// The agency of the identity data stewards (domain 2.1).
pub const STEWARD: &str = "HUB-STEWARD";

/// Up to this age a child's mother is kept with it: as long as health visiting has both (domain 3.3), a child that was
/// expected is told of again.
const MOTHER_UNTIL_YEARS: u8 = 4;

/// An earlier alert with who is mentioned in it.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// The alert.
    pub record: Arc<AlertRecord>,
    /// Who.
    pub mentions: Mentions,
}

/// The persons of a submission as they are kept: the subjects, and after them the other one of a pair.
#[must_use]
pub fn mentioned(submission: &Submission, now: Timestamp) -> Mentions {
    let subjects = submission.subjects.iter().zip(0..);
    let subjects = subjects.map(|(subject, index)| of(subject, index, now));
    let subjects = with_pregnancies(subjects.collect());
    let pair = partner_of(submission);
    let after = u32::try_from(submission.subjects.len()).unwrap_or(u32::MAX);
    let partner = pair.map(|partner| {
        let who = MentionedPerson {
            index: after,
            identity: partner.identity.clone(),
            nhs_verified: partner.nhs_verified,
            ..MentionedPerson::default()
        };
        aged(who, partner.age)
    });
    let is_anybody = |person: &MentionedPerson| !pieces(person).is_empty();
    let people = subjects.into_iter().chain(partner).filter(is_anybody).collect();
    Mentions { people, tally: tally(submission, now) }
}

/// Who makes the pair with the victim (domain 3.7, 3.8).
fn partner_of(submission: &Submission) -> Option<&PartnerFacts> {
    let abuse = submission.domestic_abuse().and_then(|facts| facts.partner.as_ref());
    abuse.or_else(|| submission.marac_case().and_then(|case| case.partner.as_ref()))
}

fn of(subject: &SubjectFacts, index: u32, now: Timestamp) -> MentionedPerson {
    let school = match subject.school.get() {
        Some(SchoolFact::Urn(urn)) => Some(urn.clone()),
        Some(SchoolFact::HomeEducated | SchoolFact::NotInEducation) | None => None,
    };
    let mother = subject.mother.as_deref().map(|mother| Box::new(mother_of(mother)));
    if subject.role.is(SubjectRole::Unborn) {
        // Matched by mother and date, never by a name (domain 4.5.7); it lives where she does.
        let is_safe = mother.as_ref().is_some_and(|mother| mother.safe);
        let protected = subject.identity.protected;
        return MentionedPerson {
            index,
            identity: IdentityFacts { protected, ..IdentityFacts::default() },
            safe: subject.has_safe_address || is_safe,
            expected: subject.expected_delivery.get().copied(),
            mother,
            ..MentionedPerson::default()
        };
    }
    let is_small = Age::on(subject.age, clock::date_of(now)).is_at_most(MOTHER_UNTIL_YEARS);
    let who = MentionedPerson {
        index,
        identity: subject.identity.clone(),
        nhs_verified: subject.nhs_verified,
        school,
        safe: subject.has_safe_address,
        mother: mother.filter(|_| is_small),
        ..MentionedPerson::default()
    };
    aged(who, subject.age)
}

fn mother_of(mother: &MotherFacts) -> MentionedPerson {
    let who = MentionedPerson {
        index: mother.place,
        identity: mother.identity.clone(),
        nhs_verified: mother.nhs_verified,
        safe: mother.has_safe_address,
        ..MentionedPerson::default()
    };
    aged(who, mother.age)
}

/// Notes which children of the alert are of one pregnancy: twins of one pregnancy are two.
fn with_pregnancies(people: Vec<MentionedPerson>) -> Vec<MentionedPerson> {
    let delivered = |person: &MentionedPerson| {
        let date = person.expected.or(person.born)?;
        Some((person.mother.as_ref()?.index, *date.expose()))
    };
    let dates: Vec<_> = people.iter().map(delivered).collect();
    let is_with_another = |own: usize| {
        let (mother, date) = dates.get(own).copied().flatten()?;
        let others = dates.iter().enumerate().filter(|(other, _)| *other != own);
        let mut others = others.filter_map(|(_, other)| *other);
        Some(others.any(|(also, other)| also == mother && unborn::are_near(date, other)))
    };
    let of_several: Vec<bool> =
        (0..people.len()).map(|own| is_with_another(own).unwrap_or(false)).collect();
    let noted = people.into_iter().zip(of_several);
    noted.map(|(person, of_several)| MentionedPerson { of_several, ..person }).collect()
}

fn aged(person: MentionedPerson, age: AgeFact) -> MentionedPerson {
    match age {
        AgeFact::Born(born) => MentionedPerson { born: Some(born), ..person },
        AgeFact::BornIn { year, .. } | AgeFact::BornInYear(year) => {
            MentionedPerson { born_in: Some(year), ..person }
        }
        AgeFact::Estimated(_) | AgeFact::Unknown => person,
    }
}

fn tally(submission: &Submission, now: Timestamp) -> Tally {
    let missing = submission.missing();
    let abuse = submission.domestic_abuse();
    let began = missing
        .and_then(|facts| facts.last_seen_at.get())
        .or_else(|| submission.alcohol().and_then(|facts| facts.attendance_at.get()))
        .or_else(|| abuse.and_then(|facts| facts.incident_at.get()))
        // When the conference met; a referral counts from when the hub took it.
        .or_else(|| submission.marac_outcome().and_then(|facts| facts.case.meeting_at.get()));
    let place = |place: usize| u32::try_from(place).ok();
    let primary = submission.primary().and_then(|primary| {
        let is_primary = |person: &SubjectFacts| std::ptr::eq(person, primary);
        submission.subjects.iter().position(is_primary).and_then(place)
    });
    let victim = abuse.and_then(|facts| facts.victim.get().copied()).and_then(place);
    let has_partner = partner_of(submission).is_some();
    let partner = if has_partner { place(submission.subjects.len()) } else { None };
    let is_13_or_under = submission
        .primary()
        .is_some_and(|person| Age::on(person.age, clock::date_of(now)).is_at_most(13));
    Tally {
        started: began.copied().filter(|at| *at <= now).unwrap_or(now),
        // 13 and under is MISSING whatever the sender calls it (domain 3.5).
        category: missing
            .and_then(|facts| facts.category.known())
            .map(|category| if is_13_or_under { MissingCategory::Missing } else { category }),
        abuse: abuse.map(|facts| facts.abuse_types.known().collect()).unwrap_or_default(),
        about: victim.or(primary),
        partner,
        is_named: matches!(submission.envelope.episode, Given::Given(EpisodeName::Own(_))),
    }
}

/// By what a person may be found again: the NHS number, the date of birth, the sound of the names. Together they reach
/// every pair that the decision table can call more than new by number, birth or name. A child is found by its mother as
/// well, among those who were told of with theirs (domain 4.5.7).
#[must_use]
pub fn pieces(person: &MentionedPerson) -> Vec<(&'static str, String)> {
    let own = pieces_of(person, [NUMBER, "born", "sound"]);
    let mother = person.mother.as_deref();
    let mother = mother.map(|it| pieces_of(it, [NUMBER_OF_MOTHER, "mother born", "mother sound"]));
    own.into_iter().chain(mother.into_iter().flatten()).collect()
}

const NUMBER: &str = "nhs";
const NUMBER_OF_MOTHER: &str = "mother nhs";

/// Whether a piece is a number, which one person has.
#[must_use]
pub fn is_number(piece: &str) -> bool {
    [NUMBER, NUMBER_OF_MOTHER].contains(&piece)
}

fn pieces_of(
    person: &MentionedPerson,
    [number, born, sound]: [&'static str; 3],
) -> Vec<(&'static str, String)> {
    let who = &person.identity;
    let digits = who.nhs_number.as_ref().map(|digits| (number, digits.expose().clone()));
    let day = person.born.map(|day| (born, day.expose().to_string()));
    let names = who.family.as_ref().zip(who.given.as_ref()).map(|(family, given)| {
        let (family, given) = (Name::of(family.expose()), Name::of(given.expose()));
        (sound, format!("{} {}", family.sound(), given.sound()))
    });
    [digits, day, names].into_iter().flatten().collect()
}

/// A kept person as the table reads one, and the mother with it; `is_flagged` says of whom of the alert the register says
/// that the identity is protected.
pub(super) fn features(person: &MentionedPerson, is_flagged: impl Fn(u32) -> bool) -> Features {
    let mother = person.mother.as_deref().map(|it| Box::new(of_one(it, is_flagged(it.index))));
    let own = of_one(person, is_flagged(person.index));
    let expected = person.expected.map(|expected| *expected.expose());
    Features { expected, mother, of_several: person.of_several, ..own }
}

fn of_one(person: &MentionedPerson, flagged: bool) -> Features {
    let who = &person.identity;
    let text = |text: &crate::domain::Redacted<String>| text.expose().clone();
    let name = |text: &crate::domain::Redacted<String>| Name::of(text.expose());
    // Each part of an alias by itself: "Ells Marrowby" is a nickname and a former name.
    let parts = who.aliases.iter().flat_map(|alias| {
        let alias = alias.expose();
        alias
            .split_whitespace()
            .map(Name::of)
            .chain(std::iter::once(Name::of(alias)))
            .collect::<Vec<_>>()
    });
    Features {
        nhs: who
            .nhs_number
            .as_ref()
            .map(|number| NhsNumber { digits: text(number), verified: person.nhs_verified }),
        protected: who.protected || flagged,
        family: who.family.as_ref().map(name).filter(|name| !name.is_empty()),
        given: who.given.as_ref().map(name).filter(|name| !name.is_empty()),
        aliases: parts.filter(|name| !name.is_empty()).collect(),
        born: person.born.map(|born| *born.expose()),
        born_in: person.born_in.map(|year| *year.expose()),
        uprn: who.uprn.as_ref().map(text),
        postcode: who.postcode.as_ref().map(text),
        phones: who.phones.iter().map(text).collect(),
        school: person.school.as_ref().map(text),
        sex: who.sex.and_then(|sex| i32::try_from(sex).ok()),
        ..Features::default()
    }
}

/// As the table reads a person of an alert that the stewards may have said something of.
pub(super) fn features_in(record: &AlertRecord, person: &MentionedPerson) -> Features {
    features(person, |mention| is_flagged(record, mention, Flag::Protected))
}

pub(super) fn is_flagged(record: &AlertRecord, mention: u32, flag: Flag) -> bool {
    record.flags.iter().any(|flagged| flagged.mention == mention && flagged.flag == flag)
}

/// Judges each person against each earlier mention. Newest first, as `earlier` is.
#[must_use]
pub fn claims(people: &Mentions, earlier: &[Earlier], now: Timestamp) -> Vec<Link> {
    let known: Vec<(&Earlier, &MentionedPerson, Features)> = earlier
        .iter()
        .flat_map(|earlier| earlier.mentions.people.iter().map(move |person| (earlier, person)))
        .map(|(earlier, person)| (earlier, person, features_in(&earlier.record, person)))
        .collect();
    let mut links = Vec::new();
    // Mostly nobody is: then no name is normalised.
    if known.is_empty() {
        return links;
    }
    for person in &people.people {
        let own = features(person, |_| false);
        for (earlier, other, theirs) in &known {
            let all = known.iter().map(|(_, _, third)| third);
            let claim = compare(&own, theirs, surroundings(&own, theirs, all));
            let Some(state) = state(&claim) else { continue };
            links.push(Link {
                mention: person.index,
                other: earlier.record.id,
                other_mention: other.index,
                rule: claim.rule,
                class: claim.class,
                evidence: claim.score.evidence,
                state,
                by: None,
                at: now,
                earlier: Vec::new(),
            });
        }
    }
    links
}

/// What else is known about two people. Only one number under two names (I3b), and a child that was expected (domain
/// 4.5.7), ask about twins: whoever else is known is not gone through before.
pub(super) fn surroundings<'a>(
    own: &'a Features,
    theirs: &'a Features,
    known: impl IntoIterator<Item = &'a Features>,
) -> Surroundings {
    let has_twin = if have_one_number(own, theirs) {
        known.into_iter().any(|third| are_twins(theirs, third))
    } else {
        unborn::has_twin((own, theirs), known)
    };
    Surroundings { has_twin }
}

/// Whether an alert told again names the same person: nothing of it has changed, or the hub would link the two by itself.
#[must_use]
pub fn is_same(one: &MentionedPerson, other: &MentionedPerson) -> bool {
    let (these, those) = (features(one, |_| false), features(other, |_| false));
    one == other || compare(&these, &those, Surroundings::default()).class == MatchClass::Exact
}

/// Born on one day, of one family or home, and called otherwise (I3b).
pub(super) fn are_twins(one: &Features, other: &Features) -> bool {
    let is_same = |one: Option<&Name>, other: Option<&Name>| {
        one.zip(other).is_some_and(|(one, other)| one.is_same_as(other))
    };
    let family = is_same(one.family.as_ref(), other.family.as_ref());
    let home = one.uprn.is_some() && one.uprn == other.uprn;
    let given = one.given.as_ref().zip(other.given.as_ref());
    let is_other =
        given.is_some_and(|(one, other)| !one.is_same_as(other) && !one.is_nickname_of(other));
    one.born.is_some() && one.born == other.born && (family || home) && is_other
}

pub(super) fn state(claim: &Claim) -> Option<LinkState> {
    match claim.class {
        MatchClass::Exact => Some(LinkState::Automatic),
        MatchClass::Strong => Some(LinkState::Proposed),
        // One of several children of a pregnancy: a human says which (domain 4.5.7).
        MatchClass::TwinSuspect if claim.score.has(Evidence::MotherEqual) => {
            Some(LinkState::Proposed)
        }
        MatchClass::TwinSuspect | MatchClass::Possible => Some(LinkState::Candidate),
        MatchClass::NhsConflict => Some(LinkState::Conflict),
        // No candidate is shown of a protected person, and none of a stranger.
        MatchClass::Protected | MatchClass::Different | MatchClass::New => None,
    }
}

/// The subjects, from 0, that are treated as living at a SAFE address because somebody they are, or may be, does, or is
/// of a protected identity. To the latter there is never a link (I1), so each pair is judged as if nothing marked it.
#[must_use]
pub fn treated_as_safe(people: &Mentions, links: &[Link], earlier: &[Earlier]) -> Vec<u32> {
    let reaches = |link: &&Link| link.state.is_confirmed() || link.state.is_open();
    let is_safe = |link: &&Link| {
        earlier.iter().filter(|earlier| earlier.record.id == link.other).any(|earlier| {
            let people = earlier.mentions.people.iter();
            let said = people.filter(|person| person.index == link.other_mention).any(|p| p.safe);
            said || is_flagged(&earlier.record, link.other_mention, Flag::Safe)
        })
    };
    let unmarked = |person: &MentionedPerson| features(person, |_| false).unmarked();
    let hidden = earlier.iter().flat_map(|earlier| {
        let people = earlier.mentions.people.iter();
        people.filter(|person| is_protected(&earlier.record, person)).map(unmarked)
    });
    let hidden: Vec<Features> = hidden.collect();
    let may_be = |person: &&MentionedPerson| {
        if hidden.is_empty() {
            return false;
        }
        let own = unmarked(person);
        hidden.iter().any(|theirs| {
            let claim = compare(&own, theirs, Surroundings::default());
            state(&claim).is_some_and(|state| state.is_confirmed() || state.is_open())
        })
    };
    let linked = links.iter().filter(reaches).filter(is_safe).map(|link| link.mention);
    let hidden_behind = people.people.iter().filter(may_be).map(|person| person.index);
    let mut safe: Vec<u32> = linked.chain(hidden_behind).collect();
    safe.sort_unstable();
    safe.dedup();
    safe
}

/// Of an alert that speaks no more, what the register says of its persons: an entry outlives what a sender takes back, what
/// the alert itself said of anybody does not.
#[must_use]
pub fn only_registered(alert: Earlier) -> Earlier {
    let Earlier { record, mut mentions } = alert;
    for person in &mut mentions.people {
        person.safe = false;
        person.identity.protected = false;
        if let Some(mother) = &mut person.mother {
            mother.safe = false;
            mother.identity.protected = false;
        }
    }
    Earlier { record, mentions }
}

/// Whether the register or the alert itself says that the person's identity is protected, or the mother's of a child: then
/// nobody is shown any claim about it (I1).
#[must_use]
pub fn is_protected(record: &AlertRecord, person: &MentionedPerson) -> bool {
    let is_hidden = |person: &MentionedPerson| {
        person.identity.protected || is_flagged(record, person.index, Flag::Protected)
    };
    is_hidden(person) || person.mother.as_deref().is_some_and(is_hidden)
}

/// What the claims ask of the stewards, and what is to be recorded of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// One task for the alert, the most urgent that a claim asks for; none where none does.
    pub task: Option<Delivery>,
    /// The events, without ids.
    pub events: Vec<Event>,
}

/// Tells the stewards of what a human must decide (I3, I3b: P2; I4b: P3; I6, and which child of a pregnancy is meant: 8
/// working hours), and records each claim.
#[must_use]
pub fn tell(links: &[Link], directory: &Directory, (number, now): (u32, Timestamp)) -> Told {
    let mut events: Vec<Event> = links.iter().map(|link| said(link).into_event()).collect();
    let wanted = links.iter().filter_map(|link| wanted(link, now)).min();
    let task = wanted.zip(steward(directory)).map(|((priority, due), mailbox)| {
        let deadline = due.map(|at| Deadline { at, tag: DeadlineTag::Default });
        let created = EventSketch::of(EventKind::TaskCreated).to(number, &mailbox).due(deadline);
        events.push(created.because("MATCH").into_event());
        Delivery { due: deadline, purpose: Purpose::Task, ..task(number, &mailbox, priority, now) }
    });
    Told { task, events }
}

fn wanted(link: &Link, now: Timestamp) -> Option<(Priority, Option<Timestamp>)> {
    if link.state == LinkState::Conflict {
        Some((Priority::P2, None))
    } else if link.rule == Rule::I4b {
        Some((Priority::P3, Some(clock::working_minutes(now, 240))))
    } else if link.rule == Rule::I6 || (link.rule == Rule::I5 && link.waits()) {
        Some((Priority::P4, Some(clock::working_minutes(now, 480))))
    } else {
        None
    }
}

fn said(link: &Link) -> EventSketch {
    let kind = match link.state {
        LinkState::Automatic | LinkState::Confirmed => EventKind::SubjectLinked,
        LinkState::Conflict => EventKind::NhsConflict,
        LinkState::Proposed | LinkState::Candidate => EventKind::MatchProposed,
        LinkState::Rejected | LinkState::Unlinked => EventKind::SubjectUnlinked,
    };
    EventSketch::of(kind).by_rules(&[link.rule]).because(link.class.as_str())
}

/// The inbox of the stewards; none where the partnership has none.
#[must_use]
pub fn steward(directory: &Directory) -> Option<MailboxId> {
    let agency = directory.agencies.get(&AgencyCode::try_from(STEWARD).ok()?)?;
    let duty = agency.mailbox(MailboxRole::Duty).or_else(|| agency.mailboxes.first());
    duty.map(|mailbox| mailbox.id.clone())
}
