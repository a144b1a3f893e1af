//! Domain 6.6 through services and store: what becomes of copies when nobody agrees any more.

use super::*;
use crate::broker::{ChangeConsent, ConsentDone, Reread};
use crate::domain::after::RecallStage;
use crate::domain::consent::Service;
use crate::domain::delivery::{AckOutcome, DeliveryState, EndReason, Purpose};
use crate::domain::principal::{Person, Role};
use crate::domain::submission::{
    BodyFacts, Code, ConsentGiver, ConsentState, EpisodeName, FamilyHelpStatus,
};
use crate::domain::{AlertRecord, Delivery, DeliveryId, Redacted, Span, UserId};
use crate::mailbox::{Answer, Tombstone};
use crate::wire::v1;

const REGISTERED: &str = "2026-09-07T09:00:00Z";
const UPDATED: &str = "2026-09-09T08:18:00Z";
const CAF: &str = include_str!("../../../docs/samples/alerts/s10-caf-registered.json");
const UPDATE: &str = include_str!("../../../docs/samples/alerts/s10-tac-update.json");
/// The nursery, as the samples have it.
const NURSERY: &str = "SCH-900104";
const HEALTH: &str = "WCHC-019";
const AREA: &str = "AREA-01";

fn on_duty(agency: &str) -> Principal {
    Principal::User {
        agency: AgencyCode::try_from(agency).unwrap(),
        person: Person {
            user: UserId::try_from("u-4401").unwrap(),
            roles: vec![Role::DutyReceiver],
        },
        fingerprint: [8; 32],
    }
}

/// Joanne says so of the nursery.
fn word(alert: AlertId, state: ConsentState, told_at: &str, key: &str) -> ChangeConsent {
    ChangeConsent {
        key: IdempotencyKey::try_from(key).unwrap(),
        alert,
        service: Service::EarlyHelp,
        agencies: vec![AgencyCode::try_from(NURSERY).unwrap()],
        giver: ConsentGiver::PrHolder,
        state,
        effective_at: instant(told_at),
    }
}

impl Desk {
    async fn kept(&self, alert: AlertId) -> Arc<AlertRecord> {
        self.parts.store.alert(alert).await.unwrap().unwrap()
    }

    async fn to(&self, alert: AlertId, mailbox: &str) -> Delivery {
        let record = self.kept(alert).await;
        let is_it = |it: &&Delivery| it.mailbox == id(mailbox) && it.purpose == Purpose::Alert;
        record.deliveries.iter().find(is_it).unwrap().clone()
    }

    async fn says(&self, agency: &str, word: &ChangeConsent) -> Result<ConsentDone, SubmitError> {
        self.says_as(agency, word, "").await
    }

    async fn says_as(
        &self,
        agency: &str,
        word: &ChangeConsent,
        giver_ref: &str,
    ) -> Result<ConsentDone, SubmitError> {
        let at = word.effective_at.as_millis() / 1_000;
        let code = |code: u32| i32::try_from(code).unwrap();
        let said = v1::ConsentRecord {
            r#type: v1::ConsentType::ServiceAgreement.into(),
            scope: "early help".to_owned(),
            giver: code(word.giver.code()),
            giver_ref: giver_ref.to_owned(),
            state: code(word.state.code()),
            effective_at: Some(v1::Instant {
                at: Some(prost_types::Timestamp { seconds: at, nanos: 0 }),
                utc_offset_minutes: 0,
            }),
            ..v1::ConsentRecord::default()
        };
        let read = |alert: &[u8]| parse::with_consent(alert, &said, parse::TestOrProduction::Test);
        self.broker.change_consent(&system(agency), word, Reread(&read)).await
    }

    /// The plan is registered and the nursery takes it.
    async fn registered() -> (Self, AlertId) {
        let desk = Self::opening_at(REGISTERED).await;
        let plan = desk.submits(AREA, CAF, "k-1").await;
        for mailbox in [NURSERY, HEALTH] {
            let mut stream = desk.stream(mailbox, &[]).await;
            assert_eq!(desk.receives(&mut stream).await.len(), 1, "{mailbox}");
        }
        let of = DeliveryId { alert: plan, number: desk.to(plan, NURSERY).await.number };
        let taken = Answer::Acknowledge {
            outcome: AckOutcome::Accepted,
            note: Redacted::new(String::new()),
        };
        desk.mailboxes.answer(&on_duty(NURSERY), &id(NURSERY), of, &taken).await.unwrap();
        (desk, plan)
    }

    async fn update(&self, plan: AlertId, key: &str) -> AlertId {
        let mut update = received(UPDATE, key);
        update.submission.envelope.episode = Given::Given(EpisodeName::Hub(plan));
        self.tries(AREA, &update).await.unwrap().alert.id
    }

