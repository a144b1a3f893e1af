use super::*;

async fn reason(desk: &Desk, caller: &Principal, change: DirectoryChange) -> &'static str {
    let before = desk.directory.current();
    let error = desk.directory.change(caller, None, &change).await.unwrap_err();
    assert_eq!(desk.directory.current(), before, "a refused change changes nothing");
    error.reason()
}

#[tokio::test]
async fn an_admin_changes_phone_fallback_and_cover_of_an_own_mailbox() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);
    let own = || mailbox("CADT/lead");

    for (change, version) in [
        (DirectoryChange::DutyPhone { mailbox: own(), phone: "0151 496 0999".into() }, 2),
        (DirectoryChange::Fallback { mailbox: own(), fallback: "Switchboard".into() }, 3),
        (DirectoryChange::Cover { mailbox: own(), cover: Cover::AllHours }, 4),
    ] {
        assert_eq!(desk.directory.change(&admin, None, &change).await.unwrap(), version);
    }

    let current = desk.directory.current();
    let changed = current.mailbox(&own()).unwrap();
    assert_eq!(changed.phone, "0151 496 0999");
    assert_eq!(changed.fallback, "Switchboard");
    assert_eq!(changed.cover, Cover::AllHours);
    assert_eq!(
        desk.store.trace()[1..],
        [
            "DIRECTORY_CHANGED:DUTY_PHONE_CHANGED",
            "DIRECTORY_CHANGED:FALLBACK_CHANGED",
            "DIRECTORY_CHANGED:COVER_CHANGED",
        ]
    );
}

#[tokio::test]
async fn nobody_changes_another_agencys_mailbox_and_nobody_learns_whether_it_exists() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);
    let phone = |id: &str| DirectoryChange::DutyPhone {
        mailbox: mailbox(id),
        phone: "0151 496 0999".into(),
    };

    assert_eq!(reason(&desk, &admin, phone("MERPOL")).await, "NOT_FOUND");
    assert_eq!(reason(&desk, &admin, phone("NOBODY")).await, "NOT_FOUND");
    assert_eq!(desk.store.trace()[1..], ["ACCESS_DENIED:NOT_FOUND", "ACCESS_DENIED:NOT_FOUND"]);
}

#[tokio::test]
async fn it_takes_the_admin_role_and_an_own_certificate() {
    let desk = desk().await;
    let named = Peer {
        agency: code("CADT"),
        caller: Caller::System(SystemName::try_from("main").unwrap()),
        fingerprint: [1; 32],
        named: Some(user(ADMIN)),
    };
    let named = desk.directory.resolve(&named).unwrap();
    let receiver = person(&desk, "CADT", RECEIVER);
    let change = || DirectoryChange::AddUser(user("u-1120"));

    assert_eq!(reason(&desk, &named, change()).await, "OWN_CERTIFICATE_NEEDED");
    assert_eq!(reason(&desk, &receiver, change()).await, "ROLE_NOT_ALLOWED");
    assert_eq!(desk.store.trace().len(), 3, "both refusals are recorded");
}

#[tokio::test]
async fn a_new_person_has_no_role_and_a_person_who_comes_back_has_none_either() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);

    for id in ["u-1120", RECEIVER] {
        let add = DirectoryChange::AddUser(user(id));
        if id == RECEIVER {
            assert_eq!(reason(&desk, &admin, add.clone()).await, "USER_ACTIVE");
            let end = DirectoryChange::DeactivateUser(user(id));
            desk.directory.change(&admin, None, &end).await.unwrap();
        }
        desk.directory.change(&admin, None, &add).await.unwrap();
        let current = desk.directory.current();
        assert!(current.active_user(&code("CADT"), &user(id)).unwrap().roles.is_empty());
    }
    let gone = DirectoryChange::DeactivateUser(user("u-1199"));
    assert_eq!(reason(&desk, &admin, gone).await, "NOT_FOUND");
}

#[tokio::test]
async fn an_agency_registers_a_new_system_before_it_takes_the_old_one_out() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);
    let name = |raw: &str| SystemName::try_from(raw).unwrap();
    let calls = |system: &str| Peer {
        agency: code("CADT"),
        caller: Caller::System(name(system)),
        fingerprint: [1; 32],
        named: None,
    };

    let last = DirectoryChange::RemoveSystem(name("main"));
    assert_eq!(reason(&desk, &admin, last.clone()).await, "LAST_SYSTEM");
    assert!(desk.directory.resolve(&calls("next")).is_err());
    let add = DirectoryChange::AddSystem(name("next"));
    desk.directory.change(&admin, None, &add).await.unwrap();
    assert_eq!(reason(&desk, &admin, add).await, "SYSTEM_KNOWN");
    assert!(desk.directory.resolve(&calls("next")).is_ok());
    desk.directory.change(&admin, None, &last).await.unwrap();

    assert!(desk.directory.resolve(&calls("main")).is_err(), "its access ends at once");
    assert_eq!(reason(&desk, &admin, last).await, "NOT_FOUND");
}

