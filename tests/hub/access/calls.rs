//! Each call of the contract, made with a caller's own connection on a given object.

use std::path::Path;
use std::sync::Arc;

use futures_util::stream;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use staysafe::tls::ClientTls;
use staysafe::wire::v1::alert_service_client::AlertServiceClient;
use staysafe::wire::v1::audit_service_client::AuditServiceClient;
use staysafe::wire::v1::change_directory_request::Change;
use staysafe::wire::v1::directory_service_client::DirectoryServiceClient;
use staysafe::wire::v1::hub_service_client::HubServiceClient;
use staysafe::wire::v1::identity_service_client::IdentityServiceClient;
use staysafe::wire::v1::indicator_service_client::IndicatorServiceClient;
use staysafe::wire::v1::mailbox_service_client::MailboxServiceClient;
use staysafe::wire::v1::partnership_change;
use staysafe::wire::{SubmitAlertRequest, v1};
use tokio::io::AsyncBufReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status, Streaming};
use tonic_reflection::pb as reflection;

use super::table::AT_LEAD;
use crate::support::PATIENCE;

/// What a call is about.
#[derive(Clone, Default)]
pub(super) struct Object {
    /// Sent by SubmitAlert, before the person it names is set.
    pub(super) request: SubmitAlertRequest,
    pub(super) alert: String,
    pub(super) mailbox: String,
    pub(super) delivery: String,
    pub(super) sequence: u64,
    /// A person of the directory.
    pub(super) user: String,
    /// A change of roles that waits.
    pub(super) change: String,
    /// An earlier alert about the same child as `alert`.
    pub(super) earlier: String,
}

/// A connection with the files of a certificate.
pub(crate) fn channel(endpoint: &str, tls: &ClientTls) -> Channel {
    let connector = staysafe::tls::connector(tls).unwrap();
    Endpoint::from_shared(endpoint.to_owned()).unwrap().connect_with_connector_lazy(connector)
}

/// A connection that trusts the hub and shows no certificate.
pub(super) fn channel_without_certificate(endpoint: &str, ca: &Path) -> Channel {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let config = Arc::new(config);
    let connector = tower::service_fn(move |uri: http::Uri| {
        let config = Arc::clone(&config);
        async move {
            let name = ServerName::try_from("127.0.0.1").unwrap();
            let tcp = TcpStream::connect(("127.0.0.1", uri.port_u16().unwrap())).await?;
            let mut tls = TlsConnector::from(config).connect(name, tcp).await?;
            // In TLS 1.3 the refusal comes with the hub's first bytes.
            tls.fill_buf().await?;
            Ok::<_, std::io::Error>(TokioIo::new(tls))
        }
    });
    Endpoint::from_shared(endpoint.to_owned()).unwrap().connect_with_connector_lazy(connector)
}

/// The outcome as the table writes it.
pub(super) fn outcome(called: &Result<(), Status>) -> &'static str {
    let Err(status) = called else { return "OK" };
    if staysafe::tls::explain(status).is_some() {
        return "TLS";
    }
    match status.code() {
        Code::NotFound => "NF",
        Code::PermissionDenied => "PD",
        Code::InvalidArgument => "IA",
        Code::Unauthenticated => "UA",
        _ => "none of the table's",
    }
}

/// Makes the call that the table names; `named` is the person it is made for, where a call can say so.
pub(super) async fn make(
    call: &str,
    channel: Channel,
    object: &Object,
    named: &str,
) -> Result<(), Status> {
    let call = call.trim_end_matches(AT_LEAD);
    let made = async {
        match call {
            "SubmitAlert" | "GetAlertStatus" | "ListOwnAlerts" | "CorrectAlert" | "RecallAlert"
            | "ChangeConsent" | "Disagree" => alerts(call, channel, object, named).await,
            "GetCheckpoint" | "ProveInclusion" | "ProveConsistency" | "ListEntries" => {
                audit(call, channel).await
            }
            "GetDirectory" | "ChangeDirectory" | "ProposeRoleChange" | "ApproveRoleChange"
            | "ListRoleChanges" => directory(call, channel, object).await,
            "ProposePartnershipChange" | "ApprovePartnershipChange" | "ListPartnershipChanges" => {
                partnership(call, channel, object).await
            }
            "GetIndicators" | "GetIndicatorEntries" => indicators(call, channel).await,
            "ListMatchTasks" | "LinkSubjects" | "UnlinkSubjects" | "RejectMatch"
            | "FlagSubject" | "SplitDuplicate" => identity(call, channel, object).await,
            "Hello" => {
                done(HubServiceClient::new(channel).hello(v1::HelloRequest::default()).await)
            }
            standard if standard.contains('/') => of_the_standard(standard, channel).await,
            other => mailbox(other, channel, object, named).await,
        }
    };
    tokio::time::timeout(PATIENCE, made).await.unwrap_or_else(|_| panic!("{call} does not answer"))
}

