//! Proofs that must hold.

use proptest::prelude::*;

use super::super::{
    CONSISTENCY_HASHES_MAX, Hash, INCLUSION_HASHES_MAX, Nodes as _, Tree, consistency, empty_root,
    inclusion, leaf_hash, node_hash, root_at, root_from_inclusion, root_of, verify_consistency,
    verify_inclusion,
};
use super::{SMALL, Uniform, leaf, tree};

/// The leaves of the Certificate Transparency reference vectors and the root after each.
const VECTORS: [(&[u8], &str); 8] = [
    (b"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    (b"\x00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    (b"\x10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    (b"\x20\x21", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    (b"\x30\x31", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    (b"@ABC", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    (b"PQRSTUVW", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    (b"`abcdefghijklmno", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
];

#[test]
fn the_reference_vectors_give_their_published_roots() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(empty_root().to_string(), empty);
    assert_eq!(Tree::new().root(), empty_root());
    assert_eq!(root_of(&[]), empty_root());

    let mut grown = Tree::new();
    let mut leaves = Vec::new();
    for (index, (bytes, root)) in VECTORS.iter().enumerate() {
        assert_eq!(grown.push(leaf_hash(bytes)), u64::try_from(index).unwrap());
        leaves.push(leaf_hash(bytes));
        assert_eq!(grown.root().to_string(), *root);
        assert_eq!(root_of(&leaves).to_string(), *root);
    }
}

#[test]
fn the_example_of_rfc_9162_section_2_1_5_has_the_paths_and_proofs_printed_there() {
    // The letters are those of the RFC's figure: a-f and j are leaves, g h i k l are nodes.
    let seven = tree(7);
    let [a, b, c, d, e, f, j] = [0, 1, 2, 3, 4, 5, 6].map(leaf);
    let [g, h, i] = [node_hash(&a, &b), node_hash(&c, &d), node_hash(&e, &f)];
    let (k, l) = (node_hash(&g, &h), node_hash(&i, &j));

    assert_eq!(seven.root(), node_hash(&k, &l));
    assert_eq!(seven.inclusion(0, 7).unwrap(), [b, h, l]);
    assert_eq!(seven.inclusion(3, 7).unwrap(), [c, g, l]);
    assert_eq!(seven.inclusion(4, 7).unwrap(), [f, j, k]);
    assert_eq!(seven.inclusion(6, 7).unwrap(), [i, k]);
    assert_eq!(seven.consistency(3, 7).unwrap(), [c, d, g, l]);
    assert_eq!(seven.consistency(4, 7).unwrap(), [l]);
    assert_eq!(seven.consistency(6, 7).unwrap(), [i, j, k]);
}

#[test]
fn every_leaf_of_every_small_tree_is_proven() {
    let whole = tree(SMALL);
    for size in 1..=SMALL {
        let root = whole.root_at(size).unwrap();
        for index in 0..size {
            let path = whole.inclusion(index, size).unwrap();
            verify_inclusion(&leaf(index), index, size, &path, &root).unwrap();
            assert_eq!(root_from_inclusion(&leaf(index), index, size, &path), Ok(root));
        }
    }
}

#[test]
fn every_pair_of_small_sizes_is_consistent() {
    let whole = tree(SMALL);
    for new in 0..=SMALL {
        let new_root = whole.root_at(new).unwrap();
        for old in 0..=new {
            let old_root = whole.root_at(old).unwrap();
            let proof = whole.consistency(old, new).unwrap();
            verify_consistency(old, new, &proof, &old_root, &new_root).unwrap();
        }
    }
}

#[test]
fn a_root_at_an_earlier_size_does_not_change_as_the_tree_grows() {
    let whole = tree(SMALL);
    for size in 0..=SMALL {
        let leaves: Vec<Hash> = (0..size).map(leaf).collect();
        assert_eq!(whole.root_at(size).unwrap(), root_of(&leaves), "size {size}");
        assert_eq!(whole.root_at(size).unwrap(), tree(size).root(), "size {size}");
    }
}

#[test]
fn a_tree_keeps_exactly_the_complete_subtrees() {
    let ten = tree(10);
    assert_eq!(ten.node(0, 9), Ok(leaf(9)));
    assert_eq!(ten.node(1, 4), Ok(node_hash(&leaf(8), &leaf(9))));
    for (level, index) in [(0, 10), (1, 5), (2, 2), (3, 1), (4, 0), (64, 0), (u32::MAX, u64::MAX)] {
        assert!(ten.node(level, index).is_err(), "level {level}, index {index}");
    }
}

#[test]
fn proofs_hold_at_the_largest_sizes_there_are() {
    let largest = Uniform::new(u64::MAX);
    let edges = [1, 2, 3, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, u64::MAX];
    for new in edges {
        let new_root = root_at(&largest, new).unwrap();
        for index in edges.iter().map(|edge| edge - 1).filter(|index| *index < new) {
            let path = inclusion(&largest, index, new).unwrap();
            assert!(path.len() <= INCLUSION_HASHES_MAX);
            verify_inclusion(&leaf(0), index, new, &path, &new_root).unwrap();
        }
        for old in edges.into_iter().filter(|old| *old <= new) {
            let proof = consistency(&largest, old, new).unwrap();
            assert!(proof.len() <= CONSISTENCY_HASHES_MAX);
            let old_root = root_at(&largest, old).unwrap();
            verify_consistency(old, new, &proof, &old_root, &new_root).unwrap();
        }
    }
}

proptest! {
    #[test]
    fn any_leaf_and_any_two_sizes_of_a_large_tree_are_proven(
        size in 1..=u64::MAX,
        at in any::<u64>(),
        smaller in any::<u64>(),
    ) {
        let whole = Uniform::new(size);
        let index = at.checked_rem(size).unwrap();
        let root = root_at(&whole, size).unwrap();

        let path = inclusion(&whole, index, size).unwrap();
        prop_assert!(path.len() <= INCLUSION_HASHES_MAX);
        prop_assert_eq!(verify_inclusion(&leaf(0), index, size, &path, &root), Ok(()));

        let old = smaller.checked_rem(size).unwrap();
        let proof = consistency(&whole, old, size).unwrap();
        prop_assert!(proof.len() <= CONSISTENCY_HASHES_MAX);
        let old_root = root_at(&whole, old).unwrap();
        prop_assert_eq!(verify_consistency(old, size, &proof, &old_root, &root), Ok(()));
    }
}
