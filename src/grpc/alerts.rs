//! The alert service: submit, correct, recall, disagree, status of one's own alerts.

use tonic::{Request, Response, Status};

use super::{Edge, status};
use crate::broker::{
    self, Accepted, Correction, Disagree, Recall, Received, Recipients, SubmitError,
};
use crate::domain::after::RecallReason;
use crate::domain::submission::{Given, Violation};
use crate::domain::{AlertId, DisagreementStage, ErrorKind, IdempotencyKey, Principal, Submission};
use crate::wire::v1::alert_service_server::AlertService;
use crate::wire::{SubmitAlertRequest, parse, render, v1};

#[tonic::async_trait]
impl AlertService for Edge {
    async fn submit_alert(
        &self,
        request: Request<SubmitAlertRequest>,
    ) -> Result<Response<v1::SubmitAlertResponse>, Status> {
        let parsed = parse::submission(request.get_ref(), self.people);
        let named = parsed.as_ref().map(named_sender).unwrap_or_default();
        // Who calls comes first: also a request that cannot be read is refused to somebody, and recorded.
        let principal = self.sending_principal(&request, &named).await?;
        let received = match parsed {
            Ok(parsed) => received(parsed),
            Err(unreadable) => Err((None, unreadable.violations)),
        };
        self.take(&principal, received).await
    }

    async fn correct_alert(
        &self,
        request: Request<v1::CorrectAlertRequest>,
    ) -> Result<Response<v1::CorrectAlertResponse>, Status> {
        let parsed = parse::correction(request.get_ref(), self.people);
        let named = parsed.as_ref().map(|(parsed, ..)| named_sender(parsed)).unwrap_or_default();
        let principal = self.sending_principal(&request, &named).await?;
        let received = match parsed {
            Ok((parsed, reason, changed)) => {
                let alert = alert_id(&request.get_ref().alert_id)?;
                let corrects = Some(Correction { alert, reason, changed });
                received(parsed).map(|received| Received { corrects, ..received })
            }
            Err(unreadable) => Err((None, unreadable.violations)),
        };
        let taken = self.take(&principal, received).await?;
        Ok(taken.map(|taken| v1::CorrectAlertResponse { taken: Some(taken) }))
    }

    async fn recall_alert(
        &self,
        request: Request<v1::RecallAlertRequest>,
    ) -> Result<Response<v1::RecallAlertResponse>, Status> {
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
        self.timed(async {
            let asked = request.get_ref();
            let recall = Recall {
                alert: alert_id(&asked.alert_id)?,
                recipients: recipients(&asked.recipients)?,
                reason: recall_reason(asked.reason)?,
            };
            let done = self.broker.recall(&principal, &recall).await;
            let done = done.map_err(|error| refused(&error))?;
            Ok(v1::RecallAlertResponse {
                alert_id: done.alert.id.to_string(),
                recipients: done.recipients.iter().map(render::recalled_recipient).collect(),
            })
        })
        .await
    }

    async fn disagree(
        &self,
        request: Request<v1::DisagreeRequest>,
    ) -> Result<Response<v1::DisagreeResponse>, Status> {
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
        let asked = request.into_inner();
        self.timed(async {
            let disagree = disagree(asked)?;
            let raised = self.broker.disagree(&principal, &disagree).await;
            let raised = raised.map_err(|error| refused(&error))?;
            Ok(v1::DisagreeResponse { disagreement: Some(render::disagreement(&raised)) })
        })
        .await
    }

    async fn get_alert_status(
        &self,
        request: Request<v1::GetAlertStatusRequest>,
    ) -> Result<Response<v1::GetAlertStatusResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.timed(async {
            let alert = alert_id(&request.get_ref().alert_id)?;
            let found = self.broker.status(&principal, alert).await;
            let found = found.map_err(|error| status::of_submit(&error))?;
            Ok(render_status(&found))
        })
        .await
    }

    async fn list_own_alerts(
        &self,
        request: Request<v1::ListOwnAlertsRequest>,
    ) -> Result<Response<v1::ListOwnAlertsResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.timed(async {
            let asked = request.get_ref();
            let before = match asked.page_token.as_str() {
                "" => None,
                token => Some(AlertId::try_from(token).map_err(|_malformed| {
                    status::of_field("page_token", "the next_page_token of a page")
                })?),
            };
            let limit = if asked.page_size == 0 { 50 } else { asked.page_size };
            let limit = usize::try_from(limit).unwrap_or(broker::PAGE_MAX).min(broker::PAGE_MAX);
            let found = self.broker.own_alerts(&principal, before, limit).await;
            let found = found.map_err(|error| status::of_submit(&error))?;
            let next = if found.len() == limit { found.last() } else { None };
            Ok(v1::ListOwnAlertsResponse {
                alerts: found.iter().map(|alert| render::alert_summary(alert)).collect(),
                next_page_token: next.map(|alert| alert.id.to_string()).unwrap_or_default(),
            })
        })
        .await
    }
}

