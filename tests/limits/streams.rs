//! Streams and connections at their bounds: how many, how long unread, how long silent.

use std::collections::BTreeSet;

use staysafe::sdk::Client;
use tokio::task::JoinSet;

use crate::frames::{
    ACK, DATA, END_STREAM, Frame, HEADERS, PING, REFUSED_STREAM, RST_STREAM, Raw, SETTINGS,
    WINDOW_UPDATE, cancel, frame, receive, stream,
};
use crate::support::{NEIGHBOUR, PATIENCE, Place, RECIPIENT, SENDER, next_copy, request, served};

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_says_64_streams_and_8_kib_of_headers_and_refuses_the_65th_stream_alone() {
    let place = Place::with("");
    let hub = place.start();
    let mut client = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
    let settings = client.next_of(SETTINGS).await.unwrap();
    let said = |id: u16| {
        let at = settings.payload.chunks(6).find(|pair| pair[..2] == id.to_be_bytes())?;
        Some(u32::from_be_bytes(at[2..].try_into().unwrap()))
    };
    assert_eq!((said(3), said(6)), (Some(64), Some(8_192)));

    for n in 0..64 {
        client.write(&receive(stream(n), RECIPIENT)).await.unwrap();
        assert!(client.next_on(stream(n)).await.unwrap().is_success());
    }
    client.write(&receive(stream(64), RECIPIENT)).await.unwrap();
    let refused = client.next_on(stream(64)).await.unwrap();
    assert_eq!((refused.kind, refused.code()), (RST_STREAM, REFUSED_STREAM));

    client.write(&cancel(stream(0))).await.unwrap();
    client.write(&receive(stream(65), RECIPIENT)).await.unwrap();
    assert!(client.next_on(stream(65)).await.unwrap().is_success());
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_beyond_the_64th_wait_for_one_to_end_and_are_served_then() {
    let place = Place::with("");
    let hub = place.start();
    let client = place.client(&hub, RECIPIENT).await;
    let mut opening = JoinSet::new();
    for _ in 0..70 {
        let mut client: Client = client.clone();
        opening.spawn(async move { client.receive(RECIPIENT, Vec::new()).await });
    }
    let mut open = Vec::new();
    while open.len() < 64 {
        open.push(opening.join_next().await.unwrap().unwrap().unwrap());
    }
    // Another connection answers, so the hub had time for these, too; they are neither served nor refused.
    served(&mut place.client(&hub, RECIPIENT).await).await;
    assert!(opening.try_join_next().is_none());

    open.truncate(58);
    for _ in 0..6 {
        let served = tokio::time::timeout(PATIENCE, opening.join_next()).await.unwrap();
        open.push(served.unwrap().unwrap().unwrap());
    }
}

/// How many copies a reader that reads nothing may keep waiting.
const BUFFER: usize = 4;
const ALERTS: usize = 40;

/// `grpc-status: 14` (UNAVAILABLE) as the hub encodes it: the length, then Huffman codes.
const STATUS_UNAVAILABLE: [u8; 3] = [0x82, 0x0B, 0x5F];

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_not_read_is_ended_within_a_bounded_buffer_and_loses_nothing() {
    let place =
        Place::with(&format!("[mailbox]\nstream_buffer = {BUFFER}\nslow_reader_seconds_max = 1\n"));
    let hub = place.start();
    let mut sender = place.client(&hub, SENDER).await;
    let mut neighbour = place.client(&hub, NEIGHBOUR).await;
    let mut others = neighbour.receive(NEIGHBOUR, Vec::new()).await.unwrap();
    // SETTINGS_INITIAL_WINDOW_SIZE 0: not a byte of a copy may be sent.
    let mut stalled = Raw::connect(&hub, &place.files(RECIPIENT), &[(4, 0)]).await;
    stalled.write(&receive(1, RECIPIENT)).await.unwrap();
    assert!(stalled.next_on(1).await.unwrap().is_success());

    let mut sent = BTreeSet::new();
    for n in 0..ALERTS {
        sent.insert(sender.submit(request(&format!("slow-{n}"))).await.unwrap().alert_id);
        next_copy(&mut others).await.unwrap();
    }
    hub.says("/metrics", "staysafe_slow_readers_total 1").await;
    assert!(stalled.is_alive().await, "the connection and its other streams go on");

    // Only now does it read: what was buffered, then why there is no more.
    let window = (1_u32 << 24).to_be_bytes();
    for on in [0, 1] {
        stalled.write(&frame(WINDOW_UPDATE, 0, on, &window)).await.unwrap();
    }
    let (copies, last) = read_to_the_end(&mut stalled).await;
    // One more than the buffer may have been on its way into HTTP/2.
    assert!((1..=BUFFER + 1).contains(&copies), "{copies}");
    assert!(last.payload.windows(3).any(|part| part == STATUS_UNAVAILABLE), "{last:?}");

    let mut reader = place.client(&hub, RECIPIENT).await;
    let mut again = reader.receive(RECIPIENT, Vec::new()).await.unwrap();
    for n in 0..ALERTS {
        let (copy, _) = next_copy(&mut again).await.unwrap();
        assert_eq!(copy.sequence, u64::try_from(n).unwrap() + 1);
        assert!(sent.remove(&copy.alert_id), "{} came twice", copy.alert_id);
    }
}

/// How many messages came on stream 1, and the headers that ended it.
async fn read_to_the_end(client: &mut Raw) -> (usize, Frame) {
    let mut data = Vec::new();
    loop {
        let frame = client.next_on(1).await.unwrap();
        match frame.kind {
            DATA => data.extend_from_slice(&frame.payload),
            HEADERS if frame.flags & END_STREAM != 0 => return (messages(&data), frame),
            _ => panic!("{frame:?}"),
        }
    }
}

fn messages(mut data: &[u8]) -> usize {
    let mut count = 0;
    while let Some((head, rest)) = data.split_first_chunk::<5>() {
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        data = &rest[usize::try_from(length).unwrap()..];
        count += 1;
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stream_of_one_mailbox_receives_every_number_without_a_gap() {
    let place = Place::with("");
    let hub = place.start();
    let mut readers = JoinSet::new();
    for _ in 0..6 {
        let mut client = place.client(&hub, RECIPIENT).await;
        let mut stream = client.receive(RECIPIENT, Vec::new()).await.unwrap();
        readers.spawn(async move {
            let mut sequences = Vec::new();
            while sequences.len() < ALERTS {
                sequences.push(next_copy(&mut stream).await.unwrap().0.sequence);
            }
            sequences
        });
    }

    let mut senders = JoinSet::new();
    for sender in 0..4 {
        let mut client = place.client(&hub, SENDER).await;
        senders.spawn(async move {
            for n in 0..ALERTS / 4 {
                client.submit(request(&format!("each-{sender}-{n}"))).await.unwrap();
            }
        });
    }
    while let Some(sent) = senders.join_next().await {
        sent.unwrap();
    }

    let all: Vec<u64> = (1..).take(ALERTS).collect();
    while let Some(sequences) = readers.join_next().await {
        assert_eq!(sequences.unwrap(), all);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_answers_no_ping_is_closed_and_one_that_does_stays() {
    let place =
        Place::with("[limits]\nkeepalive_interval_seconds = 1\nkeepalive_timeout_seconds = 1\n");
    let hub = place.start();
    let mut silent = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
    let mut quiet = Raw::connect(&hub, &place.files(NEIGHBOUR), &[]).await;
    // Both with a stream open: a dead reader's must not be kept.
    silent.write(&receive(1, RECIPIENT)).await.unwrap();
    quiet.write(&receive(1, NEIGHBOUR)).await.unwrap();

    let closed = async {
        let mut asked = 0;
        while let Some(frame) = silent.next().await {
            asked += usize::from(frame.kind == PING);
        }
        asked
    };
    let stays = async {
        for _ in 0..3 {
            let asked = quiet.next_of(PING).await.unwrap();
            quiet.write(&frame(PING, ACK, 0, &asked.payload)).await.unwrap();
        }
        quiet.is_alive().await
    };
    let (asked, stays) = tokio::join!(closed, stays);

    assert_eq!(asked, 1, "it was asked once");
    assert!(stays);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_is_asked_to_go_and_closed_after_its_grace_and_loses_no_call() {
    let place =
        Place::with("[limits]\nconnection_age_seconds_max = 2\nconnection_age_grace_seconds = 2\n");
    let hub = place.start();
    let mut client = place.client(&hub, SENDER).await;
    let mut old = Raw::connect(&hub, &place.files(RECIPIENT), &[]).await;
    old.write(&receive(1, RECIPIENT)).await.unwrap();
    assert!(old.next_on(1).await.unwrap().is_success());

    assert_eq!(old.sent_away().await, Some(0), "asked, and for no fault");
    // What is under way goes on in the grace.
    client.submit(request("in-grace")).await.unwrap();
    assert_eq!(old.next_on(1).await.unwrap().kind, DATA);
    // And its stream does not keep it: the hub hangs up.
    while old.next().await.is_some() {}
    served(&mut client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ninth_connection_of_a_certificate_is_refused_until_one_of_the_eight_ends() {
    let place = Place::with("");
    let hub = place.start();
    let mut eight = Vec::new();
    for _ in 0..8 {
        eight.push(place.client(&hub, SENDER).await);
    }

    assert!(place.connect(&hub, SENDER).await.is_err());
    for client in &mut eight {
        served(client).await;
    }
    served(&mut place.client(&hub, NEIGHBOUR).await).await;

    drop(eight.pop());
    let again = async {
        while place.connect(&hub, SENDER).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, again).await.unwrap();
}
