//! The mailbox service: receive, confirm, report opened, list, acknowledge, decline, close, read an answer, confirm a
//! recall.

use std::future::ready;
use std::pin::Pin;

use futures_util::stream::{StreamExt as _, once};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::{Edge, status};
use crate::domain::after::Significance;
use crate::domain::delivery::{AckOutcome, DeclineReason};
use crate::domain::{AlertId, DeliveryId, ErrorKind, MailboxId, Timestamp, UserId};
use crate::mailbox::{
    self, About, Answer, Answers, Batch, Extent, Item, Known, Line, LineKey, MailboxError,
    StaffUser,
};
use crate::wire::render;
use crate::wire::v1;
use crate::wire::v1::mailbox_service_server::MailboxService;

type Receiving = Pin<Box<dyn Stream<Item = Result<v1::ReceiveResponse, Status>> + Send>>;

#[tonic::async_trait]
impl MailboxService for Edge {
    type ReceiveStream = Receiving;

    async fn receive(
        &self,
        request: Request<v1::ReceiveRequest>,
    ) -> Result<Response<Receiving>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        let mailbox = mailbox_id(&asked.mailbox)?;
        let stream = self.mailboxes.open_stream(&principal, mailbox, &asked.cursor).await?;
        let (sender, receiver) = mpsc::channel(self.limits.stream_buffer);
        // Beside the buffer: a reader that left it full is told all the same why its stream ended.
        let (last_word, heard) = oneshot::channel();
        let edge = self.clone();
        self.tasks.spawn(async move {
            if let Some(status) = edge.feed(stream, sender).await.status() {
                // A reader that has gone meanwhile needs no word.
                drop(last_word.send(status));
            }
        });
        let end = once(heard).filter_map(|word| ready(word.ok().map(Err)));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver).chain(end))))
    }

    async fn confirm(
        &self,
        request: Request<v1::ConfirmRequest>,
    ) -> Result<Response<v1::ConfirmResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        self.timed(async {
            let mailbox = mailbox_id(&asked.mailbox)?;
            let confirmed = self.mailboxes.confirm(&principal, &mailbox, &asked.sequences).await?;
            Ok(v1::ConfirmResponse { confirmed })
        })
        .await
    }

    async fn report_opened(
        &self,
        request: Request<v1::ReportOpenedRequest>,
    ) -> Result<Response<v1::ReportOpenedResponse>, Status> {
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
        let asked = request.into_inner();
        self.timed(async {
            let (mailbox, delivery) = (mailbox_id(&asked.mailbox)?, delivery(&asked.delivery_id)?);
            let opened =
                self.mailboxes.answer(&principal, &mailbox, delivery, &Answer::Opened).await?;
            let state = render::delivery_state(&opened.delivery).into();
            Ok(v1::ReportOpenedResponse { state })
        })
        .await
    }

    async fn list_deliveries(
        &self,
        request: Request<v1::ListDeliveriesRequest>,
    ) -> Result<Response<v1::ListDeliveriesResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        self.timed(async {
            let mailbox = mailbox_id(&asked.mailbox)?;
            let after = page_start(&asked.page_token)?;
            let limit = if asked.page_size == 0 { 50 } else { asked.page_size };
            let window = (after, usize::try_from(limit).unwrap_or(usize::MAX));
            let wanted: Vec<v1::DeliveryState> = asked.states().collect();
            let keep = |delivery: &crate::domain::Delivery| {
                wanted.is_empty() || wanted.contains(&render::delivery_state(delivery))
            };
            let page = self.mailboxes.list(&principal, &mailbox, window, keep).await?;
            let now = self.env.now();
            Ok(v1::ListDeliveriesResponse {
                deliveries: page
                    .rows
                    .iter()
                    .map(|row| match &row.known {
                        Known::Read { alert, delivery } => {
                            render::delivery_summary(alert, delivery, now)
                        }
                        Known::Unreadable => render::unreadable_summary(row.id, row.sequence),
                    })
                    .collect(),
                next_page_token: page.next.map(|next| next.to_string()).unwrap_or_default(),
            })
        })
        .await
    }

    async fn acknowledge(
        &self,
        request: Request<v1::AcknowledgeRequest>,
    ) -> Result<Response<v1::AcknowledgeResponse>, Status> {
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
        let asked = request.into_inner();
        self.timed(async {
            let (mailbox, delivery) = (mailbox_id(&asked.mailbox)?, delivery(&asked.delivery_id)?);
            let outcome = outcome(asked.outcome())?;
            let note = super::words("note", 0, asked.note)?;
            let answer = Answer::Acknowledge { outcome, note };
            let taken = self.mailboxes.answer(&principal, &mailbox, delivery, &answer).await?;
            Ok(v1::AcknowledgeResponse {
                state: render::delivery_state(&taken.delivery).into(),
                acknowledged_at: Some(render::timestamp(taken.at)),
            })
        })
        .await
    }

    async fn decline(
        &self,
        request: Request<v1::DeclineRequest>,
    ) -> Result<Response<v1::DeclineResponse>, Status> {
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
        let asked = request.into_inner();
        self.timed(async {
            let (mailbox, delivery) = (mailbox_id(&asked.mailbox)?, delivery(&asked.delivery_id)?);
            let reason = reason(asked.reason())?;
            let text = super::words("text", WORDS_MIN, asked.text)?;
            let answer = Answer::Decline { reason, text };
            let declined = self.mailboxes.answer(&principal, &mailbox, delivery, &answer).await?;
            Ok(v1::DeclineResponse { state: render::delivery_state(&declined.delivery).into() })
        })
        .await
    }

    async fn read_answer(
        &self,
        request: Request<v1::ReadAnswerRequest>,
    ) -> Result<Response<v1::ReadAnswerResponse>, Status> {
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
        let asked = request.into_inner();
        self.timed(async {
            let (mailbox, delivery) = (mailbox_id(&asked.mailbox)?, delivery(&asked.delivery_id)?);
            let answers = self.mailboxes.read_answers(&principal, &mailbox, delivery).await?;
            let Answers { acknowledged, declined, closed } = answers;
            Ok(render::answers(&acknowledged, &declined, &closed))
        })
        .await
    }

    async fn hand_over(
        &self,
        request: Request<v1::HandOverRequest>,
    ) -> Result<Response<v1::HandOverResponse>, Status> {
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
        let asked = request.into_inner();
        self.timed(async {
            let mailbox = mailbox_id(&asked.mailbox)?;
            let to = person_named("to_user_id", &asked.to_user_id)?;
            let deliveries: Vec<DeliveryId> =
                asked.delivery_ids.iter().map(|id| delivery(id)).collect::<Result<_, _>>()?;
            let handed =
                self.mailboxes.hand_over(&principal, &mailbox, to.as_ref(), &deliveries).await?;
            Ok(v1::HandOverResponse {
                to_user_id: handed.to.to_string(),
                delivery_ids: handed.deliveries.iter().map(ToString::to_string).collect(),
            })
        })
        .await
    }

    async fn close_delivery(
        &self,
        request: Request<v1::CloseDeliveryRequest>,
    ) -> Result<Response<v1::CloseDeliveryResponse>, Status> {
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
        let asked = request.into_inner();
        self.timed(async {
            let (mailbox, delivery) = (mailbox_id(&asked.mailbox)?, delivery(&asked.delivery_id)?);
            let answer = Answer::Close { note: super::words("note", WORDS_MIN, asked.note)? };
            let closed = self.mailboxes.answer(&principal, &mailbox, delivery, &answer).await?;
            Ok(v1::CloseDeliveryResponse { closed_at: Some(render::timestamp(closed.at)) })
        })
        .await
    }

    async fn confirm_recall(
        &self,
        request: Request<v1::ConfirmRecallRequest>,
    ) -> Result<Response<v1::ConfirmRecallResponse>, Status> {
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
        let asked = request.into_inner();
        self.timed(async {
            let (mailbox, delivery) = (mailbox_id(&asked.mailbox)?, delivery(&asked.delivery_id)?);
            let at = self.mailboxes.confirm_recall(&principal, &mailbox, delivery).await?;
            Ok(v1::ConfirmRecallResponse { confirmed_at: Some(render::timestamp(at)) })
        })
        .await
    }

    async fn name_staff_user(
        &self,
        request: Request<v1::NameStaffUserRequest>,
    ) -> Result<Response<v1::NameStaffUserResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        self.timed(async {
            let question = (&mailbox_id(&asked.mailbox)?, delivery(&asked.delivery_id)?);
            let who = staff_user(&asked)?;
            let named = self.mailboxes.name_staff(&principal, question, &who).await?;
            Ok(v1::NameStaffUserResponse { named_at: Some(render::timestamp(named)) })
        })
        .await
    }

    async fn get_chronology(
        &self,
        request: Request<v1::GetChronologyRequest>,
    ) -> Result<Response<v1::GetChronologyResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        self.timed(async {
            let about = about((&asked.mailbox, &asked.delivery_id), asked.person)?;
            let after = line_key(&asked.page_token)?;
            let limit = if asked.page_size == 0 { 50 } else { asked.page_size };
            let window = (after, usize::try_from(limit).unwrap_or(usize::MAX));
            let page = self.mailboxes.chronology(&principal, &about, window).await?;
            let token = |(at, alert): LineKey| format!("{}.{alert}", at.as_millis());
            Ok(v1::GetChronologyResponse {
                lines: page.lines.iter().map(line).collect(),
                next_page_token: page.next.map(token).unwrap_or_default(),
            })
        })
        .await
    }

    async fn set_significance(
        &self,
        request: Request<v1::SetSignificanceRequest>,
    ) -> Result<Response<v1::SetSignificanceResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        self.timed(async {
            let about = about((&asked.mailbox, &asked.delivery_id), asked.person)?;
            let said = significance(asked.significance())?;
            let at = self.mailboxes.set_significance(&principal, &about, said).await?;
            Ok(v1::SetSignificanceResponse { set_at: Some(render::timestamp(at)) })
        })
        .await
    }
}

