//! Reads the impact on each child of a domestic abuse notification or a MARAC kind (domain 3.7, ChildImpact).
//!
//! Exactly one entry a child: what the adult's behaviour does to that child, in words about that child.

use jiff::ToSpan as _;

use super::domestic_abuse::Subjects;
use super::envelope;
use super::people::{People, Whom};
use super::person;
use super::reader::{At, FREE_TEXT, Reader, up_to};
use crate::domain::submission::{
    ChildPresence, Given, ImpactCode, ImpactFacts, ImpactText, ImpactedChild, Length, Need,
    SeenAndSpokenTo, SubjectRole,
};
use crate::wire::v1;
use crate::wire::words::reason;

const REQUIRED: Option<Need> = Some(Need::Required);

/// The most entries.
const MAX: usize = 20;

/// Two children further apart than this do not share an impact text (domain 3.7).
const SAME_TEXT_YEARS: i64 = 3;

/// Reads every entry.
pub(super) fn impacts(
    reader: &mut Reader,
    at: At<'_>,
    raw: &[v1::ChildImpact],
    subjects: Subjects<'_>,
    people: &People<'_>,
) -> Vec<ImpactFacts> {
    reader.count(at.field("child_impacts"), raw.len(), MAX);
    let listed = raw.iter().take(MAX).enumerate();
    let mut facts: Vec<ImpactFacts> = Vec::new();
    for (index, impact) in listed {
        let at = at.item("child_impacts", index);
        let child = child(reader, at, impact, subjects, people);
        if child.is_given() && facts.iter().any(|earlier| earlier.child == child) {
            reader.malformed(at.field("child_ref"), reason::DUPLICATE);
        }
        let texts = raw.iter().map(|other| other.impact_text.trim());
        let group = texts.take(index).position(|text| text == impact.impact_text.trim());
        let text = text(reader, at, &impact.impact_text, group.unwrap_or(index));
        facts.push(rest(
            reader,
            at,
            impact,
            people,
            ImpactFacts { child, text, ..ImpactFacts::default() },
        ));
    }
    same_texts(reader, at, &facts, subjects);
    facts
}

fn child(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::ChildImpact,
    subjects: Subjects<'_>,
    people: &People<'_>,
) -> Given<ImpactedChild> {
    let at = at.field("child_ref");
    match people.refer(reader, at, &raw.child_ref, REQUIRED) {
        Given::Given(Whom::Subject(index)) if index < subjects.facts.len() => {
            Given::Given(ImpactedChild::Subject(index))
        }
        Given::Given(Whom::Other) if people.is_alleged_perpetrator(&raw.child_ref) => {
            Given::Given(ImpactedChild::AllegedPerpetrator)
        }
        Given::Given(Whom::Subject(_) | Whom::Other) => {
            reader.malformed(at, reason::REF_UNKNOWN);
            Given::Malformed
        }
        Given::Missing => Given::Missing,
        Given::Malformed => Given::Malformed,
    }
}

/// One violation a text: what says nothing is told before what is short.
fn text(reader: &mut Reader, at: At<'_>, raw: &str, group: usize) -> Given<ImpactText> {
    let at = at.field("impact_text");
    let read = ImpactText::of(raw, group);
    match &read {
        Given::Given(text) if text.says_nothing => reader.malformed(at, reason::STOP_LIST),
        Given::Given(text) if text.length < Length(ImpactText::LENGTH_MIN) => {
            reader.malformed(at, reason::TOO_SHORT);
        }
        Given::Given(_) | Given::Missing | Given::Malformed => {
            reader.text(at, raw, up_to(FREE_TEXT), REQUIRED);
        }
    }
    read
}

