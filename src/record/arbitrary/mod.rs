//! Every shape a record can have, for the property tests.

mod after;
mod directory;

use jiff::civil::Date;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::crypto::Sealed;
use crate::domain::alert::{
    AlertKind, AlertStatus, BodyRef, DataKeyId, Gap, Priority, Risk, SealedConflicts, ShownTo,
    Timer, TimerKind, TimerState,
};
use crate::domain::deadline::{Deadline, DeadlineTag};
use crate::domain::decision::{Basis6, ShareOutcome, SharingDecision};
use crate::domain::delivery::{
    AckOutcome, DeclineReason, Delivery, DeliveryState, EndReason, Moment, Purpose, Rung,
};
use crate::domain::event::{Actor, EntryDraft, Event, EventKind, EventOutcome, RedactionReason};
use crate::domain::identity::{Evidence, Flag, Flagged, Link, LinkState, LinkStep, MatchClass};
use crate::domain::principal::{ActorHow, Driver};
use crate::domain::referral::{
    Decided, OwnReport, Referral, ReferralOutcome, ReferralStatus, ReferrerType,
};
use crate::domain::{
    Advice, AgencyCode, AlertId, AlertRecord, DeliveryId, EpisodeId, EpisodeReference, EventId,
    IdempotencyKey, Letter, MailboxId, MentionToken, Position, Role, Rule, Stage, SubjectRef,
    SystemName, Timestamp, UserId, View,
};
use crate::record::Write;
pub(super) use directory::directory;

pub(super) fn agency() -> impl Strategy<Value = AgencyCode> {
    "[A-Z0-9-]{1,32}".prop_map(|raw| AgencyCode::try_from(raw).unwrap())
}

pub(super) fn mailbox() -> impl Strategy<Value = MailboxId> {
    "[A-Za-z0-9/-]{1,64}".prop_map(|raw| MailboxId::try_from(raw).unwrap())
}

pub(super) fn user() -> impl Strategy<Value = UserId> {
    "[a-z0-9-]{1,64}".prop_map(|raw| UserId::try_from(raw).unwrap())
}

pub(super) fn system() -> impl Strategy<Value = SystemName> {
    "[a-z0-9-]{1,64}".prop_map(|raw| SystemName::try_from(raw).unwrap())
}

fn key() -> impl Strategy<Value = IdempotencyKey> {
    "[!-~]{1,64}".prop_map(|raw| IdempotencyKey::try_from(raw).unwrap())
}

fn alert_id() -> impl Strategy<Value = AlertId> {
    any::<[u8; 16]>().prop_map(AlertId::from_bytes)
}

fn subject() -> impl Strategy<Value = SubjectRef> {
    any::<[u8; 16]>().prop_map(SubjectRef::from_bytes)
}

pub(super) fn instant() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn position() -> impl Strategy<Value = Position> {
    prop_oneof![any::<u64>().prop_map(Position), Just(Position::THIS)]
}

pub(super) fn text() -> impl Strategy<Value = String> {
    "\\PC{0,20}"
}

pub(super) fn rules() -> impl Strategy<Value = Vec<Rule>> {
    vec(select(Rule::ALL), 0..4)
}

pub(super) fn roles() -> impl Strategy<Value = Vec<Role>> {
    vec(select(Role::ALL), 0..4)
}

fn deadline() -> impl Strategy<Value = Deadline> {
    (instant(), select(DeadlineTag::ALL)).prop_map(|(at, tag)| Deadline { at, tag })
}

fn moment() -> impl Strategy<Value = Moment> {
    (instant(), option::of(user()), position()).prop_map(|(at, by, position)| Moment {
        at,
        by,
        position,
    })
}

pub(super) fn date() -> impl Strategy<Value = Date> {
    (0_i16..=9999, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| Date::constant(y, m, d))
}

pub(super) fn dates() -> impl Strategy<Value = Vec<(Date, Date)>> {
    vec((date(), date()), 0..3)
}

fn data_key() -> impl Strategy<Value = DataKeyId> {
    (text(), any::<u32>()).prop_map(|(file, slot)| DataKeyId { file: file.into(), slot })
}