/// One person of the alert that a copy is of.
fn about((mailbox, copy): (&str, &str), person: u32) -> Result<About, Status> {
    let (mailbox, delivery) = (mailbox_id(mailbox)?, delivery(copy)?);
    Ok(About { mailbox, delivery, person: usize::try_from(person).unwrap_or(usize::MAX) })
}

/// Characters that say why something is declined or what came of it, at least and at most (contract,
/// `DeclineRequest.text`).
const WORDS_MIN: usize = 10;

/// Why the hub feeds a stream no longer.
enum End {
    /// The reader hung up.
    ReaderGone,
    /// The reader took nothing for too long.
    ReaderTooSlow,
    /// The hub stops.
    Draining,
    /// Nothing more can be handed out.
    Failed(MailboxError),
}

impl End {
    /// What the reader hears last. A stream never ends with OK: to some clients that is the end of the mailbox.
    fn status(self) -> Option<Status> {
        match self {
            Self::ReaderGone => None,
            Self::ReaderTooSlow => Some(status::of(ErrorKind::Unavailable, "READER_TOO_SLOW")),
            Self::Draining => Some(status::of(ErrorKind::Unavailable, "HUB_DRAINING")),
            Self::Failed(error) => Some(Status::from(error)),
        }
    }
}

impl Edge {
    /// Feeds one stream until the reader goes, reads nothing for too long, or the hub drains.
    async fn feed(
        &self,
        mut stream: mailbox::Stream,
        sender: mpsc::Sender<Result<v1::ReceiveResponse, Status>>,
    ) -> End {
        loop {
            let batch = match self.mailboxes.next_batch(&mut stream).await {
                Ok(batch) => batch,
                Err(error) => return End::Failed(error),
            };
            let idle = batch.items.is_empty() && !batch.more_waiting;
            for response in responses(&batch) {
                if let Err(end) = self.pass(&sender, response).await {
                    return end;
                }
            }
            if idle {
                tokio::select! {
                    () = self.draining.cancelled() => {}
                    () = sender.closed() => return End::ReaderGone,
                    () = self.mailboxes.wait(&mut stream, self.limits.heartbeat) => {}
                }
            }
            if self.draining.is_cancelled() {
                return End::Draining;
            }
        }
    }

