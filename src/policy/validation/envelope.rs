//! The envelope and the subjects (domain 3.3, 3.4).

use super::findings::Findings;
use super::{Age, Subject, is_adult_in_a_child_kind};
use crate::domain::submission::{
    EnvelopeFacts, Given, LookedAfter, Need, SchemaStanding, SubjectFacts, SubjectRole, ToldState,
    path,
};
use crate::domain::{AlertKind, Span, Timestamp};

const HEADLINE_MIN: usize = 20;
const HEADLINE_MAX: usize = 200;
/// How far a sender's clock may be ahead (domain 3.3).
const AHEAD_MAX: Span = Span::minutes(5);

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let envelope = &subject.submission.envelope;
    hard(subject, findings);
    headline(envelope, findings);
    findings.require(&envelope.sender_user, path::ENVELOPE, "sender_user");
    findings.require(&envelope.sent_at, path::ENVELOPE, "sent_at");
    findings.require(&envelope.occurred_at, path::ENVELOPE, "occurred_at");
    findings.require(&envelope.risk, path::ENVELOPE, "risk");
    findings.require(&envelope.priority, path::ENVELOPE, "priority");
    if envelope.schema == SchemaStanding::Unknown {
        findings.wrong(
            of("schema_version"),
            "UNKNOWN_VERSION",
            "use the current or the previous major version of the contract",
        );
    }
    not_in_future(&envelope.sent_at, "sent_at", subject.context.now, findings);
    not_in_future(&envelope.occurred_at, "occurred_at", subject.context.now, findings);
    if envelope.looked_after.is(LookedAfter::Yes) {
        findings.require_since(
            &envelope.responsible_la,
            path::ENVELOPE,
            "responsible_la",
            "name the responsible council of a looked-after child by its DfE code",
        );
    }
    if !subject.submission.kind.has_subjects() {
        return;
    }
    findings.require(&envelope.looked_after, path::ENVELOPE, "looked_after");
    told(envelope, findings);
    roles(subject, findings);
    for (index, (person, age)) in subject.submission.subjects.iter().zip(subject.ages).enumerate() {
        person_of(subject, index, (person, *age), findings);
    }
}

/// R!: without these no alert is taken (domain 3.2).
fn hard(subject: &Subject<'_>, findings: &mut Findings) {
    let envelope = &subject.submission.envelope;
    if !envelope.sender_agency.is_given() {
        findings.hard(of("sender_agency"), "REQUIRED", "state the agency of your certificate");
    }
    if !envelope.key.is_given() {
        findings.hard(of("idempotency_key"), "REQUIRED", "give a key of your own for this alert");
    }
    if matches!(envelope.headline, Given::Missing) {
        findings.hard(of("headline_concern"), "REQUIRED", "say in one sentence what worries you");
    }
    let is_named = subject.submission.subjects.iter().any(|person| person.named);
    if subject.submission.kind.has_subjects() && !is_named {
        findings.hard(of("subjects"), "REQUIRED", "give a person with any name or a description");
    }
}

fn headline(envelope: &EnvelopeFacts, findings: &mut Findings) {
    let Given::Given(length) = envelope.headline else { return };
    if length.0 < HEADLINE_MIN {
        findings.wrong(of("headline_concern"), "TOO_SHORT", "use 20 to 200 characters");
    } else if length.0 > HEADLINE_MAX {
        findings.wrong(of("headline_concern"), "TOO_LONG", "use 20 to 200 characters");
    }
}

fn not_in_future(given: &Given<Timestamp>, field: &str, now: Timestamp, findings: &mut Findings) {
    if given.get().is_some_and(|at| *at > now.plus(AHEAD_MAX)) {
        findings.wrong(of(field), "IN_FUTURE", "correct the clock or the time");
    }
}

