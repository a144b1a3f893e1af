//! `staysafe inbox`: receive, store, confirm, show.
//!
//! A copy is stored and synced before it is confirmed, and confirmed before it is shown: what a person has seen, the
//! hub knows to be here. `--user` says who looks: each copy shown is then reported as opened. Whatever goes wrong with
//! telling the hub, every copy that is stored is shown: the cursor is past it, so it does not come again.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use comfy_table::Table;
use serde_json::{Value, json};

use super::super::connect::{ConnectArgs, Session};
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::copy;
use super::state::{MailboxState, StateArgs};
use super::words;
use crate::env::{SystemEntropy, random};
use crate::sdk::{ClientError, Received};
use crate::wire::v1;

/// Copies stored together, with one confirmation; the hub takes up to 256.
const BATCH_MAX: usize = 64;
/// The longest wait before the next attempt to connect.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// `inbox`.
#[derive(Debug, Args)]
pub(crate) struct InboxArgs {
    /// Mailbox; by default your agency's duty mailbox.
    #[arg(long, value_name = "MAILBOX")]
    mailbox: Option<String>,

    /// Who looks, by opaque id: each copy shown is reported as opened by this person.
    #[arg(long, env = "STAYSAFE_USER", hide_env_values = true, value_name = "ID")]
    user: Option<String>,

    /// Stay and show what comes; connect again when the connection breaks.
    #[arg(long)]
    follow: bool,

    /// List what lies in the mailbox, without content, and receive nothing.
    #[arg(long, conflicts_with_all = ["follow", "user"])]
    list: bool,

    #[command(flatten)]
    state: StateArgs,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `inbox`.
pub(crate) async fn run(args: &InboxArgs, out: &mut Output) -> Result<(), CliError> {
    if args.list {
        return list(args, out).await;
    }
    let Some(state) = args.state.directory(&args.connect) else {
        let why = "say where copies are kept: --state DIR";
        return Err(CliError::Usage(why.to_owned()));
    };
    match args.follow {
        false => {
            let session = args.connect.open(out).await?;
            let mut inbox = Inbox::open(args, &state, session)?;
            inbox.receive(out).await?;
            inbox.sum_up(out)?;
            inbox.unopened.refusal()?;
            inbox.session.finish()
        }
        true => tokio::select! {
            done = follow(args, &state, out) => done,
            stopped = tokio::signal::ctrl_c() => {
                stopped.map_err(|source| CliError::system("wait for the signal to stop", source))
            }
        },
    }
}

/// Receives until something stands in the way that time does not mend.
async fn follow(args: &InboxArgs, state: &Path, out: &mut Output) -> Result<(), CliError> {
    let mut failures = 0_u32;
    loop {
        let connected = match args.connect.open(out).await {
            Ok(session) => {
                failures = 0;
                let mut inbox = Inbox::open(args, state, session)?;
                inbox.receive(out).await
            }
            Err(error) => Err(error),
        };
        match connected {
            Err(CliError::Client(error)) if mends(&error) => {
                out.aside(&format!("{error}. Connecting again."))?;
            }
            Err(error) => return Err(error),
            Ok(()) => {}
        }
        tokio::time::sleep(wait(failures)).await;
        failures = failures.saturating_add(1);
    }
}

fn mends(error: &ClientError) -> bool {
    error.is_worth_retrying() || matches!(error, ClientError::StreamEnded)
}

/// Up to half a second doubled with each failure, any part of it by chance: a thousand clients that lost one hub do
/// not come back in one moment.
fn wait(failures: u32) -> Duration {
    let longest = Duration::from_millis(500).saturating_mul(1_u32.wrapping_shl(failures.min(6)));
    let longest = longest.min(WAIT_MAX);
    let [chance] = random::<1>(&SystemEntropy::new());
    let part = longest.saturating_mul(u32::from(chance)).checked_div(255);
    part.unwrap_or(longest).max(Duration::from_millis(50))
}

struct Inbox<'a> {
    args: &'a InboxArgs,
    session: Session,
    mailbox: String,
    state: MailboxState,
    pending: Vec<Pending>,
    cursor: Vec<u8>,
    received: u64,
    dropped: u64,
    unopened: Unopened,
}

