//! What a chronology reads of a copy as it is cut (domain 3.12): whom it shows, and when it happened. Never the alert itself.

use super::table::{self, numbers::field};
use super::tree::{Content, Node};
use crate::domain::Timestamp;

/// For each subject of the cut body its place in the alert; nobody where the two do not agree.
pub(super) fn shown(body: &Node, places: Vec<usize>) -> Vec<u32> {
    let envelopes = body.nodes(field::alert::ENVELOPE);
    let listed = envelopes.flat_map(|envelope| envelope.nodes(field::envelope::SUBJECTS)).count();
    if listed != places.len() {
        return Vec::new();
    }
    places.into_iter().filter_map(|place| u32::try_from(place).ok()).collect()
}

/// When it happened, as a cut body tells it; none where it does not, or is no message of the contract.
#[must_use]
pub fn occurred_at(body: &[u8]) -> Option<Timestamp> {
    const SECONDS: u32 = 1;
    const NANOS: u32 = 2;
    let tree = Node::decode(table::message_named("Alert")?, body).ok()?;
    let at = tree
        .node(field::alert::ENVELOPE)?
        .node(field::envelope::OCCURRED_AT)?
        .node(field::instant::AT)?;
    let last = |number: u32| at.all(number).filter_map(Content::signed).last();
    let seconds = last(SECONDS).unwrap_or_default();
    let millis = last(NANOS).unwrap_or_default().checked_div(1_000_000)?;
    Some(Timestamp::from_millis(seconds.saturating_mul(1_000).saturating_add(millis)))
}
