//! What a mailbox has about one child, alert by alert (domain 3.12): S01 with its return interview, read by three agencies.

use prost::Message as _;
use staysafe::sdk::ClientError;
use staysafe::wire::{SubmitAlertRequest, v1};

use crate::scenarios::{in_episode, trace};
use crate::support::{TestHub, collect, sample};

const FRONT_DOOR: (&str, &str) = ("CADT", "u-1101");
const MANAGER: (&str, &str) = ("CADT", "u-1103");
const POLICE: (&str, &str) = ("MERPOL", "u-2401");
const SAFER_FUTURES: (&str, &str) = ("SAFERFUT", "u-3101");
const EMERGENCY: (&str, &str) = ("WUTH-AED", "u-2501");

const VOICE: &str = "I just needed to get out for a night. Heard by Sal Interviewer, alone.";

/// Ellie goes missing, is found, and is interviewed; and another child's evening, which is nobody's business here.
struct Evening {
    hub: TestHub,
    reported: String,
    found: String,
    interview: String,
}

impl Evening {
    async fn told() -> Self {
        let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
        let mut police = hub.agency("MERPOL").await;
        let reported = police.submit(sample("s01-missing-reported.json")).await.unwrap();
        let episode = reported.episode_id.clone();
        let other = sample("s02-missing-reported.json");
        police.submit(other).await.unwrap();
        collect(&mut hub.agency("WUTH-AED").await, "WUTH-AED").await;
        hub.advance_to("2026-10-24T09:12:00Z").await;
        let found = in_episode(sample("s01-missing-found.json"), &episode);
        let found = police.submit(found).await.unwrap();
        hub.advance_to("2026-10-26T16:30:00Z").await;
        let mut safer = hub.agency("SAFERFUT").await;
        let interview = in_episode(sample("s01-rhi-completed.json"), &episode);
        let interview = safer.submit(interview).await.unwrap();
        for mailbox in ["CADT", "MERPOL", "SAFERFUT", "WUTH-AED"] {
            collect(&mut hub.at(mailbox).await, mailbox).await;
        }
        Self {
            hub,
            reported: reported.alert_id,
            found: found.alert_id,
            interview: interview.alert_id,
        }
    }

    /// The delivery of an alert in the duty mailbox of an agency.
    async fn delivery(&self, agency: &str, alert: &str) -> String {
        let mut client = self.hub.agency(agency).await;
        let request =
            v1::ListDeliveriesRequest { mailbox: agency.to_owned(), ..Default::default() };
        let page = client.list_deliveries(request).await.unwrap();
        let found = page.deliveries.into_iter().find(|row| row.alert_id == alert);
        found.unwrap_or_else(|| panic!("{agency} has no {alert}")).delivery_id
    }

    /// A person asks from the agency's copy of an alert.
    async fn asked(
        &self,
        (agency, user): (&str, &str),
        delivery_id: &str,
    ) -> Result<v1::GetChronologyResponse, ClientError> {
        let mut person = self.hub.connect(self.hub.person(agency, user)).await.unwrap();
        person.chronology(of(agency, delivery_id)).await
    }

    /// A person says how much the agency's copy of an alert says about a person.
    async fn weighs(
        &self,
        (agency, user): (&str, &str),
        (delivery_id, place): (&str, u32),
        significance: v1::Significance,
    ) -> Result<v1::SetSignificanceResponse, ClientError> {
        let mut person = self.hub.connect(self.hub.person(agency, user)).await.unwrap();
        let request = v1::SetSignificanceRequest {
            mailbox: agency.to_owned(),
            delivery_id: delivery_id.to_owned(),
            person: place,
            significance: significance.into(),
        };
        person.set_significance(request).await
    }

    /// What each line of the front door's chronology weighs.
    async fn weights(&self) -> Vec<v1::Significance> {
        let lines = self.lines(FRONT_DOOR, &self.reported).await;
        lines.iter().map(v1::ChronologyLine::significance).collect()
    }

