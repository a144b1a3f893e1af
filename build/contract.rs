//! Reads the view options of the contract and turns them into the table that copies are cut by.
//!
//! Refuses a contract in which a field of a message reachable from `Alert` lacks a sensitivity class or
//! letters, or names a letter, view or value that does not exist. Used by `build.rs` and by the contract
//! tests, so it depends on `prost-reflect` alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind,
    MessageDescriptor, Value,
};

/// The recipient letters in the order of their bits; the same list as `domain::Letter`.
pub(crate) const LETTERS: [&str; 20] = [
    "C", "CL", "P", "F", "M", "K", "A", "H1", "H2", "N", "R", "S", "E", "Y", "L", "X", "D", "Z",
    "T", "G",
];

/// The closed views with their bits; the same numbers as `domain::View`.
pub(crate) const CLOSED_VIEWS: &[(&str, u32)] = &[
    ("LOOKOUT", 2),
    ("CANCELLED", 3),
    ("INFO", 4),
    ("SAFE_TASK", 5),
    ("LADDER", 6),
    ("PATHWAY", 7),
    ("FEEDBACK", 8),
];

const ROOT: &str = "staysafe.v1.Alert";
/// Messages that say who somebody is and are no part of an alert.
const PERSONAL: [&str; 2] = ["staysafe.v1.MatchedPerson", "staysafe.v1.ChronologyLine"];
const OPTION: &str = "staysafe.v1.view";
const KIND_ENUM: &str = "staysafe.v1.AlertKind";

/// Messages every field of which is copied as it stands, wherever the holding field is.
const OPAQUE: [&str; 1] = ["google.protobuf.Timestamp"];

/// Which letters a field is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Who {
    /// As the field that holds the message.
    Container,
    /// Exactly these, as bits.
    Letters(u32),
}

/// One value rule: bits of letters and of closed views, and the values they may see.
pub(crate) struct ValueRule {
    letters: u32,
    views: u32,
    only: Vec<i32>,
}

/// What the options say about one field.
pub(crate) struct View {
    class: i32,
    who: Who,
    closed: u32,
    values: Vec<ValueRule>,
    rule: i32,
    marker: i32,
    reason: i32,
    sealed: Option<(String, u32)>,
    kinds: Vec<i32>,
    except: Vec<Exception>,
}

/// Letters, as bits, that do not see the field in alerts of these kinds.
pub(crate) struct Exception {
    kinds: Vec<i32>,
    letters: u32,
}

/// One field with its view.
pub(crate) struct Field {
    descriptor: FieldDescriptor,
    view: View,
}

/// One message with its fields.
pub(crate) struct Message {
    name: String,
    fields: Vec<Field>,
    opaque: bool,
}

/// Every message reachable from `Alert`, the root first; or every fault, each with message and field.
pub(crate) fn read(pool: &DescriptorPool) -> Result<Vec<Message>, Vec<String>> {
    let root = pool
        .get_message_by_name(ROOT)
        .ok_or_else(|| vec![format!("message {ROOT} is not in the contract")])?;
    let mut faults = Vec::new();
    let messages = reachable(&root)
        .into_iter()
        .map(|message| read_message(pool, &message, &mut faults))
        .collect();
    if faults.is_empty() { Ok(messages) } else { Err(faults) }
}

/// Full names of the messages and oneofs that hold parts of an alert, or say who somebody is: their `Debug` shows no content.
pub(crate) fn personal_types(pool: &DescriptorPool) -> (Vec<String>, Vec<String>) {
    let roots = std::iter::once(ROOT).chain(PERSONAL);
    let roots = roots.filter_map(|name| pool.get_message_by_name(name));
    let mut oneofs = Vec::new();
    let mut messages = Vec::new();
    for message in roots.flat_map(|root| {
        let package = root.package_name().to_owned();
        reachable(&root).into_iter().filter(move |message| message.package_name() == package)
    }) {
        if messages.contains(&message.full_name().to_owned()) {
            continue;
        }
        let real = message.oneofs().filter(|oneof| !oneof.is_synthetic());
        oneofs.extend(real.map(|oneof| oneof.full_name().to_owned()));
        messages.push(message.full_name().to_owned());
    }
    (messages, oneofs)
}

