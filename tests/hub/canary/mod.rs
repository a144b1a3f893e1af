//! Canaries in every text of every kind of alert, and nowhere but in sealed bytes and in the copies meant for them.

mod child;
mod plant;
mod search;
mod wrong;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use prost::Message as _;
use staysafe::sdk::Client;
use staysafe::wire::v1::alert_service_client::AlertServiceClient;
use staysafe::wire::{SubmitAlertRequest, json, v1};
use toml::Table;

use crate::access::channel;
use crate::support::{TestHub, collect, partnership};
use child::ChildHub;
use plant::{Extent, Planted};
use search::{Hit, Search};

/// One sample of each kind with every field filled, its sender, and when it is sent.
const KINDS: &[(&str, &str, &str)] = &[
    ("full-missing.json", "MERPOL", "2026-09-15T09:06:00Z"),
    ("full-alcohol.json", "WUTH-AED", "2026-09-16T09:07:00Z"),
    ("full-domestic-abuse.json", "MERPOL", "2026-09-17T09:08:00Z"),
    ("full-marac-referral.json", "FSU", "2026-09-17T09:12:00Z"),
    ("full-return-interview.json", "SAFERFUT", "2026-09-17T09:13:00Z"),
    ("full-marac-outcome.json", "MARAC", "2026-09-17T09:16:00Z"),
    ("full-alcohol-pathway.json", "RESPONSE", "2026-09-17T09:17:00Z"),
    ("full-place-of-safety.json", "MERPOL", "2026-09-17T09:20:00Z"),
    ("full-operation-report.json", "MERPOL", "2026-09-17T09:30:00Z"),
    ("full-concern.json", "WCHC-019", "2026-09-19T09:07:00Z"),
    ("full-contact.json", "SCH-900101", "2026-09-20T09:07:00Z"),
    (DECISION, "CADT", "2026-09-21T09:08:00Z"),
    (FEEDBACK, "CADT", "2026-09-21T09:09:00Z"),
    (PLAN, "AREA-01", "2026-09-21T09:10:00Z"),
    (QUESTION, "CADT", "2026-09-21T09:11:00Z"),
    (ANSWER, "WCHC-019", "2026-09-21T09:12:00Z"),
    (NOT_SHARED, "WCHC-019", "2026-09-21T09:13:00Z"),
    (ASSESSMENT, "CADT", "2026-09-21T09:14:00Z"),
];

const PLAN: &str = "full-family-help.json";
const QUESTION: &str = "full-information-request.json";
/// Answers the question before it.
const ANSWER: &str = "full-information-response.json";
/// These two go to nobody.
const NOT_SHARED: &str = "full-not-shared.json";
const ASSESSMENT: &str = "full-assessment.json";

/// What a decision maker sends with an own certificate, about the alert before it.
const DECISION: &str = "full-referral-decision.json";
const FEEDBACK: &str = "full-feedback.json";
const DECISION_MAKER: &str = "u-1106";