    fn at(&self, until: &str) {
        let span = instant(until).as_millis() - self.env.now().as_millis();
        self.clock.advance(Span::seconds(span / 1_000));
    }

    /// What a mailbox is sent now: the alerts of the copies, and the tombstones.
    async fn sent(&self, mailbox: &str) -> (Vec<(u64, AlertId)>, Vec<Tombstone>) {
        let mut stream = self.stream(mailbox, &[]).await;
        let (mut copies, mut tombstones) = (Vec::new(), Vec::new());
        loop {
            let batch = self.mailboxes.next_batch(&mut stream).await.unwrap();
            for item in &batch.items {
                match item {
                    Item::Copy(copy) => copies.push((item.sequence(), copy.alert.id)),
                    Item::Tombstone(tombstone) => tombstones.push(*tombstone),
                }
            }
            if batch.items.is_empty() {
                return (copies, tombstones);
            }
        }
    }
}

#[tokio::test]
async fn s10_the_nursery_never_sees_the_update_and_makes_no_further_use_of_the_plan() {
    let (desk, plan) = Desk::registered().await;
    desk.at(UPDATED);
    let update = desk.update(plan, "k-2").await;
    let before = desk.kept(plan).await.decisions.clone();
    let (copies, _) = desk.sent(HEALTH).await;
    assert!(copies.iter().any(|(_, alert)| *alert == update), "health has it");
    desk.at("2026-09-09T08:31:00Z");

    let told = word(plan, ConsentState::Withdrawn, "2026-09-09T08:20:00Z", "c-1");
    desk.says(AREA, &told).await.unwrap();

    desk.at("2026-09-09T08:40:00Z");
    let (copies, tombstones) = desk.sent(NURSERY).await;
    assert!(!copies.iter().any(|(_, alert)| *alert == update), "never sees it");
    assert_eq!(desk.store.count("CANCELLED_CONSENT:AGREEMENT_ENDED", update), 1);
    assert_eq!(desk.store.count("CONSENT_WITHDRAWN:EARLY_HELP", plan), 1);
    assert_eq!(desk.store.count("RECORD_VIEWED:CONSENT_CHANGE", plan), 1, "opened on record");
    assert_eq!(desk.to(update, NURSERY).await.sequence, None);
    let [tombstone] = tombstones.as_slice() else { panic!("{tombstones:?}") };
    assert_eq!((tombstone.copy_sequence, tombstone.sequence), (1, 2), "no gap in its numbers");
    assert_eq!(tombstone.reason, EndReason::Withdrawn);
    let due = instant("2026-09-11T16:00:00Z");
    assert_eq!(tombstone.confirm_by, Some(due), "Friday 17:00");
    assert_eq!(desk.store.count("STOP_REQUESTED", plan), 1);
    let record = desk.kept(plan).await;
    let number = desk.to(plan, NURSERY).await.number;
    assert_eq!(record.after.recall_of(number).unwrap().stage, RecallStage::Opened);
    // What was said stays as it was said, and what did not end goes on.
    assert_eq!(record.decisions, before);
    for mailbox in [HEALTH, AREA] {
        let found = record.deliveries.iter().find(|it| it.mailbox == id(mailbox));
        let is_over = |it: &Delivery| matches!(it.state, DeliveryState::Ended(_));
        assert!(!found.is_some_and(is_over), "{mailbox} is unaffected");
    }
    let of = DeliveryId { alert: plan, number };
    desk.mailboxes.confirm_recall(&system(NURSERY), &id(NURSERY), of).await.unwrap();
    assert_eq!(desk.store.count("STOP_CONFIRMED", plan), 1);
    // No new share either, until she agrees again; that brings nothing back by itself.
    let later = desk.update(plan, "k-3").await;
    let to_nursery =
        |record: &AlertRecord| record.deliveries.iter().any(|it| it.mailbox == id(NURSERY));
    assert!(!to_nursery(&*desk.kept(later).await), "stops updates");
    desk.at("2026-09-10T09:00:00Z");
    let again = word(plan, ConsentState::Given, "2026-09-10T08:00:00Z", "c-2");
    desk.says(AREA, &again).await.unwrap();
    assert_eq!(desk.sent(NURSERY).await.0, [], "nothing comes back by itself");
    let newest = desk.update(plan, "k-4").await;
    assert!(to_nursery(&*desk.kept(newest).await));
    assert_eq!(desk.kept(plan).await.after.consents.len(), 2, "a new record, no edit");
}

