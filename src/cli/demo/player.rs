//! Plays the story on one hub, step by step, through the agencies' own clients.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::super::certs::PARTNERSHIP;
use super::super::error::CliError;
use super::super::local::{Answer, Clients, Home, HubProcess, Keeper};
use super::expect::Tally;
use super::story::{Chapter, Claim, Linking, Mention, Outcome, Sending, Step};
use super::tell::{self, code, list, text};
use super::teller::Teller;
use crate::domain::principal::Role;

/// Agencies that look into their mailboxes at a time.
const AT_ONCE: usize = 4;

/// Plays chapters on one hub.
pub(super) struct Player<'a> {
    home: &'a Home,
    hub: HubProcess,
    /// Alerts by the name the story gives them.
    sent: BTreeMap<&'static str, Sent>,
    /// What each mailbox holds and nobody has taken.
    held: Vec<Held>,
    next_entry: u64,
    /// What was compared.
    pub(super) tally: Tally,
    /// Receipts verified.
    pub(super) receipts: usize,
    /// One object an alert, for the summary.
    pub(super) alerts: Vec<Value>,
}

struct Sent {
    alert: String,
    episode: String,
    /// The file of its receipt.
    receipt: String,
    by: &'static str,
}

struct Held {
    agency: String,
    mailbox: String,
    alert: String,
    delivery: String,
}

impl<'a> Player<'a> {
    pub(super) fn new(home: &'a Home, hub: HubProcess) -> Self {
        Self {
            home,
            hub,
            sent: BTreeMap::new(),
            held: Vec::new(),
            next_entry: 0,
            tally: Tally::default(),
            receipts: 0,
            alerts: Vec::new(),
        }
    }

    /// The hub it plays on.
    pub(super) fn into_hub(self) -> HubProcess {
        self.hub
    }

    /// How the agencies reach the hub.
    pub(super) const fn clients(&self) -> &Clients {
        self.hub.clients()
    }

    /// Plays one chapter.
    pub(super) async fn play(
        &mut self,
        chapter: &Chapter,
        teller: &mut Teller<'_>,
    ) -> Result<(), CliError> {
        teller.say(&format!("\n== {}  {}", chapter.id, chapter.title))?;
        for step in chapter.steps {
            match step {
                Step::At(at) => self.at(at, teller).await?,
                Step::Tell(what) => teller.say(&format!("\n{}", tell::wrapped(what, 2)))?,
                Step::Send(sending) => Box::pin(self.send(chapter, sending, teller)).await?,
                Step::Take(agency, name) => self.take(agency, name, teller).await?,
                Step::TakeAll(agencies) => self.take_all(agencies, teller).await?,
                Step::Follow(agency, name) => self.follow(agency, name, teller).await?,
                Step::Look(agency, mailbox) => self.look(agency, mailbox, teller).await?,
                Step::Queue(claims) => self.queue(claims, teller).await?,
                Step::Link(link) => self.link(link, teller).await?,
            }
        }
        Ok(())
    }

    async fn at(&mut self, at: &str, teller: &mut Teller<'_>) -> Result<(), CliError> {
        let instant = at
            .parse()
            .map_err(|source| CliError::because(format!("the story says {at}"), source))?;
        self.hub.advance_to(instant).await?;
        let entries = self.new_entries().await?;
        let happened = tell::by_itself(&entries);
        if !happened.is_empty() {
            teller.say("\nmeanwhile")?;
            teller.say(&happened.join("\n"))?;
        }
        teller.say(&format!("\n{}", tell::time(at)))
    }