fn reachable(root: &MessageDescriptor) -> Vec<MessageDescriptor> {
    let mut found = vec![root.clone()];
    let mut waiting = vec![root.clone()];
    while let Some(message) = waiting.pop() {
        for field in message.fields() {
            if let Kind::Message(inner) = field.kind()
                && !found.contains(&inner)
            {
                found.push(inner.clone());
                waiting.push(inner);
            }
        }
    }
    found
}

fn read_message(
    pool: &DescriptorPool,
    message: &MessageDescriptor,
    faults: &mut Vec<String>,
) -> Message {
    let opaque = OPAQUE.contains(&message.full_name());
    let mut fields = Vec::new();
    for descriptor in message.fields() {
        let read = if opaque { Ok(opaque_view()) } else { read_view(pool, &descriptor) };
        match read {
            Ok(view) => fields.push(Field { descriptor, view }),
            Err(fault) => faults.push(format!(
                "{}: {}.{}: {fault}",
                message.parent_file().name(),
                message.name(),
                descriptor.name(),
            )),
        }
    }
    Message { name: message.full_name().to_owned(), fields, opaque }
}

fn opaque_view() -> View {
    View {
        class: 6,
        who: Who::Container,
        closed: CLOSED_VIEWS.iter().fold(0, |bits, (_, bit)| bits | 1 << bit),
        values: Vec::new(),
        rule: 0,
        marker: 0,
        reason: 0,
        sealed: None,
        kinds: Vec::new(),
        except: Vec::new(),
    }
}

fn read_view(pool: &DescriptorPool, field: &FieldDescriptor) -> Result<View, String> {
    let extension = pool.get_extension_by_name(OPTION).ok_or("the view option is not defined")?;
    let options = field.options();
    if !options.has_extension(&extension) {
        return Err("has no sensitivity class and no letters".to_owned());
    }
    let extension = options.get_extension(&extension);
    let option = extension.as_message().ok_or("the view option is not a message")?;
    let class = number(option, "class")?;
    if class == 0 {
        return Err("has no sensitivity class".to_owned());
    }
    let who = parse_who(&text(option, "who")?)?;
    let kinds = pool.get_enum_by_name(KIND_ENUM).ok_or("the alert kinds are not defined")?;
    Ok(View {
        class,
        who,
        closed: parse_views(&text(option, "closed")?)?,
        values: read_values(field, option)?,
        rule: number(option, "rule")?,
        marker: number(option, "marker")?,
        reason: number(option, "reason")?,
        sealed: read_sealed(option)?,
        kinds: read_kinds(&kinds, option)?,
        except: read_exceptions(&kinds, option)?,
    })
}

fn read_kinds(kinds: &EnumDescriptor, option: &DynamicMessage) -> Result<Vec<i32>, String> {
    text(option, "kinds")?.split_whitespace().map(|name| enum_value(kinds, name)).collect()
}

fn read_exceptions(
    kinds: &EnumDescriptor,
    option: &DynamicMessage,
) -> Result<Vec<Exception>, String> {
    let exceptions = match option.get_field_by_name("except").as_deref() {
        Some(Value::List(exceptions)) => exceptions.clone(),
        _ => return Err("exceptions are not a list".to_owned()),
    };
    let mut read = Vec::new();
    for exception in exceptions.iter().filter_map(Value::as_message) {
        let Who::Letters(letters) = parse_who(&text(exception, "who")?)? else {
            return Err("an exception needs letters of its own".to_owned());
        };
        read.push(Exception { kinds: read_kinds(kinds, exception)?, letters });
    }
    Ok(read)
}