/// Copies that were shown and that the hub did not take as opened.
#[derive(Default)]
struct Unopened {
    deliveries: Vec<String>,
    why: Option<ClientError>,
}

impl Unopened {
    fn note(&mut self, copy: &v1::AlertCopy, why: ClientError) {
        self.deliveries.push(copy.delivery_id.clone());
        self.why = Some(why);
    }

    /// A hub that did not answer is not asked for each further copy: a person waits to see them.
    fn is_hub_gone(&self) -> bool {
        self.why.as_ref().is_some_and(ClientError::is_worth_retrying)
    }

    fn refusal(&mut self) -> Result<(), CliError> {
        let count = self.deliveries.len();
        let Some(why) = self.why.take() else { return Ok(()) };
        let what = match count {
            1 => "one copy was shown and not reported as opened".to_owned(),
            more => format!("{more} copies were shown and not reported as opened"),
        };
        Err(CliError::because(what, why))
    }
}

enum Pending {
    Copy(Box<v1::AlertCopy>),
    Tombstone(v1::Tombstone),
}

impl Pending {
    fn sequence(&self) -> u64 {
        match self {
            Self::Copy(copy) => copy.sequence,
            Self::Tombstone(tombstone) => tombstone.sequence,
        }
    }
}

impl<'a> Inbox<'a> {
    fn open(args: &'a InboxArgs, state: &Path, session: Session) -> Result<Self, CliError> {
        let mailbox = session.mailbox(args.mailbox.as_ref());
        let state = MailboxState::open(state, &mailbox)?;
        let cursor = state.cursor()?;
        Ok(Self {
            args,
            session,
            mailbox,
            state,
            pending: Vec::new(),
            cursor,
            received: 0,
            dropped: 0,
            unopened: Unopened::default(),
        })
    }

    /// Receives until caught up; with `--follow`, until the stream ends.
    async fn receive(&mut self, out: &mut Output) -> Result<(), CliError> {
        let unconfirmed = self.state.unconfirmed()?;
        self.confirm(&unconfirmed).await?;
        let opened = self.session.client.receive(&self.mailbox, self.cursor.clone()).await;
        let mut stream = opened?;
        let mut news = false;
        loop {
            let beat = match stream.next().await? {
                Received::Copy { copy, cursor } => {
                    self.pending.push(Pending::Copy(copy));
                    self.cursor = cursor;
                    None
                }
                Received::Tombstone { tombstone, cursor } => {
                    self.pending.push(Pending::Tombstone(tombstone));
                    self.cursor = cursor;
                    None
                }
                Received::Heartbeat(beat) => Some(beat),
            };
            if beat.is_some() || self.pending.len() >= BATCH_MAX {
                news |= !self.pending.is_empty();
                self.settle(out).await?;
            }
            if let Some(beat) = beat {
                // What waits and does not come is held back by the hub for now.
                if !self.args.follow && (!beat.more_waiting || !news) {
                    return Ok(());
                }
                news = false;
            }
        }
    }

    /// Stores what came, then confirms it, then shows it; shows it where the hub could not be told, too.
    async fn settle(&mut self, out: &mut Output) -> Result<(), CliError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let mut known = Vec::with_capacity(pending.len());
        for item in &pending {
            known.push(match item {
                Pending::Copy(copy) => {
                    self.state.keep_copy(copy.sequence, &without_padding(copy)?)?
                }
                Pending::Tombstone(tombstone) => self.state.drop_copy(copy_of(tombstone))?,
            });
        }
        let sequences: Vec<u64> = pending.iter().map(Pending::sequence).collect();
        self.state.keep_position(&self.cursor, &sequences)?;
        let confirmed = self.confirm(&sequences).await;