    /// Passes one item to the reader, unless it is gone, takes nothing for too long, or the hub drains. What it did
    /// not take stays in the mailbox.
    async fn pass(
        &self,
        sender: &mpsc::Sender<Result<v1::ReceiveResponse, Status>>,
        response: v1::ReceiveResponse,
    ) -> Result<(), End> {
        tokio::select! {
            // First, so that a hub that drains still passes what there is room for.
            biased;
            sent = sender.send(Ok(response)) => sent.map_err(|_gone| End::ReaderGone),
            () = self.draining.cancelled() => Err(End::Draining),
            () = tokio::time::sleep(self.limits.slow_reader) => {
                tracing::info!("a stream was ended: its reader took nothing for too long");
                metrics::counter!("staysafe_slow_readers_total").increment(1);
                Err(End::ReaderTooSlow)
            }
        }
    }
}

/// The batch's items in order, and a heartbeat behind them.
fn responses(batch: &Batch) -> Vec<v1::ReceiveResponse> {
    use v1::receive_response::Item as Wire;
    let called = |copy: &mailbox::Copy| {
        let found = copy.disagreement.as_ref();
        found.map(|found| render::called(&found.referrer, found.stage, &found.words))
    };
    let mut out = Vec::with_capacity(batch.items.len().saturating_add(1));
    for item in &batch.items {
        let sequence = item.sequence();
        let wire = match item {
            Item::Copy(copy) => Wire::Copy(render::alert_copy(&render::CopyParts {
                alert: &copy.alert,
                delivery: &copy.delivery,
                cut: &copy.cut,
                sender_phone: &copy.sender_phone,
                simulated: copy.simulated,
                replaces: copy.replaces,
                superseded_by: copy.superseded_by,
                disagreement: called(copy).as_ref(),
            })),
            Item::Tombstone(tombstone) => Wire::Tombstone(v1::Tombstone {
                delivery_id: tombstone.delivery.to_string(),
                sequence: tombstone.sequence,
                reason: render::tombstone_reason(tombstone.reason).into(),
                copy_sequence: tombstone.copy_sequence,
                confirm_by: tombstone.confirm_by.map(render::timestamp),
            }),
        };
        out.push(v1::ReceiveResponse { item: Some(wire), cursor: mailbox::cursor(sequence) });
    }
    let heartbeat = v1::Heartbeat {
        high_water: batch.high_water,
        more_waiting: batch.more_waiting,
        hub_time: Some(render::timestamp(batch.at)),
    };
    out.push(v1::ReceiveResponse { item: Some(Wire::Heartbeat(heartbeat)), cursor: Vec::new() });
    out
}