    async fn send(
        &mut self,
        chapter: &Chapter,
        sending: &Sending,
        teller: &mut Teller<'_>,
    ) -> Result<(), CliError> {
        let Sending { name, by, sample, outcome, .. } = sending;
        let answer = self.submit(sending).await?;
        if let Outcome::Refused(paths) = outcome {
            self.refused((name, by), &answer, paths, teller)?;
            let copies = self.receive_all().await?;
            self.tally
                .note(copies.is_empty(), || format!("{name}: refused and received all the same"));
            return teller.say("    nobody received anything");
        }
        let sent = answer.needed("sent", &format!("sending {sample} as {by}"))?;
        let alert = text(sent, "alertId").to_owned();
        self.receipts = self.receipts.saturating_add(1);
        let known = Sent {
            alert: alert.clone(),
            episode: text(sent, "episodeId").to_owned(),
            receipt: text(sent, "receiptFile").to_owned(),
            by,
        };
        self.sent.insert(name, known);
        teller.say(&submitted(by, sent))?;

        let all = self.receive_all().await?;
        let (own, besides): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(_, copy)| text(copy, "alertId") == alert);
        let (tasks, copies): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|(_, copy)| is_task(copy));
        let tasks: BTreeMap<String, Value> = tasks.into_iter().collect();
        let copies: BTreeMap<String, Value> = copies.into_iter().collect();
        self.tally.compare(name, sending.tasks, &tasks, false);
        self.came_back(sending, sent);
        let routes = tell::routes(&self.new_entries().await?, &alert);
        let acceptance = code(sent, "acceptance", "ACCEPTANCE_");
        match outcome {
            Outcome::Refused(_) => {}
            Outcome::Accepted(expected) => {
                self.tally.note(acceptance == "ACCEPTED", || format!("{name}: {acceptance}"));
                self.tally.compare(name, expected, &copies, true);
            }
            Outcome::Incomplete(expected) => {
                let incomplete = acceptance == "ACCEPTED_INCOMPLETE";
                self.tally.note(incomplete, || format!("{name}: {acceptance}"));
                self.tally.compare(name, expected, &copies, false);
            }
            Outcome::Completes => {
                self.tally.note(acceptance == "ACCEPTED", || format!("{name}: {acceptance}"));
                self.tally.note(!copies.is_empty(), || format!("{name}: nobody has it again"));
            }
        }
        self.alerts.push(summary(chapter, sending, sent, &copies));
        teller.say(&received(&copies, &routes))?;
        for (mailbox, task) in tasks {
            teller.say("  and a task, without content")?;
            teller.say(&tell::copy(&mailbox, &task, &[]))?;
        }
        for (mailbox, copy) in besides {
            teller.say("  besides, there lay")?;
            teller.say(&tell::copy(&mailbox, &copy, &[]))?;
        }
        Ok(())
    }

    /// Calls the sender's client.
    async fn submit(&self, sending: &Sending) -> Result<Answer, CliError> {
        let file = self.home.path(&format!("alerts/{}", sending.sample)).display().to_string();
        let known = |name: Option<&'static str>| name.and_then(|name| self.sent.get(name));
        let mut words = vec!["send", file.as_str()];
        if let (Some(wrong), Some((_, field))) =
            (known(sending.corrects.map(|(wrong, _)| wrong)), sending.corrects)
        {
            let again = ["--field", field, "--reason", "identity"];
            words = vec!["correct", wrong.alert.as_str(), file.as_str()];
            words.extend(again);
        }
        if let Some(known) = known(sending.joins) {
            words.extend(["--episode", known.episode.as_str()]);
        }
        if let Some(known) = known(sending.completes) {
            words.extend(["--completes", known.alert.as_str()]);
        }
        let caller = match sending.role {
            Some(role) => format!("{}/user/{}", sending.by, self.home.person(sending.by, role)?),
            None => sending.by.to_owned(),
        };
        self.clients().call(&caller, &words).await
    }

    /// Compares the fields that came back though the rest was taken.
    fn came_back(&mut self, sending: &Sending, sent: &Value) {
        let gaps = list(sent, "gaps");
        for field in sending.without {
            let named = gaps.iter().any(|gap| text(gap, "path").ends_with(field));
            self.tally.note(named, || format!("{}: {field} was taken", sending.name));
        }
    }

    fn refused(
        &mut self,
        (name, by): (&str, &str),
        answer: &Answer,
        paths: &[&str],
        teller: &mut Teller<'_>,
    ) -> Result<(), CliError> {
        let error = answer.object("error").cloned().unwrap_or_default();
        let violations = list(&error, "violations");
        self.tally.note(!answer.done, || format!("{name}: taken"));
        for path in paths {
            let named = violations.iter().any(|violation| text(violation, "field").ends_with(path));
            self.tally.note(named, || format!("{name}: refused without naming {path}"));
        }
        let mut lines = vec![format!("\n  {by} sends it: REFUSED, {}", text(&error, "reason"))];
        for violation in violations {
            let (field, why) = (text(violation, "field"), text(violation, "description"));
            lines.push(format!("    {field}\n{}", tell::wrapped(why, 8)));
        }
        teller.say(&lines.join("\n"))
    }

    /// Every agency looks into its duty mailbox; what each received.
    async fn receive_all(&mut self) -> Result<Vec<(String, Value)>, CliError> {
        let mut looking = JoinSet::new();
        let (mut waiting, mut copies) = (PARTNERSHIP.iter(), Vec::new());
        loop {
            while looking.len() < AT_ONCE {
                let Some(agency) = waiting.next() else { break };
                let (clients, agency) = (self.clients().clone(), (*agency).to_owned());
                let person = self.home.person(&agency, Role::DutyReceiver).ok();
                looking.spawn(async move {
                    let mut words = vec!["inbox"];
                    words.extend(person.iter().flat_map(|person| ["--user", person.as_str()]));
                    (agency.clone(), clients.call(&agency, &words).await)
                });
            }
            let Some(looked) = looking.join_next().await else { return Ok(copies) };
            let (agency, answer) =
                looked.map_err(|source| CliError::because("a client was stopped", source))?;
            let answer = answer?;
            answer.needed("inbox", &format!("the inbox of {agency}"))?;
            for copy in answer.all("copy") {
                self.hold(&agency, &agency, copy);
                copies.push((agency.clone(), copy.clone()));
            }
        }
    }

    fn hold(&mut self, agency: &str, mailbox: &str, copy: &Value) {
        if text(copy, "priority") != "PRIORITY_P5" && !text(copy, "dueAt").is_empty() {
            self.held.push(Held {
                agency: agency.to_owned(),
                mailbox: mailbox.to_owned(),
                alert: text(copy, "alertId").to_owned(),
                delivery: text(copy, "deliveryId").to_owned(),
            });
        }
    }

    async fn take(
        &mut self,
        agency: &str,
        name: &str,
        teller: &mut Teller<'_>,
    ) -> Result<(), CliError> {
        let alert = self.sent.get(name).map(|sent| sent.alert.clone()).unwrap_or_default();
        let (mine, rest) = std::mem::take(&mut self.held).into_iter().partition(|held| {
            held.agency == agency && held.alert == alert && held.mailbox == agency
        });
        self.held = rest;
        let mine: Vec<Held> = mine;
        self.tally.note(!mine.is_empty(), || format!("{agency} has nothing of {name} to take"));
        for held in mine {
            let keeper = self.home.keeper(agency, &held.mailbox)?;
            self.acknowledge(&held.mailbox, &held.delivery, &keeper, teller).await?;
        }
        Ok(())
    }

    async fn acknowledge(
        &mut self,
        mailbox: &str,
        delivery: &str,
        keeper: &Keeper,
        teller: &mut Teller<'_>,
    ) -> Result<(), CliError> {
        let Keeper { caller, person } = keeper;
        let words = ["acknowledge", delivery, "--mailbox", mailbox, "--user", person];
        let answer = self.clients().call(caller, &words).await?;
        answer.needed("acknowledged", &format!("taking a delivery at {mailbox}"))?;
        teller.say(&format!("  {mailbox}: {person} takes it"))
    }

    /// Receives in every mailbox of the agencies, then takes whatever is not taken yet.
    async fn take_all(
        &mut self,
        agencies: &[&str],
        teller: &mut Teller<'_>,
    ) -> Result<(), CliError> {
        for agency in agencies {
            for mailbox in self.home.mailboxes(agency) {
                let keeper = self.home.keeper(agency, &mailbox)?;
                let words = ["inbox", "--mailbox", &mailbox, "--user", &keeper.person];
                let looked = self.clients().call(&keeper.caller, &words).await?;
                looked.needed("inbox", &format!("the inbox of {mailbox}"))?;
                let words = ["inbox", "--mailbox", &mailbox, "--list"];
                let listed = self.clients().call(&keeper.caller, &words).await?;
                let deliveries = listed.needed("deliveries", &format!("listing {mailbox}"))?;
                for delivery in deliveries.as_array().into_iter().flatten() {
                    if waits_for_a_person(delivery) {
                        let id = text(delivery, "deliveryId");
                        self.acknowledge(&mailbox, id, &keeper, teller).await?;
                    }
                }
            }
            self.held.retain(|held| held.agency != *agency);
        }
        Ok(())
    }

    async fn follow(
        &mut self,
        agency: &str,
        name: &str,
        teller: &mut Teller<'_>,
    ) -> Result<(), CliError> {
        let alert = self.sent.get(name).map(|sent| sent.alert.clone()).unwrap_or_default();
        let answer = self.clients().call(agency, &["status", &alert]).await?;
        let status = answer.needed("status", &format!("the status for {agency}"))?;
        let deliveries = list(status, "deliveries");
        let receipts: usize = deliveries.iter().map(|one| list(one, "receipts").len()).sum();
        self.receipts = self.receipts.saturating_add(receipts).saturating_add(1);
        teller.say(&format!("\n  what {agency} sees of it"))?;
        let lines: Vec<String> = deliveries.iter().map(tell::delivery).collect();
        teller.say(&lines.join("\n"))
    }

    async fn look(
        &mut self,
        agency: &str,
        mailbox: &str,
        teller: &mut Teller<'_>,
    ) -> Result<(), CliError> {
        let keeper = self.home.keeper(agency, mailbox)?;
        let words = ["inbox", "--mailbox", mailbox, "--user", &keeper.person];
        let answer = self.clients().call(&keeper.caller, &words).await?;
        answer.needed("inbox", &format!("the inbox of {mailbox}"))?;
        let copies: Vec<&Value> = answer.all("copy").collect();
        self.tally.note(!copies.is_empty(), || format!("nothing reached {mailbox}"));
        for copy in copies {
            teller.say(&tell::copy(mailbox, copy, &[]))?;
        }
        Ok(())
    }

    /// A steward of identities looks at what waits.
    async fn queue(&mut self, claims: &[Claim], teller: &mut Teller<'_>) -> Result<(), CliError> {
        let steward = self.home.steward()?;
        let answer = self.clients().call(&steward, &["identity", "queue"]).await?;
        let queue = answer.needed("queue", "the steward's queue")?;
        let waiting: Vec<&Value> =
            list(queue, "tasks").iter().flat_map(|task| list(task, "claims")).collect();
        teller.say("\n  what waits for the steward")?;
        for claim in &waiting {
            teller.say(&tell::claim(claim))?;
        }
        let told: BTreeSet<String> = waiting.iter().map(|claim| in_short(claim)).collect();
        let expected: BTreeSet<String> = claims
            .iter()
            .map(|claim| {
                let (of, other) = (self.mention((claim.of, 0)), self.mention(claim.other));
                format!("{} {} {of} {other}", claim.rule, claim.state)
            })
            .collect();
        self.tally
            .note(told == expected, || format!("the steward sees {told:?} and not {expected:?}"));
        Ok(())
    }

    /// A steward says that two mentions are one person.
    async fn link(&mut self, link: &Linking, teller: &mut Teller<'_>) -> Result<(), CliError> {
        let steward = self.home.steward()?;
        let (one, other) = (self.mention(link.one), self.mention(link.other));
        let words = ["identity", "link", &one, &other, "--basis", "records-compared"];
        let answer = self.clients().call(&steward, &words).await?;
        let error = answer.object("error").cloned().unwrap_or_default();
        let came = (!answer.done).then(|| text(&error, "reason"));
        self.tally.note(came == link.refused, || format!("linking {one} and {other}: {came:?}"));
        teller.say(&match came {
            Some(reason) => format!("  the steward links them: REFUSED, {reason}"),
            None => "  the steward has compared the records: one person, linked".to_owned(),
        })
    }

    /// As the steward's commands name a person of an alert.
    fn mention(&self, (name, place): Mention) -> String {
        let alert = self.sent.get(name).map(|sent| sent.alert.as_str()).unwrap_or_default();
        format!("{alert}.{place}")
    }

    /// Audit entries since the last look, as the reviewer of the hub's information governance sees them.
    async fn new_entries(&mut self) -> Result<Vec<Value>, CliError> {
        let (reviewer, from) = (self.home.reviewer()?, self.next_entry.to_string());
        let answer = self.clients().call(&reviewer, &["audit", "entries", "--from", &from]).await?;
        if !answer.done {
            answer.needed("entry", "reading the audit log")?;
        }
        let entries: Vec<Value> = answer.all("entry").cloned().collect();
        let last = entries.iter().filter_map(|entry| text(entry, "index").parse().ok()).max();
        let last: Option<u64> = last;
        self.next_entry = last.map_or(self.next_entry, |last| last.saturating_add(1));
        Ok(entries)
    }

    /// The receipts that `agency` holds of its own alerts.
    pub(super) fn receipts_of(&self, agency: &str) -> Vec<&str> {
        let own = self.sent.values().filter(|sent| sent.by == agency);
        own.map(|sent| sent.receipt.as_str()).filter(|file| !file.is_empty()).collect()
    }
}