fn body() -> impl Strategy<Value = BodyRef> {
    (position(), data_key(), any::<[u8; 32]>()).prop_map(|(position, key, commitment)| BodyRef {
        position,
        key,
        commitment,
    })
}

fn state() -> impl Strategy<Value = DeliveryState> {
    prop_oneof![
        Just(DeliveryState::Queued),
        Just(DeliveryState::Delivered),
        select(EndReason::ALL).prop_map(DeliveryState::Ended),
    ]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let what = (
        any::<u32>(),
        mailbox(),
        select(Letter::ALL),
        select(View::ALL),
        select(Purpose::ALL),
        option::of(any::<u32>()),
        select(Priority::ALL),
        rules(),
        select(Rule::ALL),
    );
    let rung = (any::<u8>(), instant()).prop_map(|(level, at)| Rung { level, at });
    let when = (instant(), option::of(deadline()), option::of(rung), state());
    let done = (
        option::of(any::<u64>()),
        option::of(moment()),
        option::of(moment()),
        option::of(moment()),
        option::of((moment(), select(AckOutcome::ALL))),
        option::of((moment(), select(DeclineReason::ALL))),
        option::of(moment()),
    );
    let words = (
        option::of(body()),
        option::of(body()),
        option::of(body()),
        option::of(user()),
        option::of(moment()),
    );
    (what, when, done, words).prop_map(|(what, when, done, words)| Delivery {
        number: what.0,
        mailbox: what.1,
        letter: what.2,
        view: what.3,
        purpose: what.4,
        setting: None,
        of: what.5,
        priority: what.6,
        routes: what.7,
        row: what.8,
        queued_at: when.0,
        due: when.1,
        rung: when.2,
        state: when.3,
        sequence: done.0,
        failed: words.4,
        delivered: done.1,
        confirmed: done.2,
        opened: done.3,
        // Words come with an answer only.
        note: words.0.filter(|_| done.4.is_some()),
        decline_text: words.1.filter(|_| done.5.is_some()),
        closing_note: words.2.filter(|_| done.6.is_some()),
        acknowledged: done.4,
        closed: done.6,
        held_by: words.3,
        declined: done.5,
    })
}

fn decision() -> impl Strategy<Value = SharingDecision> {
    (
        mailbox(),
        select(Letter::ALL),
        rules(),
        select(Priority::ALL),
        select(Rule::ALL),
        rules(),
        select(ShareOutcome::ALL),
        select(View::ALL),
        option::of(select(Basis6::ALL)),
        any::<bool>(),
    )
        .prop_map(|raw| SharingDecision {
            mailbox: raw.0,
            letter: raw.1,
            routes: raw.2,
            priority: raw.3,
            row: raw.4,
            applicable: raw.5,
            outcome: raw.6,
            view: raw.7,
            basis: raw.8,
            provisional: raw.9,
        })
}

fn timer() -> impl Strategy<Value = Timer> {
    (
        select(TimerKind::ALL),
        deadline(),
        mailbox(),
        option::of(any::<u32>()),
        select(TimerState::ALL),
    )
        .prop_map(|(kind, due, mailbox, delivery, state)| Timer {
            kind,
            due,
            mailbox,
            delivery,
            state,
        })
}

fn gap() -> impl Strategy<Value = Gap> {
    (text(), select(Rule::ALL), text()).prop_map(|(path, rule, reason)| Gap { path, rule, reason })
}

fn conflicts() -> impl Strategy<Value = SealedConflicts> {
    (any::<[u8; 12]>(), vec(any::<u8>(), 0..40))
        .prop_map(|(nonce, ciphertext)| SealedConflicts { nonce, ciphertext })
}

