//! R90 through services and store: who may disagree, whom each stage calls, what they read, and what answers it.

use super::*;
use crate::broker::{Disagree, Recall, Recipients};
use crate::domain::after::RecallReason;
use crate::domain::principal::{Person, Role};
use crate::domain::submission::EpisodeName;
use crate::domain::{DisagreementStage as Stage, Redacted, Span, UserId};
use crate::mailbox::{Called, Copy};
use crate::policy::disagreement::VisibleDisagreement;

/// The Thursday before Easter; decided on the Tuesday after, at 14:10 in London.
const REFERRED: &str = "2026-04-02T14:00:00Z";
const DECIDED: &str = "2026-04-07T13:10:00Z";
const REFERRAL: &str = include_str!("../../../docs/samples/alerts/s09-referral.json");
const DECISION: &str = include_str!("../../../docs/samples/alerts/s09-decision.json");
const FEEDBACK: &str = include_str!("../../../docs/samples/alerts/full-feedback.json");
const SCHOOL: &str = "SCH-900104";
const WORDS: &str = "She is still cold and hungry every morning, and nobody has come.";

fn person(agency: &str, user: &str, role: Role) -> Principal {
    Principal::User {
        agency: AgencyCode::try_from(agency).unwrap(),
        person: Person { user: UserId::try_from(user).unwrap(), roles: vec![role] },
        fingerprint: [8; 32],
    }
}

fn decision_maker() -> Principal {
    person("CADT", "u-1106", Role::DecisionMaker)
}

fn asked(referral: AlertId, stage: Stage, key: &str) -> Disagree {
    Disagree {
        key: IdempotencyKey::try_from(key).unwrap(),
        referral,
        decision: None,
        stage,
        text: Redacted::new(WORDS.to_owned()),
    }
}

impl Desk {
    /// The referral that nobody has decided on.
    async fn referred() -> (Self, AlertId) {
        let desk = Self::opening_at(REFERRED).await;
        let referral = desk.submits(SCHOOL, REFERRAL, "k-1").await;
        (desk, referral)
    }

    /// The referral and the decision on it, at 14:10.
    async fn decided() -> (Self, AlertId, AlertId) {
        let (desk, referral) = Self::referred().await;
        desk.clock.advance(Span::minutes(5 * 24 * 60 - 50));
        assert_eq!(desk.env.now(), instant(DECIDED));
        let decision = desk.decides(referral, DECISION, "d-1").await;
        (desk, referral, decision)
    }

    async fn decides(&self, referral: AlertId, sample: &str, key: &str) -> AlertId {
        let mut decision = received(sample, key);
        decision.submission.envelope.episode = Given::Given(EpisodeName::Hub(referral));
        self.broker.submit(&decision_maker(), &decision).await.unwrap().alert.id
    }

    async fn disagrees(
        &self,
        referral: AlertId,
        stage: Stage,
        key: &str,
    ) -> Result<VisibleDisagreement, SubmitError> {
        self.broker.disagree(&system(SCHOOL), &asked(referral, stage, key)).await
    }

    async fn refused(&self, referral: AlertId, stage: Stage) -> &'static str {
        let refused = self.disagrees(referral, stage, "never").await.unwrap_err();
        refused.reason()
    }

    async fn sees(&self, referral: AlertId) -> Option<VisibleDisagreement> {
        self.broker.status(&system(SCHOOL), referral).await.unwrap().disagreement
    }

    /// What the disagreement brings to an inbox, read by whom it serves.
    async fn called(&self, mailbox: &str) -> Vec<Copy> {
        let (user, role) = match mailbox {
            "CADT/manager" => ("u-1103", Role::DutyManager),
            "CADT/lead" => ("u-1105", Role::SafeguardingLead),
            "COUNCIL/head-of-service" => ("u-3901", Role::SeniorOnCall),
            "SCH-900104/lead" => ("u-4405", Role::SafeguardingLead),
            _ => ("u-4401", Role::DutyReceiver),
        };
        let reader = person(mailbox.split('/').next().unwrap(), user, role);
        let stream = self.mailboxes.open_stream(&reader, id(mailbox), &mailbox::cursor(0)).await;
        let Ok(mut stream) = stream else { panic!("{mailbox} does not open") };
        let mut copies = Vec::new();
        loop {
            let batch = self.mailboxes.next_batch(&mut stream).await.unwrap();
            for item in &batch.items {
                if let Item::Copy(copy) = item {
                    copies.extend(copy.disagreement.is_some().then(|| Copy::clone(copy)));
                }
            }
            if batch.items.is_empty() {
                return copies;
            }
        }
    }

    async fn time_passes(&self, until: &str) {
        let span = instant(until).as_millis() - self.env.now().as_millis();
        self.clock.advance(Span::seconds(span / 1_000));
        self.escalation.run_once().await.unwrap();
    }
}

