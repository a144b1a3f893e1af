use super::*;
use crate::domain::directory::{PartnershipChange, PartnershipProposal};

// The host's two policy owners, and one who keeps its directory.
const OWNER: &str = "u-3305";
const OTHER_OWNER: &str = "u-3306";
const HOST_ADMIN: &str = "u-3309";

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

fn joins(id: &str, roles: &[&str]) -> PersonDraft {
    PersonDraft { id: id.into(), roles: words(roles) }
}

fn desk_of(code: &str) -> MailboxDraft {
    MailboxDraft {
        id: code.into(),
        role: "duty".into(),
        phone: "0151 496 0420".into(),
        fallback: "Front door, 0151 496 0010".into(),
        cover: "school days 08-16".into(),
        rota: Vec::new(),
    }
}

fn school_agency(code: &str) -> AgencyDraft {
    AgencyDraft {
        code: code.into(),
        name: "Ashgrove School".into(),
        kind: "PUBLIC".into(),
        letter: "E".into(),
        organisation: None,
        systems: words(&["main"]),
        users: vec![
            joins("u-4201", &["DUTY_RECEIVER", "SAFEGUARDING_LEAD"]),
            joins("u-4202", &["DIRECTORY_ADMIN"]),
            joins("u-4203", &["DIRECTORY_ADMIN"]),
        ],
        mailboxes: vec![desk_of(code)],
    }
}

fn new_school(code: &str) -> PartnershipDraft {
    PartnershipDraft::AddAgency(school_agency(code))
}

fn renamed(agency: &str) -> PartnershipDraft {
    PartnershipDraft::RenameAgency { agency: agency.into(), name: "Known as this".into() }
}

async fn propose(desk: &Desk, draft: &PartnershipDraft) -> PartnershipProposal {
    let owner = person(desk, "HUB-IG", OWNER);
    desk.directory.propose_partnership(&owner, draft).await.unwrap()
}

async fn refused(desk: &Desk, draft: &PartnershipDraft) -> DirectoryError {
    let owner = person(desk, "HUB-IG", OWNER);
    let before = desk.directory.current();
    let error = desk.directory.propose_partnership(&owner, draft).await.unwrap_err();
    assert_eq!(desk.directory.current(), before, "a refused proposal leaves nothing behind");
    error
}

async fn faults(desk: &Desk, draft: &PartnershipDraft) -> Vec<String> {
    let error = refused(desk, draft).await;
    let DirectoryError::Malformed(faults) = error else { panic!("{error}") };
    faults.iter().map(ToString::to_string).collect()
}

async fn approve(desk: &Desk, id: &str, proposal: ProposalId) -> Result<(), DirectoryError> {
    let owner = person(desk, "HUB-IG", id);
    desk.directory.approve_partnership(&owner, proposal).await.map(|_| ())
}

fn calls_for(agency: &str) -> Peer {
    Peer {
        agency: code(agency),
        caller: Caller::System(SystemName::try_from("main").unwrap()),
        fingerprint: [1; 32],
        named: None,
    }
}