fn referral() -> impl Strategy<Value = Referral> {
    let decided = (
        select(ReferralOutcome::ALL),
        alert_id(),
        instant(),
        select(ReferralStatus::ALL),
        any::<bool>(),
    )
        .prop_map(|(outcome, by, at, status, is_rereferral)| Decided {
            outcome,
            by,
            at,
            status,
            is_rereferral,
        });
    (select(ReferrerType::ALL), select(OwnReport::ALL), option::of(decided), any::<bool>())
        .prop_map(|(referrer, own_report, decided, told)| {
            let received = Referral::received(referrer, own_report);
            let reached = decided.map_or(received, |decided| received.decide(decided));
            if told { reached.feed_back().unwrap_or(reached) } else { reached }
        })
}

/// Who must learn nothing, to whom it is shown, and what the register says.
#[derive(Clone, Debug)]
struct Kept {
    denied: Vec<MentionToken>,
    shown: ShownTo,
    flags: Vec<Flagged>,
}

fn people() -> impl Strategy<Value = (Option<SealedConflicts>, Vec<Link>, Kept)> {
    let token = any::<[u8; 16]>().prop_map(MentionToken::from_bytes);
    let shown = select(&[ShownTo::Readers, ShownTo::AuthorAndLead][..]);
    let kept = (vec(token, 0..3), shown, vec(flagged(), 0..2));
    let kept = kept.prop_map(|(denied, shown, flags)| Kept { denied, shown, flags });
    (option::of(conflicts()), vec(link(), 0..3), kept)
}

pub(super) fn alert() -> impl Strategy<Value = AlertRecord> {
    let from = (
        alert_id(),
        any::<u64>(),
        select(AlertKind::ALL),
        text(),
        agency(),
        option::of(system()),
        option::of(user()),
        key(),
    );
    let standing = (
        any::<[u8; 16]>().prop_map(EpisodeId::from_bytes),
        vec(alert_id(), 0..3),
        any::<bool>(),
        select(Priority::ALL),
        option::of(select(Risk::ALL)),
        instant(),
        select(AlertStatus::ALL),
    );
    let lists = (
        vec(gap(), 0..3),
        vec(subject(), 0..3),
        vec(decision(), 0..3),
        vec(delivery(), 0..3),
        vec(timer(), 0..3),
        (option::of(select(Stage::ALL)), vec(select(Advice::ALL), 0..3)),
        option::of(conflicts()),
        (option::of(body()), option::of(referral()), super::counted::arbitrary()),
        position(),
        after::after(),
    );
    (from, standing, lists, people()).prop_map(|(from, standing, lists, people)| AlertRecord {
        id: from.0,
        version: from.1,
        kind: from.2,
        schema_version: from.3,
        sender: from.4,
        sender_system: from.5,
        author: from.6,
        key: from.7,
        episode: standing.0,
        completes: None,
        followers: standing.1,
        exercise: standing.2,
        priority: standing.3,
        risk: standing.4,
        received_at: standing.5,
        status: standing.6,
        raised: lists.0.iter().map(|gap| gap.path.clone()).collect(),
        gaps: lists.0,
        subjects: lists.1,
        decisions: lists.2,
        deliveries: lists.3,
        timers: lists.4,
        stage: lists.5.0,
        advice: lists.5.1,
        conflicts: lists.6,
        mentions: people.0,
        links: people.1,
        denied: people.2.denied,
        shown: people.2.shown,
        flags: people.2.flags,
        body: lists.7.0,
        referral: lists.7.1,
        counted: lists.7.2,
        after: lists.9,
        submitted: lists.8,
    })
}

fn link() -> impl Strategy<Value = Link> {
    let between = (any::<u32>(), alert_id(), any::<u32>());
    let why = (select(Rule::ALL), select(MatchClass::ALL), vec(select(Evidence::ALL), 0..4));
    let standing = || (select(LinkState::ALL), option::of(user()), instant());
    let earlier = vec(standing().prop_map(|(state, by, at)| LinkStep { state, by, at }), 0..3);
    (between, why, standing(), earlier).prop_map(|(between, why, standing, earlier)| Link {
        mention: between.0,
        other: between.1,
        other_mention: between.2,
        rule: why.0,
        class: why.1,
        evidence: why.2,
        state: standing.0,
        by: standing.1,
        at: standing.2,
        earlier,
    })
}

