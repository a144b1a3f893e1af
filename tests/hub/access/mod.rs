//! Who may make which call: `access.txt`, cell by cell, against a whole hub.

mod calls;
mod people;
mod table;
mod unknowable;

use std::collections::BTreeMap;

use prost::Message as _;
use staysafe::sdk::Client;
use staysafe::tls::ClientTls;
use staysafe::wire::{SubmitAlertRequest, v1};
use tonic::Status;
use tonic::transport::Channel;

pub(crate) use calls::channel;

use crate::support::{TestHub, collect, sample};
use calls::Object;
use people::{Bearer, CONCERNED, Caller};
use table::AT_LEAD;

/// The calls that can name the person they are made for.
const NAMING: [&str; 14] = [
    "SubmitAlert",
    "GetAlertStatus",
    "ListOwnAlerts",
    "CorrectAlert",
    "RecallAlert",
    "ChangeConsent",
    "Disagree",
    "ReportOpened",
    "Acknowledge",
    "Decline",
    "CloseDelivery",
    "HandOver",
    "ReadAnswer",
    "ConfirmRecall",
];
/// The calls after which a delivery is not what it was.
const FINAL: [&str; 3] = ["Acknowledge", "Decline", "CloseDelivery"];

#[tokio::test(flavor = "multi_thread")]
async fn every_call_answers_every_kind_of_caller_as_the_table_says_and_records_each_refusal() {
    let mut world = World::start(160).await;
    let mut faults = Vec::new();

    for part in table::parts() {
        for row in &part.rows {
            let cells = part.callers.iter().zip(&row.outcomes);
            for (column, expected) in cells {
                let caller = people::caller(&part.name, column);
                let arises =
                    caller.named.is_none() || NAMING.contains(&row.call.trim_end_matches(AT_LEAD));
                assert_eq!(expected != "-", arises, "[{}] {} {column}", part.name, row.call);
                if !arises {
                    continue;
                }
                let (found, reason) = world.ask(&row.call, &caller).await;
                if found != expected {
                    let place = format!("[{}] {} by {column}", part.name, row.call);
                    faults.push(format!("{place}: expected {expected}, got {found} {reason}"));
                }
                let is_refused = caller.is_known && expected != "OK";
                let due = if is_refused { vec![actor(&caller)] } else { Vec::new() };
                let denied = world.denied_since().await;
                if denied != due && caller.is_known {
                    let place = format!("[{}] {} by {column}", part.name, row.call);
                    faults.push(format!("{place}: DENIED entries of {denied:?}, not of {due:?}"));
                }
            }
        }
    }

    assert!(faults.is_empty(), "{} cells differ:\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_the_directory_does_not_know_are_in_the_log_as_rejected_certificates() {
    let mut world = World::start(1).await;

    for (column, by) in [
        ("no-agency", ("SCH-999999", "main")),
        ("no-system", (CONCERNED, "other")),
        ("no-user", (CONCERNED, people::STRANGER)),
    ] {
        let caller = people::caller("others", column);
        let (found, _reason) = world.ask("Hello", &caller).await;

        assert_eq!(found, "UA");
        let by = (by.0.to_owned(), by.1.to_owned());
        assert_eq!(world.denied_since().await, [by], "{column}");
    }
}

/// A hub in which there is something to ask for, and the connections of whoever asked before.
struct World {
    hub: TestHub,
    reviewer: Client,
    /// The next entry of the log to look at.
    next_entry: u64,
    channels: BTreeMap<String, Channel>,
    /// Deliveries in each mailbox that nobody has taken.
    deliveries: BTreeMap<String, Vec<(String, u64)>>,
    /// A delivery in each mailbox that was recalled after it was handed out.
    recalled: BTreeMap<String, String>,
    /// An alert that the agency concerned has sent.
    sent: String,
    /// An earlier one about the same child.
    earlier: String,
    /// One of the agency concerned that was linked to another's about the same event.
    linked: String,
    /// A referral of the agency concerned that was decided on.
    referred: String,
    asked: u32,
}

impl World {
    /// With this many deliveries for the agency concerned.
    async fn start(deliveries: u32) -> Self {
        let mut hub = TestHub::prepared(&people::partnership_of_the_table());
        hub.start("2026-10-23T21:40:00Z").await;
        let reviewer = hub.connect(hub.person("HUB-IG", "u-3301")).await.unwrap();
        let mut world = Self {
            hub,
            reviewer,
            next_entry: 0,
            channels: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            recalled: BTreeMap::new(),
            sent: String::new(),
            earlier: String::new(),
            linked: String::new(),
            referred: String::new(),
            asked: 0,
        };
        // Nobody answers these, so that they climb to the senior on call.
        world.submit("MERPOL", "s01-missing-reported.json", 5).await;
        let doomed = world.submit("MERPOL", "s01-missing-reported.json", 1).await;
        world.hub.advance_to("2026-10-24T04:00:00Z").await;
        world.submit("MERPOL", "s05-domestic-abuse-gold.json", 5).await;
        world.earlier = world.submit("MERPOL", "s01-missing-reported.json", deliveries).await;
        world.sent = world.submit(CONCERNED, "s01-missing-reported.json", 1).await;
        world.linked = world.told_twice().await;
        world.referred = world.decided().await;
        for mailbox in ["EDT", "EDT/lead", "COUNCIL/head-of-service", "MARAC"] {
            let mut client = world.hub.at(mailbox).await;
            let copies = collect(&mut client, mailbox).await;
            let found = copies.into_iter().map(|copy| (copy.delivery_id, copy.sequence));
            let (gone, found): (Vec<_>, Vec<_>) =
                found.partition(|(id, _)| id.starts_with(&doomed));
            let gone = gone.into_iter().next().map(|(id, _)| (mailbox.to_owned(), id));
            world.recalled.extend(gone);
            world.deliveries.insert(mailbox.to_owned(), found);
        }
        let recall = v1::RecallAlertRequest {
            alert_id: doomed,
            reason: v1::RecallReason::Withdrawn.into(),
            ..v1::RecallAlertRequest::default()
        };
        world.hub.agency("MERPOL").await.recall(recall).await.unwrap();
        world.denied_since().await;
        world
    }

    /// What two agencies tell of one event about another child: the later one's.
    async fn told_twice(&mut self) -> String {
        let mut last = v1::SubmitAlertResponse::default();
        for agency in ["MERPOL", CONCERNED] {
            self.asked += 1;
            let mut request = sent_by(agency, sample("s01-missing-reported.json"), self.asked);
            let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
            let subject = &mut alert.envelope.as_mut().unwrap().subjects[0];
            "9990002746".clone_into(&mut subject.nhs_number);
            request.alert = alert.encode_to_vec().into();
            last = self.hub.agency(agency).await.submit(request).await.unwrap();
        }
        assert!(!last.episode_id.starts_with(&last.alert_id), "it was linked");
        last.alert_id
    }

    /// A referral of the agency concerned, decided on by the front door.
    async fn decided(&mut self) -> String {
        let referral = self.submit(CONCERNED, "s09-referral.json", 1).await;
        let mut decision = sample("s09-decision.json");
        let mut alert = v1::Alert::decode(decision.alert.as_ref()).unwrap();
        referral.clone_into(&mut alert.envelope.as_mut().unwrap().episode_id);
        decision.alert = alert.encode_to_vec().into();
        let decides = self.hub.person("CADT", "u-1106");
        self.hub.connect(decides).await.unwrap().submit(decision).await.unwrap();
        referral
    }

    /// Sends a sample of an agency several times, under a key each; the id of the last one.
    async fn submit(&mut self, agency: &str, name: &str, times: u32) -> String {
        let mut client = self.hub.agency(agency).await;
        let mut last = String::new();
        for _ in 0..times {
            self.asked += 1;
            let request = sent_by(agency, sample(name), self.asked);
            last = client.submit(request).await.unwrap().alert_id;
        }
        last
    }

    /// Makes a call as a caller, on what is its agency's concerned; what came of it, and why.
    async fn ask(&mut self, call: &str, caller: &Caller) -> (&'static str, String) {
        let object = self.object(call, &caller.wants).await;
        let called = self.call(call, caller, &object).await;
        (calls::outcome(&called), called.err().map(|status| reason(&status)).unwrap_or_default())
    }

    /// Makes a call as a caller.
    async fn call(&mut self, call: &str, caller: &Caller, object: &Object) -> Result<(), Status> {
        let channel = self.channel(caller);
        let named = caller.named.clone().unwrap_or_default();
        calls::make(call, channel, object, &named).await
    }

    /// Something of an agency to ask for. A delivery that the call would spoil for others is a fresh one.
    async fn object(&mut self, call: &str, agency: &str) -> Object {
        self.asked += 1;
        let request = sent_by(agency, sample("s01-missing-reported.json"), self.asked);
        // Nothing is ever delivered to the mailboxes without a list.
        let unknown = ("0192f0c1-0000-7000-8000-000000000000.0".to_owned(), 1);
        let mailbox = match call.ends_with(AT_LEAD) {
            true => format!("{agency}/lead"),
            false => mailbox_of(agency).to_owned(),
        };
        // What was corrected cannot be corrected again.
        let alert = match call {
            "CorrectAlert" => self.submit(CONCERNED, "s01-missing-reported.json", 1).await,
            "Disagree" => self.referred.clone(),
            "SplitDuplicate" => self.linked.clone(),
            _ => self.sent.clone(),
        };
        let recalled = self.recalled.get(&mailbox).filter(|_| call.starts_with("ConfirmRecall"));
        let taken = match self.deliveries.get_mut(&mailbox) {
            _ if recalled.is_some() => (recalled.cloned().unwrap(), 0),
            Some(waiting) if FINAL.contains(&call) => waiting.pop().unwrap(),
            // The lead's are few, and one person alone may take them.
            Some(waiting) if call.starts_with("Decline") => waiting[1].clone(),
            Some(waiting) => waiting[0].clone(),
            None => unknown,
        };
        let change = match call {
            "ApproveRoleChange" => self.proposed().await,
            "ApprovePartnershipChange" => self.proposed_by_the_host().await,
            _ => String::new(),
        };
        Object {
            request,
            alert,
            mailbox,
            delivery: taken.0,
            sequence: taken.1,
            user: "u-1301".to_owned(),
            change,
            earlier: self.earlier.clone(),
        }
    }

    /// A change of roles in the agency concerned that waits for a second person.
    async fn proposed(&mut self) -> String {
        let mut first = self.hub.connect(self.hub.person(CONCERNED, "u-1307")).await.unwrap();
        // One role or the other: what is approved already cannot be proposed again.
        for role in [v1::Role::Sender, v1::Role::Analyst] {
            let (user_id, roles) = ("u-1302".to_owned(), vec![role.into()]);
            let request = v1::ProposeRoleChangeRequest { user_id, roles };
            if let Ok(proposed) = first.directory().propose_role_change(request).await {
                self.denied_since().await;
                return proposed.into_inner().change.unwrap().change_id;
            }
        }
        panic!("nothing can be proposed")
    }

    /// A change of the partnership that waits for a second person.
    async fn proposed_by_the_host(&mut self) -> String {
        let mut owner = self.hub.connect(self.hub.person("HUB-IG", "u-3305")).await.unwrap();
        let change = Some(calls::renamed(CONCERNED));
        let request = v1::ProposePartnershipChangeRequest { change };
        let proposed = owner.directory().propose_partnership_change(request).await.unwrap();
        proposed.into_inner().proposal.unwrap().change_id
    }

    fn channel(&mut self, caller: &Caller) -> Channel {
        let key = format!("{} {:?}", caller.agency, caller.bearer);
        let known = self.channels.get(&key).cloned();
        known.unwrap_or_else(|| {
            let endpoint = self.hub.endpoint();
            let channel = match tls(&self.hub, caller) {
                Some(tls) => channel(&endpoint, &tls),
                None => {
                    calls::channel_without_certificate(&endpoint, &self.hub.authority.ca_path())
                }
            };
            self.channels.insert(key, channel.clone());
            channel
        })
    }

    /// By whom the refusals were that the log has gained, agency and name. The hub's own word that somebody was not
    /// let in at the door is of no caller, and comes when it comes.
    async fn denied_since(&mut self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        loop {
            let page = self.reviewer.entries(self.next_entry, 500).await.unwrap();
            for entry in &page.entries {
                self.next_entry = entry.index + 1;
                let of_a_caller = !entry.actor_agency.is_empty();
                if of_a_caller && entry.events.iter().any(|event| event.outcome == "DENIED") {
                    found.push((entry.actor_agency.clone(), entry.actor.clone()));
                }
            }
            if page.next_index == 0 {
                return found;
            }
        }
    }
}

fn tls(hub: &TestHub, caller: &Caller) -> Option<ClientTls> {
    match &caller.bearer {
        Bearer::System(name) => Some(hub.system_named(&caller.agency, name)),
        Bearer::Person(user) => Some(hub.person(&caller.agency, user)),
        Bearer::Nobody => None,
    }
}

/// The mailbox of an agency that the table asks for.
fn mailbox_of(agency: &str) -> &str {
    if agency == "COUNCIL" { "COUNCIL/head-of-service" } else { agency }
}

/// A sample in the name of an agency, under a key of its own.
fn sent_by(agency: &str, mut request: SubmitAlertRequest, number: u32) -> SubmitAlertRequest {
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    alert.envelope.as_mut().unwrap().sender_agency = agency.to_owned();
    request.alert = alert.encode_to_vec().into();
    request.idempotency_key = format!("matrix-{number}");
    request
}

/// How an entry names the caller. A person whom the directory does not hold is left out.
fn actor(caller: &Caller) -> (String, String) {
    let named = caller.named.as_deref().filter(|named| *named != people::STRANGER);
    let name = match (&caller.bearer, named) {
        (Bearer::System(system), Some(named)) => format!("{named} by {system}"),
        (Bearer::System(system), None) => (*system).to_owned(),
        (Bearer::Person(user), _) => user.clone(),
        (Bearer::Nobody, _) => String::new(),
    };
    (caller.agency.clone(), name)
}

fn reason(status: &Status) -> String {
    use tonic_types::StatusExt as _;

    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone()).unwrap_or_default();
    format!("{:?} {reason}", status.code())
}
