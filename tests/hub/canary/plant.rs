//! Puts a canary into every text of an alert, found by the contract itself: a new field is planted without being
//! named here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use prost_reflect::prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _,
    Value,
};
use staysafe::wire::SubmitAlertRequest;

use super::search::BYTES_MIN;
use crate::support::sample;

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(staysafe::wire::DESCRIPTORS).unwrap());

/// Texts that say nothing of a person, and stay as they are.
const NO_CANARY: &[(&str, &str)] = &[
    ("staysafe.v1.Envelope.sender_agency", "the sender's code, recorded by design"),
    ("staysafe.v1.Envelope.schema_version", "a version of the contract"),
    ("staysafe.v1.Envelope.responsible_la", "three digits of a council: too short to be told"),
    ("staysafe.v1.OptOut.path", "a path of the contract"),
    ("staysafe.v1.SharingOverride.approver_role", "a code of the directory"),
    ("staysafe.v1.OperationReport.areas", "agencies of the directory"),
    ("staysafe.v1.OperationReport.agencies", "agencies of the directory"),
    ("staysafe.v1.ReturnInterview.shared_with", "agencies of the directory"),
    ("staysafe.v1.MaracReferral.attendees", "agencies of the directory"),
    ("staysafe.v1.MaracOutcome.attendees", "agencies of the directory"),
    ("staysafe.v1.MaracAction.agency", "an agency of the directory"),
    ("staysafe.v1.Exclusion.id", "an agency or mailbox of the directory"),
    ("staysafe.v1.Release.inbox", "a mailbox of the directory, recorded by design"),
    ("staysafe.v1.ReferralDecision.transfer_to", "a council of the directory, recorded by design"),
    ("staysafe.v1.FamilyHelp.agreed_agencies", "agencies of the directory"),
    ("staysafe.v1.FamilyHelp.tac_attendees", "agencies of the directory"),
    ("staysafe.v1.PlanPart.for_agencies", "agencies of the directory"),
    ("staysafe.v1.InformationRequest.asked_agency", "an agency of the directory"),
    ("staysafe.v1.InformationResponse.request", "an id of the hub"),
    ("staysafe.v1.NotShared.considered_for", "agencies of the directory"),
    ("staysafe.v1.AssessmentCompleted.referral", "an id of the hub"),
    ("staysafe.v1.ReferralDecision.allocated_worker", "an opaque id that the task's entry names"),
];

/// Whom an alert is kept from: a code and an id of the directory's shape that only the alert says.
const EMPLOYER: &str = "staysafe.v1.PersonOfConcern.employed_by";
const STAFF: &str = "staysafe.v1.PersonOfConcern.staff_user";

/// How far a plant goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Every text that the sample gives, in its own shape: the alert stays whole.
    Given,
    /// Every text there is, each out of shape where its field has one.
    Everything,
}

/// What was planted so far.
#[derive(Default)]
pub(super) struct Planted {
    /// Canary and the path it stands at.
    pub(super) canaries: BTreeMap<String, String>,
    fields: BTreeSet<String>,
    refs: BTreeMap<String, String>,
}

impl Planted {
    /// A sample with its texts as canaries.
    pub(super) fn alert(&mut self, name: &str, extent: Extent) -> SubmitAlertRequest {
        let mut request = sample(name);
        let descriptor = POOL.get_message_by_name("staysafe.v1.Alert").unwrap();
        let mut alert = DynamicMessage::decode(descriptor, request.alert.as_ref()).unwrap();
        self.message(&mut alert, "alert", extent);
        request.alert = alert.encode_to_vec().into();
        request
    }

    /// Notes a canary that is not of an alert.
    pub(super) fn note(&mut self, text: &str, place: &str) -> String {
        self.canaries.insert(text.to_owned(), place.to_owned());
        text.to_owned()
    }

