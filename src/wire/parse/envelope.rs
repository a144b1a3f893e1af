//! Reads the envelope that every alert carries (domain 3.3).

use super::format;
use super::people::People;
use super::person::{self, ConcernFacts, Place};
use super::reader::{At, Reader, between, up_to};
use crate::domain::submission::{
    Code, ContactRule, CpPlan, EnvelopeFacts, EpisodeName, Exclusion, Exercise, Given, Length,
    LookedAfter, Need, SchemaStanding, SenderUserFact, SubjectFacts, SubjectRole, ToldAbout,
    ToldFact, ToldState,
};
use crate::domain::{AgencyCode, AlertId, AlertKind, MailboxId, Priority, Redacted, Risk, UserId};
use crate::wire::v1;
use crate::wire::words::reason;

const REQUIRED: Option<Need> = Some(Need::Required);
const HARD: Option<Need> = Some(Need::Hard);
const CONDITIONAL: Option<Need> = Some(Need::Conditional);

/// The major version of the contract this hub speaks. There is no earlier one.
const SCHEMA_MAJOR: u32 = 1;

/// Reads everything but the persons and the sharing record. The times of the reader are set here.
pub(super) fn envelope(
    reader: &mut Reader,
    at: At<'_>,
    kind: AlertKind,
    raw: &v1::Envelope,
    people: &People<'_>,
) -> EnvelopeFacts {
    let of_person = if kind.has_subjects() { REQUIRED } else { None };
    let (schema_version, schema) = schema(reader, at.field("schema_version"), &raw.schema_version);
    let looked_after = at.field("looked_after");
    let mut facts = EnvelopeFacts {
        schema_version,
        schema,
        exercise: if raw.exercise { Exercise::Yes } else { Exercise::No },
        episode: episode(reader, at.field("episode_id"), &raw.episode_id),
        supersedes: reader.id::<AlertId>(at.field("supersedes"), &raw.supersedes, None),
        sender_agency: reader.id::<AgencyCode>(at.field("sender_agency"), &raw.sender_agency, HARD),
        sender_user: sender_user(reader, at.field("sender_user"), raw.sender_user.as_ref()),
        sent_at: reader.instant(at.field("sent_at"), raw.sent_at.as_ref(), REQUIRED),
        occurred_at: reader.instant(at.field("occurred_at"), raw.occurred_at.as_ref(), REQUIRED),
        headline: reader.text(
            at.field("headline_concern"),
            &raw.headline_concern,
            between(20, 200),
            HARD,
        ),
        risk: reader.code(at.field("risk"), raw.risk, Risk::from_code, REQUIRED),
        priority: reader.code(at.field("priority"), raw.priority, Priority::from_code, REQUIRED),
        looked_after: reader.code(
            looked_after,
            raw.looked_after,
            LookedAfter::from_code,
            of_person,
        ),
        cp_plan: reader.code(at.field("cp_plan"), raw.cp_plan, CpPlan::from_code, None),
        contact_rule: reader.code(
            at.field("contact_rule"),
            raw.contact_rule,
            ContactRule::from_code,
            None,
        ),
        exclude: exclusions(reader, at, &raw.exclude),
        ..EnvelopeFacts::default()
    };
    reader.sent_at = facts.sent_at;
    reader.occurred_at = facts.occurred_at;
    facts.responsible_la = responsible(reader, at, raw, &facts.looked_after);
    if raw.told.is_empty() {
        reader.absent(at.field("told"), of_person);
    }
    facts.told = told(reader, at, raw, people);
    facts.do_not_tell = do_not_tell(reader, at, raw, &facts.told, people);
    codes(reader, at, raw);
    facts.child_voice = texts(reader, at, raw, people);
    facts
}

/// Keeps a version only if it is nothing but a version.
fn schema(reader: &mut Reader, at: At<'_>, raw: &str) -> (String, SchemaStanding) {
    let kept = match format::version_major(raw) {
        Some(SCHEMA_MAJOR) => return (raw.to_owned(), SchemaStanding::Accepted),
        Some(_) => {
            reader.malformed(at, reason::UNKNOWN_VERSION);
            raw.to_owned()
        }
        None if raw.is_empty() => {
            reader.absent(at, REQUIRED);
            String::new()
        }
        None => {
            reader.malformed(at, reason::MALFORMED);
            String::new()
        }
    };
    (kept, SchemaStanding::Unknown)
}

fn episode(reader: &mut Reader, at: At<'_>, raw: &str) -> Given<EpisodeName> {
    const MAX: usize = 64;

    match reader.text(at, raw, up_to(MAX), None) {
        Given::Given(Length(length)) if length <= MAX && format::is_plain(raw) => {
            let hub = AlertId::try_from(raw).map(EpisodeName::Hub);
            let own = |_other| EpisodeName::Own(Redacted::new(raw.trim().to_owned()));
            Given::Given(hub.unwrap_or_else(own))
        }
        Given::Given(_) | Given::Malformed => Given::Malformed,
        Given::Missing => Given::Missing,
    }
}

