//! The bound of a call's headers.

use crate::frames::{
    CONTINUATION, END_HEADERS, END_STREAM, HEADERS, HELLO, Raw, block, call, frame,
    header_list_bytes,
};
use crate::support::{Place, RECIPIENT, SENDER, served};

#[tokio::test(flavor = "multi_thread")]
async fn headers_below_8_kib_are_served_and_at_8_kib_refused_and_the_connection_goes_on() {
    let place = Place::with("");
    let hub = place.start();
    let mut client = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
    let least = header_list_bytes(HELLO, &[("x-padding", "")]);
    let padded = |bytes: usize| "p".repeat(bytes - least);

    let (below, at) = (padded(8_191), padded(8_192));
    assert_eq!(header_list_bytes(HELLO, &[("x-padding", &at)]), 8_192);
    client.write(&call(1, END_STREAM, HELLO, &[("x-padding", &below)])).await.unwrap();
    assert!(client.next_on(1).await.unwrap().is_success());

    client.write(&call(3, END_STREAM, HELLO, &[("x-padding", &at)])).await.unwrap();
    let refused = client.next_on(3).await.unwrap();
    assert!(refused.kind != HEADERS || !refused.is_success(), "{refused:?}");

    client.write(&call(5, END_STREAM, HELLO, &[])).await.unwrap();
    assert!(client.next_on(5).await.unwrap().is_success());
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_100_kib_are_never_served_and_others_are() {
    let place = Place::with("");
    let hub = place.start();
    let mut client = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
    let padding = "p".repeat(10 * 1024);
    let block = block(HELLO, &[("x-padding", padding.as_str()); 10]);
    assert!(block.len() > 100 * 1024);

    let (first, rest) = block.split_at(16 * 1024);
    let mut frames = frame(HEADERS, END_STREAM, 1, first);
    let parts: Vec<&[u8]> = rest.chunks(16 * 1024).collect();
    for (n, part) in parts.iter().enumerate() {
        let last = if n + 1 == parts.len() { END_HEADERS } else { 0 };
        frames.extend(frame(CONTINUATION, last, 1, part));
    }
    drop(client.write(&frames).await);

    while let Some(frame) = client.next().await {
        assert!(!(frame.kind == HEADERS && frame.is_success()), "{frame:?}");
        let refused = frame.stream == 1 && frame.flags & END_STREAM != 0;
        if refused || frame.kind == crate::frames::RST_STREAM {
            break;
        }
    }
    served(&mut place.client(&hub, SENDER).await).await;
}