    fn message(&mut self, message: &mut DynamicMessage, path: &str, extent: Extent) {
        for field in message.descriptor().fields() {
            let is_other_body = field
                .containing_oneof()
                .is_some_and(|of| of.fields().any(|one| message.has_field(&one)));
            let is_given = message.has_field(&field);
            if !is_given && (extent == Extent::Given || is_other_body || !holds_text(&field)) {
                continue;
            }
            let path = format!("{path}.{}", field.name());
            let value = message.get_field_mut(&field);
            match value {
                Value::List(items) => {
                    if items.is_empty() {
                        items.push(empty(&field));
                    }
                    for (index, item) in items.iter_mut().enumerate() {
                        self.value(item, &field, &format!("{path}[{index}]"), extent);
                    }
                }
                one => self.value(one, &field, &path, extent),
            }
        }
    }

    fn value(&mut self, value: &mut Value, field: &FieldDescriptor, path: &str, extent: Extent) {
        match value {
            Value::Message(inner) => self.message(inner, path, extent),
            Value::String(text) => {
                if let Some(planted) = self.text(text, field, path, extent) {
                    *text = planted;
                }
            }
            Value::Bytes(bytes) => {
                let given = String::from_utf8_lossy(bytes).into_owned();
                if let Some(planted) = self.text(&given, field, path, extent) {
                    *bytes = planted.into_bytes().into();
                }
            }
            _ => {}
        }
    }

    /// The text to stand there, with its canary noted.
    fn text(
        &mut self,
        given: &str,
        field: &FieldDescriptor,
        path: &str,
        extent: Extent,
    ) -> Option<String> {
        let name = field.full_name();
        if NO_CANARY.iter().any(|(exempt, _)| *exempt == name) {
            return None;
        }
        let number = self.canaries.len();
        let fresh = format!("Zn{number:03}Kestrelin");
        let (canary, text) = match extent {
            Extent::Everything => (fresh.clone(), format!("{fresh} stands for a person's data")),
            Extent::Given if name == EMPLOYER => (fresh.to_uppercase(), fresh.to_uppercase()),
            Extent::Given if name == STAFF => (fresh.to_lowercase(), fresh.to_lowercase()),
            Extent::Given if field.name().ends_with("_ref") && !given.starts_with("Zq") => {
                let own = self.refs.entry(given.to_owned()).or_insert(fresh).clone();
                (own.clone(), own)
            }
            Extent::Given => match given.split(' ').find(|word| word.starts_with("Zq")) {
                Some(token) => {
                    let canary = format!("{token}Kestrelin");
                    let text = given.replacen(token, &canary, 1);
                    (canary, text)
                }
                // A shape of its own: an NHS number, a postcode, a phone, a date, an id.
                None => (given.to_owned(), given.to_owned()),
            },
        };
        // A short code (a school's number, which a delivery names as it names a school's mailbox), or a date of
        // these days, which every log line has too: out of shape they have a canary in the other extent.
        if canary.len() < BYTES_MIN || canary.starts_with("2026-") {
            return None;
        }
        self.fields.insert(name.to_owned());
        self.canaries.insert(canary, path.to_owned());
        Some(text)
    }

    /// The texts of an alert that no plant has reached, by full name.
    pub(super) fn missed(&self) -> Vec<String> {
        let mut all = BTreeSet::new();
        texts(&POOL.get_message_by_name("staysafe.v1.Alert").unwrap(), &mut all);
        let exempt = |name: &String| NO_CANARY.iter().any(|(exempt, _)| exempt == name);
        all.into_iter().filter(|name| !exempt(name) && !self.fields.contains(name)).collect()
    }
}

/// The full names of every text in a message and in what it holds.
fn texts(message: &MessageDescriptor, names: &mut BTreeSet<String>) {
    for field in message.fields() {
        match field.kind() {
            Kind::String | Kind::Bytes => drop(names.insert(field.full_name().to_owned())),
            Kind::Message(inner) => texts(&inner, names),
            _ => {}
        }
    }
}

fn holds_text(field: &FieldDescriptor) -> bool {
    match field.kind() {
        Kind::String | Kind::Bytes => true,
        Kind::Message(inner) => inner.fields().any(|field| holds_text(&field)),
        _ => false,
    }
}

fn empty(field: &FieldDescriptor) -> Value {
    match field.kind() {
        Kind::Message(inner) => Value::Message(DynamicMessage::new(inner)),
        Kind::Bytes => Value::Bytes(prost::bytes::Bytes::new()),
        _ => Value::String(String::new()),
    }
}