async fn indicators(call: &str, channel: Channel) -> Result<(), Status> {
    let day = "2026-11-19".to_owned();
    let report =
        v1::GetIndicatorsRequest { first_day: day.clone(), last_day: day, ..Default::default() };
    let mut client = IndicatorServiceClient::new(channel);
    if call == "GetIndicators" {
        return done(client.get_indicators(report).await);
    }
    let request = v1::GetIndicatorEntriesRequest {
        asked: Some(report),
        id: "NI 68".to_owned(),
        part: v1::IndicatorPart::Numerator.into(),
        ..Default::default()
    };
    done(client.get_indicator_entries(request).await)
}

async fn alerts(call: &str, channel: Channel, object: &Object, named: &str) -> Result<(), Status> {
    use prost::Message as _;

    let mut client = AlertServiceClient::new(channel);
    match call {
        "SubmitAlert" | "CorrectAlert" => {
            let mut request = object.request.clone();
            let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
            let envelope = alert.envelope.as_mut().unwrap();
            envelope.sender_user.as_mut().unwrap().user_id = named.to_owned();
            request.alert = alert.encode_to_vec().into();
            if call == "SubmitAlert" {
                return done(client.submit_alert(request).await);
            }
            let request = v1::CorrectAlertRequest {
                alert_id: object.alert.clone(),
                field_paths: vec!["alert.envelope.risk".to_owned()],
                reason: v1::CorrectionReason::EntryError.into(),
                corrected: Some(request),
            };
            done(client.correct_alert(request).await)
        }
        "RecallAlert" => {
            let request = v1::RecallAlertRequest {
                alert_id: object.alert.clone(),
                recipients: Vec::new(),
                reason: v1::RecallReason::Withdrawn.into(),
                user_id: named.to_owned(),
            };
            done(client.recall_alert(request).await)
        }
        "ChangeConsent" => {
            // The same key with the same word: recorded once, whoever asks again.
            let request = v1::ChangeConsentRequest {
                idempotency_key: "access-consent".to_owned(),
                alert_id: object.alert.clone(),
                service: v1::ConsentService::EarlyHelp.into(),
                giver: v1::ConsentGiver::PrHolder.into(),
                state: v1::ConsentState::Withdrawn.into(),
                effective_at: Some(prost_types::Timestamp { seconds: 1_792_800_000, nanos: 0 }),
                user_id: named.to_owned(),
                ..v1::ChangeConsentRequest::default()
            };
            done(client.change_consent(request).await)
        }
        "Disagree" => {
            // The same key with the same words: raised once, whoever asks again.
            let request = v1::DisagreeRequest {
                idempotency_key: "access-disagree".to_owned(),
                alert_id: object.alert.clone(),
                stage: v1::DisagreementStage::DisagreementStage1.into(),
                text: "we see the child every day".to_owned(),
                user_id: named.to_owned(),
                ..v1::DisagreeRequest::default()
            };
            done(client.disagree(request).await)
        }
        "GetAlertStatus" => {
            let alert_id = object.alert.clone();
            let request = v1::GetAlertStatusRequest { alert_id, user_id: named.to_owned() };
            done(client.get_alert_status(request).await)
        }
        _ => {
            let user_id = named.to_owned();
            let request = v1::ListOwnAlertsRequest { user_id, ..Default::default() };
            done(client.list_own_alerts(request).await)
        }
    }
}