#[tokio::test]
async fn an_agency_takes_part_after_a_second_policy_owner_has_approved_it_and_not_before() {
    let desk = desk().await;
    let caller = calls_for("SCH-900102");
    let other = person(&desk, "HUB-IG", OTHER_OWNER);

    let proposal = propose(&desk, &new_school("SCH-900102")).await;

    let pending = desk.directory.pending_partnership(&other).await.unwrap();
    assert_eq!(pending, std::slice::from_ref(&proposal));
    assert_eq!(desk.directory.resolve(&caller), Err(ResolveError::AgencyUnknown), "not yet");
    assert!(!desk.directory.current().agencies.contains_key(&code("SCH-900102")));

    approve(&desk, OTHER_OWNER, proposal.id).await.unwrap();

    assert!(desk.directory.resolve(&caller).is_ok());
    let current = desk.directory.current();
    let PartnershipChange::AddAgency(agency) = proposal.change else { panic!() };
    assert_eq!(current.agencies[&code("SCH-900102")], *agency);
    assert!(current.mailbox(&mailbox("SCH-900102")).is_some());
    assert!(current.partnership_proposals.is_empty());
    assert_eq!(
        desk.store.trace()[1..],
        ["DIRECTORY_CHANGED:AGENCY_PROPOSED", "DIRECTORY_CHANGED:AGENCY_ADDED"]
    );
    let last = desk.store.entries().pop().unwrap();
    let event = decode_event(&last.events[0].bytes).unwrap();
    assert_eq!(event.mailbox, Some(mailbox("SCH-900102")));
    assert_eq!((event.person, event.roles), (None, Vec::new()), "nobody of the agency is named");
    assert_eq!(last.decode_leaf().unwrap().actor.user, Some(user(OTHER_OWNER)));
    let again = approve(&desk, OTHER_OWNER, proposal.id).await.unwrap_err();
    assert_eq!(again.reason(), "NOT_FOUND");
}

#[tokio::test]
async fn from_then_on_the_agencys_own_two_administrators_change_its_part() {
    let desk = desk().await;
    let proposal = propose(&desk, &new_school("SCH-900102")).await;
    approve(&desk, OTHER_OWNER, proposal.id).await.unwrap();
    let one = person(&desk, "SCH-900102", "u-4202");
    let two = person(&desk, "SCH-900102", "u-4203");
    let owner = person(&desk, "HUB-IG", OWNER);

    let lead =
        MailboxDraft { id: "SCH-900102/lead".into(), role: "lead".into(), ..desk_of("SCH-900102") };
    desk.directory.change(&one, None, &DirectoryChange::AddMailbox(lead)).await.unwrap();
    let roles = [Role::DutyReceiver];
    let change = desk.directory.propose_roles(&one, &user("u-4201"), &roles).await.unwrap();
    desk.directory.approve_roles(&two, change.id).await.unwrap();

    let phone = DirectoryChange::DutyPhone {
        mailbox: mailbox("SCH-900102"),
        phone: "0151 496 0421".into(),
    };
    let error = desk.directory.change(&owner, None, &phone).await.unwrap_err();
    assert_eq!(error.reason(), "ROLE_NOT_ALLOWED", "the host has no more to say in it");
}

#[tokio::test]
async fn nobody_approves_what_they_proposed_and_only_policy_owners_propose_or_approve() {
    let desk = desk().await;
    let admin = person(&desk, "HUB-IG", HOST_ADMIN);
    let named = Peer { named: Some(user(OWNER)), ..calls_for("HUB-IG") };
    let named = desk.directory.resolve(&named).unwrap();
    let draft = new_school("SCH-900102");
    let proposal = propose(&desk, &draft).await;

    let own = approve(&desk, OWNER, proposal.id).await.unwrap_err();
    let by_admin = approve(&desk, HOST_ADMIN, proposal.id).await.unwrap_err();
    let proposed = desk.directory.propose_partnership(&admin, &draft).await.unwrap_err();
    let listed = desk.directory.pending_partnership(&admin).await.unwrap_err();
    let asserted = desk.directory.propose_partnership(&named, &draft).await.unwrap_err();

    assert_eq!(own.reason(), "SECOND_PERSON_NEEDED");
    for error in [by_admin, proposed, listed] {
        assert_eq!(error.reason(), "ROLE_NOT_ALLOWED");
    }
    assert_eq!(asserted.reason(), "OWN_CERTIFICATE_NEEDED");
    assert_eq!(
        desk.store.trace()[2..],
        [
            "ACCESS_DENIED:SECOND_PERSON_NEEDED",
            "ACCESS_DENIED:ROLE_NOT_ALLOWED",
            "ACCESS_DENIED:ROLE_NOT_ALLOWED",
            "ACCESS_DENIED:ROLE_NOT_ALLOWED",
            "ACCESS_DENIED:OWN_CERTIFICATE_NEEDED",
        ]
    );
    assert_eq!(desk.directory.current().partnership_proposals, [proposal], "it still waits");
}