fn told(envelope: &EnvelopeFacts, findings: &mut Findings) {
    if envelope.told.is_empty() {
        findings.missing(
            of("told"),
            Need::Required,
            "say for each child able to understand and each parent or carer whether they were told",
        );
    }
    let mut must_not_know = false;
    for (index, entry) in envelope.told.iter().enumerate() {
        let at = format!("{}.told[{index}]", path::ENVELOPE);
        findings.require(&entry.state, &at, "state");
        let needs_reason = match entry.state.known() {
            Some(ToldState::NoUnsafe | ToldState::NoChildRefused) => {
                must_not_know = true;
                true
            }
            Some(ToldState::NoNotYet | ToldState::NoAdult) => true,
            Some(ToldState::Yes | ToldState::NotApplicable) | None => false,
        };
        if needs_reason {
            findings.require_since(
                &entry.reason,
                &at,
                "reason",
                "say why this person was not told",
            );
        }
    }
    if must_not_know && envelope.do_not_tell == 0 {
        findings.missing(of("do_not_tell"), Need::Conditional, "name who must not learn of it");
    }
}

/// Child kinds: exactly one PRIMARY; everybody in `subjects` in a role that has a place there.
fn roles(subject: &Subject<'_>, findings: &mut Findings) {
    let submission = subject.submission;
    for (index, person) in submission.subjects.iter().enumerate() {
        let at = format!("{}.subjects[{index}]", path::ENVELOPE);
        findings.require(&person.role, &at, "subject_role");
        let victim_of_child_kind =
            person.role.is(SubjectRole::Victim) && submission.kind.is_child_kind();
        let has_place = person.role.known().is_none_or(SubjectRole::belongs_in_subjects);
        if !has_place || victim_of_child_kind {
            findings.wrong(
                format!("{at}.subject_role"),
                "ROLE_MISPLACED",
                "put parents, household and persons of concern in their own lists",
            );
        }
    }
    let is_primary = |person: &&SubjectFacts| person.role.is(SubjectRole::Primary);
    if submission.subjects.iter().filter(is_primary).count() != 1 {
        findings.wrong(of("subjects"), "ONE_PRIMARY", "give exactly one person the role PRIMARY");
    }
}

fn person_of(
    subject: &Subject<'_>,
    index: usize,
    (person, age): (&SubjectFacts, Age),
    findings: &mut Findings,
) {
    let at = format!("{}.subjects[{index}]", path::ENVELOPE);
    let is_unborn = person.role.is(SubjectRole::Unborn);
    let is_child_role = match person.role.known() {
        Some(SubjectRole::Sibling | SubjectRole::OtherChild) => true,
        Some(SubjectRole::Primary) => subject.submission.kind.is_child_kind(),
        Some(
            SubjectRole::Unborn
            | SubjectRole::Victim
            | SubjectRole::ParentCarer
            | SubjectRole::PersonOfConcern,
        )
        | None => false,
    };
    let is_primary = subject.submission.primary_index() == Some(index);
    if is_child_role && age.is_adult() && !(is_primary && has_adult_route(subject)) {
        let what = if subject.submission.kind == AlertKind::AlcoholAttendance {
            "18 and over: use the adult pathway"
        } else {
            "18 and over: use the adult route, adult social care"
        };
        findings.wrong(format!("{at}.dob"), "ADULT", what);
    }
    let born_later = matches!(
        person.age,
        crate::domain::submission::AgeFact::Born(born)
            if *born.expose() > super::clock::date_of(subject.context.now)
    );
    if born_later {
        findings.wrong(format!("{at}.dob"), "IN_FUTURE", "a date of birth cannot lie ahead");
    }
    if is_unborn {
        findings.require_since(
            &person.expected_delivery,
            &at,
            "expected_delivery",
            "give the expected date of delivery of an unborn child",
        );
    }
}

/// R81: an adult in an urgent alert has a route of its own; an open missing episode, and the
/// interview after it, goes on after the birthday.
fn has_adult_route(subject: &Subject<'_>) -> bool {
    let Subject { submission, context, ages, mode } = subject;
    let is_of_episode = submission.kind.is_missing() || submission.kind == AlertKind::RhiUpdate;
    let is_open = is_of_episode && !context.episode.is_empty();
    is_open || (mode.is_urgent() && is_adult_in_a_child_kind(submission, ages))
}

fn of(field: &str) -> String {
    format!("{}.{field}", path::ENVELOPE)
}
