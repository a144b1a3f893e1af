//! From whom an alert is kept, sealed.
//!
//! Owns the stored form of [`Conflicts`] and the way there and back. An employer of a person of concern, or a worker's
//! id, says what that person does for a living: it is content, so it is sealed under the alert's data key and is gone
//! when that is destroyed. It is a part of its own and no part of the body: routing and the ladder need it when nobody
//! is shown anything, and no body is opened for the hub's own use, but where an agreement changes. Keeping only the mailboxes that are closed would
//! tell the same, and rotas skip people who may change inboxes later.
//!
//! Refuses to guess: where conflicts do not open, what would be decided by them is not decided. That there are some can
//! be told, as it can from the decisions; whom they name cannot, not by their length either.

use prost::Message as _;

use super::RecordError;
use super::encode::encoded;
use super::{field, pb};
use crate::crypto::{DataKey, SealError, Sealed, Sealer};
use crate::domain::alert::{Conflicts, Held, SealedConflicts};
use crate::domain::{AlertId, AlertRecord};

/// The plain form is a multiple of this, in bytes; a length of padding below it is one byte.
const BLOCK_BYTES: usize = 128;

/// About how long a delivery or a decision is, encoded.
const HELD_BYTES: usize = 96;

/// Seals from whom the alert is kept; none where it is kept from nobody.
///
/// # Errors
/// Never for what fits into an alert; sealing is fallible in its library.
pub fn seal_conflicts(
    sealer: &Sealer,
    (key, alert): (&DataKey, AlertId),
    conflicts: &Conflicts,
) -> Result<Option<SealedConflicts>, SealError> {
    if *conflicts == Conflicts::default() {
        return Ok(None);
    }
    let Sealed { nonce, ciphertext, .. } =
        sealer.seal_conflicts(key, alert, &padded(conflicts.into()).encode_to_vec())?;
    Ok(Some(SealedConflicts { nonce, ciphertext }))
}

/// The record kept from these from now on, sealed under its own key.
///
/// # Errors
/// When the alert's key was destroyed or cannot be read.
pub fn kept_from(
    sealer: &Sealer,
    mut record: AlertRecord,
    conflicts: &Conflicts,
) -> Result<AlertRecord, SealError> {
    let body = record.body.as_ref().ok_or(SealError::Shredded)?;
    let key = sealer.key(&body.key)?;
    record.conflicts = seal_conflicts(sealer, (&key, record.id), conflicts)?;
    Ok(record)
}

/// Opens from whom an alert is kept. Needs no key where it is kept from nobody.
///
/// # Errors
/// When the alert's key was destroyed or cannot be read, or the bytes are not what was sealed for this alert.
pub fn open_conflicts(sealer: &Sealer, record: &AlertRecord) -> Result<Conflicts, SealError> {
    let Some(SealedConflicts { nonce, ciphertext }) = record.conflicts.clone() else {
        return Ok(Conflicts::default());
    };
    let body = record.body.as_ref().ok_or(SealError::Shredded)?;
    let sealed = Sealed { key: body.key.clone(), nonce, ciphertext };
    let opened = sealer.open_conflicts(record.id, &sealed)?;
    decode(&opened).map_err(|_not_ours| SealError::Unopened)
}

fn decode(bytes: &[u8]) -> Result<Conflicts, RecordError> {
    let raw = pb::Conflicts::decode(bytes)
        .map_err(|source| RecordError::Unreadable { record: "Conflicts", source })?;
    raw.try_into()
}

/// With zeros up to the next whole block. The padding's tag and length are two bytes.
fn padded(raw: pb::Conflicts) -> pb::Conflicts {
    let length = raw.encoded_len().saturating_add(2);
    let padding = length.next_multiple_of(BLOCK_BYTES).saturating_sub(length);
    pb::Conflicts { padding: Some(vec![0; padding]), ..raw }
}

impl From<&Conflicts> for pb::Conflicts {
    fn from(conflicts: &Conflicts) -> Self {
        Self {
            agencies: conflicts.agencies.iter().map(ToString::to_string).collect(),
            mailboxes: conflicts.mailboxes.iter().map(ToString::to_string).collect(),
            users: conflicts.users.iter().map(ToString::to_string).collect(),
            padding: None,
            unnamed: conflicts.unnamed.iter().map(ToString::to_string).collect(),
            held: conflicts.held.iter().map(pb::HeldDelivery::from).collect(),
        }
    }
}

impl TryFrom<pb::Conflicts> for Conflicts {
    type Error = RecordError;

    fn try_from(raw: pb::Conflicts) -> Result<Self, Self::Error> {
        Ok(Self {
            agencies: field::texts("Conflicts.agencies", raw.agencies)?,
            mailboxes: field::texts("Conflicts.mailboxes", raw.mailboxes)?,
            users: field::texts("Conflicts.users", raw.users)?,
            unnamed: field::texts("Conflicts.unnamed", raw.unnamed)?,
            held: raw.held.into_iter().map(Held::try_from).collect::<Result<_, _>>()?,
        })
    }
}

impl From<&Held> for pb::HeldDelivery {
    fn from(held: &Held) -> Self {
        // What was encoded a line before is read by the same types: it cannot fail.
        Self {
            delivery: pb::Delivery::decode(encoded(&held.delivery, HELD_BYTES).as_slice()).ok(),
            decision: pb::SharingDecision::decode(encoded(&held.decision, HELD_BYTES).as_slice())
                .ok(),
        }
    }
}