fn sender_user(
    reader: &mut Reader,
    at: At<'_>,
    raw: Option<&v1::SenderUser>,
) -> Given<SenderUserFact> {
    let Some(raw) = raw else {
        reader.absent(at, REQUIRED);
        return Given::Missing;
    };
    reader.text(at.field("name"), &raw.name, up_to(140), REQUIRED);
    reader.text(at.field("role"), &raw.role, up_to(100), REQUIRED);
    reader.shaped(at.field("phone"), &raw.phone, format::is_phone, REQUIRED);
    reader.text(at.field("team"), &raw.team, up_to(100), None);
    reader.shaped(at.field("duty_phone"), &raw.duty_phone, format::is_phone, None);
    let user = reader.id::<UserId>(at.field("user_id"), &raw.user_id, None);
    Given::Given(SenderUserFact { user: user.get().cloned() })
}

fn responsible(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::Envelope,
    looked_after: &Given<Code<LookedAfter>>,
) -> Given<String> {
    let need = looked_after.is(LookedAfter::Yes).then_some(Need::Conditional);
    let code = at.field("responsible_la");
    match reader.shaped(code, &raw.responsible_la, format::is_council, need) {
        Given::Given(()) => Given::Given(raw.responsible_la.clone()),
        Given::Missing => Given::Missing,
        Given::Malformed => Given::Malformed,
    }
}

fn told(reader: &mut Reader, at: At<'_>, raw: &v1::Envelope, people: &People<'_>) -> Vec<ToldFact> {
    const MAX: usize = 20;

    reader.count(at.field("told"), raw.told.len(), MAX);
    let mut facts = Vec::new();
    for (index, entry) in raw.told.iter().take(MAX).enumerate() {
        let at = at.item("told", index);
        let about = reader.code(at.field("about"), entry.about, ToldAbout::from_code, REQUIRED);
        let state = reader.code(at.field("state"), entry.state, ToldState::from_code, REQUIRED);
        // One child may be meant without a name; of adults there is rarely one only.
        let unnamed = entry.role.trim().is_empty();
        let which = match about.known() {
            Some(ToldAbout::Child) if people.has_several_children() && unnamed => CONDITIONAL,
            Some(ToldAbout::Child | ToldAbout::Adult) | None => None,
        };
        let person = people.refer(reader, at.field("person_ref"), &entry.person_ref, which);
        let is_adult = about.is(ToldAbout::Adult);
        let who = (is_adult && person == Given::Missing).then_some(Need::Conditional);
        reader.text(at.field("role"), &entry.role, up_to(50), who);
        let why = state.known().and_then(needs_reason);
        let reason = reader.text(at.field("reason"), &entry.reason, up_to(200), why);
        facts.push(ToldFact { about, state, reason });
    }
    facts
}

/// A reason stands beside each state that says no (domain 6.4).
const fn needs_reason(state: ToldState) -> Option<Need> {
    match state {
        ToldState::NoNotYet
        | ToldState::NoUnsafe
        | ToldState::NoChildRefused
        | ToldState::NoAdult => CONDITIONAL,
        ToldState::Yes | ToldState::NotApplicable => None,
    }
}

fn do_not_tell(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::Envelope,
    told: &[ToldFact],
    people: &People<'_>,
) -> usize {
    const MAX: usize = 10;

    let refuses = |fact: &ToldFact| {
        fact.state.is(ToldState::NoUnsafe) || fact.state.is(ToldState::NoChildRefused)
    };
    if raw.do_not_tell.is_empty() && told.iter().any(refuses) {
        reader.absent(at.field("do_not_tell"), CONDITIONAL);
    }
    reader.count(at.field("do_not_tell"), raw.do_not_tell.len(), MAX);
    for (index, entry) in raw.do_not_tell.iter().take(MAX).enumerate() {
        let at = at.item("do_not_tell", index);
        let person = people.refer(reader, at.field("person_ref"), &entry.person_ref, None);
        let name = reader.text(at.field("name"), &entry.name, up_to(140), None);
        let is_open = !person.is_given() && !name.is_given();
        let need = is_open.then_some(Need::Conditional);
        reader.text(at.field("role"), &entry.role, up_to(100), need);
    }
    raw.do_not_tell.len()
}

fn exclusions(reader: &mut Reader, at: At<'_>, raw: &[v1::Exclusion]) -> Vec<Exclusion> {
    const MAX: usize = 20;

    reader.count(at.field("exclude"), raw.len(), MAX);
    // Read beyond the bound all the same: an exclusion that is not followed is a disclosure.
    let listed = raw.iter().enumerate();
    listed.filter_map(|(index, raw)| exclusion(reader, at.item("exclude", index), raw)).collect()
}

