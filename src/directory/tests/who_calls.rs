use super::*;

fn ask(
    desk: &Desk,
    agency: &str,
    caller: Caller,
    named: Option<&str>,
) -> Result<Principal, &'static str> {
    let named = named.map(user);
    let peer = Peer { agency: code(agency), caller, fingerprint: [9; 32], named };
    desk.directory.resolve(&peer).map_err(ResolveError::reason)
}

fn link() -> Caller {
    Caller::System(SystemName::try_from("main").unwrap())
}

#[tokio::test]
async fn a_registered_system_is_its_agency_and_may_name_an_active_person_of_it() {
    let desk = desk().await;

    let alone = ask(&desk, "MERPOL", link(), None).unwrap();
    assert!(matches!(alone, Principal::System { person: None, .. }));
    let naming = ask(&desk, "CADT", link(), Some(RECEIVER)).unwrap();
    let expected = Person { user: user(RECEIVER), roles: vec![Role::Sender, Role::DutyReceiver] };
    assert_eq!(naming.person(), Some(&expected));
}

#[tokio::test]
async fn who_is_not_in_the_directory_is_nobody() {
    let desk = desk().await;
    let other = Caller::System(SystemName::try_from("ehr").unwrap());

    assert_eq!(ask(&desk, "NOBODY", link(), None), Err("AGENCY_UNKNOWN"));
    assert_eq!(ask(&desk, "CADT", other, None), Err("SYSTEM_UNKNOWN"));
    assert_eq!(ask(&desk, "CADT", Caller::User(user("u-9")), None), Err("USER_UNKNOWN"));
    // A person of another agency is not a person of this one.
    assert_eq!(ask(&desk, "MERPOL", link(), Some(RECEIVER)), Err("PERSON_UNKNOWN"));
    let own = Caller::User(user(RECEIVER));
    assert_eq!(ask(&desk, "CADT", own, Some(ADMIN)), Err("PERSON_MISMATCH"));
}

#[tokio::test]
async fn a_deactivated_person_is_nobody_at_the_next_call() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);

    let change = DirectoryChange::DeactivateUser(user(RECEIVER));
    desk.directory.change(&admin, None, &change).await.unwrap();

    let kept = &desk.directory.current().agencies[&code("CADT")].users[&user(RECEIVER)];
    assert!(!kept.active && kept.roles.is_empty(), "no role waits for a return");

    assert_eq!(ask(&desk, "CADT", Caller::User(user(RECEIVER)), None), Err("USER_UNKNOWN"));
    assert_eq!(ask(&desk, "CADT", link(), Some(RECEIVER)), Err("PERSON_UNKNOWN"));
    assert_eq!(
        desk.store.trace()[1..],
        ["DIRECTORY_CHANGED:USER_DEACTIVATED", "ROLE_CHANGED:ROLES_REMOVED"]
    );
}
