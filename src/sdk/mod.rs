//! The typed client: connect, submit, receive, confirm, acknowledge, verify.
//!
//! Owns what every partner's client should do by itself: retry under one key, confirm what was stored, keep the
//! last checkpoint and check on every connect that the hub's log still contains it. It sees only what the
//! contract says; it decides nothing for its agency.

mod error;
mod receipt;
mod receive;
mod witness;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

pub use crate::record::VerifiedReceipt;
pub use error::{ClientError, FieldViolation};
pub use receipt::{ReceiptError, verify as verify_receipt};
pub use receive::{Received, Receiving};
pub use witness::{Witness, WitnessError, Witnessed};

use crate::tls::{self, ClientTls};
use crate::wire::v1::alert_service_client::AlertServiceClient;
use crate::wire::v1::audit_service_client::AuditServiceClient;
use crate::wire::v1::directory_service_client::DirectoryServiceClient;
use crate::wire::v1::hub_service_client::HubServiceClient;
use crate::wire::v1::identity_service_client::IdentityServiceClient;
use crate::wire::v1::indicator_service_client::IndicatorServiceClient;
use crate::wire::v1::mailbox_service_client::MailboxServiceClient;
use crate::wire::{SubmitAlertRequest, v1};

/// The largest message a client takes from the hub: a copy of the largest alert, its gaps and its padding.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// How to reach a hub and who one is.
#[derive(Clone, Debug)]
pub struct Connect {
    /// `https://host:port`.
    pub endpoint: String,
    /// Certificate, key and the hub's authority.
    pub tls: ClientTls,
    /// Where the last checkpoint is kept; none: this client is no witness.
    pub witness: Option<PathBuf>,
    /// How long a unary call may take.
    pub timeout: Duration,
}

impl Connect {
    /// With the usual time-out of 15 s and no witness.
    #[must_use]
    pub fn to(endpoint: impl Into<String>, tls: ClientTls) -> Self {
        Self { endpoint: endpoint.into(), tls, witness: None, timeout: Duration::from_secs(15) }
    }
}

/// A connection to a hub.
#[derive(Clone)]
pub struct Client {
    alerts: AlertServiceClient<Channel>,
    mailbox: MailboxServiceClient<Channel>,
    audit: AuditServiceClient<Channel>,
    directory: DirectoryServiceClient<Channel>,
    indicators: IndicatorServiceClient<Channel>,
    identity: IdentityServiceClient<Channel>,
    hub: v1::HelloResponse,
    timeout: Duration,
    witnessed: Option<Result<Witnessed, Arc<WitnessError>>>,
}

/// How often a submission is tried under its one key.
const SUBMIT_ATTEMPTS: u32 = 4;

impl Client {
    /// Connects, says hello, and checks that the hub's log still contains what this client saw last. What that finds
    /// is for [`Self::witnessed`]: a log in doubt keeps no alert from being sent (domain 7.1).
    ///
    /// # Errors
    /// No connection, or a refusal in words.
    pub async fn connect(connect: &Connect) -> Result<Self, ClientError> {
        let channel = channel(connect).await?;
        let mut hub = HubServiceClient::new(channel.clone());
        let client = concat!("staysafe-sdk/", env!("CARGO_PKG_VERSION")).to_owned();
        let mut request = tonic::Request::new(v1::HelloRequest { client });
        request.set_timeout(connect.timeout);
        let hub = hub.hello(request).await.map_err(ClientError::from)?.into_inner();
        let mut client = Self {
            alerts: AlertServiceClient::new(channel.clone()),
            mailbox: MailboxServiceClient::new(channel.clone())
                .max_decoding_message_size(MESSAGE_BYTES_MAX),
            audit: AuditServiceClient::new(channel.clone())
                .max_decoding_message_size(16 * MESSAGE_BYTES_MAX),
            directory: DirectoryServiceClient::new(channel.clone()),
            indicators: IndicatorServiceClient::new(channel.clone()),
            identity: IdentityServiceClient::new(channel)
                .max_decoding_message_size(MESSAGE_BYTES_MAX),
            hub,
            timeout: connect.timeout,
            witnessed: None,
        };
        if let Some(path) = &connect.witness {
            let checking = Box::pin(client.witness(path));
            let checked = tokio::time::timeout(witness::CHECK_MAX, checking).await;
            let checked = checked.unwrap_or(Err(WitnessError::TooSlow)).map_err(Arc::new);
            client.witnessed = Some(checked);
        }
        Ok(client)
    }