/// Whether a copy tells only of what is to be done: whoever holds the alert reads it there.
fn is_task(copy: &Value) -> bool {
    text(copy, "view") == "COPY_VIEW_LADDER"
}

/// A claim of the steward's queue: rule, state, and the two mentions.
fn in_short(claim: &Value) -> String {
    let mention = |which: &str| {
        let mention = claim.get(which).unwrap_or(&Value::Null);
        let person = mention.get("person").and_then(Value::as_u64).unwrap_or_default();
        format!("{}.{person}", text(mention, "alertId"))
    };
    let (rule, state) = (text(claim, "rule"), code(claim, "state", "LINK_STATE_"));
    format!("{rule} {state} {} {}", mention("ownMention"), mention("otherMention"))
}

/// Whether nobody has taken a listed delivery that somebody must take.
fn waits_for_a_person(delivery: &Value) -> bool {
    let open = matches!(
        code(delivery, "state", "DELIVERY_STATE_"),
        "QUEUED" | "DELIVERED" | "CONFIRMED" | "OPENED"
    );
    open && !text(delivery, "dueAt").is_empty() && text(delivery, "priority") != "PRIORITY_P5"
}

fn submitted(by: &str, sent: &Value) -> String {
    let receipt = sent.get("receipt").cloned().unwrap_or_default();
    let entry = match text(&receipt, "entryIndex") {
        "" => "0",
        entry => entry,
    };
    let mut lines = vec![
        format!("\n  {by} sends it: {}", code(sent, "acceptance", "ACCEPTANCE_")),
        format!(
            "    {}, alert {}; receipt verified: entry {entry} of the audit log",
            code(sent, "priority", "PRIORITY_"),
            text(sent, "alertId")
        ),
    ];
    for gap in list(sent, "gaps") {
        lines.push(format!("    missing ({}): {}", text(gap, "rule"), text(gap, "path")));
    }
    for notice in list(sent, "notices") {
        lines.push(tell::wrapped(text(notice, "text"), 4));
    }
    for contact in list(sent, "dutyContacts") {
        lines.push(format!("    phone {}: {}", text(contact, "name"), text(contact, "phone")));
    }
    lines.join("\n")
}