#[tokio::test]
async fn every_fault_of_a_new_agency_is_told_at_once_by_the_rules_of_the_file() {
    let desk = desk().await;
    let mut draft = school_agency("SCH-900102");
    draft.name = String::new();
    draft.kind = "CHARITY".into();
    draft.systems = words(&["main", "main", "Main"]);
    draft.users[0].roles[0] = "DUTY_RECIEVER".into();
    draft.users[1].id = "Ann Marrowby".into();
    draft.mailboxes[0].phone = "bell".into();
    draft.mailboxes.push(MailboxDraft { role: "lead".into(), ..desk_of("CADT") });

    let told = faults(&desk, &PartnershipDraft::AddAgency(draft)).await;

    assert_eq!(
        told,
        [
            "change.add_agency.name is missing",
            "change.add_agency.type must be PUBLIC, VCS or INDEPENDENT",
            "change.add_agency.systems[1] must be given once",
            "change.add_agency.systems[2] must be 1-64 of [a-z0-9-]",
            "change.add_agency.users[0].roles[0] must be a role of domain 2.2",
            "change.add_agency.users[1].id must be 1-64 of [a-z0-9-]",
            "change.add_agency.mailboxes[0].phone must be 3-32 digits and spaces, a plus only in front",
            "change.add_agency.mailboxes[1].id must be the agency's code for duty, CODE/name for any other",
        ]
    );
    assert!(!told.concat().contains("Marrowby"), "never the value");
    assert_eq!(desk.store.trace().len(), 1, "what cannot be read was not decided on");
}

#[tokio::test]
async fn an_agency_begins_able_to_call_and_to_change_itself_with_two_persons() {
    let desk = desk().await;
    let whole = |change: fn(&mut AgencyDraft)| {
        let mut draft = school_agency("AREA-09");
        change(&mut draft);
        PartnershipDraft::AddAgency(draft)
    };
    let path = |rule: &str| format!("change.add_agency.{rule}");

    let no_system = faults(&desk, &whole(|it| it.systems.clear())).await;
    let one_admin = faults(&desk, &whole(|it| it.users.truncate(2))).await;
    let host = faults(&desk, &whole(|it| it.letter = "G".into())).await;
    let no_duty = faults(&desk, &whole(|it| it.mailboxes.clear())).await;
    // Of an Area Team one person on duty is not enough (domain 5.4).
    let alone = faults(&desk, &whole(|it| it.letter = "A".into())).await;
    let foreign_role =
        faults(&desk, &whole(|it| it.users[0].roles = words(&["DECISION_MAKER"]))).await;
    let crowd = faults(
        &desk,
        &whole(|it| it.users.extend((0..98).map(|n| joins(&format!("u-9{n}"), &[])))),
    )
    .await;

    assert_eq!(no_system, [path("systems must be one at least")]);
    assert_eq!(one_admin, [path("users must be with two who are DIRECTORY_ADMIN (domain 2.2)")]);
    assert_eq!(host, [path("letter must be any but G: there is one host")]);
    assert_eq!(no_duty, [path("mailboxes must be the duty inbox first")]);
    assert_eq!(alone, [path("users must be two named people with a duty role (domain 5.4)")]);
    assert_eq!(
        foreign_role,
        [path("users[0].roles must be roles that this agency may give (domain 2.2)")]
    );
    assert_eq!(
        crowd,
        [path("users must be at most 100 people to begin with; the agency adds the rest itself")]
    );
    let at_the_bound = whole(|it| it.users.extend((0..97).map(|n| joins(&format!("u-9{n}"), &[]))));
    propose(&desk, &at_the_bound).await;
}