fn heard(called: &Called) -> Vec<&str> {
    called.words.iter().map(|(_, _, text)| text.expose().as_str()).collect()
}

#[tokio::test]
async fn r90_the_duty_manager_is_called_at_once_and_reads_what_the_school_was_told_and_says() {
    let (desk, referral, decision) = Desk::decided().await;

    let raised = desk.disagrees(referral, Stage::Manager, "x-1").await.unwrap();

    assert_eq!((raised.decision, raised.stage), (decision, Stage::Manager));
    let (next, at) = raised.next.unwrap();
    assert_eq!((next, at), (Stage::Leads, instant("2026-04-08T13:10:00Z")), "a working day");
    let copies = desk.called("CADT/manager").await;
    let [copy] = copies.as_slice() else { panic!("{} copies", copies.len()) };
    assert_eq!(copy.cut.view, crate::domain::View::Feedback);
    assert_eq!(copy.delivery.priority, crate::domain::Priority::P3);
    let called = copy.disagreement.as_ref().unwrap();
    assert_eq!((called.referrer.as_str(), called.stage), (SCHOOL, Stage::Manager));
    assert_eq!(heard(called), [WORDS]);
    assert_eq!(desk.store.count("DISAGREEMENT_RAISED:STAGE_1", decision), 1);
    assert!(desk.called("CADT/lead").await.is_empty());
    assert!(desk.called(SCHOOL).await.is_empty(), "not the referrer itself");
}

#[tokio::test]
async fn r90_unanswered_it_goes_to_both_leads_and_then_to_the_senior_on_call_once_each() {
    let (desk, referral, decision) = Desk::decided().await;
    desk.disagrees(referral, Stage::Manager, "x-1").await.unwrap();

    desk.time_passes("2026-04-08T13:09:00Z").await;
    assert_eq!(desk.sees(referral).await.unwrap().stage, Stage::Manager, "not before");
    desk.time_passes("2026-04-08T13:10:00Z").await;
    desk.escalation.run_once().await.unwrap();

    assert_eq!(desk.store.count("DISAGREEMENT_RAISED:STAGE_2", decision), 1);
    for lead in ["CADT/lead", "SCH-900104/lead"] {
        let copies = desk.called(lead).await;
        assert_eq!(copies.len(), 1, "{lead}");
        assert_eq!(heard(copies[0].disagreement.as_ref().unwrap()), [WORDS], "{lead}");
    }
    let seen = desk.sees(referral).await.unwrap();
    let senior = instant("2026-04-14T16:00:00Z");
    assert_eq!(seen.next, Some((Stage::Senior, senior)), "17:00 on the fifth working day");
    desk.time_passes("2026-04-14T16:00:00Z").await;
    desk.time_passes("2026-05-14T16:00:00Z").await;
    assert_eq!(desk.store.count("DISAGREEMENT_RAISED:STAGE_3", decision), 1);
    assert_eq!(desk.called("COUNCIL/head-of-service").await.len(), 1);
    assert_eq!(desk.sees(referral).await.unwrap().next, None, "above is nobody");
}

#[tokio::test]
async fn r90_the_childs_safety_may_shorten_a_step_and_the_clock_does_not_call_twice() {
    let (desk, referral, decision) = Desk::decided().await;
    desk.disagrees(referral, Stage::Manager, "x-1").await.unwrap();
    let mut further = asked(referral, Stage::Leads, "x-2");
    further.text = Redacted::new("It is freezing and she is alone tonight.".to_owned());

    let raised = desk.broker.disagree(&system(SCHOOL), &further).await.unwrap();

    assert_eq!(raised.stage, Stage::Leads);
    let copies = desk.called("CADT/lead").await;
    let said = heard(copies[0].disagreement.as_ref().unwrap());
    assert_eq!(said, [WORDS, "It is freezing and she is alone tonight."]);
    let at_manager = desk.called("CADT/manager").await;
    assert_eq!(heard(at_manager[0].disagreement.as_ref().unwrap()), [WORDS], "said to others");
    desk.time_passes("2026-04-09T13:10:00Z").await;
    assert_eq!(desk.store.count("DISAGREEMENT_RAISED:STAGE_2", decision), 1);
    assert_eq!(desk.refused(referral, Stage::Manager).await, "STAGE_REACHED", "never back");
    assert_eq!(desk.refused(referral, Stage::Leads).await, "STAGE_REACHED", "not open twice");
}