fn received(copies: &BTreeMap<String, Value>, routes: &tell::Routes) -> String {
    let mut lines = match routes.rules.as_slice() {
        [] => vec!["  received by".to_owned()],
        rules => vec![format!("  routed by {}; received by", rules.join(", "))],
    };
    for (mailbox, copy) in copies {
        let rows = routes.shared.get(mailbox).map(Vec::as_slice).unwrap_or_default();
        lines.push(tell::copy(mailbox, copy, rows));
    }
    for (recipient, rows) in &routes.withheld {
        lines.push(format!("    {recipient:<10}  WITHHELD by {}", rows.join(", ")));
    }
    let others: Vec<&str> =
        PARTNERSHIP.iter().copied().filter(|agency| !copies.contains_key(*agency)).collect();
    let others = format!("nothing reached {}", others.join(", "));
    lines.push(tell::wrapped(&others, 4));
    lines.join("\n")
}

fn summary(
    chapter: &Chapter,
    sending: &Sending,
    sent: &Value,
    copies: &BTreeMap<String, Value>,
) -> Value {
    let recipients: Vec<Value> = copies
        .iter()
        .map(|(mailbox, copy)| {
            json!({
                "mailbox": mailbox,
                "priority": code(copy, "priority", "PRIORITY_"),
                "dueAt": copy.get("dueAt"),
                "view": code(copy, "view", "COPY_VIEW_"),
                "withheld": list(copy, "redactions").len(),
                "sealed": list(copy, "sealed").len(),
            })
        })
        .collect();
    json!({
        "scenario": chapter.id,
        "name": sending.name,
        "sender": sending.by,
        "alertId": text(sent, "alertId"),
        "acceptance": code(sent, "acceptance", "ACCEPTANCE_"),
        "priority": code(sent, "priority", "PRIORITY_"),
        "recipients": recipients,
    })
}