fn exclusion(reader: &mut Reader, at: At<'_>, raw: &v1::Exclusion) -> Option<Exclusion> {
    let id = at.field("id");
    match reader.listed::<v1::ExcludeKind>(at.field("kind"), raw.kind, REQUIRED) {
        Some(v1::ExcludeKind::Agency) => {
            reader.id::<AgencyCode>(id, &raw.id, REQUIRED).get().cloned().map(Exclusion::Agency)
        }
        Some(v1::ExcludeKind::Mailbox) => {
            reader.id::<MailboxId>(id, &raw.id, REQUIRED).get().cloned().map(Exclusion::Mailbox)
        }
        Some(v1::ExcludeKind::User) => {
            reader.id::<UserId>(id, &raw.id, REQUIRED).get().cloned().map(Exclusion::User)
        }
        Some(v1::ExcludeKind::Unspecified) | None => None,
    }
}

/// Codes and references that no decision uses.
fn codes(reader: &mut Reader, at: At<'_>, raw: &v1::Envelope) {
    reader.instant(at.field("reported_at"), raw.reported_at.as_ref(), None);
    let precision = at.field("occurred_precision");
    reader.listed::<v1::OccurredPrecision>(precision, raw.occurred_precision, None);
    reader.listed::<v1::LevelOfNeed>(at.field("level_of_need"), raw.level_of_need, None);
    reader.count(at.field("area"), raw.area.len(), 4);
    for (index, area) in raw.area.iter().take(4).enumerate() {
        reader.id::<AgencyCode>(at.item("area", index), area, Some(Need::Format));
    }
    reader.count(at.field("immediate_actions"), raw.immediate_actions.len(), 10);
    for (index, action) in raw.immediate_actions.iter().take(10).enumerate() {
        let at = at.item("immediate_actions", index);
        reader.listed::<v1::ImmediateActionCode>(at.field("code"), action.code, REQUIRED);
        reader.text(at.field("text"), &action.text, up_to(500), None);
    }
    reader.count(at.field("retention_flags"), raw.retention_flags.len(), 8);
    for (index, flag) in raw.retention_flags.iter().take(8).enumerate() {
        let at = at.item("retention_flags", index);
        reader.listed::<v1::RetentionFlag>(at, *flag, Some(Need::Format));
    }
}

/// Texts that nothing depends on, but that the child's own words are there.
fn texts(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::Envelope,
    people: &People<'_>,
) -> Given<Length> {
    let voice = reader.text(at.field("child_voice"), &raw.child_voice, up_to(2_000), None);
    reader.text(at.field("interpreter"), &raw.interpreter, up_to(200), None);
    reader.text(at.field("disability_needs"), &raw.disability_needs, up_to(200), None);
    school_voice(reader, at.field("voice_for_school"), &raw.voice_for_school, people);
    voice
}

/// Reads words for a school: a name or an address in them is told (domain 3.3).
pub(super) fn school_voice(reader: &mut Reader, at: At<'_>, raw: &str, people: &People<'_>) {
    let words = reader.text(at, raw, up_to(300), None);
    if words.is_given() && people.names_somebody_or_a_place(raw) {
        reader.malformed(at, reason::STOP_LIST);
    }
}

/// Reads the subjects. None with any name or a description refuses the alert (domain 3.2, R!).
pub(super) fn subjects(
    reader: &mut Reader,
    at: At<'_>,
    kind: AlertKind,
    raw: &v1::Envelope,
    people: &People<'_>,
) -> Vec<SubjectFacts> {
    const MAX: usize = 20;

    reader.count(at.field("subjects"), raw.subjects.len(), MAX);
    let listed = raw.subjects.iter().enumerate();
    let subjects: Vec<_> = listed
        .map(|(index, raw)| {
            let at = at.item("subjects", index);
            person::person(reader, at, raw, Place::Subjects(kind), people)
        })
        .collect();
    // An operation's report has none, and may have none.
    if !kind.has_subjects() {
        return subjects;
    }
    if !subjects.iter().any(|subject| subject.named) {
        reader.absent(at.field("subjects"), HARD);
    }
    let is_primary = |subject: &&SubjectFacts| subject.role.is(SubjectRole::Primary);
    // A role that is missing or not known was told already and may be the PRIMARY.
    let is_unclear = |subject: &SubjectFacts| subject.role.known().is_none();
    let fits = match subjects.iter().filter(is_primary).count() {
        0 => subjects.is_empty() || subjects.iter().any(is_unclear),
        count => count == 1,
    };
    if !fits {
        reader.malformed(at.field("subjects"), reason::ONE_PRIMARY);
    }
    subjects
}

/// Reads household and persons of concern, each in order.
pub(super) fn others(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::Envelope,
    people: &People<'_>,
) -> (Vec<SubjectFacts>, Vec<ConcernFacts>) {
    reader.count(at.field("household"), raw.household.len(), 20);
    let at_home = raw.household.iter().take(20).enumerate().map(|(index, raw)| {
        person::person(reader, at.item("household", index), raw, Place::Household, people)
    });
    let household = at_home.collect();
    reader.count(at.field("persons_of_concern"), raw.persons_of_concern.len(), 10);
    let listed = raw.persons_of_concern.iter().enumerate();
    let concerns = listed.map(|(index, raw)| {
        person::concern(reader, at.item("persons_of_concern", index), raw, people)
    });
    (household, concerns.collect())
}