async fn mailbox(call: &str, channel: Channel, object: &Object, named: &str) -> Result<(), Status> {
    let mut client = MailboxServiceClient::new(channel).max_decoding_message_size(1 << 20);
    let (mailbox, delivery_id, user_id) =
        (object.mailbox.clone(), object.delivery.clone(), named.to_owned());
    match call {
        "Receive" => {
            let cursor = Vec::new();
            first(client.receive(v1::ReceiveRequest { mailbox, cursor }).await).await
        }
        "Confirm" => {
            let sequences = vec![object.sequence];
            done(client.confirm(v1::ConfirmRequest { mailbox, sequences }).await)
        }
        "ReportOpened" => {
            let request = v1::ReportOpenedRequest { mailbox, delivery_id, user_id };
            done(client.report_opened(request).await)
        }
        "ListDeliveries" => {
            let request = v1::ListDeliveriesRequest { mailbox, page_size: 2, ..Default::default() };
            done(client.list_deliveries(request).await)
        }
        "Acknowledge" => {
            let outcome = v1::AcknowledgeOutcome::Accepted.into();
            // Where the ladder called, the note must say how the agency was reached.
            let note = "reached the desk by its duty phone".to_owned();
            let request = v1::AcknowledgeRequest { mailbox, delivery_id, user_id, outcome, note };
            done(client.acknowledge(request).await)
        }
        "Decline" => {
            let (reason, text) = (v1::DeclineReason::NotOurs.into(), "not for us".to_owned());
            let request = v1::DeclineRequest { mailbox, delivery_id, user_id, reason, text };
            done(client.decline(request).await)
        }
        "CloseDelivery" => {
            let note = "spoke to the family, no further action".to_owned();
            let close = v1::CloseDeliveryRequest { mailbox, delivery_id, user_id, note };
            close_or_take_first(&mut client, close).await
        }
        "HandOver" => {
            let to_user_id = match mailbox.as_str() {
                "EDT/lead" => "u-1305",
                "COUNCIL/head-of-service" => "u-3901",
                // Of one's own desk, so that it is the delivery that is refused.
                super::people::OTHER => "u-3002",
                _ => object.user.as_str(),
            };
            let (to_user_id, delivery_ids) = (to_user_id.to_owned(), vec![delivery_id]);
            let request = v1::HandOverRequest { mailbox, user_id, to_user_id, delivery_ids };
            done(client.hand_over(request).await)
        }
        "ReadAnswer" => {
            let request = v1::ReadAnswerRequest { mailbox, delivery_id, user_id };
            done(client.read_answer(request).await)
        }
        "ConfirmRecall" => {
            let request = v1::ConfirmRecallRequest { mailbox, delivery_id, user_id };
            done(client.confirm_recall(request).await)
        }
        "NameStaffUser" => name_staff(&mut client, (mailbox, delivery_id)).await,
        "GetChronology" | "SetSignificance" => {
            of_a_person(call, &mut client, (mailbox, delivery_id)).await
        }
        other => panic!("the test does not know how to make the call {other}"),
    }
}

/// What a copy tells of a person, and how much.
async fn of_a_person(
    call: &str,
    client: &mut MailboxServiceClient<Channel>,
    (mailbox, delivery_id): (String, String),
) -> Result<(), Status> {
    if call == "GetChronology" {
        let request = v1::GetChronologyRequest { mailbox, delivery_id, ..Default::default() };
        return done(client.get_chronology(request).await);
    }
    let significance = v1::Significance::High.into();
    let request =
        v1::SetSignificanceRequest { mailbox, delivery_id, significance, ..Default::default() };
    done(client.set_significance(request).await)
}

/// What is said is looked at only after the delivery was found.
async fn name_staff(
    client: &mut MailboxServiceClient<Channel>,
    (mailbox, delivery_id): (String, String),
) -> Result<(), Status> {
    let (staff_user_ids, not_a_hub_user) = (vec!["u-1301".to_owned()], false);
    let request = v1::NameStaffUserRequest { mailbox, delivery_id, staff_user_ids, not_a_hub_user };
    done(client.name_staff_user(request).await)
}

/// Only what was taken can be closed.
async fn close_or_take_first(
    client: &mut MailboxServiceClient<Channel>,
    close: v1::CloseDeliveryRequest,
) -> Result<(), Status> {
    let closed = done(client.close_delivery(close.clone()).await);
    if !closed.as_ref().is_err_and(|status| status.code() == Code::FailedPrecondition) {
        return closed;
    }
    let outcome = v1::AcknowledgeOutcome::Accepted.into();
    let v1::CloseDeliveryRequest { mailbox, delivery_id, user_id, note } = close.clone();
    let take = v1::AcknowledgeRequest { mailbox, delivery_id, user_id, outcome, note };
    client.acknowledge(take).await?;
    done(client.close_delivery(close).await)
}

async fn audit(call: &str, channel: Channel) -> Result<(), Status> {
    let mut client = AuditServiceClient::new(channel).max_decoding_message_size(1 << 22);
    match call {
        "GetCheckpoint" => done(client.get_checkpoint(v1::GetCheckpointRequest {}).await),
        "ProveInclusion" => {
            done(client.prove_inclusion(v1::ProveInclusionRequest::default()).await)
        }
        "ProveConsistency" => {
            let request = v1::ProveConsistencyRequest { first_size: 1, second_size: 0 };
            done(client.prove_consistency(request).await)
        }
        _ => {
            let request = v1::ListEntriesRequest { page_size: 1, ..Default::default() };
            done(client.list_entries(request).await)
        }
    }
}

