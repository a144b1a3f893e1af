//! Calls that are wrong in every way a text can be, each with a canary in it.

use staysafe::domain::UserId;
use staysafe::tls::ClientTls;
use staysafe::wire::v1::alert_service_client::AlertServiceClient;
use staysafe::wire::v1::audit_service_client::AuditServiceClient;
use staysafe::wire::v1::change_directory_request::Change;
use staysafe::wire::v1::directory_service_client::DirectoryServiceClient;
use staysafe::wire::v1::hub_service_client::HubServiceClient;
use staysafe::wire::v1::identity_service_client::IdentityServiceClient;
use staysafe::wire::v1::indicator_service_client::IndicatorServiceClient;
use staysafe::wire::v1::mailbox_service_client::MailboxServiceClient;
use staysafe::wire::v1::partnership_change::Change as PartnershipChange;
use staysafe::wire::{SubmitAlertRequest, v1};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use super::Story;
use crate::access::channel;

/// What the caller hears: code, words, details and headers.
pub(super) fn text_of(status: &Status) -> Vec<u8> {
    let said = format!("{:?} {} {:?}\n", status.code(), status.message(), status.metadata());
    [said.as_bytes(), status.details()].concat()
}

/// Makes the calls as another agency than the sender's, by its system and by its administrator.
pub(super) async fn calls(story: &mut Story) {
    let endpoint = story.hub.endpoint();
    let system = channel(&endpoint, &story.hub.place.system("CADT"));
    let person = channel(&endpoint, &named_in_the_certificate(story));
    alerts(story, system.clone()).await;
    mailboxes(story, system.clone()).await;
    let delivery = story.deliveries[0].1.clone();
    closing(story, system.clone(), delivery).await;
    audit(story, system.clone()).await;
    directory(story, person).await;
    let owner = story.hub.place.person("HUB-IG", "u-3305");
    partnership(story, channel(&endpoint, &owner)).await;
    let reviewer = story.hub.place.person("HUB-IG", "u-3301");
    indicators(story, channel(&endpoint, &reviewer)).await;
    let steward = story.hub.place.person("HUB-STEWARD", "u-3801");
    let registrar = story.hub.place.person("CADT", "u-1101");
    identity(story, channel(&endpoint, &steward), channel(&endpoint, &registrar)).await;
    odd(story, system).await;
}

/// Which entries a figure rests on, of no figure that there is.
async fn indicators(story: &mut Story, channel: Channel) {
    let mut client = IndicatorServiceClient::new(channel);
    let report = |first_day: String| v1::GetIndicatorsRequest {
        first_day,
        last_day: "2026-11-19".to_owned(),
        ..Default::default()
    };
    let day = || report("2026-11-19".to_owned());
    let part = v1::IndicatorPart::Exclusion.into();
    let of = |asked, id: String| v1::GetIndicatorEntriesRequest {
        asked: Some(asked),
        id,
        part,
        ..Default::default()
    };
    for request in [
        of(report(canary(story)), "NI 68".to_owned()),
        of(day(), canary(story)),
        v1::GetIndicatorEntriesRequest {
            line: canary(story),
            why: canary(story),
            ..of(day(), "NI 68".to_owned())
        },
    ] {
        hear(story, client.get_indicator_entries(request).await);
    }
}

/// The next canary; as a user's id it is well-formed, and as a mailbox too.
fn canary(story: &mut Story) -> String {
    let text = format!("zw{:03}kestrelin", story.planted.canaries.len());
    assert!(UserId::try_from(text.as_str()).is_ok());
    story.planted.note(&text, "a wrong call")
}

fn hear<T>(story: &mut Story, called: Result<Response<T>, Status>) {
    let refused = called.err().unwrap_or_else(|| panic!("every one of these calls is wrong"));
    story.told.push((format!("refusal {}", refused.message()), text_of(&refused)));
}

/// The administrator's certificate, with a name where programs put one.
fn named_in_the_certificate(story: &mut Story) -> ClientTls {
    let authority = &story.hub.place.authority;
    let mut leaf =
        authority.client_leaf("spiffe://staysafe.example/agency/CADT/user/u-1108").unwrap();
    leaf.common_name = "Zw003Kestrelin Person".to_owned();
    let files = authority.write(&authority.issue_custom(&leaf).unwrap()).unwrap();
    let ca = authority.ca_path();
    story.planted.note("Zw003Kestrelin", "the common name of a certificate");
    ClientTls { ca, cert: files.certificate, key: files.key, server_name: None }
}

