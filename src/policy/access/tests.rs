//! Who may do what, row by row.

use super::*;
use crate::domain::SystemName;
use crate::domain::principal::Person;

fn agency(code: &str) -> AgencyCode {
    AgencyCode::try_from(code).unwrap()
}

fn person(roles: &[Role]) -> Person {
    Person { user: UserId::try_from("u-1").unwrap(), roles: roles.to_vec() }
}

fn system(code: &str, named: Option<&[Role]>) -> Principal {
    Principal::System {
        agency: agency(code),
        system: SystemName::try_from("ehr").unwrap(),
        person: named.map(person),
        fingerprint: [7; 32],
    }
}

fn user(code: &str, roles: &[Role]) -> Principal {
    Principal::User { agency: agency(code), person: person(roles), fingerprint: [8; 32] }
}

#[test]
fn a_system_may_submit_for_its_own_agency_and_not_for_another() {
    let caller = system("MERPOL", None);

    assert!(permit(&caller, Action::SubmitAlert, Some(&agency("MERPOL"))).is_ok());

    let refused = permit(&caller, Action::SubmitAlert, Some(&agency("CADT"))).unwrap_err();
    assert_eq!(refused, Denied::OtherAgency);
    assert_eq!(refused.kind(), ErrorKind::NotFound);
}

#[test]
fn a_role_that_may_never_do_it_hears_so_whosever_the_object_is() {
    let analyst = user("CADT", &[Role::Analyst]);

    for owner in ["CADT", "EDT"] {
        let refused = permit(&analyst, Action::Acknowledge, Some(&agency(owner))).unwrap_err();
        assert_eq!(refused, Denied::Role, "{owner}");
    }
}

#[test]
fn a_named_sender_without_a_senders_role_does_not_hold_the_alert_up() {
    let named = |roles: &[Role]| permit_to_send(&system("WUTH-AED", Some(roles)));

    for roles in [&[Role::SafeguardingLead][..], &[Role::Analyst], &[]] {
        let permit = named(roles).unwrap();
        assert_eq!((&permit.actor().user, permit.actor().role), (&None, None), "{roles:?}");
    }
    let sender = named(&[Role::Sender]).unwrap();
    assert_eq!(sender.actor().role, Some(Role::Sender));
    assert!(sender.actor().user.is_some());
    let own = permit_to_send(&user("WUTH-AED", &[Role::Analyst]));
    assert_eq!(own.unwrap_err(), Denied::Role, "the person's own certificate is no claim");
}

#[test]
fn acknowledging_needs_a_named_person_of_duty() {
    let own = agency("EDT");
    let ask = |caller| permit(&caller, Action::Acknowledge, Some(&own)).map(|_| ());

    assert_eq!(ask(system("EDT", None)), Err(Denied::PersonNeeded));
    assert_eq!(ask(system("EDT", Some(&[Role::Analyst]))), Err(Denied::Role));
    assert_eq!(ask(system("EDT", Some(&[Role::DutyReceiver]))), Ok(()));
    assert_eq!(ask(user("EDT", &[Role::SafeguardingLead])), Ok(()));
}