fn read_sealed(option: &DynamicMessage) -> Result<Option<(String, u32)>, String> {
    if !option.has_field_by_name("sealed") {
        return Ok(None);
    }
    let sealed = message(option, "sealed")?;
    match parse_who(&text(&sealed, "who")?)? {
        Who::Letters(letters) => Ok(Some((text(&sealed, "part")?, letters))),
        Who::Container => Err("a sealed part needs letters of its own".to_owned()),
    }
}

fn read_values(field: &FieldDescriptor, option: &DynamicMessage) -> Result<Vec<ValueRule>, String> {
    let rules = match option.get_field_by_name("values").as_deref() {
        Some(Value::List(rules)) => rules.clone(),
        _ => return Err("value rules are not a list".to_owned()),
    };
    let mut read = Vec::new();
    for rule in &rules {
        let (Value::Message(rule), Kind::Enum(values)) = (rule, field.kind()) else {
            return Err("value rules are for enums only".to_owned());
        };
        let (mut letters, mut views) = (0, 0);
        for word in text(rule, "who")?.split_whitespace() {
            match CLOSED_VIEWS.iter().find(|(name, _)| *name == word) {
                Some((_, bit)) => views |= 1 << bit,
                None => letters |= letter_bits(word)?,
            }
        }
        let only = match rule.get_field_by_name("only").as_deref() {
            Some(Value::List(only)) => only
                .iter()
                .filter_map(Value::as_str)
                .map(|name| enum_value(&values, name))
                .collect::<Result<_, _>>()?,
            _ => return Err("the values of a rule are not a list".to_owned()),
        };
        read.push(ValueRule { letters, views, only });
    }
    Ok(read)
}

/// Parses "C P H -H2", "ALL -E", "CONTAINER" or "NONE".
pub(crate) fn parse_who(text: &str) -> Result<Who, String> {
    match text {
        "" => return Err("has no letters".to_owned()),
        "CONTAINER" => return Ok(Who::Container),
        "NONE" => return Ok(Who::Letters(0)),
        _ => {}
    }
    let mut bits = 0;
    for word in text.split_whitespace() {
        match word.strip_prefix('-') {
            Some(out) => bits &= !letter_bits(out)?,
            None => bits |= letter_bits(word)?,
        }
    }
    Ok(Who::Letters(bits))
}

fn letter_bits(word: &str) -> Result<u32, String> {
    let bit = |name: &str| {
        let position = LETTERS.iter().position(|letter| *letter == name);
        position.and_then(|at| u32::try_from(at).ok()).and_then(|at| 1_u32.checked_shl(at))
    };
    match word {
        "ALL" => Ok(LETTERS.iter().filter_map(|letter| bit(letter)).fold(0, |all, bit| all | bit)),
        "H" => Ok(bit("H1").unwrap_or(0) | bit("H2").unwrap_or(0)),
        // The front door's lead sees what the front door sees.
        "C" => Ok(bit("C").unwrap_or(0) | bit("CL").unwrap_or(0)),
        _ => bit(word).ok_or_else(|| format!("`{word}` is not a letter")),
    }
}

fn parse_views(text: &str) -> Result<u32, String> {
    text.split_whitespace().try_fold(0, |bits, word| {
        let view = CLOSED_VIEWS.iter().find(|(name, _)| *name == word);
        view.map(|(_, bit)| bits | 1 << bit).ok_or_else(|| format!("`{word}` is not a closed view"))
    })
}

fn enum_value(values: &EnumDescriptor, name: &str) -> Result<i32, String> {
    let prefix = values
        .values()
        .next()
        .and_then(|zero| zero.name().strip_suffix("UNSPECIFIED").map(str::to_owned))
        .ok_or_else(|| format!("enum {} has no UNSPECIFIED value", values.name()))?;
    values
        .values()
        .find(|value| value.name().strip_prefix(prefix.as_str()) == Some(name))
        .map(|value| value.number())
        .ok_or_else(|| format!("`{name}` is not a value of {}", values.name()))
}