/// Those that are never above P3 (domain 3.1a).
const ROUTINE: [&str; 8] = [
    "full-operation-report.json",
    "full-alcohol-pathway.json",
    FEEDBACK,
    PLAN,
    QUESTION,
    ANSWER,
    NOT_SHARED,
    ASSESSMENT,
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_alert_stands_anywhere_but_in_sealed_bytes_and_copies() {
    let mut story = Story::start();

    for (name, sender, at) in KINDS.iter().copied() {
        story.hub.advance_to(at).await;
        story.send(name, sender).await;
    }
    story.hand_out().await;
    story.answer().await;
    story.disagree().await;
    story.take_back().await;
    wrong::calls(&mut story).await;
    story.hub.advance_to("2026-09-22T09:00:00Z").await;
    story.hand_out().await;
    story.read_all().await;
    let Story { hub, planted, whole, copies, told, .. } = story;
    let (place, log) = hub.stop();

    let search = Search::for_all(planted.canaries.keys().cloned());
    let mut seen = told;
    let log = std::fs::read(log).unwrap();
    assert!(log.windows(5).any(|word| word == b"TRACE"), "the log says all it can");
    seen.push(("the log".to_owned(), log));
    files(&place.dir.path().join("data"), &mut seen);
    let mut leaks = Vec::new();
    for (place, bytes) in &seen {
        assert!(!bytes.is_empty() || place.starts_with("file "), "{place} says nothing");
        leaks.extend(search.hits(bytes).into_iter().map(|hit| leak(place, &hit, &planted)));
    }
    let shown = leaks.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(leaks.is_empty(), "{} leaks:\n{shown}", leaks.len());

    // References are renumbered and what is sealed is not streamed; the rest the same search finds where they belong: they were really there to be leaked.
    let found: BTreeSet<String> = search.hits(&copies).into_iter().map(|hit| hit.canary).collect();
    let (given, sealed): (Vec<&String>, Vec<&String>) =
        whole.iter().partition(|canary| found.contains(*canary));
    assert!(given.len() > 2 * sealed.len(), "{} in copies, not {sealed:?}", given.len());
    for field in ["family_name", "nhs_number", "postcode", "number", "child_voice", "necessity"] {
        let is_of = |canary: &String| planted.canaries[canary].ends_with(field);
        assert!(found.iter().any(is_of), "no {field} in any copy");
    }
    assert_eq!(planted.missed(), Vec::<String>::new(), "texts without a canary");
}

/// What happened so far, and what was said to whom.
struct Story {
    hub: ChildHub,
    planted: Planted,
    /// The canaries of the alerts that were taken whole.
    whole: BTreeSet<String>,
    /// Every copy handed out, and the answers as their own agency reads them.
    copies: Vec<u8>,
    /// Whatever the hub said besides: to whom, and the bytes.
    told: Vec<(String, Vec<u8>)>,
    /// Deliveries to the out-of-hours team and to the front door.
    deliveries: Vec<(String, String)>,
    alerts: Vec<(String, String)>,
    clients: BTreeMap<String, Client>,
}

impl Story {
    fn start() -> Self {
        let place = TestHub::prepared(&partnership());
        // Small segments: what is searched at the end is what was written.
        place.configure("[store]\nsegment_bytes = 1048576\n");
        Self {
            hub: ChildHub::start(place, "2026-09-15T09:00:00Z"),
            planted: Planted::default(),
            whole: BTreeSet::new(),
            copies: Vec::new(),
            told: Vec::new(),
            deliveries: Vec::new(),
            alerts: Vec::new(),
            clients: BTreeMap::new(),
        }
    }

    /// The one connection of an agency's system.
    async fn client(&mut self, agency: &str) -> Client {
        if let Some(known) = self.clients.get(agency) {
            return known.clone();
        }
        let client = self.hub.connect(self.hub.place.system(agency)).await.unwrap();
        self.clients.insert(agency.to_owned(), client.clone());
        client
    }

    /// Sends a sample whole, with every field out of shape, and so that it is refused.
    async fn send(&mut self, name: &str, sender: &str) {
        let is_decided = matches!(name, DECISION | FEEDBACK);
        let tls = match is_decided {
            true => self.hub.place.person(sender, DECISION_MAKER),
            false => self.hub.place.system(sender),
        };
        let mut client = self.hub.connect(tls.clone()).await.unwrap();
        let about = match name {
            DECISION | FEEDBACK | ASSESSMENT => Some(self.of_contact()),
            // The question is the last that was taken.
            ANSWER => self.alerts.last().map(|(_, question)| question.clone()),
            _ => None,
        };
        // Feedback is routine: out of shape it is refused, never taken incomplete.
        let incomplete = (Extent::Everything, v1::Acceptance::AcceptedIncomplete);
        let extents = [(Extent::Given, v1::Acceptance::Accepted)];
        let extents = extents.into_iter().chain((name != FEEDBACK).then_some(incomplete));
        for (extent, expected) in extents {
            let before = self.planted.canaries.clone();
            let request = keyed(self.planted.alert(name, extent), self.told.len());
            let request = about.iter().fold(request, |request, about| on(request, about));
            // Of what the front door decides little is copied: it keeps the rest itself. Some goes to nobody.
            let is_kept = is_decided || matches!(name, NOT_SHARED | ASSESSMENT);
            if extent == Extent::Given && !is_kept {
                let new = self.planted.canaries.keys().filter(|one| !before.contains_key(*one));
                self.whole.extend(new.cloned());
            }
            // A routine kind is never urgent: what is out of shape is refused, not taken with gaps.
            if extent == Extent::Everything && ROUTINE.contains(&name) {
                let refused = client.submit(request).await.unwrap_err();
                self.told.push((format!("refusal of {name}"), format!("{refused:?}").into_bytes()));
                continue;
            }
            let taken = client.submit(request).await.unwrap();
            assert_eq!(taken.acceptance(), expected, "{name}: {:?}", taken.gaps);
            self.alerts.push((sender.to_owned(), taken.alert_id.clone()));
            self.told.push((format!("reply to {name}"), taken.encode_to_vec()));
        }
        let request = keyed(self.planted.alert(name, Extent::Everything), self.told.len());
        let channel = channel(&self.hub.endpoint(), &tls);
        let refused = AlertServiceClient::new(channel).submit_alert(headless(request)).await;
        let refused = refused.unwrap_err();
        let (text, path) = (wrong::text_of(&refused), "alert.envelope.headline_concern");
        let names_paths = text.windows(path.len()).any(|window| window == path.as_bytes());
        assert!(names_paths, "the sender hears which fields: {refused:?}");
        self.told.push((format!("refusal of {name}"), text));
    }

    /// The first referral that was sent.
    fn of_contact(&self) -> String {
        let (_, alert) = self.alerts.iter().find(|(sender, _)| sender == "SCH-900101").unwrap();
        alert.clone()
    }

    /// Every mailbox takes what waits in it.
    async fn hand_out(&mut self) {
        let file: Table = partnership().parse().unwrap();
        for agency in file["agencies"].as_array().unwrap() {
            let code = agency["code"].as_str().unwrap();
            for mailbox in agency["mailboxes"].as_array().unwrap() {
                let mailbox = mailbox["id"].as_str().unwrap();
                let mut client = match mailbox == code {
                    true => self.client(code).await,
                    false => self.hub.connect(self.hub.place.keeper(mailbox)).await.unwrap(),
                };
                for copy in collect(&mut client, mailbox).await {
                    self.copies.extend(json::copy_to_json(&copy).unwrap().into_bytes());
                    self.deliveries.push((mailbox.to_owned(), copy.delivery_id));
                }
                let listed = client.list_deliveries(list(mailbox)).await.unwrap();
                self.told.push((format!("list of {mailbox}"), listed.encode_to_vec()));
            }
        }
        // An empty list has nothing to say.
        self.told.retain(|(_, bytes)| !bytes.is_empty());
    }

    /// People open, take and decline, with words of their own.
    async fn answer(&mut self) {
        let note = self.planted.note("Zw001Kestrelin", "a note");
        let text = self.planted.note("Zw002Kestrelin", "a reason to decline");
        let of = |mailbox: &str, deliveries: &[(String, String)]| {
            let mut own = deliveries.iter().filter(|(place, _)| place == mailbox);
            own.next_back().unwrap().1.clone()
        };
        let (mailbox, user_id) = ("CADT".to_owned(), "u-1101".to_owned());
        let delivery_id = of("CADT", &self.deliveries);
        let mut client = self.client("CADT").await;
        let opened = v1::ReportOpenedRequest {
            mailbox: mailbox.clone(),
            delivery_id: delivery_id.clone(),
            user_id: user_id.clone(),
        };
        client.report_opened(opened).await.unwrap();
        let declined = v1::DeclineRequest {
            mailbox: mailbox.clone(),
            delivery_id: delivery_id.clone(),
            user_id: user_id.clone(),
            reason: v1::DeclineReason::Other.into(),
            text: format!("{text} is her cousin"),
        };
        client.decline(declined).await.unwrap();
        let taken = v1::AcknowledgeRequest {
            mailbox: mailbox.clone(),
            delivery_id: delivery_id.clone(),
            user_id: user_id.clone(),
            outcome: v1::AcknowledgeOutcome::Forwarded.into(),
            note: format!("{note} will visit"),
        };
        client.acknowledge(taken).await.unwrap();
        let closing = self.planted.note("Zw009Kestrelin", "what came of it");
        let close = v1::CloseDeliveryRequest {
            mailbox: mailbox.clone(),
            delivery_id: delivery_id.clone(),
            user_id: user_id.clone(),
            note: format!("{closing} is safe with her aunt"),
        };
        client.close_delivery(close).await.unwrap();
        let ask = v1::ReadAnswerRequest { mailbox, delivery_id, user_id };
        let answer = client.read_answer(ask).await.unwrap();
        self.copies.extend(answer.encode_to_vec());
    }

    /// The referrer does not agree; whoever is called reads what it says, beside what it was told.
    async fn disagree(&mut self) {
        let text = self.planted.note("Zw007Kestrelin", "a disagreement");
        // It is kept from somebody, so it is the lead's alone.
        let lead = self.hub.place.keeper("SCH-900101/lead");
        let mut client = self.hub.connect(lead).await.unwrap();
        let mut request = v1::DisagreeRequest {
            idempotency_key: "canary-disagree".to_owned(),
            alert_id: self.of_contact(),
            stage: v1::DisagreementStage::DisagreementStage1.into(),
            text: format!("{text} was seen outside alone"),
            ..v1::DisagreeRequest::default()
        };
        let raised = client.disagree(request.clone()).await.unwrap();
        self.told.push(("reply to a disagreement".to_owned(), raised.encode_to_vec()));
        let wrong = self.planted.note("Zw008Kestrelin", "a disagreement that is refused");
        request.text = wrong;
        let refused = client.disagree(request).await.unwrap_err();
        self.told.push(("refusal of a disagreement".to_owned(), refused.to_string().into_bytes()));
        let manager = "CADT/manager";
        let mut called = self.hub.connect(self.hub.place.keeper(manager)).await.unwrap();
        let copies = collect(&mut called, manager).await;
        let read = copies.iter().filter_map(|copy| copy.disagreement.as_ref());
        let words: Vec<u8> = read.flat_map(prost::Message::encode_to_vec).collect();
        assert!(words.windows(text.len()).any(|word| word == text.as_bytes()), "it is read");
        self.copies.extend(words);
    }

    /// Senders correct and recall what they sent; every text of these calls that is not an alert's is a canary.
    async fn take_back(&mut self) {
        let (sender, alert) = self.alerts[0].clone();
        let mut client = self.client(&sender).await;
        let path = self.planted.note("Zw005Kestrelin", "a path of a correction");
        let corrected = keyed(self.planted.alert(KINDS[0].0, Extent::Everything), self.told.len());
        let request = v1::CorrectAlertRequest {
            alert_id: alert.clone(),
            field_paths: vec![
                path.clone(),
                format!("alert.envelope.subjects[{path}].dob"),
                format!("alert.envelope.risk.{path}"),
                "alert.envelope.subjects[0].nhs_number".to_owned(),
            ],
            reason: v1::CorrectionReason::Identity.into(),
            corrected: Some(corrected),
        };
        let taken = client.correct(request).await.unwrap();
        let gaps: Vec<&str> = taken.gaps.iter().map(|gap| gap.path.as_str()).collect();
        assert!(gaps.contains(&"field_paths[2]"), "a wrong path is a gap: {gaps:?}");
        self.told.push(("reply to a correction".to_owned(), taken.encode_to_vec()));
        self.alerts.push((sender.clone(), taken.alert_id));
        let giver = self.planted.note("Zw009Kestrelin", "who withdrew an agreement");
        let mut word = v1::ChangeConsentRequest {
            idempotency_key: "canary-consent".to_owned(),
            alert_id: alert.clone(),
            service: v1::ConsentService::EarlyHelp.into(),
            giver: v1::ConsentGiver::PrHolder.into(),
            giver_ref: giver.clone(),
            state: v1::ConsentState::Withdrawn.into(),
            effective_at: Some(prost_types::Timestamp { seconds: 1_789_500_000, nanos: 0 }),
            ..v1::ChangeConsentRequest::default()
        };
        let said = client.change_consent(word.clone()).await.unwrap();
        self.told.push(("reply to a withdrawal".to_owned(), said.encode_to_vec()));
        word.agencies = vec![giver];
        let refused = client.change_consent(word).await.unwrap_err();
        self.told.push(("refusal of a withdrawal".to_owned(), refused.to_string().into_bytes()));
        let name = self.planted.note("Zw006Kestrelin", "a recipient of a recall");
        let mut recall = v1::RecallAlertRequest {
            alert_id: alert,
            recipients: vec![name],
            reason: v1::RecallReason::WrongPerson.into(),
            user_id: String::new(),
        };
        let refused = client.recall(recall.clone()).await.unwrap_err();
        self.told.push(("refusal of a recall".to_owned(), refused.to_string().into_bytes()));
        recall.recipients.clear();
        let done = client.recall(recall).await.unwrap();
        self.told.push(("reply to a recall".to_owned(), done.encode_to_vec()));
    }

    /// What senders, reviewers and operators are shown.
    async fn read_all(&mut self) {
        for (sender, alert) in self.alerts.clone() {
            let mut client = self.client(&sender).await;
            let status = match client.status(&alert).await {
                Ok(status) => status,
                // What is kept from somebody is its author's and the lead's alone (domain 5.7, 6).
                Err(refused) => {
                    self.told.push((format!("refusal for {sender}"), refused.to_string().into()));
                    let lead = self.hub.place.keeper(&format!("{sender}/lead"));
                    let mut lead = self.hub.connect(lead).await.unwrap();
                    lead.status(&alert).await.unwrap()
                }
            };
            self.told.push((format!("status for {sender}"), status.encode_to_vec()));
            let own = client.own_alerts(0, "").await.unwrap();
            if !own.alerts.is_empty() {
                self.told.push((format!("own alerts of {sender}"), own.encode_to_vec()));
            }
        }
        self.read_chronologies().await;
        let person = self.hub.place.person("HUB-IG", "u-3301");
        let mut reviewer = self.hub.connect(person).await.unwrap();
        let (bytes, text) = entries(&mut reviewer).await;
        self.told.push(("the entries".to_owned(), bytes));
        self.told.push(("the entries as text".to_owned(), text));
        let shown = self.hub.shown().await;
        assert!(shown.contains("staysafe_store_commits"), "{shown}");
        self.told.push(("metrics and status".to_owned(), shown.into_bytes()));
    }
}

impl Story {
    /// A person of the front door reads what it has about each first subject: words as copies hold them.
    async fn read_chronologies(&mut self) {
        let person = self.hub.place.person("CADT", "u-1101");
        let mut reader = self.hub.connect(person).await.unwrap();
        let page = reader.list_deliveries(list("CADT")).await.unwrap();
        let mut read = 0;
        for row in page.deliveries {
            let request = v1::GetChronologyRequest {
                mailbox: "CADT".to_owned(),
                delivery_id: row.delivery_id,
                ..Default::default()
            };
            if let Ok(page) = reader.chronology(request).await {
                self.copies.extend(page.encode_to_vec());
                read += page.lines.len();
            }
        }
        assert!(read > 2, "{read} lines");
    }
}

/// The whole log as a reviewer gets it, and as canonical JSON.
async fn entries(reviewer: &mut Client) -> (Vec<u8>, Vec<u8>) {
    let (mut bytes, mut text, mut from) = (Vec::new(), Vec::new(), 0);
    loop {
        let page = reviewer.entries(from, 500).await.unwrap();
        bytes.extend(page.encode_to_vec());
        let shown = json::to_json("staysafe.v1.ListEntriesResponse", &page).unwrap();
        text.extend(shown.into_bytes());
        if page.next_index == 0 {
            return (bytes, text);
        }
        from = page.next_index;
    }
}

fn list(mailbox: &str) -> v1::ListDeliveriesRequest {
    v1::ListDeliveriesRequest { mailbox: mailbox.to_owned(), ..Default::default() }
}

/// Under a key of its own. A key is the sender's own mark and recorded by design: no canary.
fn keyed(mut request: SubmitAlertRequest, number: usize) -> SubmitAlertRequest {
    request.idempotency_key = format!("canary-{number}");
    request
}

/// About the alert of this id.
fn on(mut request: SubmitAlertRequest, about: &str) -> SubmitAlertRequest {
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    match alert.body.as_mut() {
        Some(v1::alert::Body::InformationResponse(body)) => about.clone_into(&mut body.request),
        Some(v1::alert::Body::AssessmentCompleted(body)) => about.clone_into(&mut body.referral),
        _ => about.clone_into(&mut alert.envelope.as_mut().unwrap().episode_id),
    }
    request.alert = alert.encode_to_vec().into();
    request
}

/// Without the headline that even an urgent alert needs.
fn headless(mut request: SubmitAlertRequest) -> SubmitAlertRequest {
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    alert.envelope.as_mut().unwrap().headline_concern.clear();
    request.alert = alert.encode_to_vec().into();
    request
}

/// The name and the bytes of every file below a directory.
fn files(dir: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        found.push((format!("name of {name}"), name.clone().into_bytes()));
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((format!("file {name}"), std::fs::read(&path).unwrap()));
        }
    }
}

fn leak(place: &str, hit: &Hit, planted: &Planted) -> String {
    let Hit { canary, form, around } = hit;
    let path = &planted.canaries[canary];
    format!("{place}: {canary} of {path}, {form}: {}", around.escape_debug())
}