#[tokio::test]
async fn an_agency_has_thirty_two_systems_and_not_thirty_three() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);
    let add = |number: usize| {
        DirectoryChange::AddSystem(SystemName::try_from(format!("system-{number}")).unwrap())
    };

    for number in 1..SYSTEMS_MAX {
        desk.directory.change(&admin, None, &add(number)).await.unwrap();
    }

    assert_eq!(reason(&desk, &admin, add(SYSTEMS_MAX)).await, "TOO_MANY");
}

#[tokio::test]
async fn a_rota_is_saved_whole_or_not_at_all() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);
    let rota = |slots: Vec<RotaSlot>| DirectoryChange::Rota { mailbox: mailbox("CADT"), slots };
    // Thursday before Easter, then Tuesday after it: no working hour lies between.
    let full = vec![
        slot("2026-04-07T08:00:00Z", "2026-04-07T16:00:00Z", "u-1102"),
        slot("2026-04-02T08:00:00Z", "2026-04-02T16:00:00Z", "u-1101"),
    ];
    let mut late = full.clone();
    late[0].from = slot("2026-04-07T08:01:00Z", "2026-04-07T16:00:00Z", "u-1102").from;
    let mut stranger = full.clone();
    stranger[0].user = user("u-2401");
    let mut alone = full.clone();
    alone[0].user = user("u-1101");

    let hole = desk.directory.change(&admin, None, &rota(late.clone())).await.unwrap_err();
    let DirectoryError::Rota { fault, .. } = hole else { panic!("{hole}") };
    assert_eq!(fault.field, "rota.slots[1].until", "the turn before the hole");
    assert_eq!(reason(&desk, &admin, rota(late)).await, "ROTA_EMPTY_SLOT");
    let mut own_deputy = full.clone();
    own_deputy[0].deputy = Some(user("u-1102"));
    assert_eq!(reason(&desk, &admin, rota(own_deputy)).await, "MALFORMED");
    assert_eq!(reason(&desk, &admin, rota(stranger)).await, "MALFORMED");
    assert_eq!(reason(&desk, &admin, rota(alone)).await, "TWO_PEOPLE_NEEDED");
    let many = vec![full[0].clone(); ROTA_SLOTS_MAX.checked_add(1).unwrap()];
    assert_eq!(reason(&desk, &admin, rota(many)).await, "MALFORMED");
    desk.directory.change(&admin, None, &rota(full.clone())).await.unwrap();

    let current = desk.directory.current();
    let kept = &current.mailbox(&mailbox("CADT")).unwrap().rota;
    assert_eq!(kept, &[full[1].clone(), full[0].clone()], "in order of time");
    assert_eq!(desk.store.trace().last().unwrap(), "ROTA_CHANGED:ROTA_REPLACED");
    // The same rota is not enough for an inbox that is staffed round the clock.
    let cover = DirectoryChange::Cover { mailbox: mailbox("CADT"), cover: Cover::AllHours };
    assert_eq!(reason(&desk, &admin, cover).await, "ROTA_EMPTY_SLOT");
}

#[tokio::test]
async fn the_area_table_is_the_front_doors() {
    let desk = desk().await;
    let area =
        |place: &str, area: &str| DirectoryChange::Area { place: place.into(), area: code(area) };
    let police = person(&desk, "MERPOL", "u-2406");
    let front_door = person(&desk, "CADT", ADMIN);

    assert_eq!(reason(&desk, &police, area("ZX43", "AREA-04")).await, "FRONT_DOOR_ONLY");
    assert_eq!(reason(&desk, &front_door, area("ZX43", "MERPOL")).await, "MALFORMED");
    assert_eq!(reason(&desk, &front_door, area("zx43", "AREA-04")).await, "MALFORMED");
    for (place, to) in [("ZX43", "AREA-04"), ("100012345678", "LA-343")] {
        desk.directory.change(&front_door, None, &area(place, to)).await.unwrap();
    }

    let current = desk.directory.current();
    assert_eq!(current.areas["ZX43"], code("AREA-04"));
    assert_eq!(current.uprns["100012345678"], code("LA-343"));
}

#[tokio::test]
async fn a_change_that_lost_a_race_is_decided_again_a_bounded_number_of_times() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);
    let change = DirectoryChange::AddUser(user("u-1120"));

    desk.store.lose_races(ATTEMPTS_MAX);
    let error = desk.directory.change(&admin, None, &change).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);

    desk.store.lose_races(ATTEMPTS_MAX.checked_sub(1).unwrap());
    assert_eq!(desk.directory.change(&admin, None, &change).await.unwrap(), 2);
}

#[tokio::test]
async fn a_change_based_on_an_old_version_is_a_conflict() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);
    let change = |id: &str| DirectoryChange::AddUser(user(id));
    desk.directory.change(&admin, Some(1), &change("u-1120")).await.unwrap();

    let error = desk.directory.change(&admin, Some(1), &change("u-1121")).await.unwrap_err();

    assert_eq!(error.reason(), "CONFLICT");
    assert_eq!(desk.directory.current().version, 2);
}

#[tokio::test]
async fn without_a_store_that_writes_nothing_changes() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);
    desk.store.fail(StoreError::Poisoned);

    let change = DirectoryChange::AddUser(user("u-1120"));
    let error = desk.directory.change(&admin, None, &change).await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(desk.directory.current().version, 1);
}