        let mut kept_too_long = None;
        for (item, known) in pending.iter().zip(known) {
            match item {
                Pending::Copy(copy) => {
                    if let Err(error) = self.end_look_out(copy) {
                        kept_too_long = Some(error);
                    }
                    self.show(copy, known, out).await?;
                }
                Pending::Tombstone(tombstone) => self.bury(tombstone, out)?,
            }
        }
        confirmed?;
        kept_too_long.map_or(Ok(()), Err)
    }

    /// The child is found: what was kept to look out for them goes.
    fn end_look_out(&mut self, copy: &v1::AlertCopy) -> Result<(), CliError> {
        if copy.view() == v1::CopyView::Cancelled && !copy.episode_id.is_empty() {
            let dropped = self.state.drop_look_outs(&copy.episode_id)?;
            self.dropped = self.dropped.saturating_add(dropped);
        }
        Ok(())
    }

    async fn confirm(&mut self, sequences: &[u64]) -> Result<(), CliError> {
        if sequences.is_empty() {
            return Ok(());
        }
        self.session.client.confirm(&self.mailbox, sequences).await?;
        self.state.confirmed()
    }

    async fn show(
        &mut self,
        copy: &v1::AlertCopy,
        again: bool,
        out: &mut Output,
    ) -> Result<(), CliError> {
        self.received = self.received.saturating_add(1);
        let again_mark = if again { "[received again]\n" } else { "" };
        out.text(&format!("{}\n{again_mark}{}\n", "-".repeat(78), copy::text(copy)?))?;
        let opened = self.report_opened(copy, out).await?;
        out.json(&json!({ "copy": without_padding(copy)?, "again": again, "opened": opened }))
    }

    /// Says who has seen a copy; its state after that, none where nobody looks or the hub did not take it.
    async fn report_opened(
        &mut self,
        copy: &v1::AlertCopy,
        out: &mut Output,
    ) -> Result<Option<&'static str>, CliError> {
        let Some(user) = &self.args.user else { return Ok(None) };
        if self.unopened.is_hub_gone() {
            self.unopened.deliveries.push(copy.delivery_id.clone());
            return Ok(None);
        }
        let request = v1::ReportOpenedRequest {
            mailbox: self.mailbox.clone(),
            delivery_id: copy.delivery_id.clone(),
            user_id: user.clone(),
        };
        match self.session.client.report_opened(request).await {
            Ok(answer) => {
                let state = words::delivery_state(answer.state());
                out.text(&format!("{state} by {user}\n"))?;
                Ok(Some(state))
            }
            Err(error) => {
                out.aside(&clean(&format!("not reported as opened: {error}")))?;
                self.unopened.note(copy, error);
                Ok(None)
            }
        }
    }

    fn bury(&mut self, tombstone: &v1::Tombstone, out: &mut Output) -> Result<(), CliError> {
        self.dropped = self.dropped.saturating_add(1);
        let reason = words::short(tombstone.reason().as_str_name(), "TOMBSTONE_REASON_");
        out.text(&format!(
            "{}\ndropped: delivery {} ({reason})",
            "-".repeat(78),
            clean(&tombstone.delivery_id)
        ))?;
        if let Some(by) = &tombstone.confirm_by {
            out.text(&format!(
                "somebody of yours has seen it: stop using it, and say so with `staysafe confirm-recall {}` by {}",
                clean(&tombstone.delivery_id),
                words::time(Some(by)),
            ))?;
        }
        out.json(&json!({ "tombstone": json::of("staysafe.v1.Tombstone", tombstone)? }))
    }

    fn sum_up(&self, out: &mut Output) -> Result<(), CliError> {
        let Self { mailbox, received, dropped, .. } = self;
        let mut line = match received {
            0 => format!("{mailbox}: nothing new."),
            1 => format!("{mailbox}: 1 copy received, stored and confirmed."),
            more => format!("{mailbox}: {more} copies received, stored and confirmed."),
        };
        if *dropped > 0 {
            line.push_str(&format!(" {dropped} dropped from this side."));
        }
        out.text(&line)?;
        let witnessed = self.session.witnessed();
        let size = witnessed.map(|witnessed| witnessed.checkpoint.size());
        out.json(&json!({
            "inbox": {
                "mailbox": mailbox,
                "received": received,
                "dropped": dropped,
                "witnessedSize": size,
                "notReportedOpened": self.unopened.deliveries,
            }
        }))
    }
}

/// The number under which the copy came that goes. A hub before recalls had a number of their own does not say it.
const fn copy_of(tombstone: &v1::Tombstone) -> u64 {
    match tombstone.copy_sequence {
        0 => tombstone.sequence,
        number => number,
    }
}

