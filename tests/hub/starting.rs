//! What a start records.

use crate::support::{TestHub, partnership};

#[tokio::test(flavor = "multi_thread")]
async fn a_start_on_restored_data_says_so_once_and_first_of_all() {
    let mut hub = TestHub::starting_at("2026-11-08T03:10:00Z").await;
    hub.stop().await;
    let mark = hub.dir.path().join("data/RESTORED");
    std::fs::write(&mark, "").unwrap();

    hub.start("2026-11-08T03:20:00Z").await;
    assert!(!mark.exists(), "told");
    hub.stop().await;
    hub.start("2026-11-08T03:30:00Z").await;

    let mut reviewer = hub.connect(hub.person("HUB-IG", "u-3301")).await.unwrap();
    let page = reviewer.entries(0, 500).await.unwrap();
    let events: Vec<_> = page.entries.iter().flat_map(|entry| &entry.events).collect();
    let told: Vec<_> = events.iter().filter(|event| event.r#type == "STORE_RESTORED").collect();
    assert_eq!(told.len(), 1);
    let place = page.entries.iter().position(|entry| entry.events[0].r#type == "STORE_RESTORED");
    let place = place.unwrap();
    assert_eq!(page.entries[place - 1].events[0].r#type, "HUB_STOPPED");
    assert_eq!(page.entries[place + 1].events[0].r#type, "HUB_STARTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_keys_are_gone_is_not_served_with_new_ones() {
    let mut hub = TestHub::starting_at("2026-11-08T03:10:00Z").await;
    hub.stop().await;
    let (keys, kept) = (hub.dir.path().join("data/keys"), hub.dir.path().join("kept"));
    std::fs::rename(&keys, &kept).unwrap();

    let refused = hub.try_start("2026-11-08T03:20:00Z").await.unwrap_err().to_string();

    assert!(refused.contains("holds no data keys"), "{refused}");
    assert!(!keys.join("key-store").exists(), "nothing is made in their place");
    if keys.exists() {
        std::fs::remove_dir(&keys).unwrap();
    }
    std::fs::rename(&kept, &keys).unwrap();
    hub.start("2026-11-08T03:20:00Z").await;
}

/// Why a hub does not start, with everything that stands behind it.
async fn refused(mut hub: TestHub) -> String {
    let error = hub.try_start("2026-11-08T03:10:00Z").await.unwrap_err();
    let mut said = error.to_string();
    let mut behind: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(error) = behind {
        said = format!("{said}: {error}");
        behind = error.source();
    }
    // Where the directory of the test is, is nothing to compare.
    said.replace(&hub.dir.path().display().to_string(), "..")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_area_is_refused_with_its_file_its_field_and_the_rule() {
    let wrong = partnership().replacen("ZX41 = \"AREA-01\"", "ZX41 = \"AREA-99\"", 1);

    let said = refused(TestHub::prepared(&wrong)).await;

    assert!(
        said.starts_with("the directory file ../partnership.toml cannot be loaded: "),
        "{said}"
    );
    let rule = "areas.ZX41 must be an Area Team that takes part, or a council LA-nnn";
    assert!(said.ends_with(rule), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rota_with_a_hole_in_working_hours_is_refused_with_its_file_its_field_and_the_rule() {
    let slot = |from: &str, until: &str, who: &str| {
        let day = "2026-11-23T";
        format!("{{ from = \"{day}{from}:00Z\", until = \"{day}{until}:00Z\", user = \"{who}\" }}")
    };
    let slots = [slot("09:00", "12:00", "u-2101"), slot("13:00", "17:00", "u-2102")].join(", ");
    let phone = "phone = \"0151 496 0110\"";
    let wrong = partnership().replacen(phone, &format!("{phone}\nrota = [{slots}]"), 1);

    let said = refused(TestHub::prepared(&wrong)).await;

    assert!(
        said.starts_with("the directory file ../partnership.toml cannot be loaded: "),
        "{said}"
    );
    let rule = "rota[0].until must be without an empty slot in working hours (domain 5.4)";
    assert!(said.ends_with(rule), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_calendar_is_refused_with_its_file_its_line_and_the_rule() {
    let hub = TestHub::prepared(&partnership());
    std::fs::write(hub.dir.path().join("days.tsv"), "compiled\t2026-11-22\nno date\n").unwrap();
    hub.configure("\n[calendar]\nbank_holidays = \"days.tsv\"\n");

    let said = refused(hub).await;

    assert!(said.starts_with("the bank holiday file ../days.tsv is refused: line 2 of"), "{said}");
}