async fn alerts(story: &mut Story, channel: Channel) {
    let mut client = AlertServiceClient::new(channel);
    let alert_id = canary(story);
    let request = v1::GetAlertStatusRequest { alert_id, user_id: canary(story) };
    hear(story, client.get_alert_status(request).await);
    let (page_token, user_id) = (canary(story), String::new());
    let request = v1::ListOwnAlertsRequest { page_size: 0, page_token, user_id };
    hear(story, client.list_own_alerts(request).await);
    let request = SubmitAlertRequest {
        idempotency_key: "canary-bytes".to_owned(),
        alert: canary(story).into_bytes().into(),
        completes: canary(story),
    };
    hear(story, client.submit_alert(request).await);
    let mut request = story.planted.alert("s01-missing-reported.json", super::Extent::Everything);
    request.idempotency_key = format!("{} with spaces", canary(story));
    hear(story, client.submit_alert(request).await);
    let mut request = story.planted.alert("s01-missing-reported.json", super::Extent::Everything);
    request.completes = canary(story);
    hear(story, client.submit_alert(request).await);
    let theirs = story.alerts[0].1.clone();
    for (alert_id, path) in [(canary(story), canary(story)), (theirs, canary(story))] {
        let request = v1::CorrectAlertRequest {
            alert_id: alert_id.clone(),
            field_paths: vec![path],
            reason: 77,
            corrected: Some(story.planted.alert("full-missing.json", super::Extent::Everything)),
        };
        hear(story, client.correct_alert(request).await);
        for user_id in [String::new(), canary(story), format!("{} Surname", canary(story))] {
            let request = v1::RecallAlertRequest {
                alert_id: alert_id.clone(),
                recipients: vec![canary(story)],
                reason: v1::RecallReason::Withdrawn.into(),
                user_id,
            };
            hear(story, client.recall_alert(request).await);
        }
    }
}

async fn mailboxes(story: &mut Story, channel: Channel) {
    let mut client = MailboxServiceClient::new(channel);
    let own = || "CADT".to_owned();
    let delivery = story.deliveries[0].1.clone();
    for mailbox in [canary(story), format!("{} {}", canary(story), "with spaces")] {
        let request = v1::ReceiveRequest { mailbox: mailbox.clone(), cursor: Vec::new() };
        hear(story, client.receive(request).await);
        let request = v1::ConfirmRequest { mailbox: mailbox.clone(), sequences: vec![1] };
        hear(story, client.confirm(request).await);
        hear(story, client.list_deliveries(super::list(&mailbox)).await);
    }
    let request = v1::ReceiveRequest { mailbox: own(), cursor: canary(story).into_bytes() };
    hear(story, client.receive(request).await);
    let request = v1::ListDeliveriesRequest { page_token: canary(story), ..super::list("CADT") };
    hear(story, client.list_deliveries(request).await);
    for (delivery_id, user_id) in [
        (delivery.clone(), canary(story)),
        (delivery.clone(), format!("{} Surname", canary(story))),
        (canary(story), "u-1101".to_owned()),
    ] {
        let request = v1::ReportOpenedRequest {
            mailbox: own(),
            delivery_id: delivery_id.clone(),
            user_id: user_id.clone(),
        };
        hear(story, client.report_opened(request).await);
        let (own_id, own_user) = (delivery_id.clone(), user_id.clone());
        let request =
            v1::ConfirmRecallRequest { mailbox: own(), delivery_id: own_id, user_id: own_user };
        hear(story, client.confirm_recall(request).await);
        let request = v1::ReadAnswerRequest { mailbox: own(), delivery_id, user_id };
        hear(story, client.read_answer(request).await);
    }
    let person = story.hub.place.person("CADT", "u-1101");
    let mut reader = MailboxServiceClient::new(channel_of(story, &person));
    for request in [
        v1::GetChronologyRequest { mailbox: canary(story), ..chronology(&delivery) },
        v1::GetChronologyRequest { mailbox: own(), ..chronology(&canary(story)) },
        v1::GetChronologyRequest {
            mailbox: own(),
            page_token: canary(story),
            ..chronology(&delivery)
        },
    ] {
        hear(story, reader.get_chronology(request).await);
    }
    weighing(story, &delivery).await;
    let request = v1::AcknowledgeRequest {
        mailbox: own(),
        delivery_id: delivery.clone(),
        user_id: "u-1101".to_owned(),
        outcome: v1::AcknowledgeOutcome::Accepted.into(),
        note: canary(story).repeat(100),
    };
    hear(story, client.acknowledge(request).await);
    let request = v1::DeclineRequest {
        mailbox: own(),
        delivery_id: delivery,
        user_id: "u-1101".to_owned(),
        reason: v1::DeclineReason::Other.into(),
        text: canary(story).repeat(100),
    };
    hear(story, client.decline(request).await);
}

