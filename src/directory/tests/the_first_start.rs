use super::*;

#[tokio::test]
async fn an_empty_store_takes_the_file_and_records_it() {
    let desk = empty_desk();

    let loaded = desk.directory.load_if_empty(PARTNERSHIP).await.unwrap();

    assert_eq!(loaded, Loaded::FromFile);
    assert_eq!(desk.directory.current().version, 1);
    assert_eq!(desk.store.trace(), ["DIRECTORY_CHANGED:DIRECTORY_LOADED"]);
}

#[tokio::test]
async fn a_later_start_does_not_even_look_at_the_file() {
    let desk = desk().await;

    let loaded = desk.directory.load_if_empty("not a directory at all").await.unwrap();

    assert_eq!(loaded, Loaded::AlreadyThere);
    assert_eq!(desk.store.trace().len(), 1);
}

#[tokio::test]
async fn a_bad_file_leaves_the_store_empty() {
    let desk = empty_desk();

    let error = desk.directory.load_if_empty("format = 1").await.unwrap_err();

    assert_eq!(error.reason(), "DIRECTORY_FILE_INVALID");
    assert_eq!(desk.directory.current().version, 0);
    assert!(desk.store.trace().is_empty());
}
