//! Signed notes, verifier keys and checkpoints.

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::super::{
    Checkpoint, CheckpointError, Hash, KEY_NAME_BYTES_MAX, KeyError, KeyName, NOTE_BYTES_MAX,
    NOTE_SIGNATURES_MAX, NOTE_TEXT_BYTES_MAX, NoteError, SIGNATURE_BYTES_MAX, SignatureLine,
    SignedNote, VerifierKey, empty_root,
};
use super::{Signer, leaf, tree};

const HUB: &str = "hub.example/audit";

fn signed(text: &str) -> (Signer, SignedNote) {
    let signer = Signer::new(HUB, 7);
    let note = SignedNote::sign(text.to_owned(), &signer.key, |bytes| signer.sign(bytes)).unwrap();
    (signer, note)
}

#[test]
fn a_signed_note_is_read_back_and_verified() {
    let (signer, note) = signed("one\n\ntwo\n\n");
    let bytes = note.to_string();

    let read = SignedNote::parse(bytes.as_bytes()).unwrap();

    assert_eq!(read, note);
    assert_eq!(read.text(), "one\n\ntwo\n\n");
    assert_eq!(read.verify(&signer.key), Ok(()));
    assert!(bytes.starts_with("one\n\ntwo\n\n\n\u{2014} hub.example/audit "));
    assert_eq!(read.signatures()[0].name(), signer.key.name());
    assert_eq!(read.signatures()[0].id(), signer.key.id());
    assert_eq!(read.signatures()[0].signature().len(), 64);
}

#[test]
fn an_altered_text_or_signature_is_refused() {
    let (signer, note) = signed("size 4\n");
    let bytes = note.to_string();

    let altered = SignedNote::parse(bytes.replace("size 4", "size 5").as_bytes()).unwrap();
    assert_eq!(altered.verify(&signer.key), Err(NoteError::BadSignature));

    // Another key under the same name is another key: nobody known has signed.
    let stranger = Signer::new(HUB, 8);
    assert_eq!(note.verify(&stranger.key), Err(NoteError::NotSigned));
    let renamed = Signer::new("hub.example/other", 7);
    assert_eq!(note.verify(&renamed.key), Err(NoteError::NotSigned));
}

#[test]
fn one_invalid_line_of_the_expected_key_spoils_the_note() {
    let (signer, note) = signed("text\n");
    let (_, other_text) = signed("other\n");
    let both = note.with(other_text.signatures()[0].clone()).unwrap();

    assert_eq!(both.verify(&signer.key), Err(NoteError::BadSignature));
}

#[test]
fn lines_of_unknown_keys_are_carried_and_ignored() {
    let (signer, note) = signed("text\n");
    let witness = Signer::new("witness.example", 9);
    let line = SignatureLine::sign("text\n", &witness.key, |bytes| witness.sign(bytes)).unwrap();
    let other_kind = format!("\u{2014} pq.example {}", "A".repeat(4 * 1100));
    let other_kind = SignatureLine::parse(&other_kind).unwrap();

    let same_id = STANDARD.encode([&signer.key.id().0[..], b"not ours"].concat());
    let same_id = SignatureLine::parse(&format!("\u{2014} other.example {same_id}")).unwrap();

    let note = note
        .with(other_kind)
        .unwrap()
        .with(same_id)
        .unwrap()
        .with(line.clone())
        .unwrap()
        .with(line)
        .unwrap();
    let read = SignedNote::parse(note.to_string().as_bytes()).unwrap();

    assert_eq!(read.signatures().len(), 4);
    assert_eq!(read.verify(&signer.key), Ok(()));
    assert_eq!(read.verify(&witness.key), Ok(()));
}

