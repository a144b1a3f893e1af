//! Properties over random alerts, checked against the options of the contract by a reader of their own: the
//! generated table is not asked.

use proptest::prelude::*;
use prost_reflect::prost::Message as _;
use prost_reflect::{
    Cardinality, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    ReflectMessage, Value,
};
use staysafe::domain::{AlertKind, Letter, View};
use staysafe::policy::views::{CopyRequest, cut};

use crate::{POOL, alert_descriptor};

/// A small generator of its own: the same seed gives the same alert.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Fills a message at random; every text is unique, so that whatever survives can be traced.
fn fill(random: &mut Random, descriptor: &MessageDescriptor, fullness: u64) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    if descriptor.full_name() == "google.protobuf.Timestamp" {
        message.set_field_by_name(
            "seconds",
            Value::I64(1_700_000_000 + random.below(99_999_999).cast_signed()),
        );
        return message;
    }
    for field in descriptor.fields() {
        if random.below(100) >= fullness {
            continue;
        }
        if field.cardinality() == Cardinality::Repeated {
            let count = 1 + random.below(3);
            let values = (0..count).map(|_| value(random, &field, fullness)).collect();
            message.set_field(&field, Value::List(values));
        } else {
            let value = value(random, &field, fullness);
            message.set_field(&field, value);
        }
    }
    message
}

fn value(random: &mut Random, field: &FieldDescriptor, fullness: u64) -> Value {
    match field.kind() {
        Kind::Message(inner) => Value::Message(fill(random, &inner, fullness)),
        Kind::Enum(values) => Value::EnumNumber(enum_number(random, &values)),
        Kind::String => Value::String(text(random, field.name())),
        Kind::Bytes => Value::Bytes(text(random, field.name()).into_bytes().into()),
        Kind::Bool => Value::Bool(random.below(2) == 0),
        Kind::Uint32 => Value::U32(7),
        Kind::Sint32 => Value::I32(60),
        other => panic!("no {other:?} in the contract yet"),
    }
}

/// References and URNs come from small sets so that they meet; all else is unique.
fn text(random: &mut Random, name: &str) -> String {
    match name {
        "person_ref" | "child_ref" | "subject_ref" | "giver_ref" | "victim_ref" => {
            format!("ref{}", random.below(4))
        }
        "school_urn" => format!("90010{}", random.below(2)),
        _ => format!("{name}-{}", random.below(u64::MAX)),
    }
}

fn enum_number(random: &mut Random, values: &EnumDescriptor) -> i32 {
    if random.below(20) == 0 {
        return 997;
    }
    let count = values.values().len();
    let at = random.below(u64::try_from(count).unwrap());
    values.values().nth(usize::try_from(at).unwrap()).unwrap().number()
}

fn alert(seed: u64, fullness: u64) -> Vec<u8> {
    fill(&mut Random(seed | 1), &alert_descriptor(), fullness).encode_to_vec()
}

struct Options {
    class: i32,
    who: String,
    closed: String,
    kinds: String,
}

fn options(field: &FieldDescriptor) -> Option<Options> {
    let extension = POOL.get_extension_by_name("staysafe.v1.view").unwrap();
    let options = field.options();
    let view = options.get_extension(&extension);
    let view = view.as_message().filter(|_| options.has_extension(&extension))?;
    let text = |name: &str| view.get_field_by_name(name).unwrap().as_str().unwrap().to_owned();
    Some(Options {
        class: view.get_field_by_name("class").unwrap().as_enum_number().unwrap(),
        who: text("who"),
        closed: text("closed"),
        kinds: text("kinds"),
    })
}

/// Whether a letter is in a `who` text; L and X also count as C.
fn listed(who: &str, letter: Letter) -> bool {
    let named = |word: &str, letter: Letter| match word {
        "ALL" => true,
        "H" => matches!(letter, Letter::H1 | Letter::H2),
        "C" => matches!(letter, Letter::C | Letter::CL),
        word => word == letter.as_str(),
    };
    let in_list = |letter: Letter| {
        who.split(' ').fold(false, |held, word| match word.strip_prefix('-') {
            Some(out) => held && !named(out, letter),
            None => held || named(word, letter),
        })
    };
    who == "CONTAINER"
        || in_list(letter)
        || (matches!(letter, Letter::L | Letter::X) && in_list(Letter::C))
}

/// Every field that is in the copy and should not be.
fn faults(message: &DynamicMessage, kind: AlertKind, letter: Letter, view: View) -> Vec<String> {
    let mut found = Vec::new();
    for (field, value) in message.fields() {
        if let Some(options) = options(&field) {
            let seen = if view == View::Standard {
                listed(&options.who, letter)
            } else {
                options.closed.split(' ').any(|name| name == view.as_str())
            };
            let of_kind = options.kinds.is_empty()
                || options.kinds.split(' ').any(|name| name == kind.as_str());
            if !seen || !of_kind || options.class == 5 {
                found.push(field.full_name().to_owned());
            }
        }
        found.extend(nested(value).flat_map(|inner| faults(inner, kind, letter, view)));
    }
    found.extend(sealed_content(message));
    if message.unknown_fields().next().is_some() {
        found.push(format!("unknown field in {}", message.descriptor().name()));
    }
    found
}

