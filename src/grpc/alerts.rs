//! The alert service: submit, correct, recall, consent, disagree, status of one's own alerts.

use tonic::{Request, Response, Status};

use super::{Edge, status};
use crate::broker::{
    self, Accepted, ChangeConsent, Correction, Disagree, Recall, Received, Recipients, Reread,
    SubmitError,
};
use crate::domain::after::RecallReason;
use crate::domain::consent::Service;
use crate::domain::submission::{ConsentGiver, ConsentState, Given, Violation};
use crate::domain::{
    AgencyCode, AlertId, DisagreementStage, ErrorKind, IdempotencyKey, Principal, Submission,
    Timestamp,
};
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

    async fn change_consent(
        &self,
        request: Request<v1::ChangeConsentRequest>,
    ) -> Result<Response<v1::ChangeConsentResponse>, Status> {
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
        let asked = request.into_inner();
        let people = self.people;
        self.timed(async {
            let (change, word) = change_consent(&asked)?;
            let reread = |alert: &[u8]| parse::with_consent(alert, &word, people);
            let done = self.broker.change_consent(&principal, &change, Reread(&reread)).await;
            let done = done.map_err(|error| refused(&error))?;
            Ok(v1::ChangeConsentResponse {
                alert_id: change.alert.to_string(),
                entered_at: Some(render::timestamp(done.entered_at)),
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
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
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
        let principal = self.principal(&request, &request.get_ref().user_id).await?;
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
    let known = known.filter(|reason| *reason != RecallReason::AgreementEnded);
    known.ok_or_else(|| status::of_field("reason", "why it is recalled"))
}

/// The change, and the same as a record among an alert's own.
fn change_consent(
    asked: &v1::ChangeConsentRequest,
) -> Result<(ChangeConsent, v1::ConsentRecord), Status> {
    let code = |raw: i32| u32::try_from(raw).unwrap_or_default();
    let service = Service::from_code(code(asked.service));
    let service =
        service.ok_or_else(|| status::of_field("service", "what the agreement is for"))?;
    let giver = ConsentGiver::from_code(code(asked.giver));
    let giver = giver.ok_or_else(|| status::of_field("giver", "whose word it is"))?;
    let state = ConsentState::from_code(code(asked.state));
    let state = state.ok_or_else(|| status::of_field("state", "what is said now"))?;
    let told_at = asked.effective_at.as_ref().and_then(instant);
    let effective_at =
        told_at.ok_or_else(|| status::of_field("effective_at", "when the person told anyone"))?;
    if asked.giver_ref.chars().count() > REF_MAX {
        return Err(status::of_field("giver_ref", "at most 64 characters"));
    }
    if asked.agencies.len() > RECIPIENTS_MAX {
        return Err(status::of_field("agencies", "at most 64 codes"));
    }
    let agency = |code: &String| AgencyCode::try_from(code.as_str());
    let agencies: Result<Vec<AgencyCode>, _> = asked.agencies.iter().map(agency).collect();
    let mut agencies =
        agencies.map_err(|_malformed| status::of_field("agencies", "codes of agencies"))?;
    agencies.sort();
    agencies.dedup();
    let change = ChangeConsent {
        key: key(&asked.idempotency_key)?,
        alert: alert_id(&asked.alert_id)?,
        service,
        agencies,
        giver,
        state,
        effective_at,
    };
    let word = v1::ConsentRecord {
        r#type: v1::ConsentType::ServiceAgreement.into(),
        scope: scope_of(service).to_owned(),
        giver: asked.giver,
        giver_ref: asked.giver_ref.clone(),
        state: asked.state,
        effective_at: asked
            .effective_at
            .map(|at| v1::Instant { at: Some(at), utc_offset_minutes: 0 }),
        ..v1::ConsentRecord::default()
    };
    Ok((change, word))
}

/// Characters of a person's reference, at most (contract).
const REF_MAX: usize = 64;

/// The words of an alert's own records for a service.
const fn scope_of(service: Service) -> &'static str {
    match service {
        Service::Response => "Response",
        Service::Maternity => "maternity",
        Service::FamilySafety => "family safety",
        Service::CommunityHealth => "school nurse",
        Service::EarlyHelp => "early help",
        Service::AdultCare => "adult social care",
        Service::Information => "information sharing",
        Service::FrontDoor => "front door",
    }
}

fn instant(raw: &prost_types::Timestamp) -> Option<Timestamp> {
    let nanos = i64::from(raw.nanos);
    let millis = raw.seconds.checked_mul(1_000)?.checked_add(nanos.checked_div(1_000_000)?)?;
    let is_instant = (0..1_000_000_000).contains(&nanos);
    let years = 0..=INSTANT_MAX;
    (is_instant && years.contains(&millis)).then(|| Timestamp::from_millis(millis))
}

/// The end of the calendar's range, in milliseconds.
const INSTANT_MAX: i64 = 253_370_764_800_000;

fn key(raw: &str) -> Result<IdempotencyKey, Status> {
    IdempotencyKey::try_from(raw).map_err(|_malformed| {
        status::of_field("idempotency_key", "1 to 64 printable characters, always")
    })
}

fn disagree(asked: v1::DisagreeRequest) -> Result<Disagree, Status> {
    let stage = u32::try_from(asked.stage).ok().and_then(DisagreementStage::from_code);
    let key = key(&asked.idempotency_key)?;
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