#[test]
fn a_mailbox_is_opened_by_whom_it_serves_and_by_nobody_else() {
    use MailboxRole::{Deputy, Director, Duty, HeadOfService, Lead, Manager};
    let own = agency("CADT");
    let all = &[Role::DutyReceiver, Role::DutyManager, Role::SafeguardingLead][..];
    let system_ = system("CADT", None);
    let receiver = system("CADT", Some(&[Role::DutyReceiver]));
    let manager = system("CADT", Some(&[Role::DutyManager]));
    let asserted = system("CADT", Some(all));
    let lead = user("CADT", &[Role::SafeguardingLead]);
    let senior = user("CADT", &[Role::SeniorOnCall]);
    //                   system receiver manager asserted lead  senior
    let table = [
        (Duty, Action::Receive, [true, true, true, true, true, false]),
        (Duty, Action::Acknowledge, [false, true, true, true, true, false]),
        (Duty, Action::ReadChronology, [false, false, false, false, true, false]),
        (Manager, Action::Receive, [true, false, true, true, false, false]),
        (Manager, Action::Acknowledge, [false, false, true, true, false, false]),
        (Deputy, Action::Receive, [true, false, true, true, false, false]),
        (Deputy, Action::Acknowledge, [false, false, true, true, false, false]),
        (Duty, Action::HandOver, [false, true, true, true, true, false]),
        (Manager, Action::HandOver, [false, false, true, true, false, false]),
        (Deputy, Action::HandOver, [false, false, true, true, false, false]),
        (Lead, Action::HandOver, [false, false, false, false, true, false]),
        (HeadOfService, Action::HandOver, [false, false, false, false, false, true]),
        (Lead, Action::Receive, [false, false, false, false, true, false]),
        (Lead, Action::ListMailbox, [false, false, false, false, true, false]),
        (Lead, Action::ReadChronology, [false, false, false, false, true, false]),
        (Lead, Action::ReportOpened, [false, false, false, false, true, false]),
        (Lead, Action::Acknowledge, [false, false, false, false, true, false]),
        (Lead, Action::Decline, [false, false, false, false, true, false]),
        (HeadOfService, Action::Receive, [false, false, false, false, false, true]),
        (HeadOfService, Action::Acknowledge, [false, false, false, false, false, true]),
        (Director, Action::Receive, [false, false, false, false, false, true]),
        (Director, Action::Acknowledge, [false, false, false, false, false, true]),
    ];
    let callers = [system_, receiver, manager, asserted, lead, senior];
    for (serves, action, expected) in table {
        for (caller, expected) in callers.iter().zip(expected) {
            let leave = permit_at(caller, action, (&own, serves));
            assert_eq!(leave.is_ok(), expected, "{action} at {serves} by {caller:?}");
        }
    }
    let other = user("FSU", &[Role::SafeguardingLead]);
    let refused = permit_at(&other, Action::Receive, (&own, Lead)).unwrap_err();
    assert_eq!(refused, Denied::OtherAgency);
}

#[test]
fn an_inbox_is_handed_over_to_whom_it_serves() {
    use MailboxRole::{Deputy, Director, Duty, HeadOfService, Lead, Manager};
    //              receiver manager lead   senior sender
    for (serves, expected) in [
        (Duty, [true, true, true, false, false]),
        (Manager, [false, true, false, false, false]),
        (Deputy, [false, true, false, false, false]),
        (Lead, [false, false, true, false, false]),
        (HeadOfService, [false, false, false, true, false]),
        (Director, [false, false, false, true, false]),
    ] {
        let roles = [
            Role::DutyReceiver,
            Role::DutyManager,
            Role::SafeguardingLead,
            Role::SeniorOnCall,
            Role::Sender,
        ];
        let able = roles.map(|role| may_serve(serves, &[role]));
        assert_eq!(able, expected, "{serves}");
    }
}

#[test]
fn only_a_duty_manager_with_an_own_certificate_approves() {
    let manager = user("CADT", &[Role::DutyManager]);

    assert_eq!(approver(&manager).map(UserId::as_str), Some("u-1"));
    assert_eq!(approver(&user("CADT", &[Role::Sender])), None);
    assert_eq!(approver(&system("CADT", Some(&[Role::DutyManager]))), None);
}

#[test]
fn a_caller_is_what_the_directory_says_now() {
    use crate::domain::directory::UserEntry;
    let mut directory = crate::policy::fixtures::directory();
    let cadt = directory.agencies.get_mut(&agency("CADT")).unwrap();
    let lead = user("CADT", &[Role::SafeguardingLead]);
    let id = UserId::try_from("u-1").unwrap();
    let entry = |active| UserEntry { roles: vec![Role::DutyReceiver], active };
    cadt.users.insert(id.clone(), entry(true));
    cadt.systems = vec![SystemName::try_from("ehr").unwrap()];

    let now = as_known_now(&lead, &directory).unwrap();
    let named = as_known_now(&system("CADT", Some(&[Role::DutyManager])), &directory).unwrap();
    directory.agencies.get_mut(&agency("CADT")).unwrap().users.insert(id, entry(false));

    assert_eq!(now.person().unwrap().roles, [Role::DutyReceiver]);
    assert_eq!(named.person().unwrap().roles, [Role::DutyReceiver]);
    assert_eq!(as_known_now(&lead, &directory), Err(Denied::CallerUnknown));
    assert!(as_known_now(&system("CADT", None), &directory).is_ok());
    assert_eq!(as_known_now(&system("FSU", None), &directory), Err(Denied::CallerUnknown));
}

#[test]
fn a_lead_named_by_a_system_does_not_count_as_a_lead() {
    let caller = system("EDT", Some(&[Role::SafeguardingLead]));

    let refused = permit(&caller, Action::Acknowledge, Some(&agency("EDT"))).unwrap_err();

    assert_eq!(refused, Denied::OwnCertificate);
}