#[tokio::test]
async fn a_code_that_takes_part_already_is_never_given_again() {
    let desk = desk().await;

    let error = refused(&desk, &new_school("SCH-900101")).await;
    assert_eq!((error.reason(), error.kind()), ("AGENCY_KNOWN", ErrorKind::Precondition));
    assert_eq!(desk.store.trace().last().unwrap(), "ACCESS_DENIED:AGENCY_KNOWN");

    // Nor where it came to take part while a proposal waited, though today a newer proposal takes the older's place.
    let first = propose(&desk, &new_school("SCH-900102")).await;
    let newer = propose(&desk, &new_school("SCH-900102")).await;
    assert_eq!(desk.directory.current().partnership_proposals, std::slice::from_ref(&newer));
    let gone = approve(&desk, OTHER_OWNER, first.id).await.unwrap_err();
    assert_eq!(gone.reason(), "NOT_FOUND", "who approves the older approves nothing");
    approve(&desk, OTHER_OWNER, newer.id).await.unwrap();
}

#[tokio::test]
async fn what_waited_is_judged_by_the_rules_and_the_directory_of_the_day_it_is_approved() {
    use crate::directory::partnership::approve;

    let desk = desk().await;
    let proposal = propose(&desk, &new_school("SCH-900102")).await;
    let (host, other) = (code("HUB-IG"), user(OTHER_OWNER));
    let PartnershipChange::AddAgency(whole) = proposal.change.clone() else { panic!() };
    // As another release might have taken it, or before the same code came to take part by another way.
    let waiting = |change: fn(&mut Agency)| {
        let mut agency = whole.as_ref().clone();
        change(&mut agency);
        let change = PartnershipChange::AddAgency(Box::new(agency));
        let mut directory = desk.directory.current().as_ref().clone();
        directory.partnership_proposals = vec![PartnershipProposal { change, ..proposal.clone() }];
        approve(proposal.id, &directory, (&host, &other)).map(|_| ())
    };

    let alone = waiting(|agency| drop(agency.users.remove(&user("u-4203"))));
    let silent = waiting(|agency| agency.mailboxes.clear());
    let known = waiting(|agency| agency.code = code("EDT"));

    for refused in [alone, silent] {
        assert!(matches!(refused, Err(ChangeError::Malformed(_))), "{refused:?}");
    }
    assert_eq!(known, Err(ChangeError::Refused(Refused::AgencyKnown)));
    assert_eq!(waiting(|_| {}), Ok(()));
}

#[tokio::test]
async fn a_school_is_set_whole_and_needs_an_agency_that_takes_part() {
    let desk = desk().await;
    let draft = |agency: &str| {
        PartnershipDraft::SetSchool(SchoolDraft {
            urn: "900102".into(),
            agency: Some(agency.into()),
            terms: vec![RangeDraft { first: "2026-09-02".into(), last: "2026-10-23".into() }],
            inset: words(&["2026-09-02"]),
            nursery: false,
            area: Some("AREA-02".into()),
        })
    };

    let early = faults(&desk, &draft("SCH-900102")).await;
    let police = faults(&desk, &draft("MERPOL")).await;
    let added = propose(&desk, &new_school("SCH-900102")).await;
    approve(&desk, OTHER_OWNER, added.id).await.unwrap();
    let set = propose(&desk, &draft("SCH-900102")).await;
    let before = desk.directory.current().schools["900102"].clone();
    approve(&desk, OTHER_OWNER, set.id).await.unwrap();

    for told in [early, police] {
        assert_eq!(told, ["change.set_school.agency must be a school's agency that takes part"]);
    }
    assert_eq!(before.agency, None, "not before it was approved");
    let school = &desk.directory.current().schools["900102"];
    assert_eq!(school.agency, Some(code("SCH-900102")));
    assert_eq!((school.terms.len(), school.inset.len()), (1, 1), "the old terms are gone");
    assert_eq!(
        desk.store.trace()[3..],
        ["DIRECTORY_CHANGED:SCHOOL_PROPOSED", "DIRECTORY_CHANGED:SCHOOL_SET"]
    );
}

