//! Looks at the alert's bytes before they are decoded.
//!
//! Two things only the bytes show: parts that decoding would merge or overwrite, and lists so long that
//! decoding them would cost memory out of proportion.

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// The most elements of one list of persons or impacts that are decoded at all: far beyond every bound of the
/// contract, and little enough that the decoded alert stays in proportion to its bytes.
pub(super) const ELEMENTS_MAX: usize = 256;

/// Numbers of `Alert.envelope`, and of the alert's bodies in the order of the contract.
const ENVELOPE: u32 = 1;
const BODIES: &[u32] = &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20];

/// Lists whose elements are large when decoded: subjects, household, persons of concern; child impacts.
const ENVELOPE_LISTS: [u32; 3] = [16, 17, 18];
/// By body: domestic abuse, referral, outcome (its actions too).
const BODY_LISTS: [(u32, &[u32]); 3] = [(4, &[19]), (7, &[7]), (8, &[3, 4])];

/// What the bytes hold.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Scan {
    /// How often the envelope stands there.
    pub(super) envelopes: usize,
    /// The bodies that stand there, by field number, as often as they do.
    pub(super) bodies: Vec<u32>,
    /// Elements of the longest list.
    pub(super) longest: usize,
}

/// Scans an encoded `Alert`. None: the bytes are no message.
pub(super) fn scan(alert: &[u8]) -> Option<Scan> {
    let mut found = Scan::default();
    let mut persons = [0_usize; 3];
    let mut impacts = [0_usize; 2];
    each_field(alert, |number, content| {
        if number == ENVELOPE {
            found.envelopes = found.envelopes.saturating_add(1);
            count(content, &ENVELOPE_LISTS, &mut persons)?;
        }
        if BODIES.contains(&number) {
            // Bounded: what follows the first few changes nothing.
            if found.bodies.len() < ELEMENTS_MAX {
                found.bodies.push(number);
            }
            if let Some((_, lists)) = BODY_LISTS.iter().find(|(body, _)| *body == number) {
                count(content, lists, &mut impacts)?;
            }
        }
        Some(())
    })?;
    found.longest = persons.into_iter().chain(impacts).max().unwrap_or(0);
    Some(found)
}

/// Adds how often each of `numbers` stands in a message.
fn count(message: &[u8], numbers: &[u32], counts: &mut [usize]) -> Option<()> {
    each_field(message, |number, _| {
        for (wanted, count) in numbers.iter().zip(counts.iter_mut()) {
            if *wanted == number {
                *count = count.saturating_add(1);
            }
        }
        Some(())
    })
}

/// Shows the length-delimited fields of a message; none when the bytes are no message.
fn each_field(mut message: &[u8], mut show: impl FnMut(u32, &[u8]) -> Option<()>) -> Option<()> {
    while message.has_remaining() {
        let (number, wire_type) = decode_key(&mut message).ok()?;
        if wire_type == WireType::LengthDelimited {
            let length = usize::try_from(decode_varint(&mut message).ok()?).ok()?;
            let (content, rest) = message.split_at_checked(length)?;
            show(number, content)?;
            message = rest;
        } else {
            skip_field(wire_type, number, &mut message, DecodeContext::default()).ok()?;
        }
    }
    Some(())
}