fn number(message: &DynamicMessage, field: &str) -> Result<i32, String> {
    message
        .get_field_by_name(field)
        .and_then(|value| value.as_enum_number())
        .ok_or_else(|| format!("the view option has no {field}"))
}

fn text(message: &DynamicMessage, field: &str) -> Result<String, String> {
    message
        .get_field_by_name(field)
        .and_then(|value| value.as_str().map(str::to_owned))
        .ok_or_else(|| format!("the view option has no {field}"))
}

fn message(parent: &DynamicMessage, field: &str) -> Result<DynamicMessage, String> {
    parent
        .get_field_by_name(field)
        .and_then(|value| value.as_message().cloned())
        .ok_or_else(|| format!("the view option has no {field}"))
}

/// Rust source of the table that `policy::views` includes.
pub(crate) fn table(messages: &[Message]) -> String {
    let index: BTreeMap<&str, usize> =
        messages.iter().enumerate().map(|(at, message)| (message.name.as_str(), at)).collect();
    let mut out = String::from("&[\n");
    for message in messages {
        let short = message.name.rsplit('.').next().unwrap_or_default();
        writeln!(out, "Message {{ name: {short:?}, opaque: {}, fields: &[", message.opaque)
            .unwrap_or_default();
        for field in &message.fields {
            out.push_str(&field_source(field, &index));
        }
        out.push_str("] },\n");
    }
    out.push_str("]\n");
    out
}

fn field_source(field: &Field, index: &BTreeMap<&str, usize>) -> String {
    let view = &field.view;
    let who = match view.who {
        Who::Container => "Who::Container".to_owned(),
        Who::Letters(bits) => format!("Who::Letters(LetterSet::from_bits({bits:#x}))"),
    };
    let values: String = view
        .values
        .iter()
        .map(|rule| {
            format!(
                "ValueRule {{ letters: LetterSet::from_bits({:#x}), views: {:#x}, only: &{:?} }}, ",
                rule.letters, rule.views, rule.only
            )
        })
        .collect();
    let except: String = view
        .except
        .iter()
        .map(|exception| {
            let Exception { kinds, letters } = exception;
            format!(
                "Exception {{ kinds: &{kinds:?}, letters: LetterSet::from_bits({letters:#x}) }}, "
            )
        })
        .collect();
    let sealed = view.sealed.as_ref().map_or_else(
        || "None".to_owned(),
        |(part, letters)| {
            format!(
                "Some(SealedPart {{ part: {part:?}, letters: LetterSet::from_bits({letters:#x}) }})"
            )
        },
    );
    format!(
        "  Field {{ number: {}, name: {:?}, shape: {}, repeated: {}, class: {}, who: {who}, closed: {:#x}, \
         values: &[{values}], rule: {}, marker: {}, reason: {}, sealed: {sealed}, kinds: &{:?}, \
         except: &[{except}] }},\n",
        field.descriptor.number(),
        field.descriptor.name(),
        shape(&field.descriptor, index),
        field.descriptor.cardinality() == Cardinality::Repeated,
        class_source(view.class),
        view.closed,
        rule_source(view.rule),
        marker_source(view.marker),
        reason_source(view.reason),
        view.kinds,
    )
}

fn shape(field: &FieldDescriptor, index: &BTreeMap<&str, usize>) -> String {
    match field.kind() {
        Kind::Message(inner) => {
            format!("Shape::Message({})", index.get(inner.full_name()).copied().unwrap_or_default())
        }
        Kind::Enum(_) => "Shape::Enum".to_owned(),
        Kind::String => "Shape::Text".to_owned(),
        Kind::Bytes => "Shape::Bytes".to_owned(),
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => "Shape::Fixed32".to_owned(),
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => "Shape::Fixed64".to_owned(),
        Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 => "Shape::Varint".to_owned(),
        Kind::Sint32 | Kind::Sint64 | Kind::Bool => "Shape::Varint".to_owned(),
    }
}

