//! What a start records.

use crate::support::TestHub;

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
