//! The contract itself: what does not build, and that its lists are the domain's lists.
#![expect(clippy::unwrap_used, reason = "test helpers")]

use std::sync::LazyLock;

use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};
use staysafe::domain::{AlertKind, DeadlineTag, Letter, Priority, Risk, Role, View};
use staysafe::policy::views::{BannerCode, RedactionReason, VIEW_VERSION};
use staysafe::wire::{self, v1};

#[expect(dead_code, reason = "build.rs uses the rest")]
#[path = "../build/contract.rs"]
mod build;

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(wire::DESCRIPTORS).unwrap());

/// The contract with one change to the descriptor of `message.field`.
fn changed(message: &str, field: &str, change: impl Fn(&mut DynamicMessage)) -> DescriptorPool {
    let set = POOL.get_message_by_name("google.protobuf.FileDescriptorSet").unwrap();
    let mut set = DynamicMessage::decode(set, wire::DESCRIPTORS).unwrap();
    let name = |item: &DynamicMessage| {
        item.get_field_by_name("name").unwrap().as_str().unwrap().to_owned()
    };
    for file in list(&mut set, "file") {
        for found in list(file, "message_type").filter(|found| name(found) == message) {
            list(found, "field").filter(|found| name(found) == field).for_each(&change);
        }
    }
    DescriptorPool::decode(set.encode_to_vec().as_slice()).unwrap()
}

fn list<'a>(
    message: &'a mut DynamicMessage,
    field: &str,
) -> impl Iterator<Item = &'a mut DynamicMessage> {
    let value = message.get_field_by_name_mut(field).unwrap();
    value.as_list_mut().unwrap().iter_mut().map(|item| item.as_message_mut().unwrap())
}

fn set_view(field: &mut DynamicMessage, option: &str, value: Value) {
    let extension = POOL.get_extension_by_name("staysafe.v1.view").unwrap();
    let options = field.get_field_by_name_mut("options").unwrap().as_message_mut().unwrap();
    let view = options.get_extension_mut(&extension).as_message_mut().unwrap();
    view.set_field_by_name(option, value);
}

fn faults(pool: &DescriptorPool) -> Vec<String> {
    build::read(pool).err().unwrap_or_default()
}

#[test]
fn the_contract_as_it_stands_builds() {
    assert_eq!(faults(&POOL), Vec::<String>::new());
}

#[test]
fn a_field_without_class_and_letters_does_not_build_and_is_named_with_its_file() {
    let pool =
        changed("MissingFromHome", "associates", |field| field.clear_field_by_name("options"));

    assert_eq!(
        faults(&pool),
        [
            "staysafe/v1/missing.proto: MissingFromHome.associates: has no sensitivity class and no letters"
        ]
    );
}

#[test]
fn a_field_without_a_class_does_not_build() {
    let pool = changed("Person", "dob", |field| set_view(field, "class", Value::EnumNumber(0)));

    assert_eq!(faults(&pool), ["staysafe/v1/person.proto: Person.dob: has no sensitivity class"]);
}

#[test]
fn a_field_without_letters_does_not_build() {
    let pool =
        changed("Person", "dob", |field| set_view(field, "who", Value::String(String::new())));

    assert_eq!(faults(&pool), ["staysafe/v1/person.proto: Person.dob: has no letters"]);
}

#[test]
fn a_letter_or_view_that_does_not_exist_does_not_build() {
    let letter =
        changed("Person", "dob", |field| set_view(field, "who", Value::String("C Q".into())));
    let view =
        changed("Person", "dob", |field| set_view(field, "closed", Value::String("ALL".into())));

    assert_eq!(faults(&letter), ["staysafe/v1/person.proto: Person.dob: `Q` is not a letter"]);
    assert_eq!(faults(&view), ["staysafe/v1/person.proto: Person.dob: `ALL` is not a closed view"]);
}

#[test]
fn letters_can_be_taken_out_again_and_h_means_both_hospital_letters() {
    let bits = |who: &str| match build::parse_who(who).unwrap() {
        build::Who::Letters(bits) => bits,
        build::Who::Container => panic!("not letters"),
    };
    assert_eq!(bits("H"), bits("H1 H2"));
    assert_eq!(bits("C"), bits("C CL"), "the lead sees what the front door sees");
    assert_eq!(bits("ALL -E") | bits("E"), bits("ALL"));
    assert_eq!(bits("NONE"), 0);
}