/// The copy as it is stored; what fills it up says nothing.
fn without_padding(copy: &v1::AlertCopy) -> Result<Value, CliError> {
    let mut copy = json::of("staysafe.v1.AlertCopy", copy)?;
    if let Some(object) = copy.as_object_mut() {
        object.remove("padding");
    }
    Ok(copy)
}

async fn list(args: &InboxArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let mailbox = session.mailbox(args.mailbox.as_ref());
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_header(["delivery", "kind", "priority", "state", "due", "by", "ladder", "held by"]);
    let (mut page_token, mut deliveries) = (String::new(), Vec::new());
    let mut unreadable = 0_usize;
    loop {
        let request = v1::ListDeliveriesRequest {
            mailbox: mailbox.clone(),
            page_token,
            ..v1::ListDeliveriesRequest::default()
        };
        let page = session.client.list_deliveries(request).await?;
        for summary in &page.deliveries {
            table.add_row(row(summary));
            unreadable = unreadable.saturating_add(usize::from(summary.unreadable));
            deliveries.push(json::of("staysafe.v1.DeliverySummary", summary)?);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    match deliveries.is_empty() {
        true => out.text(&format!("{mailbox}: nothing lies there."))?,
        false => out.text(&table.to_string())?,
    }
    if unreadable > 0 {
        out.aside(&phone_about(unreadable))?;
    }
    out.json(&json!({ "mailbox": mailbox, "deliveries": deliveries }))?;
    session.finish()
}

/// What to do about deliveries that the hub cannot show.
fn phone_about(unreadable: usize) -> String {
    let those = match unreadable {
        1 => "1 delivery that the hub cannot read now".to_owned(),
        more => format!("{more} deliveries that the hub cannot read now"),
    };
    format!("{those}: somebody may be waiting for you. Phone the operator of the hub.")
}

fn row(summary: &v1::DeliverySummary) -> [String; 8] {
    if summary.unreadable {
        let mut cells = [const { String::new() }; 8];
        let [delivery, kind, ..] = &mut cells;
        *delivery = clean(&summary.delivery_id);
        *kind = "CANNOT BE READ".to_owned();
        return cells;
    }
    let late = if summary.overdue { " LATE" } else { "" };
    let ladder = match summary.escalation_level {
        0 => String::new(),
        level => format!("L{level}"),
    };
    [
        clean(&summary.delivery_id),
        words::kind(summary.kind()).to_owned(),
        words::priority(summary.priority()).to_owned(),
        words::delivery_state(summary.state()).to_owned(),
        format!("{}{late}", words::time(summary.due_at.as_ref())),
        clean(&summary.due_label),
        ladder,
        holder(summary),
    ]
}

/// Who holds it, and whether something came of it.
fn holder(summary: &v1::DeliverySummary) -> String {
    let holder = match summary.held_by.as_str() {
        "" => &summary.acknowledged_by,
        held_by => held_by,
    };
    let done = if summary.closed { " (closed)" } else { "" };
    clean(&format!("{holder}{done}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_its_bound_and_is_never_nothing() {
        for failures in [0, 1, 5, 6, 100, u32::MAX] {
            let waited = wait(failures);
            assert!(waited >= Duration::from_millis(50), "{failures}: {waited:?}");
            assert!(waited <= WAIT_MAX, "{failures}: {waited:?}");
        }
        let first: Duration = (0..64).map(|_| wait(0)).max().unwrap();
        assert!(first <= Duration::from_millis(500), "{first:?}");
    }

    #[test]
    fn what_the_hub_cannot_read_is_a_row_that_says_so_and_no_alert_of_some_kind() {
        let unread = v1::DeliverySummary {
            delivery_id: "d.1".to_owned(),
            unreadable: true,
            ..v1::DeliverySummary::default()
        };

        let cells = row(&unread);

        assert_eq!(cells.join("|"), "d.1|CANNOT BE READ||||||");
        assert!(phone_about(1).contains("1 delivery that the hub cannot read now"));
        assert!(phone_about(2).ends_with("Phone the operator of the hub."));
    }

    #[test]
    fn padding_is_neither_stored_nor_printed() {
        let copy = v1::AlertCopy { sequence: 3, padding: vec![0; 900], ..v1::AlertCopy::default() };

        let stored = without_padding(&copy).unwrap();

        assert_eq!(stored, json!({ "sequence": "3" }));
    }
}