fn mailbox_id(raw: &str) -> Result<MailboxId, Status> {
    MailboxId::try_from(raw)
        .map_err(|_malformed| status::of_field("mailbox", "1-64 of [A-Za-z0-9/-]"))
}

fn delivery(raw: &str) -> Result<DeliveryId, Status> {
    DeliveryId::try_from(raw)
        .map_err(|_malformed| status::of_field("delivery_id", "the delivery_id of a copy"))
}

/// A person, where one is named.
fn person_named(field: &str, raw: &str) -> Result<Option<UserId>, Status> {
    let read = |raw| UserId::try_from(raw);
    let read = (!raw.is_empty()).then(|| read(raw)).transpose();
    read.map_err(|_malformed| status::of_field(field, "1-64 of [a-z0-9-]"))
}

/// People named in one call, at most (contract, `NameStaffUserRequest.staff_user_ids`).
const STAFF_USERS_MAX: usize = 16;

fn staff_user(asked: &v1::NameStaffUserRequest) -> Result<StaffUser, Status> {
    const FIELD: &str = "staff_user_ids";
    if asked.staff_user_ids.len() > STAFF_USERS_MAX {
        return Err(status::of_field(FIELD, "at most 16 ids"));
    }
    if asked.staff_user_ids.is_empty() != asked.not_a_hub_user {
        return Err(status::of_field(FIELD, "who it is, or not_a_hub_user"));
    }
    if asked.not_a_hub_user {
        return Ok(StaffUser::NotAHubUser);
    }
    let read = |id: &String| UserId::try_from(id.as_str());
    let users: Result<Vec<UserId>, _> = asked.staff_user_ids.iter().map(read).collect();
    let mut users = users.map_err(|_malformed| status::of_field(FIELD, "1-64 of [a-z0-9-]"))?;
    users.sort();
    users.dedup();
    Ok(StaffUser::Users(users))
}