#[tokio::test]
async fn r90_the_same_key_is_raised_once_and_is_not_another_stage_or_other_words() {
    let (desk, referral, decision) = Desk::decided().await;
    let first = desk.disagrees(referral, Stage::Manager, "x-1").await.unwrap();

    desk.clock.advance(Span::minutes(5));
    assert_eq!(desk.disagrees(referral, Stage::Manager, "x-1").await.unwrap(), first);

    assert_eq!(desk.store.count("DISAGREEMENT_RAISED:STAGE_1", decision), 1);
    let other = desk.disagrees(referral, Stage::Leads, "x-1").await.unwrap_err();
    assert_eq!(other.reason(), "IDEMPOTENCY_KEY_REUSED");
    let mut words = asked(referral, Stage::Manager, "x-1");
    words.text = Redacted::new("Something else altogether.".to_owned());
    let other = desk.broker.disagree(&system(SCHOOL), &words).await.unwrap_err();
    assert_eq!(other.reason(), "IDEMPOTENCY_KEY_REUSED");
    let as_alert = desk.tries(SCHOOL, &received(REFERRAL, "x-1")).await.unwrap_err();
    assert_eq!(as_alert.reason(), "IDEMPOTENCY_KEY_REUSED", "one space of keys");
    let as_disagreement = desk.disagrees(referral, Stage::Leads, "k-1").await.unwrap_err();
    assert_eq!(as_disagreement.reason(), "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn r90_nobody_disagrees_with_what_was_not_decided_or_is_another_agencys() {
    let (desk, referral) = Desk::referred().await;
    assert_eq!(desk.refused(referral, Stage::Manager).await, "NOT_DECIDED");
    assert_eq!(desk.sees(referral).await, None);
    desk.clock.advance(Span::days(5));
    let decision = desk.decides(referral, DECISION, "d-1").await;

    let mut theirs = asked(referral, Stage::Manager, "x-9");
    for agency in ["WUTH-AED", "CADT"] {
        let refused = desk.broker.disagree(&system(agency), &theirs).await.unwrap_err();
        assert_eq!(refused.reason(), "NOT_FOUND", "{agency}");
    }
    theirs.referral = decision;
    let refused = desk.broker.disagree(&system(SCHOOL), &theirs).await.unwrap_err();
    assert_eq!(refused.reason(), "NOT_FOUND", "the decision is the front door's");
    theirs.referral = AlertId::from_bytes([9; 16]);
    let refused = desk.broker.disagree(&system(SCHOOL), &theirs).await.unwrap_err();
    assert_eq!(refused.reason(), "NOT_FOUND", "and so is what is not there");
    assert_eq!(desk.store.count("DISAGREEMENT_RAISED:STAGE_1", decision), 0);
}

#[tokio::test]
async fn r90_a_new_decision_answers_it_and_is_another_to_disagree_with() {
    let (desk, referral, decision) = Desk::decided().await;
    desk.disagrees(referral, Stage::Manager, "x-1").await.unwrap();
    desk.clock.advance(Span::hours(1));

    let second = desk.decides(referral, DECISION, "d-2").await;

    desk.time_passes("2026-04-20T16:00:00Z").await;
    assert_eq!(desk.store.count("DISAGREEMENT_RAISED:STAGE_2", decision), 0, "it was answered");
    assert_eq!(desk.sees(referral).await, None, "nobody disagrees with the new one yet");
    let mut stale = asked(referral, Stage::Leads, "x-2");
    stale.decision = Some(decision);
    let refused = desk.broker.disagree(&system(SCHOOL), &stale).await.unwrap_err();
    assert_eq!(refused.reason(), "DECISION_CHANGED");
    let again = desk.disagrees(referral, Stage::Manager, "x-3").await.unwrap();
    assert_eq!((again.decision, again.stage), (second, Stage::Manager));
}

/// The sample without whom it is kept from.
fn kept_from_nobody(sample: &str) -> String {
    let mut sample: serde_json::Value = serde_json::from_str(sample).unwrap();
    let envelope = sample["alert"]["envelope"].as_object_mut().unwrap();
    for field in ["exclude", "personsOfConcern"] {
        assert!(envelope.remove(field).is_some(), "{field}");
    }
    sample.to_string()
}

#[tokio::test]
async fn r90_feedback_answers_it_and_the_referrer_may_go_further_all_the_same() {
    let (desk, referral, decision) = Desk::decided().await;
    desk.disagrees(referral, Stage::Manager, "x-1").await.unwrap();
    let feedback = kept_from_nobody(&FEEDBACK.replace("2026-09-20", "2026-04-07"));
    desk.decides(referral, &feedback, "f-1").await;

    let seen = desk.sees(referral).await.unwrap();
    assert_eq!((seen.stage, seen.next), (Stage::Manager, None));
    assert_eq!(seen.answered_at, Some(instant(DECIDED)));
    desk.time_passes("2026-04-13T13:10:00Z").await;
    assert_eq!(desk.store.count("DISAGREEMENT_RAISED:STAGE_2", decision), 0);

    assert_eq!(desk.refused(referral, Stage::Manager).await, "STAGE_REACHED");
    let again = desk.disagrees(referral, Stage::Leads, "x-2").await.unwrap();

    assert_eq!((again.stage, again.answered_at), (Stage::Leads, None));
    let counted = instant("2026-04-20T16:00:00Z");
    assert_eq!(again.next, Some((Stage::Senior, counted)), "from when it was raised again");
}

#[tokio::test]
async fn r90_after_the_decision_was_recalled_there_is_nothing_to_disagree_with() {
    let (desk, referral, decision) = Desk::decided().await;
    desk.disagrees(referral, Stage::Manager, "x-1").await.unwrap();
    let recall =
        Recall { alert: decision, recipients: Recipients::All, reason: RecallReason::WrongPerson };
    desk.broker.recall(&decision_maker(), &recall).await.unwrap();

    assert_eq!(desk.refused(referral, Stage::Leads).await, "NOT_DECIDED");
    desk.time_passes("2026-05-20T16:00:00Z").await;
    assert_eq!(
        desk.store.count("DISAGREEMENT_RAISED:STAGE_2", decision),
        0,
        "no stage by the clock"
    );
}

#[tokio::test]
async fn r90_a_decision_made_at_the_same_moment_is_seen() {
    let (desk, referral, decision) = Desk::decided().await;
    let record = desk.parts.store.alert(referral).await.unwrap().unwrap();
    let mut touched = record.as_ref().clone();
    touched.version += 1;
    let permit = permit(&system("CADT"), Action::SubmitAlert, None).unwrap();
    let event = crate::domain::Event::new(EventId::from_bytes([0xE0; 16]), EventKind::AlertUpdated);
    let commit = Commit::new(&permit, desk.env.now(), vec![event], [0x5B; 32]).unwrap();
    let commit = commit.writing(vec![Write::Alert(Box::new(touched))]).unwrap();
    desk.store.before_next_commit(commit);

    desk.disagrees(referral, Stage::Manager, "x-1").await.unwrap();

    assert_eq!(desk.store.conflicts(), 1, "decided on what had changed");
    assert_eq!(desk.store.count("DISAGREEMENT_RAISED:STAGE_1", decision), 1);
}

#[tokio::test]
async fn r90_by_whom_a_referrer_may_speak() {
    let (desk, referral, _decision) = Desk::decided().await;
    let by = |role| person(SCHOOL, "u-4401", role);

    for role in [Role::DecisionMaker, Role::Analyst, Role::SeniorOnCall] {
        let asked = asked(referral, Stage::Manager, "x-1");
        let refused = desk.broker.disagree(&by(role), &asked).await.unwrap_err();
        assert_eq!(refused.reason(), "ROLE_NOT_ALLOWED", "{role}");
    }
    let asked = asked(referral, Stage::Manager, "x-1");
    desk.broker.disagree(&by(Role::SafeguardingLead), &asked).await.unwrap();
}