#[tokio::test]
async fn the_councils_holidays_are_replaced_as_a_whole_and_only_by_a_table_that_can_be_used() {
    let desk = desk().await;
    let table = |ranges: &[(&str, &str)]| {
        let range = |(first, last): &(&str, &str)| RangeDraft {
            first: (*first).into(),
            last: (*last).into(),
        };
        PartnershipDraft::SetSchoolHolidays(ranges.iter().map(range).collect())
    };
    let path = "change.set_school_holidays.holidays";

    let turned = faults(&desk, &table(&[("2027-05-02", "2027-05-01")])).await;
    let twice =
        faults(&desk, &table(&[("2027-05-01", "2027-05-08"), ("2027-05-08", "2027-05-09")])).await;
    let many = vec![("2027-05-01", "2027-05-01"); 65];
    let many = faults(&desk, &table(&many)).await;
    let set = propose(&desk, &table(&[("2027-05-29", "2027-06-06")])).await;
    approve(&desk, OTHER_OWNER, set.id).await.unwrap();

    assert_eq!(turned, [format!("{path}[0] must be first before last")]);
    assert_eq!(twice, [format!("{path} must be at most 64 holidays that do not overlap")]);
    assert_eq!(many[0], format!("{path} must be at most 64"));
    assert_eq!(desk.directory.current().school_holidays.as_ref().unwrap().len(), 1);
    assert_eq!(desk.store.trace().last().unwrap(), "DIRECTORY_CHANGED:SCHOOL_HOLIDAYS_SET");
}

#[tokio::test]
async fn an_agency_is_called_by_another_name_and_keeps_everything_else() {
    let desk = desk().await;
    let before = desk.directory.current();

    let unknown = refused(&desk, &renamed("SCH-900102")).await;
    let set = propose(&desk, &renamed("MERPOL")).await;
    approve(&desk, OTHER_OWNER, set.id).await.unwrap();

    assert_eq!(unknown.reason(), "NOT_FOUND");
    let current = desk.directory.current();
    let mut expected = before.agencies[&code("MERPOL")].clone();
    expected.name = "Known as this".into();
    assert_eq!(current.agencies[&code("MERPOL")], expected);
}

#[tokio::test]
async fn sixteen_changes_wait_and_not_seventeen() {
    let desk = desk().await;
    let codes: Vec<String> =
        desk.directory.current().agencies.keys().map(|it| it.to_string()).collect();

    for code in &codes[..PARTNERSHIP_PROPOSALS_MAX] {
        propose(&desk, &renamed(code)).await;
    }

    let error = refused(&desk, &renamed(&codes[PARTNERSHIP_PROPOSALS_MAX])).await;
    assert_eq!(error.reason(), "TOO_MANY");
    propose(&desk, &renamed(&codes[0])).await;
}

#[tokio::test]
async fn what_a_person_proposed_goes_with_the_person_or_the_role() {
    let desk = desk().await;
    let (one, two) = (person(&desk, "HUB-IG", HOST_ADMIN), person(&desk, "HUB-IG", "u-3310"));
    let waiting = |desk: &Desk| desk.directory.current().partnership_proposals.len();

    propose(&desk, &new_school("SCH-900102")).await;
    let change = desk.directory.propose_roles(&one, &user(OWNER), &[Role::Analyst]).await.unwrap();
    assert_eq!(waiting(&desk), 1, "a change that waits takes nothing away");
    desk.directory.approve_roles(&two, change.id).await.unwrap();
    assert_eq!(waiting(&desk), 0);

    let other = person(&desk, "HUB-IG", OTHER_OWNER);
    desk.directory.propose_partnership(&other, &new_school("SCH-900102")).await.unwrap();
    let change = DirectoryChange::DeactivateUser(user(OTHER_OWNER));
    desk.directory.change(&one, None, &change).await.unwrap();
    assert_eq!(waiting(&desk), 0);
}
