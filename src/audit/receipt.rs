//! Receipts: made from the journal, byte for byte the same after any restart.
//!
//! One signature serves a group; its tree is kept for the newest groups, because the callers of one group come
//! together. Ed25519 is deterministic, so a receipt made again is the same receipt.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Audit, AuditError};
use crate::domain::receipt::GroupStatement;
use crate::domain::{AlertId, Position};
use crate::merkle::{Hash, SIGNATURE_BYTES, Tree, TreeError};
use crate::record::{Receipt, ReceiptKind, RecordedEntry, RecordedEvent, decode_event_head};
use crate::store::Group;

/// Groups whose tree is kept.
const GROUPS_KEPT: usize = 16;

/// Which promise is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReceiptOf {
    /// What it promises.
    pub kind: ReceiptKind,
    /// The alert.
    pub alert: AlertId,
    /// The delivery's number within the alert; none for a stored receipt.
    pub delivery: Option<u32>,
    /// The commit that holds the event.
    pub position: Position,
    /// The key of the event's `content`: stored receipts, to the sender only.
    pub content_key: Option<[u8; 32]>,
}

impl Audit {
    /// Makes a receipt from the journal.
    ///
    /// # Errors
    /// When there is no such entry or event, or it cannot be read.
    pub async fn receipt(&self, of: ReceiptOf) -> Result<Receipt, AuditError> {
        let recorded = self.store.recorded(of.position).await?;
        let missing = AuditError::NoSuchEvent { kind: of.kind, alert: of.alert };
        let recorded = recorded.ok_or(missing)?;
        self.receipt_from(&of, &recorded.entry, &recorded.group)
    }

    /// Makes a receipt from an entry in hand: right after its commit, without reading the journal.
    ///
    /// # Errors
    /// When the entry does not hold the event, or is not of the group.
    pub fn receipt_from(
        &self,
        of: &ReceiptOf,
        entry: &RecordedEntry,
        group: &Group,
    ) -> Result<Receipt, AuditError> {
        let signed = self.signed(group);
        let place = of.position.0.wrapping_sub(group.first.0);
        let path =
            signed.tree.inclusion(place, u64::from(signed.group.size)).map_err(
                |error| match error {
                    TreeError::SizeBeyondTree { leaves: size, .. }
                    | TreeError::IndexBeyondSize { size, .. }
                    | TreeError::SizesReversed { new: size, .. } => {
                        AuditError::NotIntegrated { size }
                    }
                    TreeError::Node { .. } => AuditError::Tree(super::NodeError::Absent),
                },
            )?;
        Ok(Receipt {
            kind: of.kind,
            alert: of.alert,
            entry: of.position,
            leaf: entry.leaf.clone(),
            event: event_of(of, entry)?,
            path,
            group: signed.group,
            signature: signed.signature,
            key_name: self.key.name().clone(),
            content_key: of.content_key,
        })
    }

    fn signed(&self, group: &Group) -> Arc<SignedTree> {
        if let Some(kept) = self.groups.find(group) {
            return kept;
        }
        let tree: Tree = group.leaves.iter().copied().map(Hash).collect();
        let size = u32::try_from(group.leaves.len()).unwrap_or(u32::MAX);
        let root = *tree.root().as_bytes();
        let group = GroupStatement { first: group.first, size, at: group.at, root };
        let signature = self.signer.sign_group(&group);
        self.groups.keep(Arc::new(SignedTree { tree, group, signature }))
    }
}

fn event_of(of: &ReceiptOf, entry: &RecordedEntry) -> Result<RecordedEvent, AuditError> {
    for recorded in &entry.events {
        let event = decode_event_head(&recorded.bytes)
            .map_err(|source| AuditError::Unreadable { index: of.position.0, source })?;
        let same_delivery = of.delivery.is_none() || event.delivery == of.delivery;
        let same_kind = event.kind == Some(of.kind.event());
        if same_kind && event.alert == Some(of.alert) && same_delivery {
            return Ok(recorded.clone());
        }
    }
    Err(AuditError::NoSuchEvent { kind: of.kind, alert: of.alert })
}

/// A group with its tree and signature.
pub(super) struct SignedTree {
    tree: Tree,
    group: GroupStatement,
    signature: [u8; SIGNATURE_BYTES],
}

/// The newest groups, signed.
#[derive(Default)]
pub(super) struct GroupCache(Mutex<VecDeque<Arc<SignedTree>>>);

impl GroupCache {
    fn find(&self, group: &Group) -> Option<Arc<SignedTree>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |signed: &&Arc<SignedTree>| {
            let GroupStatement { first, root, at, .. } = signed.group;
            (first, root, at) == (group.first, group.root, group.at)
        };
        kept.iter().find(same).map(Arc::clone)
    }

    fn keep(&self, signed: Arc<SignedTree>) -> Arc<SignedTree> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(GROUPS_KEPT.saturating_sub(1));
        kept.push_front(Arc::clone(&signed));
        signed
    }
}