#[test]
fn another_agencys_mailbox_is_like_none_and_tells_nothing_of_whom_it_serves() {
    let desk = user("EDT", &[Role::DutyReceiver, Role::DutyManager]);
    let analyst = user("EDT", &[Role::Analyst]);

    for serves in [MailboxRole::Duty, MailboxRole::Lead, MailboxRole::Director] {
        let ask = |caller| permit_at(caller, Action::Receive, (&agency("CADT"), serves));

        assert_eq!(ask(&desk).unwrap_err(), Denied::OtherAgency);
        assert_eq!(ask(&analyst).unwrap_err(), Denied::Role, "who may never do this hears so");
    }
}

#[test]
fn audit_entries_are_read_with_an_own_certificate_only() {
    let ig = agency("HUB-IG");
    let named = system("HUB-IG", Some(&[Role::IgReviewer]));

    assert_eq!(permit(&named, Action::ReadAudit, Some(&ig)).unwrap_err(), Denied::OwnCertificate);
    assert!(permit(&user("HUB-IG", &[Role::IgReviewer]), Action::ReadAudit, Some(&ig)).is_ok());
    assert_eq!(
        permit(&user("HUB-IG", &[Role::SysAdmin]), Action::ReadAudit, Some(&ig)).unwrap_err(),
        Denied::Role
    );
}

#[test]
fn the_partnership_is_changed_by_policy_owners_with_an_own_certificate_and_by_no_admin() {
    let host = agency("HUB-IG");
    for action in [Action::ProposePartnership, Action::ApprovePartnership] {
        let ask = |caller| permit(&caller, action, Some(&host)).map(|_| ());

        assert_eq!(ask(user("HUB-IG", &[Role::PolicyOwner])), Ok(()));
        assert_eq!(ask(user("HUB-IG", &[Role::DirectoryAdmin])), Err(Denied::Role));
        assert_eq!(ask(user("HUB-IG", &[Role::SysAdmin])), Err(Denied::Role));
        let named = system("HUB-IG", Some(&[Role::PolicyOwner]));
        assert_eq!(ask(named), Err(Denied::OwnCertificate));
    }
}

#[test]
fn nobody_outside_the_hub_may_act_as_its_drivers() {
    for action in [Action::Escalate, Action::Purge, Action::LoadDirectory] {
        assert_eq!(permit(&user("CADT", Role::ALL), action, None).unwrap_err(), Denied::Role);
    }
    let driver = Principal::Hub(Driver::Escalation);
    assert!(permit(&driver, Action::Escalate, None).is_ok());
    assert_eq!(permit(&driver, Action::SubmitAlert, None).unwrap_err(), Denied::Role);
    assert_eq!(permit(&driver, Action::LoadDirectory, None).unwrap_err(), Denied::Role);
}

#[test]
fn the_actor_of_an_entry_is_taken_from_the_principal() {
    let permit = permit(&user("CADT", &[Role::DutyManager]), Action::Decline, None).unwrap();

    assert_eq!(permit.actor().agency, Some(agency("CADT")));
    assert_eq!(permit.actor().role, Some(Role::DutyManager));
    assert_eq!(permit.agency(), Some(&agency("CADT")));
}

#[test]
fn the_register_is_kept_by_front_door_family_safety_and_marac_with_an_own_certificate() {
    let directory = crate::policy::fixtures::directory();
    let ask = |caller: Principal| permit_to_flag(&caller, &directory).map(|_| ());

    for agency in ["CADT", "FSU", "MARAC"] {
        assert_eq!(ask(user(agency, &[Role::DutyReceiver])), Ok(()), "{agency}");
        assert_eq!(ask(user(agency, &[Role::Sender])), Err(Denied::Role), "{agency}");
    }
    assert_eq!(ask(user("RESPONSE", &[Role::DutyManager])), Err(Denied::Role));
    assert_eq!(ask(system("CADT", Some(&[Role::DutyReceiver]))), Err(Denied::OwnCertificate));
}

#[test]
fn matches_are_for_stewards_with_an_own_certificate() {
    for action in [Action::ReadMatches, Action::DecideMatch] {
        let ask = |caller: Principal| permit(&caller, action, None).map(|_| ());

        assert_eq!(ask(user("HUB-STEWARD", &[Role::IdentitySteward])), Ok(()));
        assert_eq!(ask(user("CADT", &[Role::DutyManager])), Err(Denied::Role));
        let named = system("CADT", Some(&[Role::IdentitySteward]));
        assert_eq!(ask(named), Err(Denied::OwnCertificate));
    }
}