/// How much an alert says about a person, of no mailbox and of no copy.
async fn weighing(story: &mut Story, delivery: &str) {
    let person = story.hub.place.person("CADT", "u-1103");
    let mut weigher = MailboxServiceClient::new(channel_of(story, &person));
    for (mailbox, delivery_id) in
        [(canary(story), delivery.to_owned()), ("CADT".to_owned(), canary(story))]
    {
        let significance = v1::Significance::High.into();
        let request =
            v1::SetSignificanceRequest { mailbox, delivery_id, significance, ..Default::default() };
        hear(story, weigher.set_significance(request).await);
    }
}

/// Closing and handing over, with words where none belong.
async fn closing(story: &mut Story, channel: Channel, delivery: String) {
    let mut client = MailboxServiceClient::new(channel);
    let mailbox = || "CADT".to_owned();
    let user = || "u-1101".to_owned();
    let delivery_again = delivery.clone();
    let note = canary(story).repeat(100);
    let request = v1::CloseDeliveryRequest {
        mailbox: mailbox(),
        delivery_id: delivery.clone(),
        user_id: user(),
        note,
    };
    hear(story, client.close_delivery(request).await);
    for (to_user_id, delivery_id) in [
        (canary(story), delivery.clone()),
        (format!("{} Surname", canary(story)), delivery),
        (user(), canary(story)),
    ] {
        let delivery_ids = vec![delivery_id];
        let request =
            v1::HandOverRequest { mailbox: mailbox(), user_id: user(), to_user_id, delivery_ids };
        hear(story, client.hand_over(request).await);
    }
    for (delivery_id, user) in [(delivery_again, canary(story)), (canary(story), user())] {
        let request = v1::NameStaffUserRequest {
            mailbox: mailbox(),
            delivery_id,
            staff_user_ids: vec![user],
            not_a_hub_user: false,
        };
        hear(story, client.name_staff_user(request).await);
    }
}

fn channel_of(story: &Story, tls: &ClientTls) -> Channel {
    channel(&story.hub.endpoint(), tls)
}

fn chronology(delivery_id: &str) -> v1::GetChronologyRequest {
    v1::GetChronologyRequest { delivery_id: delivery_id.to_owned(), ..Default::default() }
}

async fn audit(story: &mut Story, channel: Channel) {
    let mut client = AuditServiceClient::new(channel);
    let request = v1::ListEntriesRequest { alert_id: canary(story), ..Default::default() };
    hear(story, client.list_entries(request).await);
}

async fn directory(story: &mut Story, channel: Channel) {
    let mut client = DirectoryServiceClient::new(channel);
    let own = || "CADT".to_owned();
    let long = |text: String| text.repeat(20);
    let changes = [
        Change::DutyPhone(v1::SetDutyPhone { mailbox: own(), phone: canary(story) }),
        Change::DutyPhone(v1::SetDutyPhone { mailbox: canary(story), phone: "999".to_owned() }),
        Change::Fallback(v1::SetFallback { mailbox: own(), fallback: long(canary(story)) }),
        Change::Area(v1::AreaRow { place: canary(story), area: "AREA-01".to_owned() }),
        Change::Area(v1::AreaRow { place: "ZX41".to_owned(), area: canary(story).to_uppercase() }),
        Change::AddUser(v1::AddUser { user_id: format!("{} Surname", canary(story)) }),
        Change::DeactivateUser(v1::DeactivateUser { user_id: canary(story) }),
        Change::AddMailbox(mailbox(story)),
    ];
    for change in changes {
        let request = v1::ChangeDirectoryRequest { expected_version: 0, change: Some(change) };
        hear(story, client.change_directory(request).await);
    }
    let request = v1::ProposeRoleChangeRequest { user_id: canary(story), roles: Vec::new() };
    hear(story, client.propose_role_change(request).await);
    let request = v1::ApproveRoleChangeRequest { change_id: canary(story) };
    hear(story, client.approve_role_change(request).await);
}

