//! Proofs that must not hold, and inputs that make no sense.

use proptest::prelude::*;

use super::super::{
    Hash, NodeAbsent, Nodes, ProofError, Tree, TreeError, empty_root, inclusion, leaf_hash,
    verify_consistency, verify_inclusion,
};
use super::{SMALL, leaf, tree};

fn flipped(hash: &Hash) -> Hash {
    let mut bytes = hash.0;
    bytes[31] ^= 1;
    Hash(bytes)
}

/// Every proof that differs from the right one in one place: a hash altered, left out or put in.
fn damaged(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for place in 0..proof.len() {
        let mut altered = proof.to_vec();
        altered[place] = flipped(&altered[place]);
        all.push(altered);
        let mut shorter = proof.to_vec();
        shorter.remove(place);
        all.push(shorter);
    }
    for place in 0..=proof.len() {
        let mut longer = proof.to_vec();
        longer.insert(place, leaf(0));
        all.push(longer);
    }
    all
}

#[test]
fn a_damaged_inclusion_proof_is_refused_at_every_small_size() {
    let whole = tree(SMALL);
    for size in 1..=SMALL {
        let root = whole.root_at(size).unwrap();
        for index in 0..size {
            let path = whole.inclusion(index, size).unwrap();
            for wrong in damaged(&path) {
                assert!(verify_inclusion(&leaf(index), index, size, &wrong, &root).is_err());
            }
            assert_eq!(
                verify_inclusion(&leaf(index), index, size, &path, &flipped(&root)),
                Err(ProofError::RootMismatch)
            );
            assert_eq!(
                verify_inclusion(&flipped(&leaf(index)), index, size, &path, &root),
                Err(ProofError::RootMismatch)
            );
        }
    }
}

#[test]
fn a_leaf_is_not_proven_at_another_leafs_place() {
    for size in 1..=40 {
        let whole = tree(size);
        for index in 0..size {
            let path = whole.inclusion(index, size).unwrap();
            for other in (0..size).filter(|other| *other != index) {
                let root = whole.root();
                assert!(verify_inclusion(&leaf(index), other, size, &path, &root).is_err());
            }
        }
    }
}

#[test]
fn a_damaged_consistency_proof_is_refused_at_every_pair_of_small_sizes() {
    let whole = tree(SMALL);
    for new in 1..=SMALL {
        let new_root = whole.root_at(new).unwrap();
        for old in 1..=new {
            let old_root = whole.root_at(old).unwrap();
            let proof = whole.consistency(old, new).unwrap();
            for wrong in damaged(&proof) {
                assert!(verify_consistency(old, new, &wrong, &old_root, &new_root).is_err());
            }
            assert!(verify_consistency(old, new, &proof, &flipped(&old_root), &new_root).is_err());
            assert!(verify_consistency(old, new, &proof, &old_root, &flipped(&new_root)).is_err());
        }
    }
}

#[test]
fn a_log_with_one_entry_changed_cannot_be_passed_off_as_the_same_log() {
    for changed in 0..20 {
        let honest = tree(20);
        let forged: Tree = (0..33)
            .map(|index| if index == changed { leaf_hash(b"rewritten") } else { leaf(index) })
            .collect();
        // The forger sends the best proof they can make from their own tree.
        let proof = forged.consistency(20, 33).unwrap();
        assert_eq!(
            verify_consistency(20, 33, &proof, &honest.root(), &forged.root()),
            Err(ProofError::OldRootMismatch)
        );
    }
}

