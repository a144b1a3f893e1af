//! Agreement with independent implementations, both ways round: `tlog_tiles` and `signed_note`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::{
    Checkpoint, Hash, Nodes as _, SignedNote, VerifierKey, empty_root, leaf_hash, node_hash,
    verify_consistency, verify_inclusion,
};
use super::{SMALL, Signer, leaf, tree};

fn theirs(hash: &Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(hash.0)
}

fn ours(hashes: &[tlog_tiles::Hash]) -> Vec<Hash> {
    hashes.iter().map(|hash| Hash(hash.0)).collect()
}

/// Their storage of the same leaves, grown by their own code.
struct Stored(Vec<tlog_tiles::Hash>);

impl Stored {
    fn grown(size: u64) -> Self {
        let mut stored = Self(Vec::new());
        for index in 0..size {
            let new = tlog_tiles::stored_hashes(index, &index.to_be_bytes(), &stored).unwrap();
            stored.0.extend(new);
        }
        stored
    }
}

impl tlog_tiles::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

#[test]
fn leaf_node_and_empty_hashes_agree() {
    let (a, b) = (leaf(1), leaf(2));
    assert_eq!(leaf_hash(b"leaf").0, tlog_tiles::record_hash(b"leaf").0);
    assert_eq!(node_hash(&a, &b).0, tlog_tiles::node_hash(theirs(&a), theirs(&b)).0);
    assert_eq!(empty_root().0, tlog_tiles::EMPTY_HASH.0);
}

#[test]
fn every_complete_subtree_agrees() {
    let stored = Stored::grown(SMALL);
    let whole = tree(SMALL);
    for (place, hash) in stored.0.iter().enumerate() {
        let (level, index) = tlog_tiles::split_stored_hash_index(u64::try_from(place).unwrap());
        assert_eq!(whole.node(u32::from(level), index).unwrap().0, hash.0);
    }
}

#[test]
fn every_inclusion_proof_agrees_and_passes_in_either_verifier() {
    let stored = Stored::grown(SMALL);
    let whole = tree(SMALL);
    for size in 1..=SMALL {
        let root = whole.root_at(size).unwrap();
        assert_eq!(tlog_tiles::tree_hash(size, &stored).unwrap().0, root.0);
        for index in 0..size {
            let path = whole.inclusion(index, size).unwrap();
            let their_path = tlog_tiles::prove_record(size, index, &stored).unwrap();

            assert_eq!(ours(&their_path), path, "leaf {index} of {size}");
            verify_inclusion(&leaf(index), index, size, &ours(&their_path), &root).unwrap();
            let sent: Vec<_> = path.iter().map(theirs).collect();
            let (root, leaf) = (theirs(&root), theirs(&leaf(index)));
            tlog_tiles::check_record(&sent, size, root, index, leaf).unwrap();
        }
    }
}

#[test]
fn every_consistency_proof_agrees_and_passes_in_either_verifier() {
    let stored = Stored::grown(SMALL);
    let whole = tree(SMALL);
    for new in 1..=SMALL {
        let new_root = whole.root_at(new).unwrap();
        for old in 1..=new {
            let old_root = whole.root_at(old).unwrap();
            let proof = whole.consistency(old, new).unwrap();
            let their_proof = tlog_tiles::prove_tree(new, old, &stored).unwrap();

            assert_eq!(ours(&their_proof), proof, "{old} to {new}");
            verify_consistency(old, new, &ours(&their_proof), &old_root, &new_root).unwrap();
            let sent: Vec<_> = proof.iter().map(theirs).collect();
            let (new_root, old_root) = (theirs(&new_root), theirs(&old_root));
            tlog_tiles::check_tree(&sent, new, new_root, old, old_root).unwrap();
        }
    }
}

#[test]
fn a_checkpoint_of_ours_is_read_and_verified_by_theirs() {
    let signer = Signer::new("hub.example/audit", 7);
    let log = tree(11);
    let checkpoint = Checkpoint::new(signer.key.name().clone(), 11, log.root()).unwrap();
    let note = checkpoint.sign(&signer.key, |bytes| signer.sign(bytes)).unwrap();

    let verifier = signed_note::StandardVerifier::new(&signer.key.to_string()).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    let read = signed_note::Note::from_bytes(note.to_string().as_bytes()).unwrap();
    let (verified, unverified) = read.verify(&known).unwrap();
    let body = tlog_tiles::Checkpoint::from_bytes(read.text()).unwrap();

    assert_eq!((verified.len(), unverified.len()), (1, 0));
    assert_eq!(body.origin(), "hub.example/audit");
    assert_eq!((body.size(), body.hash().0, body.extension()), (11, log.root().0, ""));
    assert_eq!(body.to_bytes(), checkpoint.to_string().as_bytes());
}

#[test]
fn a_note_of_theirs_is_read_and_verified_by_ours() {
    let signer = Signer::new("hub.example/audit", 7);
    let seed = STANDARD.encode([&[1_u8][..], &[7; 32]].concat());
    let private = format!("PRIVATE+KEY+{}+{}+{seed}", signer.key.name(), signer.key.id());
    let their_signer = signed_note::StandardSigner::new(&private).unwrap();
    let mut note = signed_note::Note::new(b"any\n\ntext\n", &[]).unwrap();
    note.add_sigs(&[&their_signer]).unwrap();

    let read = SignedNote::parse(&note.to_bytes()).unwrap();

    assert_eq!(read.text(), "any\n\ntext\n");
    assert_eq!(read.verify(&signer.key), Ok(()));
    // Ed25519 is deterministic: our own note is the same to the byte.
    let own = SignedNote::sign("any\n\ntext\n".into(), &signer.key, |bytes| signer.sign(bytes));
    assert_eq!(own.unwrap().to_string().as_bytes(), note.to_bytes());
}

#[test]
fn the_examples_printed_in_the_c2sp_pages_are_read() {
    // c2sp.org/signed-note: the note and its signature line; c2sp.org/tlog-checkpoint: the body.
    let note = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n\
        ed è subito sera.\n\n\u{2014} quasimodo.example/salvatore \
        NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    let read = SignedNote::parse(note.as_bytes()).unwrap();
    assert!(read.text().ends_with("ed è subito sera.\n"));
    assert_eq!(read.signatures()[0].name().as_str(), "quasimodo.example/salvatore");
    assert_eq!(read.signatures()[0].id().to_string(), "367ba04b");
    assert_eq!(read.to_string(), note);

    let body = "example.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let checkpoint = Checkpoint::parse(body).unwrap();
    assert_eq!(checkpoint.size(), 20_852_163);
    assert_eq!(checkpoint.to_string(), body);
}

#[test]
fn verifier_keys_have_the_same_text() {
    let key = Signer::new("hub.example/audit", 7).key;
    let again: VerifierKey = key.to_string().parse().unwrap();
    assert!(signed_note::StandardVerifier::new(&again.to_string()).is_ok());
}
