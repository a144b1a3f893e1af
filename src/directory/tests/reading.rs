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