async fn directory(call: &str, channel: Channel, object: &Object) -> Result<(), Status> {
    let mut client = DirectoryServiceClient::new(channel);
    match call {
        "GetDirectory" => done(client.get_directory(v1::GetDirectoryRequest {}).await),
        "ChangeDirectory" => {
            let (mailbox, phone) = (object.mailbox.clone(), "0151 496 0030".to_owned());
            let change = Some(Change::DutyPhone(v1::SetDutyPhone { mailbox, phone }));
            let request = v1::ChangeDirectoryRequest { expected_version: 0, change };
            done(client.change_directory(request).await)
        }
        "ProposeRoleChange" => {
            let (user_id, roles) = (object.user.clone(), vec![v1::Role::Analyst.into()]);
            let request = v1::ProposeRoleChangeRequest { user_id, roles };
            done(client.propose_role_change(request).await)
        }
        "ApproveRoleChange" => {
            let change_id = object.change.clone();
            done(client.approve_role_change(v1::ApproveRoleChangeRequest { change_id }).await)
        }
        _ => done(client.list_role_changes(v1::ListRoleChangesRequest {}).await),
    }
}

/// The calls about who is who. Each may be made any number of times.
async fn identity(call: &str, channel: Channel, object: &Object) -> Result<(), Status> {
    let mut client = IdentityServiceClient::new(channel);
    let mention = |alert: &str| Some(v1::SubjectMention { alert_id: alert.to_owned(), person: 0 });
    let (one, other) = (mention(&object.earlier), mention(&object.alert));
    let basis = v1::StewardBasis::SenderSaid.into();
    match call {
        "ListMatchTasks" => {
            done(client.list_match_tasks(v1::ListMatchTasksRequest::default()).await)
        }
        "LinkSubjects" => {
            done(client.link_subjects(v1::LinkSubjectsRequest { one, other, basis }).await)
        }
        "UnlinkSubjects" => {
            done(client.unlink_subjects(v1::UnlinkSubjectsRequest { one, other, basis }).await)
        }
        // What was unlinked before stays so.
        "RejectMatch" => {
            done(client.reject_match(v1::RejectMatchRequest { one, other, basis }).await)
        }
        "SplitDuplicate" => {
            let alert_id = object.alert.clone();
            done(client.split_duplicate(v1::SplitDuplicateRequest { alert_id }).await)
        }
        _ => {
            let flag = v1::SubjectFlag::Safe.into();
            let request = v1::FlagSubjectRequest { subject: other, flag, lift: true };
            done(client.flag_subject(request).await)
        }
    }
}

/// The calls about the partnership itself.
async fn partnership(call: &str, channel: Channel, object: &Object) -> Result<(), Status> {
    let mut client = DirectoryServiceClient::new(channel);
    match call {
        "ProposePartnershipChange" => {
            let request = v1::ProposePartnershipChangeRequest { change: Some(renamed("MERPOL")) };
            done(client.propose_partnership_change(request).await)
        }
        "ApprovePartnershipChange" => {
            let change_id = object.change.clone();
            let request = v1::ApprovePartnershipChangeRequest { change_id };
            done(client.approve_partnership_change(request).await)
        }
        _ => done(client.list_partnership_changes(v1::ListPartnershipChangesRequest {}).await),
    }
}

/// A change of the partnership that can be made any number of times.
pub(super) fn renamed(agency: &str) -> v1::PartnershipChange {
    let (agency, name) = (agency.to_owned(), "As it is called now".to_owned());
    let change = partnership_change::Change::RenameAgency(v1::RenameAgency { agency, name });
    v1::PartnershipChange { change: Some(change) }
}

/// The calls of gRPC's own services.
async fn of_the_standard(call: &str, channel: Channel) -> Result<(), Status> {
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_client::HealthClient;

    let host = "hub".to_owned();
    match call {
        "health.v1/Check" => {
            done(HealthClient::new(channel).check(HealthCheckRequest::default()).await)
        }
        "health.v1/Watch" => {
            first(HealthClient::new(channel).watch(HealthCheckRequest::default()).await).await
        }
        "reflection.v1/ServerReflectionInfo" => {
            use reflection::v1::server_reflection_request::MessageRequest::ListServices;
            let message_request = Some(ListServices(String::new()));
            let request = reflection::v1::ServerReflectionRequest { host, message_request };
            let mut client =
                reflection::v1::server_reflection_client::ServerReflectionClient::new(channel);
            first(client.server_reflection_info(stream::iter([request])).await).await
        }
        "reflection.v1alpha/ServerReflectionInfo" => {
            use reflection::v1alpha::server_reflection_request::MessageRequest::ListServices;
            let message_request = Some(ListServices(String::new()));
            let request = reflection::v1alpha::ServerReflectionRequest { host, message_request };
            let mut client =
                reflection::v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
            first(client.server_reflection_info(stream::iter([request])).await).await
        }
        other => panic!("the test does not know how to make the call {other}"),
    }
}

fn done<T>(called: Result<Response<T>, Status>) -> Result<(), Status> {
    called.map(|_reply| ())
}

/// A stream answers with its first message.
async fn first<T>(called: Result<Response<Streaming<T>>, Status>) -> Result<(), Status> {
    let mut stream = called?.into_inner();
    stream.message().await.map(|message| assert!(message.is_some(), "the stream says something"))
}