impl Edge {
    /// As the request of a submission: who calls comes first, and what cannot be submitted at all is refused on record.
    async fn take(
        &self,
        principal: &Principal,
        received: Result<Received, Unusable>,
    ) -> Result<Response<v1::SubmitAlertResponse>, Status> {
        match received {
            Ok(received) => self.submit(principal, &received).await,
            Err((submission, violations)) => {
                self.timed(async {
                    let submission = submission.as_deref();
                    let error = self.broker.refuse(principal, submission, violations).await;
                    Err(refused(&error))
                })
                .await
            }
        }
    }

    /// Submits within the time a call may take. After that the sender hears whom to phone, from the broker.
    async fn submit(
        &self,
        principal: &Principal,
        received: &Received,
    ) -> Result<Response<v1::SubmitAlertResponse>, Status> {
        let submitting = self.broker.submit(principal, received);
        let done = match tokio::time::timeout(self.limits.unary_timeout, submitting).await {
            Ok(done) => done,
            Err(_elapsed) => Err(self.broker.outcome_unknown(received)),
        };
        match done {
            Ok(accepted) => Ok(Response::new(response(&accepted))),
            Err(error) => Err(refused(&error)),
        }
    }
}

/// An error as the sender sees it; its chain goes to the log.
fn refused(error: &SubmitError) -> Status {
    status::log(error.kind(), error.reason(), error);
    status::of_submit(error)
}

/// The person an alert says it is from, as it names that person.
fn named_sender(parsed: &parse::Parsed) -> String {
    let sender = parsed.submission.envelope.sender_user.get();
    sender.and_then(|sender| sender.user.as_ref()).map(ToString::to_string).unwrap_or_default()
}

fn alert_id(raw: &str) -> Result<AlertId, Status> {
    AlertId::try_from(raw).map_err(|_malformed| status::of(ErrorKind::NotFound, "NOT_FOUND"))
}

/// Names in one recall, at most (contract, `RecallAlertRequest.recipients`).
const RECIPIENTS_MAX: usize = 64;

fn recipients(raw: &[String]) -> Result<Recipients, Status> {
    if raw.len() > RECIPIENTS_MAX {
        return Err(status::of_field("recipients", "at most 64 names"));
    }
    Ok(match raw.is_empty() {
        true => Recipients::All,
        false => Recipients::Named(raw.to_vec()),
    })
}

fn recall_reason(raw: i32) -> Result<RecallReason, Status> {
    let known = u32::try_from(raw).ok().and_then(RecallReason::from_code);
    known.ok_or_else(|| status::of_field("reason", "why it is recalled"))
}

fn disagree(asked: v1::DisagreeRequest) -> Result<Disagree, Status> {
    let stage = u32::try_from(asked.stage).ok().and_then(DisagreementStage::from_code);
    let key = IdempotencyKey::try_from(asked.idempotency_key.as_str()).map_err(|_malformed| {
        status::of_field("idempotency_key", "1 to 64 printable characters, always")
    })?;
    let decision = match asked.decision_id.as_str() {
        "" => None,
        named => Some(alert_id(named)?),
    };
    Ok(Disagree {
        key,
        referral: alert_id(&asked.alert_id)?,
        decision,
        stage: stage.ok_or_else(|| status::of_field("stage", "stage 1, 2 or 3"))?,
        text: super::words("text", DISAGREEMENT_MIN, asked.text)?,
    })
}

/// Characters of a disagreement, at least: who is called must know why.
const DISAGREEMENT_MIN: usize = 10;

/// What could be read of a request that cannot be submitted, and what is wrong with it.
type Unusable = (Option<Box<Submission>>, Vec<Violation>);

/// What is to be submitted; else what could be read and what is wrong with it.
fn received(parsed: parse::Parsed) -> Result<Received, Unusable> {
    let parse::Parsed { submission, key, completes, alert } = parsed;
    match key {
        Given::Given(key) => {
            let completes = completes.get().copied();
            Ok(Received { submission, key, alert, completes, corrects: None })
        }
        Given::Missing | Given::Malformed => {
            let violations = submission.violations.clone();
            Err((Some(Box::new(submission)), violations))
        }
    }
}

fn response(accepted: &Accepted) -> v1::SubmitAlertResponse {
    let alert = &accepted.alert;
    v1::SubmitAlertResponse {
        alert_id: alert.id.to_string(),
        episode_id: alert.episode.to_string(),
        acceptance: render::acceptance(alert).into(),
        gaps: alert.gaps.iter().map(render::gap).collect(),
        priority: render::code_of_priority(alert.priority),
        receipt: Some(render::receipt(&accepted.receipt)),
        notices: accepted.notices.iter().map(render::notice).collect(),
        duty_contacts: accepted.contacts.iter().map(render::duty_contact).collect(),
    }
}

fn render_status(found: &broker::Status) -> v1::GetAlertStatusResponse {
    v1::GetAlertStatusResponse {
        summary: Some(render::alert_summary(&found.alert)),
        gaps: render::open_gaps(&found.alert),
        deliveries: found
            .deliveries
            .iter()
            .map(|seen| render::visible_delivery(&seen.delivery, &seen.receipts))
            .collect(),
        receipt: Some(render::receipt(&found.receipt)),
        notices: found.notices.iter().map(render::notice).collect(),
        recalls: found.recalls.iter().map(render::recalled_recipient).collect(),
        disagreement: found.disagreement.as_ref().map(render::disagreement),
    }
}