    async fn lines(&self, (agency, user): (&str, &str), alert: &str) -> Vec<v1::ChronologyLine> {
        let delivery = self.delivery(agency, alert).await;
        self.asked((agency, user), &delivery).await.unwrap().lines
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agencies_read_different_chronologies_of_one_child_each_as_its_own_copies_show_it() {
    let evening = Evening::told().await;

    let front_door = evening.lines(FRONT_DOOR, &evening.reported).await;
    let police = evening.lines(POLICE, &evening.interview).await;

    let alerts: Vec<&str> = front_door.iter().map(|line| line.alert_id.as_str()).collect();
    let all = [&evening.reported, &evening.found, &evening.interview];
    assert_eq!(alerts, all, "oldest first, and no other child's");
    assert_eq!(police.len(), 1, "what it sent is in its own records");
    assert_eq!(police[0].alert_id, evening.interview);
    let [reported, found, interview] = front_door.as_slice() else { panic!("three lines") };
    assert_eq!(reported.kind(), v1::AlertKind::MissingReported);
    assert_eq!(reported.sender_agency, "MERPOL");
    assert_eq!(reported.occurred_precision(), v1::OccurredPrecision::Exact);
    assert_eq!(reported.standing(), v1::LineStanding::Report);
    assert_eq!(reported.state(), v1::DeliveryState::Confirmed);
    assert!(reported.child_words.is_empty() && reported.outcome.is_empty());
    assert_eq!(found.standing(), v1::LineStanding::Fact);
    assert_eq!(interview.outcome, "COMPLETED");
    assert_eq!(interview.child_words, [VOICE]);
    // Police learn that the interview was held, and not what the child said (R07).
    assert_eq!(police[0].outcome, "COMPLETED");
    assert_eq!(police[0].child_words, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chronology_is_read_from_any_of_its_copies_and_page_by_page() {
    let evening = Evening::told().await;
    let whole = evening.lines(SAFER_FUTURES, &evening.reported).await;
    assert_eq!(whole.len(), 2, "what it sent itself is not in its inbox");

    let from_the_other = evening.lines(SAFER_FUTURES, &evening.found).await;
    let delivery = evening.delivery("SAFERFUT", &evening.found).await;
    let mut person = evening.hub.connect(evening.hub.person("SAFERFUT", "u-3101")).await.unwrap();
    let (mut paged, mut page_token) = (Vec::new(), String::new());
    loop {
        let request =
            v1::GetChronologyRequest { page_size: 1, page_token, ..of("SAFERFUT", &delivery) };
        let page = person.chronology(request).await.unwrap();
        assert_eq!(page.lines.len(), 1);
        paged.extend(page.lines);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }

    assert_eq!(from_the_other, whole);
    assert_eq!(paged, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_for_the_mailbox_is_not_found_and_a_reading_is_in_the_log_before() {
    let evening = Evening::told().await;
    let theirs = evening.delivery("CADT", &evening.reported).await;
    let own = evening.delivery("SAFERFUT", &evening.reported).await;
    // The look-out has ended: nothing more is asked from it.
    let purged = evening.delivery("WUTH-AED", &evening.reported).await;
    let cancelled = evening.delivery("WUTH-AED", &evening.found).await;

    for (who, delivery) in [
        (SAFER_FUTURES, &theirs),
        (SAFER_FUTURES, &format!("{}.99", evening.reported)),
        (EMERGENCY, &purged),
        // It names nobody.
        (EMERGENCY, &cancelled),
    ] {
        let refused = evening.asked(who, delivery).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_FOUND", "{who:?}");
    }
    let mut person = evening.hub.connect(evening.hub.person("SAFERFUT", "u-3101")).await.unwrap();
    let nobody = v1::GetChronologyRequest { person: 7, ..of("SAFERFUT", &own) };
    assert_eq!(reason(&person.chronology(nobody).await.unwrap_err()), "NOT_FOUND");
    let mut system = evening.hub.agency("SAFERFUT").await;
    let refused = system.chronology(of("SAFERFUT", &own)).await.unwrap_err();
    assert_eq!(reason(&refused), "OWN_CERTIFICATE_NEEDED");

    let before = viewed(&evening).await;
    person.chronology(of("SAFERFUT", &own)).await.unwrap();
    assert_eq!(viewed(&evening).await, before + 1, "the alert that was found was shown too");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recalled_is_no_line_any_more() {
    let evening = Evening::told().await;
    let mut police = evening.hub.agency("MERPOL").await;
    let recall = v1::RecallAlertRequest {
        alert_id: evening.found.clone(),
        reason: v1::RecallReason::Withdrawn.into(),
        ..v1::RecallAlertRequest::default()
    };
    police.recall(recall).await.unwrap();

    let lines = evening.lines(FRONT_DOOR, &evening.reported).await;

    let alerts: Vec<&str> = lines.iter().map(|line| line.alert_id.as_str()).collect();
    assert_eq!(alerts, [evening.reported.as_str(), evening.interview.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_nobody_confirmed_is_no_line() {
    let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    police.submit(sample("s01-missing-reported.json")).await.unwrap();
    let second = police.submit(without_number(sample("s01-missing-reported.json"))).await.unwrap();
    collect(&mut hub.at("EDT").await, "EDT").await;
    let evening = Evening {
        hub,
        reported: second.alert_id.clone(),
        found: String::new(),
        interview: String::new(),
    };

    let lines = evening.lines(("EDT", "u-1301"), &second.alert_id).await;

    let alerts: Vec<&str> = lines.iter().map(|line| line.alert_id.as_str()).collect();
    assert_eq!(alerts, [second.alert_id.as_str()], "STRONG is proposed, and waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_door_says_how_much_a_line_says_and_everybody_whose_copy_is_one_sees_it() {
    use v1::Significance::{High, Medium, Unspecified};

    let evening = Evening::told().await;
    let delivery = evening.delivery("CADT", &evening.interview).await;
    let before = evening.weights().await;

    let first = evening.weighs(MANAGER, (&delivery, 0), High).await.unwrap();
    evening.hub.advance_to("2026-10-26T17:00:00Z").await;
    let again = evening.weighs(MANAGER, (&delivery, 0), High).await.unwrap();

    assert_eq!(before, [Unspecified, Unspecified, Unspecified]);
    assert_eq!(evening.weights().await, [Unspecified, Unspecified, High], "this line alone");
    let police = evening.lines(POLICE, &evening.interview).await;
    assert_eq!(police[0].significance(), High);
    assert!(police[0].child_words.is_empty(), "they see no more of it than before");
    assert_eq!(first.set_at, again.set_at, "said once");
    let said = |kinds: Vec<String>| kinds.iter().filter(|it| *it == "SIGNIFICANCE_SET").count();
    assert_eq!(said(trace(&evening.hub, &evening.interview).await), 1);

    evening.weighs(("CADT", "u-1105"), (&delivery, 0), Medium).await.unwrap();
    assert_eq!(evening.weights().await, [Unspecified, Unspecified, Medium], "the last word counts");
    assert_eq!(said(trace(&evening.hub, &evening.interview).await), 2, "and both are recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_front_door_s_people_with_own_certificates_weighs_a_line() {
    use v1::Significance::{High, Unspecified};

    let evening = Evening::told().await;
    let own = evening.delivery("CADT", &evening.interview).await;
    let theirs = evening.delivery("MERPOL", &evening.interview).await;

    for (who, copy, place, expected) in [
        (FRONT_DOOR, &own, 0, "ROLE_NOT_ALLOWED"),
        (POLICE, &theirs, 0, "ROLE_NOT_ALLOWED"),
        (SAFER_FUTURES, &own, 0, "ROLE_NOT_ALLOWED"),
        (MANAGER, &theirs, 0, "NOT_FOUND"),
        (MANAGER, &own, 7, "NOT_FOUND"),
    ] {
        let refused = evening.weighs(who, (copy, place), High).await.unwrap_err();
        assert_eq!(reason(&refused), expected, "{who:?}");
    }
    let mut system = evening.hub.agency("CADT").await;
    let request = v1::SetSignificanceRequest {
        mailbox: "CADT".to_owned(),
        delivery_id: own.clone(),
        significance: High.into(),
        ..Default::default()
    };
    let refused = system.set_significance(request).await.unwrap_err();
    assert_eq!(reason(&refused), "OWN_CERTIFICATE_NEEDED");
    assert!(evening.weighs(MANAGER, (&own, 0), Unspecified).await.is_err(), "nothing is unsaid");

    assert_eq!(evening.weights().await, [Unspecified; 3]);
    let kinds = trace(&evening.hub, &evening.interview).await;
    assert!(!kinds.contains(&"SIGNIFICANCE_SET".to_owned()));
}

/// The same child, with a key of its own and no NHS number.
fn without_number(mut request: SubmitAlertRequest) -> SubmitAlertRequest {
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    let envelope = alert.envelope.as_mut().unwrap();
    envelope.subjects[0].nhs_number.clear();
    envelope.subjects[0].nhs_number_status = v1::NhsNumberStatus::Absent.into();
    request.alert = alert.encode_to_vec().into();
    request.idempotency_key.push_str("-again");
    request
}

/// How often the log says that the alert in which Ellie was found was viewed.
async fn viewed(evening: &Evening) -> usize {
    let kinds = trace(&evening.hub, &evening.found).await;
    kinds.iter().filter(|kind| *kind == "RECORD_VIEWED").count()
}

fn of(mailbox: &str, delivery_id: &str) -> v1::GetChronologyRequest {
    v1::GetChronologyRequest {
        mailbox: mailbox.to_owned(),
        delivery_id: delivery_id.to_owned(),
        ..v1::GetChronologyRequest::default()
    }
}

fn reason(error: &ClientError) -> &str {
    let ClientError::Refused { reason, .. } = error else { panic!("{error}") };
    reason
}