#[test]
fn a_signer_that_fails_or_holds_another_key_signs_nothing() {
    let signer = Signer::new(HUB, 7);
    let other = Signer::new(HUB, 8);

    let mixed_up = SignedNote::sign("text\n".into(), &signer.key, |bytes| other.sign(bytes));
    let failed = SignedNote::sign("text\n".into(), &signer.key, |_| Err("the key is locked"));

    assert_eq!(mixed_up, Err(NoteError::WrongKey));
    assert_eq!(failed, Err(NoteError::Signer));
}

#[test]
fn texts_that_are_not_lines_are_neither_signed_nor_read() {
    let signer = Signer::new(HUB, 7);
    let longest = "x".repeat(NOTE_TEXT_BYTES_MAX - 1);
    for (text, expected) in [
        (String::new(), Err(NoteError::Text)),
        ("no newline".to_owned(), Err(NoteError::Text)),
        ("a\rb\n".to_owned(), Err(NoteError::Text)),
        ("a\0b\n".to_owned(), Err(NoteError::Text)),
        (format!("{longest}\n"), Ok(())),
        (format!("{longest}x\n"), Err(NoteError::TooLong)),
    ] {
        let note = SignedNote::sign(text, &signer.key, |bytes| signer.sign(bytes));
        assert_eq!(note.map(|_| ()), expected);
    }
}

#[test]
fn malformed_notes_are_refused_by_reason() {
    let (_, note) = signed("text\n");
    let line = note.signatures()[0].to_string();
    let too_long = "A".repeat((SIGNATURE_BYTES_MAX + 4).div_ceil(3) * 4 + 4);
    let many = |count: usize| format!("text\n\n{}", format!("{line}\n").repeat(count));
    let cases: [(String, NoteError); 15] = [
        (String::new(), NoteError::NoSignatures),
        ("text\n".into(), NoteError::NoSignatures),
        ("text\n\n".into(), NoteError::NoSignatures),
        (format!("text\n{line}\n"), NoteError::NoSignatures),
        (format!("text\n\n{line}"), NoteError::NoSignatures),
        (format!("te\tt\n\n{line}\n"), NoteError::Text),
        (format!("text\n\n{line}\r\n"), NoteError::SignatureLine),
        ("text\n\n- hub.example AAAAAAAA\n".into(), NoteError::SignatureLine),
        ("text\n\n\u{2014} AAAAAAAA\n".into(), NoteError::SignatureLine),
        ("text\n\n\u{2014} a+b AAAAAAAA\n".into(), NoteError::SignatureLine),
        ("text\n\n\u{2014} a AAAAAA==\n".into(), NoteError::SignatureLine),
        ("text\n\n\u{2014} a AAAAAAA\n".into(), NoteError::SignatureLine),
        (format!("text\n\n\u{2014} a {too_long}\n"), NoteError::SignatureLine),
        (many(NOTE_SIGNATURES_MAX + 1), NoteError::TooManySignatures),
        (" ".repeat(NOTE_BYTES_MAX + 1), NoteError::TooLong),
    ];
    for (text, expected) in cases {
        assert_eq!(SignedNote::parse(text.as_bytes()), Err(expected), "{:.60}", text);
    }
    assert_eq!(SignedNote::parse(b"t\xff\n\n"), Err(NoteError::Text));
    assert!(SignedNote::parse(many(NOTE_SIGNATURES_MAX).as_bytes()).is_ok());
}

#[test]
fn a_full_note_takes_no_further_line() {
    let (_, mut note) = signed("text\n");
    for seed in 1..NOTE_SIGNATURES_MAX {
        let line = format!("\u{2014} witness.example/{seed} AAAAAAAA");
        note = note.with(SignatureLine::parse(&line).unwrap()).unwrap();
    }
    let one_more = SignatureLine::parse("\u{2014} late.example AAAAAAAA").unwrap();

    assert_eq!(note.with(one_more), Err(NoteError::TooManySignatures));
}