#[tokio::test]
async fn a_withdrawal_ahead_takes_effect_at_its_time_also_before_its_clock_has_fired() {
    let (desk, plan) = Desk::registered().await;
    desk.at(UPDATED);
    let update = desk.update(plan, "k-2").await;
    let ahead = word(plan, ConsentState::Withdrawn, "2026-09-09T12:00:00Z", "c-1");
    desk.says(AREA, &ahead).await.unwrap();

    assert_eq!(desk.to(update, NURSERY).await.state, DeliveryState::Queued, "not yet");
    assert_eq!(desk.store.count("CANCELLED_CONSENT:AGREEMENT_ENDED", update), 0);
    desk.at("2026-09-09T12:00:00Z");
    let (copies, _) = desk.sent(NURSERY).await;
    assert!(!copies.iter().any(|(_, alert)| *alert == update), "asked again at the hand-out");
    desk.escalation.run_once().await.unwrap();
    desk.escalation.run_once().await.unwrap();

    assert_eq!(desk.store.count("CANCELLED_CONSENT:AGREEMENT_ENDED", update), 1, "once");
    assert_eq!(desk.store.count("STOP_REQUESTED", plan), 1);
}

#[tokio::test]
async fn what_was_disclosed_after_the_withdrawal_and_seen_is_told_to_information_governance() {
    let (desk, plan) = Desk::registered().await;
    desk.at("2026-09-07T15:00:00Z");

    let late = word(plan, ConsentState::Withdrawn, "2026-09-07T08:59:00Z", "c-1");
    desk.says(AREA, &late).await.unwrap();

    let record = desk.kept(plan).await;
    let told = record.deliveries.iter().find(|it| it.mailbox == id("HUB-IG")).unwrap();
    assert_eq!(told.priority, crate::domain::Priority::P4);
}

#[tokio::test]
async fn who_may_not_speak_changes_nothing() {
    let (desk, plan) = Desk::registered().await;
    desk.at(UPDATED);
    let told = word(plan, ConsentState::Withdrawn, "2026-09-08T08:20:00Z", "c-1");

    let theirs = desk.says(NURSERY, &told).await.unwrap_err();
    assert_eq!(theirs.reason(), "NOT_FOUND", "another agency's alert");
    let adult = ChangeConsent { giver: ConsentGiver::ChildCompetent, ..told.clone() };
    desk.says(AREA, &adult).await.unwrap();
    let is_over = matches!(desk.to(plan, NURSERY).await.state, DeliveryState::Ended(_));
    assert!(!is_over, "a boy of 4 cannot end what his mother agreed to");
}

#[tokio::test]
async fn the_same_key_is_recorded_once_and_is_not_another_word() {
    let (desk, plan) = Desk::registered().await;
    desk.at(UPDATED);
    let told = word(plan, ConsentState::Withdrawn, "2026-09-08T08:20:00Z", "c-1");
    let first = desk.says(AREA, &told).await.unwrap();

    assert_eq!(desk.says(AREA, &told).await.unwrap().entered_at, first.entered_at);

    assert_eq!(desk.kept(plan).await.after.consents.len(), 1);
    let other = ChangeConsent { state: ConsentState::Given, ..told.clone() };
    assert_eq!(desk.says(AREA, &other).await.unwrap_err().reason(), "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn what_needed_no_agreement_is_not_touched() {
    let desk = Desk::opening_at("2026-10-23T21:40:00Z").await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    let before = desk.kept(alert).await.deliveries.clone();
    let mut told = word(alert, ConsentState::Withdrawn, "2026-10-23T21:39:00Z", "c-1");
    told.agencies.clear();

    for (number, service) in Service::ALL.iter().enumerate() {
        let key = IdempotencyKey::try_from(format!("c-{number}").as_str()).unwrap();
        let told = ChangeConsent { service: *service, key, ..told.clone() };
        desk.says("MERPOL", &told).await.unwrap();
    }

    assert_eq!(desk.kept(alert).await.deliveries, before);
}

#[tokio::test]
async fn of_two_who_end_the_same_help_at_once_one_is_told_that_it_is_over() {
    let (desk, plan) = Desk::registered().await;
    desk.at(UPDATED);
    let ended = |key| {
        let mut update = received(UPDATE, key);
        update.submission.envelope.episode = Given::Given(EpisodeName::Hub(plan));
        let BodyFacts::FamilyHelp(facts) = &mut update.submission.body else { panic!("no plan") };
        facts.status = Given::Given(Code::Known(FamilyHelpStatus::ClosedWithdrawn));
        update
    };
    let (one, other) = (ended("k-2"), ended("k-3"));

    let (one, other) = tokio::join!(desk.tries(AREA, &one), desk.tries(AREA, &other));

    let refused: Vec<SubmitError> = [one, other].into_iter().filter_map(Result::err).collect();
    let [SubmitError::Rejected { violations, .. }] = refused.as_slice() else {
        panic!("{refused:?}")
    };
    let told: Vec<_> = violations.iter().map(|it| (it.path.as_str(), it.reason)).collect();
    assert_eq!(told, [("alert.family_help.status", "STAGE_OVER")]);
    assert_eq!(desk.kept(plan).await.followers.len(), 1);
}
