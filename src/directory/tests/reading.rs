use super::*;

async fn known_to(agency: &str, id: &str) -> Vec<String> {
    let desk = desk().await;
    let view = desk.directory.read(&person(&desk, agency, id)).await.unwrap();
    assert_eq!(view.own.code, code(agency));
    assert!(view.known.iter().all(|known| known.duty.rota.is_empty()));
    view.known.iter().map(|known| known.code.to_string()).collect()
}

#[tokio::test]
async fn an_agency_sees_its_own_part_and_whom_it_could_foresee() {
    let school = known_to("SCH-900101", "u-3201").await;
    assert_eq!(school, ["CADT", "EDT", "MERPOL", "RESPONSE"]);
    let hospital = known_to("WUTH-AED", "u-2501").await;
    assert_eq!(hospital, ["CADT", "EDT", "MERPOL", "RESPONSE", "WUTH-SG"]);
    let police = known_to("MERPOL", "u-2401").await;
    assert_eq!(police, ["CADT", "EDT", "FSU", "MARAC", "RESPONSE"]);
}

#[tokio::test]
async fn the_hub_itself_has_no_part_to_read_and_the_refusal_is_recorded() {
    let desk = desk().await;

    let error = desk.directory.read(&Principal::Hub(Driver::Escalation)).await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(desk.store.trace().last().unwrap(), "ACCESS_DENIED:ROLE_NOT_ALLOWED");
}

#[tokio::test]
async fn an_agency_reads_who_is_on_duty_now_and_next_and_nobody_else_s() {
    let desk = desk().await;
    let admin = person(&desk, "CADT", ADMIN);
    let slots = vec![
        slot("2020-01-01T00:00:00Z", "2020-06-01T00:00:00Z", "u-1101"),
        slot("2020-06-01T00:00:00Z", "2021-01-01T00:00:00Z", "u-1102"),
    ];
    let change = DirectoryChange::Rota { mailbox: mailbox("CADT"), slots };
    desk.directory.change(&admin, None, &change).await.unwrap();

    let own = desk.directory.read(&admin).await.unwrap();
    let others = desk.directory.read(&person(&desk, "MERPOL", "u-2406")).await.unwrap();

    assert_eq!(own.duty.len(), 1, "only inboxes with a rota");
    assert!(own.duty.contains_key(&mailbox("CADT")));
    assert!(others.duty.is_empty());
}