#[test]
fn a_verifier_key_is_read_back_and_an_altered_one_is_not() {
    let key = Signer::new(HUB, 7).key;
    let text = key.to_string();
    assert_eq!(text.parse::<VerifierKey>(), Ok(key.clone()));
    assert_eq!(key.public_key().len(), 32);

    let encoded = text.rsplit_once('+').unwrap().1;
    let id = key.id();
    let unknown = format!("{HUB}+{id}+{}", encoded.replacen('A', "/", 1));
    let short = format!("{HUB}+{id}+AQAA");
    for (wrong, expected) in [
        (String::new(), KeyError::Format),
        (format!("{HUB}+{id}"), KeyError::Format),
        (format!("+{id}+{encoded}"), KeyError::Name),
        (format!("two words+{id}+{encoded}"), KeyError::Name),
        (format!("{HUB}+{id}0+{encoded}"), KeyError::Format),
        (format!("{HUB}++{encoded}"), KeyError::Format),
        (format!("{HUB}+{id}+{encoded}="), KeyError::Format),
        (format!("{HUB}+00000000+{encoded}"), KeyError::Id),
        (format!("{HUB}2+{id}+{encoded}"), KeyError::Id),
        (format!("{HUB}+{id}+"), KeyError::Algorithm),
        (unknown, KeyError::Algorithm),
        (short, KeyError::Algorithm),
    ] {
        assert_eq!(wrong.parse::<VerifierKey>(), Err(expected), "{wrong}");
    }
}

#[test]
fn weak_public_keys_are_refused_in_every_encoding() {
    // Under the all-zero key the all-zero signature fits every fourth text or more: found by trying it.
    let order_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa";
    let hex = |text: &str| -> [u8; 32] {
        std::array::from_fn(|at| {
            u8::from_str_radix(text.get(2 * at..2 * at + 2).unwrap(), 16).unwrap()
        })
    };
    let mut p_plus_one = [0xff; 32];
    p_plus_one[0] = 0xee;
    let mut minus_zero = [0; 32];
    minus_zero[31] = 0x80;
    for weak in [[0; 32], minus_zero, hex(order_8), p_plus_one] {
        assert_eq!(VerifierKey::new(HUB.parse().unwrap(), weak), Err(KeyError::Weak));
    }
}

#[test]
fn a_public_key_that_is_no_point_confirms_nothing() {
    let no_point = VerifierKey::new(HUB.parse().unwrap(), [2; 32]).unwrap();
    let (_, note) = signed("text\n");

    let line = SignatureLine::sign("text\n", &no_point, |_| Ok::<_, Infallible>([0; 64]));

    assert_eq!(line, Err(NoteError::WrongKey));
    assert_eq!(note.verify(&no_point), Err(NoteError::NotSigned));
}

#[test]
fn key_names_are_bounded_and_plain() {
    let longest = "n".repeat(KEY_NAME_BYTES_MAX);
    assert!(longest.parse::<KeyName>().is_ok());
    for wrong in ["", "a b", "a+b", "a\u{a0}b", "a\nb", "a\u{7f}b", &format!("{longest}n")] {
        assert_eq!(wrong.parse::<KeyName>(), Err(KeyError::Name), "{wrong:?}");
    }
}

#[test]
fn a_checkpoint_is_three_lines_signed_by_the_log_it_names() {
    let signer = Signer::new(HUB, 7);
    let log = tree(4);
    let checkpoint = Checkpoint::new(HUB.parse().unwrap(), 4, log.root()).unwrap();

    let note = checkpoint.sign(&signer.key, |bytes| signer.sign(bytes)).unwrap();
    let opened = Checkpoint::open(note.to_string().as_bytes(), &signer.key).unwrap();

    assert_eq!(note.text(), format!("hub.example/audit\n4\n{}\n", log.root().to_base64()));
    assert_eq!(opened, checkpoint);
    assert_eq!((opened.origin().as_str(), opened.size()), (HUB, 4));
    assert_eq!(*opened.root(), log.root());
}