pub(super) fn page_start(token: &str) -> Result<u64, Status> {
    match token {
        "" => Ok(0),
        token => token
            .parse()
            .map_err(|_malformed| status::of_field("page_token", "the next_page_token of a page")),
    }
}

fn line_key(token: &str) -> Result<Option<LineKey>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let parts = token.split_once('.').and_then(|(at, alert)| {
        let at = at.parse().ok().map(Timestamp::from_millis)?;
        Some((at, AlertId::try_from(alert).ok()?))
    });
    let malformed = || status::of_field("page_token", "the next_page_token of a page");
    parts.map(Some).ok_or_else(malformed)
}

fn line(line: &Line) -> v1::ChronologyLine {
    match line {
        Line::Copied { copy, place, extent: Extent::Whole } => {
            render::chronology_line(&copy.alert, &copy.delivery, (&copy.cut, *place))
        }
        Line::Copied { copy, extent: Extent::Older, .. } => {
            render::older_line(&copy.alert, &copy.delivery)
        }
        Line::Gone { alert, delivery } => render::older_line(alert, delivery),
    }
}

fn significance(wire: v1::Significance) -> Result<Significance, Status> {
    match wire {
        v1::Significance::Low => Ok(Significance::Low),
        v1::Significance::Medium => Ok(Significance::Medium),
        v1::Significance::High => Ok(Significance::High),
        v1::Significance::Unspecified => {
            Err(status::of_field("significance", "LOW, MEDIUM or HIGH"))
        }
    }
}

fn outcome(wire: v1::AcknowledgeOutcome) -> Result<AckOutcome, Status> {
    match wire {
        v1::AcknowledgeOutcome::Accepted => Ok(AckOutcome::Accepted),
        v1::AcknowledgeOutcome::Forwarded => Ok(AckOutcome::Forwarded),
        v1::AcknowledgeOutcome::Closed => Ok(AckOutcome::Closed),
        v1::AcknowledgeOutcome::Unspecified => {
            Err(status::of_field("outcome", "ACCEPTED, FORWARDED or CLOSED"))
        }
    }
}

fn reason(wire: v1::DeclineReason) -> Result<DeclineReason, Status> {
    match wire {
        v1::DeclineReason::NotOurs => Ok(DeclineReason::NotOurs),
        v1::DeclineReason::NoCapacity => Ok(DeclineReason::NoCapacity),
        v1::DeclineReason::ConflictOfInterest => Ok(DeclineReason::ConflictOfInterest),
        v1::DeclineReason::Other => Ok(DeclineReason::Other),
        v1::DeclineReason::Unspecified => Err(status::of_field("reason", "why it is declined")),
    }
}