fn rest(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::ChildImpact,
    people: &People<'_>,
    mut facts: ImpactFacts,
) -> ImpactFacts {
    let presence = at.field("presence");
    facts.presence = reader.code(presence, raw.presence, ChildPresence::from_code, REQUIRED);
    let codes = at.field("impact_codes");
    facts.codes = reader.codes(codes, &raw.impact_codes, ImpactCode::from_code, REQUIRED);
    facts.same_text_confirmed = raw.same_text_confirmed;
    let seen = at.field("seen_and_spoken_to");
    facts.seen = reader.code(seen, raw.seen_and_spoken_to, SeenAndSpokenTo::from_code, REQUIRED);
    let not_seen = facts.seen.is(SeenAndSpokenTo::NotSeen).then_some(Need::Conditional);
    let why = at.field("not_seen_reason");
    facts.not_seen_reason = reader.text(why, &raw.not_seen_reason, up_to(200), not_seen);
    let spoken = matches!(
        facts.seen.known(),
        Some(SeenAndSpokenTo::YesAlone | SeenAndSpokenTo::YesWithAdult)
    );
    let need = spoken.then_some(Need::Conditional);
    let voice = at.field("child_voice");
    facts.child_voice = reader.text(voice, &raw.child_voice, up_to(2_000), need);
    envelope::school_voice(reader, at.field("voice_for_school"), &raw.voice_for_school, people);
    let is_due = facts.codes.contains(ImpactCode::NotYetAssessed);
    let later = at.field("not_assessed");
    facts.assess_by = not_assessed(reader, later, raw.not_assessed.as_ref(), is_due);
    facts
}

/// The date by which the impact will be known; only with a reason.
fn not_assessed(
    reader: &mut Reader,
    at: At<'_>,
    raw: Option<&v1::NotAssessed>,
    is_due: bool,
) -> Given<jiff::civil::Date> {
    let Some(raw) = raw else {
        reader.absent(at, is_due.then_some(Need::Conditional));
        return Given::Missing;
    };
    let need = Some(Need::Conditional);
    let why = reader.text(at.field("reason"), &raw.reason, up_to(200), need);
    let date = reader.date(at.field("assess_by"), &raw.assess_by, need);
    if why.is_given() { date } else { Given::Missing }
}

/// Equal texts of two children more than 3 years apart, unless confirmed in the later entry.
fn same_texts(reader: &mut Reader, at: At<'_>, facts: &[ImpactFacts], subjects: Subjects<'_>) {
    for (index, later) in facts.iter().enumerate() {
        let is_suspect = facts.iter().take(index).any(|earlier| {
            let (Some(one), Some(other)) = (earlier.text.get(), later.text.get()) else {
                return false;
            };
            one.group == other.group && are_apart(reader, earlier, later, subjects)
        });
        if is_suspect && !later.same_text_confirmed {
            let at = at.item("child_impacts", index);
            reader.malformed(at.field("impact_text"), reason::SAME_TEXT);
        }
    }
}

/// Whether two children are more than 3 years apart. Not known is not apart.
fn are_apart(
    reader: &Reader,
    one: &ImpactFacts,
    other: &ImpactFacts,
    subjects: Subjects<'_>,
) -> bool {
    let birth = |impact: &ImpactFacts| {
        let index = impact.subject()?;
        let age = &subjects.facts.get(index)?.age;
        person::birth(age, subjects.raw.get(index)?, reader)
    };
    let (Some(one), Some(other)) = (birth(one), birth(other)) else { return false };
    one.min(other).saturating_add(SAME_TEXT_YEARS.years()) < one.max(other)
}

/// Every child of the subjects has its entry. A missing one is told at the place where it would stand.
pub(super) fn expect_one_each(
    reader: &mut Reader,
    at: At<'_>,
    subjects: Subjects<'_>,
    impacts: &[ImpactFacts],
    is_yes: bool,
) {
    let is_child = |role: SubjectRole| match role {
        SubjectRole::Sibling | SubjectRole::OtherChild | SubjectRole::Unborn => true,
        SubjectRole::Primary
        | SubjectRole::ParentCarer
        | SubjectRole::Victim
        | SubjectRole::PersonOfConcern => false,
    };
    let children: Vec<usize> = (subjects.facts.iter().enumerate())
        .filter(|(_, subject)| subject.role.known().is_some_and(is_child))
        .map(|(index, _)| index)
        .collect();
    if children.is_empty() && impacts.is_empty() && is_yes {
        reader.absent(at.field("child_impacts"), Some(Need::Conditional));
    }
    let told = |child: &usize| impacts.iter().any(|impact| impact.subject() == Some(*child));
    let missing = children.iter().filter(|child| !told(child)).count();
    // An entry without a usable reference may be the missing one: its own violation is told already.
    let unclear = impacts.iter().filter(|impact| !impact.child.is_given()).count();
    for offset in 0..missing.saturating_sub(unclear) {
        let index = impacts.len().saturating_add(offset);
        reader.absent(at.item("child_impacts", index), Some(Need::Conditional));
    }
}