    /// What the hub said of itself.
    #[must_use]
    pub const fn hub(&self) -> &v1::HelloResponse {
        &self.hub
    }

    /// What the witness found on connecting; none without one. An error that [`WitnessError::is_alarm`] is for people
    /// to see at once.
    #[must_use]
    pub fn witnessed(&self) -> Option<Result<&Witnessed, &Arc<WitnessError>>> {
        self.witnessed.as_ref().map(Result::as_ref)
    }

    async fn witness(&mut self, path: &Path) -> Result<Witnessed, WitnessError> {
        Witness::at(path, &self.hub)?.check(self).await
    }

    /// One page of audit entries from `from_index` on; for auditors.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn entries(
        &mut self,
        from_index: u64,
        page_size: u32,
    ) -> Result<v1::ListEntriesResponse, ClientError> {
        let request = v1::ListEntriesRequest { from_index, page_size, alert_id: String::new() };
        let request = self.timed(request);
        Ok(self.audit.list_entries(request).await?.into_inner())
    }

    /// The indicators of a period, as they may be published; for analysts.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn indicators(
        &mut self,
        request: v1::GetIndicatorsRequest,
    ) -> Result<v1::GetIndicatorsResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.indicators.get_indicators(request).await?.into_inner())
    }

    /// The audit entries that a part of a figure rests on; for information governance reviewers.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn indicator_entries(
        &mut self,
        request: v1::GetIndicatorEntriesRequest,
    ) -> Result<v1::GetIndicatorEntriesResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.indicators.get_indicator_entries(request).await?.into_inner())
    }

    /// Submits an alert. Tried again under the same key while the hub is unavailable: the key makes that safe.
    ///
    /// # Errors
    /// The hub's refusal with every violation, or no connection; then nothing is known to be stored.
    pub async fn submit(
        &mut self,
        request: SubmitAlertRequest,
    ) -> Result<v1::SubmitAlertResponse, ClientError> {
        let mut attempt = 1;
        loop {
            let sent = self.alerts.submit_alert(self.timed(request.clone())).await;
            match sent.map_err(ClientError::from) {
                Ok(response) => return Ok(response.into_inner()),
                Err(error) => again(error, &mut attempt).await?,
            }
        }
    }

    /// Corrects an alert of the own agency. Tried again like [`Self::submit`].
    ///
    /// # Errors
    /// As [`Self::submit`]; NOT_FOUND, ALERT_RECALLED or ALERT_SUPERSEDED for the alert that was to be corrected.
    pub async fn correct(
        &mut self,
        request: v1::CorrectAlertRequest,
    ) -> Result<v1::SubmitAlertResponse, ClientError> {
        let mut attempt = 1;
        loop {
            let sent = self.alerts.correct_alert(self.timed(request.clone())).await;
            match sent.map_err(ClientError::from) {
                Ok(response) => return Ok(response.into_inner().taken.unwrap_or_default()),
                Err(error) => again(error, &mut attempt).await?,
            }
        }
    }

    /// Recalls an alert of the own agency; may be repeated.
    ///
    /// # Errors
    /// The hub's refusal, or no connection; then it is not known whether it was recalled.
    pub async fn recall(
        &mut self,
        request: v1::RecallAlertRequest,
    ) -> Result<v1::RecallAlertResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.alerts.recall_alert(request).await?.into_inner())
    }

    /// Says what became of an agreement; may be repeated under the same key.
    ///
    /// # Errors
    /// The hub's refusal, or no connection; then it is not known whether it was recorded.
    pub async fn change_consent(
        &mut self,
        request: v1::ChangeConsentRequest,
    ) -> Result<v1::ChangeConsentResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.alerts.change_consent(request).await?.into_inner())
    }

    /// Disagrees with the decision on a referral of the own agency; may be repeated under the same key.
    ///
    /// # Errors
    /// The hub's refusal, or no connection; then it is not known whether it was raised.
    pub async fn disagree(
        &mut self,
        request: v1::DisagreeRequest,
    ) -> Result<v1::DisagreeResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.alerts.disagree(request).await?.into_inner())
    }

    /// Says that nothing more is done with a delivery that was recalled; may be repeated.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn confirm_recall(
        &mut self,
        request: v1::ConfirmRecallRequest,
    ) -> Result<v1::ConfirmRecallResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.mailbox.confirm_recall(request).await?.into_inner())
    }

    /// The status of one of the own agency's alerts.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn status(
        &mut self,
        alert_id: &str,
    ) -> Result<v1::GetAlertStatusResponse, ClientError> {
        self.status_for(alert_id, "").await
    }

    /// As [`Self::status`], in the name of a person: of an alert that only its author and the safeguarding lead see.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn status_for(
        &mut self,
        alert_id: &str,
        user_id: &str,
    ) -> Result<v1::GetAlertStatusResponse, ClientError> {
        let (alert_id, user_id) = (alert_id.to_owned(), user_id.to_owned());
        let request = self.timed(v1::GetAlertStatusRequest { alert_id, user_id });
        Ok(self.alerts.get_alert_status(request).await?.into_inner())
    }

    /// One page of the own agency's alerts, newest first.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn own_alerts(
        &mut self,
        page_size: u32,
        page_token: &str,
    ) -> Result<v1::ListOwnAlertsResponse, ClientError> {
        self.own_alerts_for("", page_size, page_token).await
    }

    /// As [`Self::own_alerts`], in the name of a person.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn own_alerts_for(
        &mut self,
        user_id: &str,
        page_size: u32,
        page_token: &str,
    ) -> Result<v1::ListOwnAlertsResponse, ClientError> {
        let (page_token, user_id) = (page_token.to_owned(), user_id.to_owned());
        let request = v1::ListOwnAlertsRequest { page_size, page_token, user_id };
        let request = self.timed(request);
        Ok(self.alerts.list_own_alerts(request).await?.into_inner())
    }

    /// Opens a stream on a mailbox after `cursor`; empty: from the oldest delivery not confirmed.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn receive(
        &mut self,
        mailbox: &str,
        cursor: Vec<u8>,
    ) -> Result<Receiving, ClientError> {
        let request = v1::ReceiveRequest { mailbox: mailbox.to_owned(), cursor };
        // A stream lives as long as it lives: no time-out for the whole.
        Ok(Receiving::new(self.mailbox.receive(request).await?.into_inner()))
    }

    /// Says that copies are stored on this side; how many were newly confirmed.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn confirm(&mut self, mailbox: &str, sequences: &[u64]) -> Result<u32, ClientError> {
        let request =
            v1::ConfirmRequest { mailbox: mailbox.to_owned(), sequences: sequences.to_vec() };
        let request = self.timed(request);
        Ok(self.mailbox.confirm(request).await?.into_inner().confirmed)
    }

    /// Says that a named person has seen a copy.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn report_opened(
        &mut self,
        request: v1::ReportOpenedRequest,
    ) -> Result<v1::ReportOpenedResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.mailbox.report_opened(request).await?.into_inner())
    }

    /// A named person takes a delivery.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn acknowledge(
        &mut self,
        request: v1::AcknowledgeRequest,
    ) -> Result<v1::AcknowledgeResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.mailbox.acknowledge(request).await?.into_inner())
    }

    /// A named person says what came of a delivery.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn close_delivery(
        &mut self,
        request: v1::CloseDeliveryRequest,
    ) -> Result<v1::CloseDeliveryResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.mailbox.close_delivery(request).await?.into_inner())
    }

    /// A named person hands over what is open at the end of a turn on duty.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn hand_over(
        &mut self,
        request: v1::HandOverRequest,
    ) -> Result<v1::HandOverResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.mailbox.hand_over(request).await?.into_inner())
    }

    /// A lead says who of the agency a person of concern is.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn name_staff_user(
        &mut self,
        request: v1::NameStaffUserRequest,
    ) -> Result<v1::NameStaffUserResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.mailbox.name_staff_user(request).await?.into_inner())
    }

    /// A named person declines a delivery.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn decline(
        &mut self,
        request: v1::DeclineRequest,
    ) -> Result<v1::DeclineResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.mailbox.decline(request).await?.into_inner())
    }

    /// Who answered a delivery of the own agency and what they wrote.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn read_answer(
        &mut self,
        request: v1::ReadAnswerRequest,
    ) -> Result<v1::ReadAnswerResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.mailbox.read_answer(request).await?.into_inner())
    }

    /// One page of what a mailbox has about one person, alert by alert.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn chronology(
        &mut self,
        request: v1::GetChronologyRequest,
    ) -> Result<v1::GetChronologyResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.mailbox.get_chronology(request).await?.into_inner())
    }

    /// Says how much an alert says about a person; for the front door.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn set_significance(
        &mut self,
        request: v1::SetSignificanceRequest,
    ) -> Result<v1::SetSignificanceResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.mailbox.set_significance(request).await?.into_inner())
    }

    /// One page of a mailbox, without content.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn list_deliveries(
        &mut self,
        request: v1::ListDeliveriesRequest,
    ) -> Result<v1::ListDeliveriesResponse, ClientError> {
        let request = self.timed(request);
        Ok(self.mailbox.list_deliveries(request).await?.into_inner())
    }

    /// The newest published checkpoint: a C2SP signed note.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn checkpoint(&mut self) -> Result<String, ClientError> {
        let request = self.timed(v1::GetCheckpointRequest {});
        Ok(self.audit.get_checkpoint(request).await?.into_inner().checkpoint)
    }

    /// The proof that a leaf is in the tree of a size.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn prove_inclusion(
        &mut self,
        entry_index: u64,
        tree_size: u64,
    ) -> Result<v1::ProveInclusionResponse, ClientError> {
        let request = self.timed(v1::ProveInclusionRequest { entry_index, tree_size });
        Ok(self.audit.prove_inclusion(request).await?.into_inner())
    }

    /// The proof that the tree of one size is the beginning of the tree of another.
    ///
    /// # Errors
    /// The hub's refusal, or no connection.
    pub async fn prove_consistency(
        &mut self,
        first_size: u64,
        second_size: u64,
    ) -> Result<v1::ProveConsistencyResponse, ClientError> {
        let request = self.timed(v1::ProveConsistencyRequest { first_size, second_size });
        Ok(self.audit.prove_consistency(request).await?.into_inner())
    }

    /// The directory service, as generated: its calls are few and administrative.
    pub const fn directory(&mut self) -> &mut DirectoryServiceClient<Channel> {
        &mut self.directory
    }

    /// The identity service, as generated: for stewards and registrars.
    pub const fn identity(&mut self) -> &mut IdentityServiceClient<Channel> {
        &mut self.identity
    }

    fn timed<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        request.set_timeout(self.timeout);
        request
    }
}

/// Waits before the same request is sent again, or gives the error back.
async fn again(error: ClientError, attempt: &mut u32) -> Result<(), ClientError> {
    if !error.is_worth_retrying() || *attempt >= SUBMIT_ATTEMPTS {
        return Err(error);
    }
    tokio::time::sleep(Duration::from_millis(200).saturating_mul(*attempt)).await;
    *attempt = attempt.saturating_add(1);
    Ok(())
}

/// Opens the one HTTP/2 connection, with keepalive so that a dead hub is noticed within 30 s.
async fn channel(connect: &Connect) -> Result<Channel, ClientError> {
    let connector = tls::connector(&connect.tls)?;
    let endpoint = Endpoint::from_shared(connect.endpoint.clone())
        .map_err(|_malformed| ClientError::Endpoint)?
        .connect_timeout(Duration::from_secs(10))
        .http2_keep_alive_interval(Duration::from_secs(10))
        .keep_alive_timeout(Duration::from_secs(20))
        .keep_alive_while_idle(true)
        .tcp_nodelay(true);
    endpoint.connect_with_connector(connector).await.map_err(ClientError::from)
}