impl TryFrom<pb::HeldDelivery> for Held {
    type Error = RecordError;

    fn try_from(raw: pb::HeldDelivery) -> Result<Self, Self::Error> {
        Ok(Self {
            delivery: field::required("HeldDelivery.delivery", raw.delivery)?.try_into()?,
            decision: field::required("HeldDelivery.decision", raw.decision)?.try_into()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::crypto::{KeyStore, Rig};
    use crate::domain::{AgencyCode, UserId};
    use crate::record::{encode_alert, sample};

    /// A sealer, its keys, and an alert whose key it has.
    fn rig(rig: &Rig) -> (Arc<KeyStore>, Sealer, DataKey, AlertRecord) {
        let keys = Arc::new(rig.open().unwrap());
        let sealer = Sealer::new(Arc::clone(&keys), Arc::clone(&rig.env.entropy));
        let key = sealer.fresh_key().unwrap();
        let mut alert = sample::alert();
        alert.body.as_mut().unwrap().key = key.id().clone();
        (keys, sealer, key, alert)
    }

    fn kept_from(agencies: &[&str], user: &str) -> Conflicts {
        Conflicts {
            agencies: agencies.iter().map(|code| AgencyCode::try_from(*code).unwrap()).collect(),
            mailboxes: Vec::new(),
            users: vec![UserId::try_from(user).unwrap()],
            ..Conflicts::default()
        }
    }

    #[test]
    fn whom_an_alert_is_kept_from_is_read_back_and_stands_in_no_record() {
        let keys = Rig::new();
        let (_keys, sealer, key, mut alert) = rig(&keys);
        let conflicts = Conflicts {
            unnamed: vec![AgencyCode::try_from("CADT").unwrap()],
            held: vec![Held { delivery: sample::delivery(), decision: sample::decision() }],
            ..kept_from(&["YOS", "SAFERFUT"], "u-7781")
        };

        alert.conflicts = seal_conflicts(&sealer, (&key, alert.id), &conflicts).unwrap();

        assert_eq!(open_conflicts(&sealer, &alert).unwrap(), conflicts);
        let stored = encode_alert(&alert);
        for named in ["YOS", "SAFERFUT", "u-7781"] {
            let found = stored.windows(named.len()).any(|part| part == named.as_bytes());
            assert!(!found, "{named}");
        }
    }

    #[test]
    fn who_knows_how_long_the_sealed_part_is_does_not_know_whose_code_it_holds() {
        let keys = Rig::new();
        let (_keys, sealer, key, alert) = rig(&keys);
        let length = |conflicts: &Conflicts| {
            let sealed = seal_conflicts(&sealer, (&key, alert.id), conflicts).unwrap();
            sealed.unwrap().ciphertext.len()
        };

        let short = length(&kept_from(&[], "u"));

        for letters in 1..=32 {
            assert_eq!(length(&kept_from(&[&"A".repeat(letters)], "u")), short, "{letters}");
        }
        assert_eq!(short, BLOCK_BYTES + 16, "a block and the tag");
        for agencies in 1..12 {
            let many = kept_from(&vec!["WUTH-AED"; agencies], "u");
            assert_eq!(length(&many) % BLOCK_BYTES, 16, "{agencies}");
        }
    }

    #[test]
    fn an_alert_kept_from_nobody_has_nothing_sealed_and_needs_no_key() {
        let keys = Rig::new();
        let (_keys, sealer, key, mut alert) = rig(&keys);

        alert.conflicts = seal_conflicts(&sealer, (&key, alert.id), &Conflicts::default()).unwrap();
        alert.body = None;

        assert_eq!(alert.conflicts, None);
        assert_eq!(open_conflicts(&sealer, &alert).unwrap(), Conflicts::default());
    }

    #[test]
    fn with_the_data_key_goes_whom_the_alert_was_kept_from_and_nobody_is_taken_for_cleared() {
        let place = Rig::new();
        let (keys, sealer, key, mut alert) = rig(&place);
        let conflicts = kept_from(&["FSU"], "u-1003");
        alert.conflicts = seal_conflicts(&sealer, (&key, alert.id), &conflicts).unwrap();
        let mut purged = alert.clone();
        purged.body = None;

        keys.destroy(&[key.id().clone()]).unwrap();

        for gone in [&alert, &purged] {
            let error = open_conflicts(&sealer, gone).unwrap_err();
            assert_eq!(error.reason(), "CONTENT_SHREDDED");
        }
    }

    #[test]
    fn neither_another_alert_s_conflicts_open_nor_a_body_in_their_place() {
        let keys = Rig::new();
        let (_keys, sealer, key, mut alert) = rig(&keys);
        let conflicts = kept_from(&["FSU"], "u-1003");
        let bytes = pb::Conflicts::from(&conflicts).encode_to_vec();
        let other = AlertId::from_bytes([9; 16]);

        let of_another = seal_conflicts(&sealer, (&key, other), &conflicts).unwrap();
        let Sealed { nonce, ciphertext, .. } = sealer.seal(&key, alert.id, &bytes).unwrap();

        for sealed in [of_another, Some(SealedConflicts { nonce, ciphertext })] {
            alert.conflicts = sealed;
            let error = open_conflicts(&sealer, &alert).unwrap_err();
            assert_eq!(error.reason(), "CONTENT_DAMAGED");
        }
    }
}