#[test]
fn sizes_and_indices_that_make_no_sense_are_refused_by_name() {
    let seven = tree(7);
    let root = seven.root();
    let path = seven.inclusion(2, 7).unwrap();
    let proof = seven.consistency(3, 7).unwrap();
    let old = seven.root_at(3).unwrap();
    let inclusion = |index, size, path: &[Hash]| {
        verify_inclusion(&leaf(2), index, size, path, &root).unwrap_err()
    };

    assert_eq!(inclusion(7, 7, &path), ProofError::IndexBeyondSize);
    assert_eq!(inclusion(0, 0, &[]), ProofError::IndexBeyondSize);
    assert_eq!(inclusion(u64::MAX, u64::MAX, &path), ProofError::IndexBeyondSize);
    assert_eq!(inclusion(2, 7, &path[..2]), ProofError::TooShort);
    assert_eq!(inclusion(2, 7, &[path.as_slice(), &path].concat()), ProofError::TooLong);
    assert_eq!(inclusion(0, u64::MAX, &[]), ProofError::TooShort);

    assert_eq!(verify_consistency(8, 7, &proof, &old, &root), Err(ProofError::SizesReversed));
    assert_eq!(verify_consistency(3, 7, &[], &old, &root), Err(ProofError::TooShort));
    assert_eq!(verify_consistency(3, 7, &proof[..3], &old, &root), Err(ProofError::TooShort));
    assert_eq!(verify_consistency(7, 7, &proof, &root, &root), Err(ProofError::TooLong));
    assert_eq!(verify_consistency(7, 7, &[], &old, &root), Err(ProofError::NewRootMismatch));
    assert_eq!(verify_consistency(0, 7, &proof, &empty_root(), &root), Err(ProofError::TooLong));
    assert_eq!(verify_consistency(0, 7, &[], &old, &root), Err(ProofError::OldRootMismatch));
    assert_eq!(verify_consistency(0, 0, &[], &old, &old), Err(ProofError::OldRootMismatch));
    assert_eq!(verify_consistency(1, 2, &[], &leaf(0), &root), Err(ProofError::TooShort));
    assert_eq!(
        verify_consistency(3, 7, &proof, &old, &flipped(&root)),
        Err(ProofError::NewRootMismatch)
    );
}

#[test]
fn proofs_beyond_the_tree_are_not_made() {
    let seven = tree(7);
    assert_eq!(seven.root_at(8), Err(TreeError::SizeBeyondTree { size: 8, leaves: 7 }));
    assert_eq!(seven.inclusion(0, 8), Err(TreeError::SizeBeyondTree { size: 8, leaves: 7 }));
    assert_eq!(seven.inclusion(7, 7), Err(TreeError::IndexBeyondSize { index: 7, size: 7 }));
    assert_eq!(seven.inclusion(0, 0), Err(TreeError::IndexBeyondSize { index: 0, size: 0 }));
    assert_eq!(seven.consistency(8, 7), Err(TreeError::SizesReversed { old: 8, new: 7 }));
    assert_eq!(seven.consistency(1, 8), Err(TreeError::SizeBeyondTree { size: 8, leaves: 7 }));
}

#[test]
fn a_node_that_cannot_be_read_is_named() {
    struct Torn;
    impl Nodes for Torn {
        type Error = NodeAbsent;
        fn size(&self) -> u64 {
            8
        }
        fn node(&self, _level: u32, _index: u64) -> Result<Hash, NodeAbsent> {
            Err(NodeAbsent)
        }
    }

    let failed = inclusion(&Torn, 0, 8);

    assert_eq!(failed, Err(TreeError::Node { level: 2, index: 1, source: NodeAbsent }));
}

#[test]
fn a_hash_is_read_only_from_its_one_spelling() {
    let hash = leaf(1);
    assert_eq!(Hash::from_base64(&hash.to_base64()), Some(hash));
    assert_eq!(Hash::from_slice(&hash.0[..31]), None);
    assert_eq!(Hash::from_base64(hash.to_base64().trim_end_matches('=')), None);
    assert_eq!(Hash::from_base64(&format!("{}\n", hash.to_base64())), None);
    // The last character carries two unused bits: set, they would be a second spelling.
    assert_eq!(Hash::from_base64(&format!("{}B=", "A".repeat(42))), None);
    assert!(Hash::from_base64(&format!("{}A=", "A".repeat(42))).is_some());
}

fn any_hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

proptest! {
    #[test]
    fn made_up_proofs_are_refused_and_never_panic(
        index in any::<u64>(),
        size in any::<u64>(),
        proof in prop::collection::vec(any_hash(), 0..130),
        roots in any::<([u8; 32], [u8; 32])>(),
    ) {
        let (old_root, new_root) = (Hash(roots.0), Hash(roots.1));
        prop_assert!(verify_inclusion(&leaf(0), index, size, &proof, &old_root).is_err());
        prop_assert!(verify_consistency(index, size, &proof, &old_root, &new_root).is_err());
    }
}