fn flagged() -> impl Strategy<Value = Flagged> {
    (any::<u32>(), select(Flag::ALL), user(), instant())
        .prop_map(|(mention, flag, by, at)| Flagged { mention, flag, by, at })
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let about = (
        any::<[u8; 16]>().prop_map(EventId::from_bytes),
        select(EventKind::ALL),
        select(EventOutcome::ALL),
        option::of(alert_id()),
        option::of(any::<u32>()),
        option::of(any::<[u8; 16]>().prop_map(EpisodeId::from_bytes)),
        vec(subject(), 0..3),
    );
    let fields = (
        vec(text(), 0..3),
        vec((text(), select(RedactionReason::ALL)), 0..3),
        vec(text(), 0..3),
        rules(),
        option::of(agency()),
        option::of(mailbox()),
        option::of(select(View::ALL)),
    );
    let rest = (
        option::of(any::<u32>()),
        option::of(any::<u32>()),
        option::of(text()),
        option::of(deadline()),
        option::of(any::<u8>()),
        option::of(any::<u64>()),
        option::of(text()),
    );
    let person = (option::of(user()), roles(), option::of(any::<[u8; 32]>()));
    (about, fields, rest, person).prop_map(|(about, fields, rest, person)| Event {
        id: about.0,
        kind: about.1,
        outcome: about.2,
        alert: about.3,
        delivery: about.4,
        episode: about.5,
        subjects: about.6,
        fields_viewed: fields.0,
        fields_redacted: fields.1,
        fields_refused: fields.2,
        rules: fields.3,
        recipient: fields.4,
        mailbox: fields.5,
        view: fields.6,
        view_version: rest.0,
        policy_version: rest.1,
        basis: rest.2,
        deadline: rest.3,
        level: rest.4,
        count: rest.5,
        reason: rest.6,
        person: person.0,
        roles: person.1,
        content: person.2,
    })
}

fn actor() -> impl Strategy<Value = Actor> {
    (
        select(ActorHow::ALL),
        option::of(agency()),
        option::of(system()),
        option::of(user()),
        option::of(select(Role::ALL)),
        option::of(select(Driver::ALL)),
        option::of(any::<[u8; 32]>()),
    )
        .prop_map(|raw| Actor {
            how: raw.0,
            agency: raw.1,
            system: raw.2,
            user: raw.3,
            role: raw.4,
            driver: raw.5,
            fingerprint: raw.6,
        })
}

pub(super) fn draft() -> impl Strategy<Value = EntryDraft> {
    (actor(), instant(), vec(event(), 1..4)).prop_map(|(actor, at, events)| EntryDraft {
        actor,
        at,
        events,
    })
}

pub(super) fn write() -> impl Strategy<Value = Write> {
    let sealed = (data_key(), any::<[u8; 12]>(), vec(any::<u8>(), 0..64))
        .prop_map(|(key, nonce, ciphertext)| Sealed { key, nonce, ciphertext });
    let delivery_id =
        (alert_id(), any::<u32>()).prop_map(|(alert, number)| DeliveryId { alert, number });
    prop_oneof![
        alert().prop_map(|alert| Write::Alert(Box::new(alert))),
        (alert_id(), sealed).prop_map(|(alert, sealed)| Write::Body { alert, sealed }),
        (agency(), key(), alert_id(), instant()).prop_map(|(agency, key, alert, expires_at)| {
            Write::Key { agency, key, alert, expires_at }
        }),
        (agency(), any::<[u8; 32]>(), alert_id()).prop_map(|(agency, reference, alert)| {
            Write::Reference { agency, reference: EpisodeReference::from_bytes(reference), alert }
        }),
        (alert_id(), vec(any::<[u8; 16]>().prop_map(MentionToken::from_bytes), 0..5))
            .prop_map(|(alert, tokens)| Write::Mentions { alert, tokens }),
        (mailbox(), any::<u64>(), vec(delivery_id, 0..5)).prop_map(
            |(mailbox, first_sequence, deliveries)| Write::HandOut {
                mailbox,
                first_sequence,
                deliveries,
            }
        ),
        directory().prop_map(|directory| Write::Directory(Box::new(directory))),
    ]
}
