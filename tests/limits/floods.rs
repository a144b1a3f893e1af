//! Streams opened to be reset, by the client or by a fault that makes the hub do it; frames that cost nothing to send.

use crate::frames::{
    CONTINUATION, DATA, EMPTY_MESSAGE, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS, HELLO,
    PING, RECEIVE, Raw, SETTINGS, WINDOW_UPDATE, block, call, cancel, frame, literal, stream,
    write_unread,
};
use crate::support::{Hub, Place, RECIPIENT, SENDER, served};

/// Streams that are opened and reset at once.
fn reset_at_once(streams: std::ops::Range<u32>) -> Vec<u8> {
    streams
        .flat_map(|n| {
            let mut bytes = call(stream(n), 0, HELLO, &[]);
            bytes.extend(cancel(stream(n)));
            bytes
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_reset_before_they_are_taken_are_forgiven_up_to_the_bound_and_not_beyond() {
    let place = Place::with("[limits]\npending_resets_max = 5\n");
    let hub = place.start();

    let mut hasty = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
    hasty.write(&reset_at_once(0..5)).await.unwrap();
    assert!(hasty.is_alive().await);

    let mut rapid = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
    rapid.write(&reset_at_once(0..6)).await.unwrap();
    assert_eq!(rapid.sent_away().await, Some(ENHANCE_YOUR_CALM));
}

#[tokio::test(flavor = "multi_thread")]
async fn rapid_reset_is_sent_away_within_a_thousand_frames_while_another_client_is_served() {
    let place = Place::with("");
    let hub = place.start();
    let mut other = place.client(&hub, SENDER).await;

    let mut rapid = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
    let attack = async {
        // 500 streams, 1,000 frames; the hub may hang up in the middle.
        drop(rapid.write(&reset_at_once(0..500)).await);
        rapid.sent_away().await
    };
    let (reason, ()) = tokio::join!(attack, served(&mut other));

    assert_eq!(reason, Some(ENHANCE_YOUR_CALM));
    served(&mut other).await;
}

/// A name, and the frames that commit it on a stream.
type Fault = (&'static str, fn(u32) -> Vec<u8>);

/// Faults for which the hub must reset a stream itself: a limit on the client's resets does not see them.
const FAULTS: [Fault; 2] = [
    ("a window grown beyond its bound", |stream| {
        let mut bytes = call(stream, 0, HELLO, &[]);
        bytes.extend(frame(WINDOW_UPDATE, 0, stream, &0x7FFF_FFFF_u32.to_be_bytes()));
        bytes
    }),
    ("more data than the length said", |stream| {
        let mut bytes = call(stream, 0, HELLO, &[("content-length", "1")]);
        bytes.extend(frame(DATA, END_STREAM, stream, &EMPTY_MESSAGE));
        bytes
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_faults_made_the_hub_reset_64_streams_is_sent_away_at_the_next() {
    let place = Place::with("");
    let hub = place.start();
    let mut other = place.client(&hub, SENDER).await;

    for (fault, frames) in FAULTS {
        let mut faulty = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
        for n in 0..64 {
            faulty.write(&frames(stream(n))).await.unwrap();
        }
        assert!(faulty.is_alive().await, "{fault}: at the bound");

        faulty.write(&frames(stream(64))).await.unwrap();
        assert_eq!(faulty.sent_away().await, Some(ENHANCE_YOUR_CALM), "{fault}");
        served(&mut other).await;
    }
}

/// Faults that HTTP/2 lets the hub answer for the whole connection.
const GRAVE_FAULTS: [Fault; 2] = [
    ("a window grown by nothing", |stream| {
        let mut bytes = call(stream, 0, HELLO, &[]);
        bytes.extend(frame(WINDOW_UPDATE, 0, stream, &[0; 4]));
        bytes
    }),
    ("data after the end of the stream", |stream| {
        let mut bytes = call(stream, END_STREAM, HELLO, &[]);
        bytes.extend(frame(DATA, 0, stream, &EMPTY_MESSAGE));
        bytes
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_fault_that_concerns_the_connection_is_sent_away_within_500_frames() {
    let place = Place::with("");
    let hub = place.start();

    for (fault, frames) in GRAVE_FAULTS {
        let mut faulty = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
        for n in 0..250 {
            if faulty.write(&frames(stream(n))).await.is_err() {
                break;
            }
        }
        assert!(faulty.sent_away().await.is_some(), "{fault}");
    }
    served(&mut place.client(&hub, SENDER).await).await;
}

/// What a flood may make the hub hold.
const GROWTH_KIB_MAX: u64 = 32 * 1024;

/// Fails when the hub holds more than it may beyond `before`, or does not serve others.
async fn unmoved(place: &Place, hub: &Hub, before: u64, flood: &str) {
    let grown = hub.resident_kib().saturating_sub(before);
    assert!(grown <= GROWTH_KIB_MAX, "{flood}: {grown} KiB more");
    served(&mut place.client(hub, SENDER).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_headers_end_the_connection_and_cost_the_hub_no_memory() {
    let place = Place::with("");
    let hub = place.start();
    served(&mut place.client(&hub, SENDER).await).await;
    let before = hub.resident_kib();

    let mut endless = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
    let mut field = vec![0];
    literal(&mut field, "x-more");
    literal(&mut field, &"m".repeat(1_000));
    drop(endless.write(&frame(HEADERS, 0, 1, &block(HELLO, &[]))).await);
    for _ in 0..20_000 {
        if endless.write(&frame(CONTINUATION, 0, 1, &field)).await.is_err() {
            break;
        }
    }
    assert_eq!(endless.sent_away().await, Some(ENHANCE_YOUR_CALM), "continuations");
    unmoved(&place, &hub, before, "continuations").await;

    // One entry of the dynamic table, told again and again in a byte each: 64 MB out of 16 KB.
    let mut bomb = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
    let mut fields = block(HELLO, &[]);
    fields.push(0x40);
    literal(&mut fields, "x-bomb");
    literal(&mut fields, &"b".repeat(4_000));
    fields.resize(16 * 1024, 0xBE);
    bomb.write(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &fields)).await.unwrap();
    assert_eq!(bomb.sent_away().await, Some(ENHANCE_YOUR_CALM), "repeated fields");
    unmoved(&place, &hub, before, "repeated fields").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_frames_that_carry_nothing_cost_the_hub_no_memory() {
    let place = Place::with("");
    let hub = place.start();
    served(&mut place.client(&hub, SENDER).await).await;
    let before = hub.resident_kib();
    let floods = [
        ("empty data", frame(DATA, 0, 1, &[])),
        ("pings", frame(PING, 0, 0, &[7; 8])),
        ("settings", frame(SETTINGS, 0, 0, &[])),
    ];

    for (flood, frames) in &floods {
        let mut idle = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
        idle.write(&call(1, 0, RECEIVE, &[])).await.unwrap();
        let many = frames.repeat(500);
        // 50,000 frames, unless the hub hangs up.
        for _ in 0..100 {
            if idle.write(&many).await.is_err() {
                break;
            }
        }
        let _alive_or_sent_away = idle.is_alive().await;
        unmoved(&place, &hub, before, flood).await;
    }
    // Answers that nobody reads: the hub stops reading, and the writer stands.
    let pings = frame(PING, 0, 0, &[7; 8]).repeat(900);
    let written = write_unread(&hub, &place.files(RECIPIENT), &pings, 5_000).await;
    assert!(written < 5_000, "a hub whose answers are not read must read no more");
    unmoved(&place, &hub, before, "unread pings").await;
    let settings = frame(SETTINGS, 0, 0, &[]).repeat(1_500);
    let written = write_unread(&hub, &place.files(RECIPIENT), &settings, 5_000).await;
    assert!(written < 5_000, "a hub whose answers are not read must read no more");
    unmoved(&place, &hub, before, "unread settings").await;
}