/// Rust source of constants: a module `field` with each message's field numbers and a module `value` with
/// each enum's values, so that a renamed field or value does not compile.
pub(crate) fn numbers(messages: &[Message]) -> String {
    let mut out = String::from("pub(crate) mod field {\n");
    let mut enums = BTreeMap::new();
    for message in messages.iter().filter(|message| !message.opaque) {
        let short = message.name.rsplit('.').next().unwrap_or_default();
        writeln!(out, "    pub(crate) mod {} {{", snake(short)).unwrap_or_default();
        for field in &message.fields {
            let (name, number) = (field.descriptor.name(), field.descriptor.number());
            writeln!(out, "        pub(crate) const {}: u32 = {number};", name.to_uppercase())
                .unwrap_or_default();
            if let Kind::Enum(values) = field.descriptor.kind() {
                enums.insert(snake(values.name()), values);
            }
        }
        out.push_str("    }\n");
    }
    out.push_str("}\npub(crate) mod value {\n");
    for (name, values) in enums {
        let zero = values.values().next().map(|zero| zero.name().to_owned()).unwrap_or_default();
        let prefix = zero.strip_suffix("UNSPECIFIED").unwrap_or_default();
        writeln!(out, "    pub(crate) mod {name} {{").unwrap_or_default();
        for value in values.values() {
            let short = value.name().strip_prefix(prefix).unwrap_or(value.name());
            writeln!(out, "        pub(crate) const {short}: i32 = {};", value.number())
                .unwrap_or_default();
        }
        out.push_str("    }\n");
    }
    out.push_str("}\n");
    out
}

/// `PersonOfConcern` as `person_of_concern`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

fn class_source(class: i32) -> &'static str {
    match class {
        1 => "Class::Of(SensitivityClass::S0)",
        2 => "Class::Of(SensitivityClass::S1)",
        3 => "Class::Of(SensitivityClass::S2)",
        4 => "Class::Of(SensitivityClass::S3)",
        5 => "Class::Of(SensitivityClass::S4)",
        _ => "Class::AsContainer",
    }
}

fn marker_source(marker: i32) -> &'static str {
    match marker {
        1 => "Marker::Narrow",
        2 => "Marker::Never",
        _ => "Marker::ByClass",
    }
}

fn reason_source(reason: i32) -> &'static str {
    match reason {
        2 => "RedactionReason::ThirdParty",
        _ => "RedactionReason::MinNecessary",
    }
}

/// The cutter's name of a rule, in the order of `CutRule` in options.proto.
fn rule_source(rule: i32) -> &'static str {
    const APART: [(i32, &str); 3] =
        [(30, "Rule::PoliceRelevant"), (31, "Rule::OwnPart"), (32, "Rule::Agreed")];
    const RULES: &[&str] = &[
        "Rule::Plain",
        "Rule::Subjects",
        "Rule::Household",
        "Rule::PersonsOfConcern",
        "Rule::Addresses",
        "Rule::Phones",
        "Rule::Headline",
        "Rule::Told",
        "Rule::ChildImpacts",
        "Rule::ProtectiveOrders",
        "Rule::FoundPlace",
        "Rule::SchoolDate",
        "Rule::SchoolPlace",
        "Rule::Area",
        "Rule::AppointmentContact",
        "Rule::PrHolders",
        "Rule::OwnSchool",
        "Rule::SchoolVoice",
        "Rule::PersonRef",
        "Rule::OccurredAt",
        "Rule::ChildSchoolVoice",
        "Rule::IfCrime",
        "Rule::Concern",
        "Rule::Referrer",
        "Rule::OwnRelease",
        "Rule::PoliceProtection",
        "Rule::OwnActions",
        "Rule::FeedbackContact",
    ];
    let apart = APART.iter().find(|(number, _)| *number == rule).map(|(_, name)| *name);
    let listed = || usize::try_from(rule).ok().and_then(|rule| RULES.get(rule)).copied();
    apart.or_else(listed).unwrap_or("Rule::Unknown")
}