/// By a steward, and by somebody who keeps the register.
async fn identity(story: &mut Story, steward: Channel, registrar: Channel) {
    let mut client = IdentityServiceClient::new(steward);
    let page_token = canary(story);
    let request = v1::ListMatchTasksRequest { page_size: 0, page_token };
    hear(story, client.list_match_tasks(request).await);
    let basis = v1::StewardBasis::SenderSaid.into();
    let mention = |alert_id| Some(v1::SubjectMention { alert_id, person: 0 });
    let (one, other) = (mention(canary(story)), mention(canary(story)));
    let request = v1::LinkSubjectsRequest { one: one.clone(), other: other.clone(), basis };
    hear(story, client.link_subjects(request).await);
    let request = v1::UnlinkSubjectsRequest { one: one.clone(), other: other.clone(), basis };
    hear(story, client.unlink_subjects(request).await);
    let request = v1::RejectMatchRequest { one, other, basis };
    hear(story, client.reject_match(request).await);
    let alert_id = canary(story);
    let mut front_door = IdentityServiceClient::new(registrar.clone());
    hear(story, front_door.split_duplicate(v1::SplitDuplicateRequest { alert_id }).await);
    let (subject, flag) = (mention(canary(story)), v1::SubjectFlag::Safe.into());
    let request = v1::FlagSubjectRequest { subject, flag, lift: false };
    hear(story, IdentityServiceClient::new(registrar).flag_subject(request).await);
}

/// By somebody who may propose: what is wrong is read, and told by its path.
async fn partnership(story: &mut Story, channel: Channel) {
    let mut client = DirectoryServiceClient::new(channel);
    for change in [
        PartnershipChange::AddAgency(agency(story, Wrong::EveryText)),
        PartnershipChange::AddAgency(agency(story, Wrong::OneRole)),
        PartnershipChange::RenameAgency(v1::RenameAgency {
            agency: canary(story),
            name: canary(story).repeat(20),
        }),
        PartnershipChange::RenameAgency(v1::RenameAgency {
            agency: canary(story).to_uppercase(),
            name: "The same".to_owned(),
        }),
        PartnershipChange::SetSchool(v1::School {
            urn: canary(story),
            agency: canary(story).to_uppercase(),
            terms: vec![dates(story)],
            inset: vec![canary(story)],
            nursery: false,
            area: canary(story).to_uppercase(),
        }),
        PartnershipChange::SetSchoolHolidays(v1::SchoolHolidays { holidays: vec![dates(story)] }),
    ] {
        let change = Some(v1::PartnershipChange { change: Some(change) });
        let request = v1::ProposePartnershipChangeRequest { change };
        hear(story, client.propose_partnership_change(request).await);
    }
    let request = v1::ApprovePartnershipChangeRequest { change_id: canary(story) };
    hear(story, client.approve_partnership_change(request).await);
}

/// How an agency is wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    EveryText,
    OneRole,
}

/// An agency wrong in every text; or well-formed in each, with a role that it may not give.
fn agency(story: &mut Story, how: Wrong) -> v1::NewAgency {
    let in_every_text = how == Wrong::EveryText;
    let wrong = |text: String| if in_every_text { format!("{text} Surname") } else { text };
    let code = wrong(canary(story).to_uppercase());
    let (system, person) = (wrong(canary(story)), wrong(canary(story)));
    let duty = v1::NewMailbox {
        id: code.clone(),
        role: v1::MailboxRole::Duty.into(),
        phone: "0151 496 0420".to_owned(),
        ..mailbox(story)
    };
    v1::NewAgency {
        mailboxes: vec![if in_every_text { mailbox(story) } else { duty }],
        name: canary(story).repeat(20),
        r#type: v1::AgencyType::Public.into(),
        letter: if in_every_text { canary(story) } else { "E".to_owned() },
        organisation: canary(story).repeat(20),
        systems: vec![system],
        users: vec![v1::NewPerson { id: person, roles: vec![v1::Role::DecisionMaker.into()] }],
        code,
    }
}

fn mailbox(story: &mut Story) -> v1::NewMailbox {
    v1::NewMailbox {
        id: format!("MERPOL/{}", canary(story)),
        role: v1::MailboxRole::Lead.into(),
        phone: canary(story),
        fallback: canary(story).repeat(20),
        cover: v1::Cover::AllHours.into(),
    }
}

fn dates(story: &mut Story) -> v1::DateRange {
    v1::DateRange { first: canary(story), last: canary(story) }
}

/// A name in a header, in the client's words of itself, and in a path that does not exist.
async fn odd(story: &mut Story, channel: Channel) {
    let mut request = Request::new(v1::HelloRequest { client: canary(story) });
    let header = canary(story);
    request.metadata_mut().insert("x-subject", header.parse().unwrap());
    HubServiceClient::new(channel.clone()).hello(request).await.unwrap();
    let path = format!("/staysafe.v1.AlertService/{}", canary(story));
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<v1::HelloRequest, v1::HelloResponse>::default();
    let request = Request::new(v1::HelloRequest::default());
    hear(story, client.unary(request, path.parse().unwrap(), codec).await);
}