#[test]
fn a_checkpoint_of_another_log_or_signer_is_refused() {
    let (hub, stranger) = (Signer::new(HUB, 7), Signer::new("other.example", 8));
    let checkpoint = Checkpoint::new(HUB.parse().unwrap(), 4, leaf(0)).unwrap();
    let sealed = checkpoint.sign(&hub.key, |bytes| hub.sign(bytes)).unwrap().to_string();

    // A stranger cannot sign it by the front door, nor by wrapping its text in a note of their own.
    let refused = checkpoint.sign(&stranger.key, |bytes| stranger.sign(bytes));
    assert_eq!(refused, Err(CheckpointError::OtherOrigin));
    let wrapped =
        SignedNote::sign(checkpoint.to_string(), &stranger.key, |bytes| stranger.sign(bytes));
    let wrapped = wrapped.unwrap().to_string();
    let opened = Checkpoint::open(wrapped.as_bytes(), &stranger.key);
    assert_eq!(opened, Err(CheckpointError::OtherOrigin));

    let opened = Checkpoint::open(sealed.as_bytes(), &stranger.key);
    assert_eq!(opened, Err(CheckpointError::Note(NoteError::NotSigned)));
    let opened = Checkpoint::open(b"", &hub.key);
    assert_eq!(opened, Err(CheckpointError::Note(NoteError::NoSignatures)));
}

#[test]
fn checkpoint_texts_have_one_spelling() {
    let root = leaf(0).to_base64();
    assert!(Checkpoint::parse(&format!("log\n18446744073709551615\n{root}\n")).is_ok());
    assert!(Checkpoint::parse(&format!("log\n0\n{}\n", empty_root().to_base64())).is_ok());
    for (text, expected) in [
        (String::new(), CheckpointError::Lines),
        (format!("log\n4\n{root}"), CheckpointError::Lines),
        (format!("log\n4\n{root}\nextension\n"), CheckpointError::Lines),
        (format!("log\n4\n{root}\n\n"), CheckpointError::Lines),
        (format!("\n4\n{root}\n"), CheckpointError::Origin),
        (format!("lo g\n4\n{root}\n"), CheckpointError::Origin),
        (format!("log\n\n{root}\n"), CheckpointError::Size),
        (format!("log\n04\n{root}\n"), CheckpointError::Size),
        (format!("log\n+4\n{root}\n"), CheckpointError::Size),
        (format!("log\n-4\n{root}\n"), CheckpointError::Size),
        (format!("log\n18446744073709551616\n{root}\n"), CheckpointError::Size),
        ("log\n4\nAAAA\n".to_owned(), CheckpointError::Root),
        (format!("log\n0\n{root}\n"), CheckpointError::Root),
    ] {
        assert_eq!(Checkpoint::parse(&text), Err(expected), "{text:?}");
    }
}

proptest! {
    #[test]
    fn what_is_rendered_is_read_back(text in "([a-z\u{2014} ]{0,12}\n){1,6}", size in 1..=u64::MAX, root: [u8; 32]) {
        let (signer, note) = signed(&text);
        let read = SignedNote::parse(note.to_string().as_bytes());
        prop_assert_eq!(read.as_ref(), Ok(&note));
        prop_assert_eq!(read.unwrap().verify(&signer.key), Ok(()));

        let checkpoint = Checkpoint::new(HUB.parse().unwrap(), size, Hash(root)).unwrap();
        prop_assert_eq!(Checkpoint::parse(&checkpoint.to_string()), Ok(checkpoint));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, text in ".{0,80}") {
        prop_assert!(Checkpoint::open(&bytes, &Signer::new(HUB, 7).key).is_err());
        let noted = format!("{text}\n\n\u{2014} {text}\n");
        if let Ok(note) = SignedNote::parse(noted.as_bytes()) {
            prop_assert_eq!(note.to_string(), noted);
        }
        if let Ok(key) = text.parse::<VerifierKey>() {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}
