use super::*;

#[tokio::test]
async fn a_role_counts_after_a_second_person_has_approved_it() {
    let desk = desk().await;
    let (one, two) = (person(&desk, "CADT", ADMIN), person(&desk, "CADT", OTHER_ADMIN));
    let wanted = [Role::SafeguardingLead, Role::DutyManager, Role::DutyManager];

    let proposal = desk.directory.propose_roles(&one, &user(RECEIVER), &wanted).await.unwrap();

    assert_eq!(proposal.roles, [Role::DutyManager, Role::SafeguardingLead]);
    assert_eq!(desk.directory.pending(&two).await.unwrap(), std::slice::from_ref(&proposal));
    let held = |desk: &Desk| {
        let entry = desk.directory.current();
        entry.active_user(&code("CADT"), &user(RECEIVER)).unwrap().roles.clone()
    };
    assert_eq!(held(&desk), [Role::Sender, Role::DutyReceiver], "not yet");

    desk.directory.approve_roles(&two, proposal.id).await.unwrap();

    assert_eq!(held(&desk), proposal.roles);
    assert!(desk.directory.pending(&one).await.unwrap().is_empty());
    assert_eq!(
        desk.store.trace()[1..],
        ["DIRECTORY_CHANGED:ROLES_PROPOSED", "ROLE_CHANGED:ROLES_APPROVED"]
    );
    let last = desk.store.entries().pop().unwrap();
    let event = decode_event(&last.events[0].bytes).unwrap();
    assert_eq!((event.person, event.roles), (Some(user(RECEIVER)), proposal.roles));
    assert_eq!(last.decode_leaf().unwrap().actor.user, Some(user(OTHER_ADMIN)));
    let again = desk.directory.approve_roles(&two, proposal.id).await.unwrap_err();
    assert_eq!(again.reason(), "NOT_FOUND");
}

#[tokio::test]
async fn nobody_approves_what_they_proposed_or_what_is_about_them() {
    let desk = desk().await;
    let (one, two) = (person(&desk, "CADT", ADMIN), person(&desk, "CADT", OTHER_ADMIN));
    let about_two = [Role::DirectoryAdmin, Role::SafeguardingLead];

    let proposal =
        desk.directory.propose_roles(&one, &user(OTHER_ADMIN), &about_two).await.unwrap();

    for caller in [&one, &two] {
        let error = desk.directory.approve_roles(caller, proposal.id).await.unwrap_err();
        assert_eq!(error.reason(), "SECOND_PERSON_NEEDED");
    }
    assert_eq!(desk.directory.pending(&one).await.unwrap().len(), 1, "it still waits");
    assert_eq!(
        desk.store.trace()[2..],
        ["ACCESS_DENIED:SECOND_PERSON_NEEDED", "ACCESS_DENIED:SECOND_PERSON_NEEDED"]
    );
}

#[tokio::test]
async fn another_agencys_proposal_does_not_exist() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);
    let police = person(&desk, "MERPOL", "u-2406");
    // The same id is in use there for somebody else.
    let namesake = DirectoryChange::AddUser(user(RECEIVER));
    desk.directory.change(&police, None, &namesake).await.unwrap();
    let proposal = desk.directory.propose_roles(&admin, &user(RECEIVER), &[]).await.unwrap();

    let error = desk.directory.approve_roles(&police, proposal.id).await.unwrap_err();

    assert_eq!(error.reason(), "NOT_FOUND");
    assert!(desk.directory.pending(&police).await.unwrap().is_empty());
}

#[tokio::test]
async fn roles_that_exclude_each_other_are_not_even_proposed() {
    let desk = desk().await;
    let host = person(&desk, "HUB-IG", "u-3309");
    let cadt = person(&desk, "CADT", ADMIN);
    let ask = async |caller: &Principal, id: &str, roles: &[Role]| {
        desk.directory.propose_roles(caller, &user(id), roles).await.unwrap_err().reason()
    };

    for pair in [
        [Role::IgReviewer, Role::SysAdmin],
        [Role::IgReviewer, Role::PolicyOwner],
        [Role::PolicyOwner, Role::SysAdmin],
    ] {
        assert_eq!(ask(&host, "u-3308", &pair).await, "ROLES_EXCLUSIVE");
    }
    assert_eq!(ask(&cadt, RECEIVER, &[Role::IgReviewer]).await, "ROLE_NOT_FOR_AGENCY");
    assert_eq!(ask(&cadt, RECEIVER, &[Role::SeniorOnCall]).await, "ROLE_NOT_FOR_AGENCY");
    assert_eq!(ask(&cadt, "u-1199", &[Role::Sender]).await, "NOT_FOUND");
    assert_eq!(ask(&cadt, RECEIVER, &[Role::Sender, Role::DutyReceiver]).await, "ROLES_UNCHANGED");
}

#[tokio::test]
async fn deactivating_a_person_ends_the_changes_they_wait_for_or_proposed() {
    let desk = desk().await;
    let (one, two) = (person(&desk, "CADT", ADMIN), person(&desk, "CADT", OTHER_ADMIN));
    desk.directory.propose_roles(&one, &user(RECEIVER), &[]).await.unwrap();

    let change = DirectoryChange::DeactivateUser(user(ADMIN));
    desk.directory.change(&two, None, &change).await.unwrap();

    assert!(desk.directory.pending(&two).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_newer_proposal_about_a_person_replaces_the_older() {
    let desk = desk().await;
    let one = person(&desk, "CADT", ADMIN);
    desk.directory.propose_roles(&one, &user(RECEIVER), &[]).await.unwrap();

    let newer =
        desk.directory.propose_roles(&one, &user(RECEIVER), &[Role::Analyst]).await.unwrap();

    assert_eq!(desk.directory.pending(&one).await.unwrap(), [newer]);
}