fn sealed_content(message: &DynamicMessage) -> Option<String> {
    let number = |field: &str| message.get_field_by_name(field).unwrap().as_enum_number().unwrap();
    match message.descriptor().name() {
        "Address" => (![1, 2, 3, 4].contains(&number("type"))).then(|| "sealed address".to_owned()),
        "Phone" => {
            (![0, 1, 3].contains(&number("safe_to_call"))).then(|| "sealed phone".to_owned())
        }
        _ => None,
    }
}

fn nested(value: &Value) -> Box<dyn Iterator<Item = &DynamicMessage> + '_> {
    match value {
        Value::Message(inner) => Box::new(std::iter::once(inner)),
        Value::List(items) => Box::new(items.iter().filter_map(Value::as_message)),
        _ => Box::new(std::iter::empty()),
    }
}

fn views() -> impl Strategy<Value = View> {
    prop::sample::select(View::ALL)
}

fn kinds() -> impl Strategy<Value = AlertKind> {
    prop::sample::select(AlertKind::ALL)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_field_reaches_a_letter_it_is_not_for(seed: u64, kind in kinds(), view in views()) {
        let alert = alert(seed, 85);
        for letter in Letter::ALL {
            let mut request = CopyRequest::new(kind, *letter, view);
            request.school_urn = Some("900100");

            let copy = cut(&alert, &request).unwrap();

            let body = DynamicMessage::decode(alert_descriptor(), copy.body.as_slice()).unwrap();
            let faults = faults(&body, kind, *letter, copy.view);
            prop_assert!(faults.is_empty(), "{letter} {}: {faults:?}", copy.view);
        }
    }

    #[test]
    fn what_a_copy_says_about_withheld_fields_does_not_depend_on_content(
        one: u64, other: u64, kind in kinds(),
    ) {
        for letter in Letter::ALL {
            let request = CopyRequest::new(kind, *letter, View::Standard);
            let empty = cut(&[], &request).unwrap();
            let (full, some) =
                (cut(&alert(one, 95), &request).unwrap(), cut(&alert(other, 30), &request).unwrap());
            // A closed view is a complete list; it is taken only where the letter or a death demands it.
            for copy in [full, some].into_iter().filter(|copy| copy.view == View::Standard) {
                prop_assert_eq!(&copy.redactions, &empty.redactions);
                prop_assert_eq!(&copy.sealed, &empty.sealed);
            }
        }
    }

    #[test]
    fn a_field_of_a_newer_contract_is_not_in_any_copy(seed: u64, kind in kinds()) {
        // Field 900, length-delimited, at the top level and inside the envelope.
        let unknown = [0xa2, 0x38, 0x03, b'n', b'e', b'w'];
        let mut alert = alert(seed, 50);
        alert.extend_from_slice(&unknown);
        alert.extend_from_slice(&[&[0x0a, 0x06], unknown.as_slice()].concat());

        for letter in Letter::ALL {
            let copy = cut(&alert, &CopyRequest::new(kind, *letter, View::Standard)).unwrap();
            let body = DynamicMessage::decode(alert_descriptor(), copy.body.as_slice()).unwrap();
            prop_assert!(faults(&body, kind, *letter, copy.view).is_empty());
        }
    }

    #[test]
    fn any_bytes_are_cut_or_refused_and_never_panic(bytes: Vec<u8>, kind in kinds()) {
        for letter in Letter::ALL {
            let request = CopyRequest::new(kind, *letter, View::Standard);
            if let Ok(copy) = cut(&bytes, &request) {
                prop_assert!(DynamicMessage::decode(alert_descriptor(), copy.body.as_slice()).is_ok());
            }
        }
    }
}

#[test]
fn the_front_door_loses_only_what_is_sealed_or_not_for_it() {
    let is_whole = |bytes: &Vec<u8>| {
        let sent = DynamicMessage::decode(alert_descriptor(), bytes.as_slice()).unwrap();
        let envelope = sent.get_field_by_name("envelope").unwrap().into_owned();
        let envelope = envelope.as_message().unwrap().clone();
        envelope.descriptor().fields().all(|field| envelope.has_field(&field))
    };
    // A code may come out as 0, which is no value: the first alert that has them all.
    let bytes = (0x5eed_u64..).map(|seed| alert(seed, 100)).find(is_whole).unwrap();
    let copy = cut(&bytes, &CopyRequest::new(AlertKind::DvNotification, Letter::C, View::Standard));
    let body = DynamicMessage::decode(alert_descriptor(), copy.unwrap().body.as_slice()).unwrap();
    let envelope = body.get_field_by_name("envelope").unwrap();
    let envelope = envelope.as_message().unwrap();
    let sent = DynamicMessage::decode(alert_descriptor(), bytes.as_slice()).unwrap();
    let sent = sent.get_field_by_name("envelope").unwrap().into_owned();

    for field in envelope.descriptor().fields() {
        let options = options(&field).unwrap();
        // A random code may be the one that says nothing.
        let is_sent = sent.as_message().unwrap().has_field(&field);
        if is_sent && listed(&options.who, Letter::C) && options.class != 5 {
            assert!(envelope.has_field(&field), "{}", field.name());
        }
    }
}
