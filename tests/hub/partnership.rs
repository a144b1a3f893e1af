//! Who takes part changes while the hub runs: by two people of the host, and from then on by the agency itself.

use prost::Message as _;
use staysafe::sdk::{Client, ClientError};
use staysafe::wire::v1::change_directory_request::Change;
use staysafe::wire::v1::partnership_change::Change as PartnershipChange;
use staysafe::wire::{SubmitAlertRequest, v1};

use crate::support::{TestHub, collect, sample};

const NIGHT: &str = "2026-11-14T00:40:00Z";
const SCHOOL: &str = "SCH-900102";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_school_receives_its_pupils_alert_after_two_people_of_the_host_have_added_it() {
    let mut hub = TestHub::starting_at(NIGHT).await;
    let mut one = owner(&hub, "u-3305").await;
    let mut two = owner(&hub, "u-3306").await;
    let certificate = hub.system(SCHOOL);
    assert_eq!(refusal(&hub, &certificate).await, "AGENCY_UNKNOWN");

    let proposed = propose(&mut one, PartnershipChange::AddAgency(new_school())).await.unwrap();
    assert_eq!(refusal(&hub, &certificate).await, "AGENCY_UNKNOWN", "one person adds nobody");
    let alone = approve(&mut one, &proposed).await.unwrap_err();
    assert_eq!(alone.reason(), "SECOND_PERSON_NEEDED");
    assert_eq!(refusal(&hub, &certificate).await, "AGENCY_UNKNOWN");
    let waiting = two.directory().list_partnership_changes(v1::ListPartnershipChangesRequest {});
    assert_eq!(waiting.await.unwrap().into_inner().proposals, std::slice::from_ref(&proposed));
    approve(&mut two, &proposed).await.unwrap();

    // The hub was not started again: the same certificate opens it now.
    let mut school = hub.connect(certificate).await.unwrap();
    assert!(collect(&mut school, SCHOOL).await.is_empty());
    let set = propose(&mut two, PartnershipChange::SetSchool(school_900102())).await.unwrap();
    approve(&mut one, &set).await.unwrap();
    let mut police = hub.agency("MERPOL").await;
    let taken = police.submit(of_pupil_at("900102")).await.unwrap();

    let copies = collect(&mut school, SCHOOL).await;
    assert_eq!(copies.len(), 1);
    assert_eq!((&copies[0].alert_id, copies[0].letter.as_str()), (&taken.alert_id, "E"));
    for other in ["SCH-900101", "CADT-EDU"] {
        let mut client = hub.agency(other).await;
        assert!(collect(&mut client, other).await.is_empty(), "{other} must get nothing");
    }
    let acknowledged = school.acknowledge(taking(&copies[0].delivery_id)).await.unwrap();
    assert_eq!(acknowledged.state(), v1::DeliveryState::Acknowledged);

    hub.stop().await;
    hub.start("2026-11-14T01:00:00Z").await;
    let mut school = hub.agency(SCHOOL).await;
    assert!(collect(&mut school, SCHOOL).await.is_empty(), "nothing twice");
    own_admin_changes_the_phone(&hub).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_who_proposed_and_who_approved_and_nothing_of_the_agencys_people() {
    let hub = TestHub::starting_at(NIGHT).await;
    let mut one = owner(&hub, "u-3305").await;
    let mut two = owner(&hub, "u-3306").await;

    let proposed = propose(&mut one, PartnershipChange::AddAgency(new_school())).await.unwrap();
    approve(&mut two, &proposed).await.unwrap();

    let mut reviewer = hub.connect(hub.person("HUB-IG", "u-3301")).await.unwrap();
    let page = reviewer.entries(0, 500).await.unwrap();
    let changes = page.entries.iter().filter_map(|entry| {
        let event = entry.events.iter().find(|event| event.reason.starts_with("AGENCY_"))?;
        let (by, about) = (entry.actor.as_str(), event.recipient_mailbox.as_str());
        Some((by, event.r#type.as_str(), event.reason.as_str(), about))
    });
    assert_eq!(
        changes.collect::<Vec<_>>(),
        [
            ("u-3305", "DIRECTORY_CHANGED", "AGENCY_PROPOSED", SCHOOL),
            ("u-3306", "DIRECTORY_CHANGED", "AGENCY_ADDED", SCHOOL),
        ]
    );
    let log = page.encode_to_vec();
    for hidden in ["Ashgrove", "0151 496 0420", "u-4201", "u-4202"] {
        let stands = log.windows(hidden.len()).any(|bytes| bytes == hidden.as_bytes());
        assert!(!stands, "{hidden} stands in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_proposes_hears_of_every_fault_by_its_path() {
    let hub = TestHub::starting_at(NIGHT).await;
    let mut one = owner(&hub, "u-3305").await;
    let mut new = new_school();
    new.mailboxes[0].phone = "ring the bell".to_owned();
    new.users[0].roles.push(99);
    new.letter.clear();

    let refused = propose(&mut one, PartnershipChange::AddAgency(new)).await.unwrap_err();
    let known = v1::NewAgency { code: "EDT".to_owned(), ..new_school() };
    let known = v1::NewAgency {
        mailboxes: vec![v1::NewMailbox { id: "EDT".to_owned(), ..known.mailboxes[0].clone() }],
        ..known
    };
    let known = propose(&mut one, PartnershipChange::AddAgency(known)).await.unwrap_err();

    let ClientError::Refused { violations, reason, .. } = &refused else { panic!("{refused}") };
    assert_eq!(reason, "MALFORMED");
    let told: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(
        told,
        [
            "change.add_agency.letter",
            "change.add_agency.users[0].roles[1]",
            "change.add_agency.mailboxes[0].phone",
        ]
    );
    assert!(!refused.to_string().contains("bell"), "the value is not repeated");
    assert_eq!(known.reason(), "AGENCY_KNOWN");
}

async fn owner(hub: &TestHub, user: &str) -> Client {
    hub.connect(hub.person("HUB-IG", user)).await.unwrap()
}

/// Why the hub does not know the bearer of a certificate.
async fn refusal(hub: &TestHub, certificate: &staysafe::tls::ClientTls) -> String {
    let refused = hub.connect(certificate.clone()).await.map(|_| ()).unwrap_err();
    refused.reason().to_owned()
}

async fn propose(
    client: &mut Client,
    change: PartnershipChange,
) -> Result<v1::PartnershipProposal, ClientError> {
    let change = Some(v1::PartnershipChange { change: Some(change) });
    let request = v1::ProposePartnershipChangeRequest { change };
    let answer = client.directory().propose_partnership_change(request).await?;
    Ok(answer.into_inner().proposal.unwrap())
}

async fn approve(
    client: &mut Client,
    proposed: &v1::PartnershipProposal,
) -> Result<(), ClientError> {
    let change_id = proposed.change_id.clone();
    let request = v1::ApprovePartnershipChangeRequest { change_id };
    let answer = client.directory().approve_partnership_change(request).await?;
    assert_eq!(answer.into_inner().proposal.as_ref(), Some(proposed), "what was proposed");
    Ok(())
}

fn new_school() -> v1::NewAgency {
    let person =
        |id: &str, role: v1::Role| v1::NewPerson { id: id.to_owned(), roles: vec![role.into()] };
    v1::NewAgency {
        code: SCHOOL.to_owned(),
        name: "Ashgrove School".to_owned(),
        r#type: v1::AgencyType::Public.into(),
        letter: "E".to_owned(),
        organisation: String::new(),
        systems: vec!["main".to_owned()],
        users: vec![
            person("u-4201", v1::Role::DutyReceiver),
            person("u-4202", v1::Role::DirectoryAdmin),
            person("u-4203", v1::Role::DirectoryAdmin),
        ],
        mailboxes: vec![v1::NewMailbox {
            id: SCHOOL.to_owned(),
            role: v1::MailboxRole::Duty.into(),
            phone: "0151 496 0420".to_owned(),
            fallback: "Education safeguarding, 0151 496 0020".to_owned(),
            cover: v1::Cover::SchoolDays.into(),
        }],
    }
}

fn school_900102() -> v1::School {
    let term = v1::DateRange { first: "2026-11-02".to_owned(), last: "2026-12-18".to_owned() };
    v1::School {
        urn: "900102".to_owned(),
        agency: SCHOOL.to_owned(),
        terms: vec![term],
        ..v1::School::default()
    }
}

/// S05, with the child at another school.
fn of_pupil_at(urn: &str) -> SubmitAlertRequest {
    let mut request = sample("s05-domestic-abuse-gold.json");
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    for subject in &mut alert.envelope.as_mut().unwrap().subjects {
        if !subject.school_urn.is_empty() {
            subject.school_urn = urn.to_owned();
        }
    }
    request.alert = alert.encode_to_vec().into();
    request
}

fn taking(delivery: &str) -> v1::AcknowledgeRequest {
    v1::AcknowledgeRequest {
        mailbox: SCHOOL.to_owned(),
        delivery_id: delivery.to_owned(),
        user_id: "u-4201".to_owned(),
        outcome: v1::AcknowledgeOutcome::Accepted.into(),
        note: String::new(),
    }
}

async fn own_admin_changes_the_phone(hub: &TestHub) {
    let mut admin = hub.connect(hub.person(SCHOOL, "u-4202")).await.unwrap();
    let (mailbox, phone) = (SCHOOL.to_owned(), "0151 496 0421".to_owned());
    let change = Some(Change::DutyPhone(v1::SetDutyPhone { mailbox, phone }));
    let request = v1::ChangeDirectoryRequest { expected_version: 0, change };
    admin.directory().change_directory(request).await.unwrap();
}