#[test]
fn the_contracts_letters_and_views_are_the_domains() {
    let letters: Vec<&str> = Letter::ALL.iter().map(|letter| letter.as_str()).collect();
    assert_eq!(build::LETTERS.to_vec(), letters);
    for (position, letter) in Letter::ALL.iter().enumerate() {
        assert_eq!(usize::try_from(letter.code()).unwrap(), position);
    }
    for (name, code) in build::CLOSED_VIEWS {
        assert_eq!(View::parse(name).unwrap().code(), *code);
    }
}

/// Every value of a domain list under the same number and name in the contract, and none beside.
fn same_list(name: &str, list: &[(u32, &str)]) {
    let values = POOL.get_enum_by_name(&format!("staysafe.v1.{name}")).unwrap();
    let zero = values.get_value(0).unwrap().name().to_owned();
    let prefix = zero.strip_suffix("UNSPECIFIED").unwrap();
    let contract: Vec<(u32, String)> = values
        .values()
        .filter(|value| value.number() != 0)
        .map(|value| {
            let short = value.name().strip_prefix(prefix).unwrap();
            (u32::try_from(value.number()).unwrap(), short.to_owned())
        })
        .collect();
    let domain: Vec<(u32, String)> =
        list.iter().map(|(code, text)| (*code, text.replace('-', "_"))).collect();
    assert_eq!(contract, domain, "{name}");
}

macro_rules! list_of {
    ($list:ty) => {
        <$list>::ALL.iter().map(|value| (value.code(), value.as_str())).collect::<Vec<_>>()
    };
}

#[test]
fn codes_of_the_contract_are_the_codes_of_the_domain() {
    same_list("AlertKind", &list_of!(AlertKind));
    same_list("Priority", &list_of!(Priority));
    same_list("Risk", &list_of!(Risk));
    same_list("Role", &list_of!(Role));
    same_list("DeadlineTag", &list_of!(DeadlineTag));
    same_list("BannerCode", &list_of!(BannerCode));
    same_list("RedactionReason", &list_of!(RedactionReason));
    same_list("CopyView", &list_of!(View));
}

#[test]
fn every_enum_starts_with_an_unspecified_zero() {
    for values in POOL.all_enums().filter(|values| values.package_name() == "staysafe.v1") {
        let zero = values.get_value(0).unwrap();
        assert!(zero.name().ends_with("_UNSPECIFIED"), "{}", values.name());
    }
}

#[test]
fn the_debug_text_of_an_alert_shows_its_name_and_nothing_of_its_content() {
    let alert = v1::Alert {
        envelope: Some(v1::Envelope {
            headline_concern: "canary".to_owned(),
            subjects: vec![v1::Person { family_name: "canary".to_owned(), ..Default::default() }],
            ..Default::default()
        }),
        body: Some(v1::alert::Body::Missing(v1::MissingFromHome {
            associates: "canary".to_owned(),
            ..Default::default()
        })),
        hub: None,
    };
    let copy = v1::AlertCopy { body: Some(alert.clone()), ..Default::default() };

    let text = format!("{alert:?} {:?} {copy:?}", alert.body);

    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("Alert [redacted]"));
}

#[test]
fn partners_see_the_contract_and_not_the_hubs_record_format() {
    let packages: Vec<String> = POOL.files().map(|file| file.package_name().to_owned()).collect();
    let others =
        packages.iter().filter(|name| !["staysafe.v1", "google.protobuf"].contains(&name.as_str()));
    assert_eq!(others.count(), 0, "{packages:?}");
}

/// One line a field: class, letters, closed views and what else decides. For the information governance lead to
/// read; a change here needs a new `VIEW_VERSION`.
#[test]
fn who_may_see_which_field() {
    let extension = POOL.get_extension_by_name("staysafe.v1.view").unwrap();
    let mut lines = vec![format!("version {VIEW_VERSION}")];
    for message in POOL.all_messages().filter(|message| message.package_name() == "staysafe.v1") {
        for field in message.fields() {
            let options = field.options();
            if options.has_extension(&extension) {
                let view = options.get_extension(&extension);
                let view = view.as_message().unwrap().to_string();
                let view = view.replace("SENSITIVITY_", "").replace("CUT_RULE_", "");
                lines.push(format!("{}.{} {view}", message.name(), field.name()));
            }
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}
