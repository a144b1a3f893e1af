//! Turns a request into a [`Submission`]: what the sender gave, as facts, and everything wrong with it at once.
//!
//! Nothing here refuses an alert for what it says. A field that is missing or cannot be used becomes a
//! [`Violation`] with its path, a stable reason and what to do in words, never with its value; policy decides
//! whether that refuses (P3-P5) or is a gap (P1, P2). Only bytes that are no alert, or an alert without a kind
//! this hub speaks, give [`Unreadable`].
//!
//! Bounds, beyond those the contract states field by field: 32 codes a list, 32 fields left out, 20 schools an
//! order, 8 retention flags, 8 harm codes; dates and instants from 1900 to 2199. A list over its bound is one
//! violation; its first elements are read. Subjects, exclusions and employers of persons of concern are read
//! beyond the bound, because routing must not miss a SAFE address or a conflict of interest. At most
//! [`VIOLATIONS_MAX`] violations are told.

mod alcohol;
mod alcohol_pathway;
mod child_impact;
mod contact;
mod correction;
mod decision;
mod domestic_abuse;
mod envelope;
mod family_help;
mod format;
mod identity;
mod information;
mod marac;
mod missing;
mod mother;
mod operation_report;
mod people;
mod person;
mod person_data;
mod place_of_safety;
mod reader;
mod return_interview;
mod scan;
mod sharing;

#[cfg(test)]
mod tests;

use prost::Message as _;
use prost::bytes::Bytes;

pub use self::correction::{CORRECTED_MAX, correction};
use self::people::People;
use self::person::Staff;
use self::reader::{At, Reader};
use super::words::{self, reason};
use super::{SubmitAlertRequest, v1};
use crate::domain::submission::{
    BodyFacts, EnvelopeFacts, Given, Need, SharingFacts, SubjectFacts, Violation, path,
};
use crate::domain::{AlertId, AlertKind, IdempotencyKey, Submission};
use crate::policy::consent::Read;

/// The most violations told of one request: a page for a person, and a reply that fits a gRPC status.
pub const VIOLATIONS_MAX: usize = 100;

/// Where this hub runs. Test NHS numbers (999) and test postcodes (ZX) exist in test environments only, and
/// nothing else does there (domain 3.4, 4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TestOrProduction {
    /// Development, demo, tests: synthetic people only.
    Test,
    /// Real people.
    Production,
}

/// A request as read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The facts, and every violation.
    pub submission: Submission,
    /// The sender's key (R!).
    pub key: Given<IdempotencyKey>,
    /// The incomplete alert that this one completes.
    pub completes: Given<AlertId>,
    /// The alert as received, to be sealed byte for byte.
    pub alert: Bytes,
}

/// A request that is no alert, or an alert without a kind this hub speaks. Holds no content.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the request cannot be read as an alert")]
pub struct Unreadable {
    /// What is wrong; at least one.
    pub violations: Vec<Violation>,
}

impl Unreadable {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        "ALERT_UNREADABLE"
    }
}

/// Reads a request.
///
/// # Errors
/// [`Unreadable`] when the alert is absent, its bytes are no message of the contract (not UTF-8, cut off, more
/// than 256 persons in one list), or its kind is missing or unknown.
pub fn submission(
    request: &SubmitAlertRequest,
    scheme: TestOrProduction,
) -> Result<Parsed, Unreadable> {
    let mut reader = Reader::new(scheme);
    let key: Given<IdempotencyKey> =
        reader.id(At::root("idempotency_key"), &request.idempotency_key, Some(Need::Hard));
    let completes: Given<AlertId> = reader.id(At::root("completes"), &request.completes, None);
    let Some((alert, kind)) = readable(&mut reader, &request.alert) else {
        return Err(Unreadable { violations: reader.into_violations(VIOLATIONS_MAX) });
    };
    let mut submission = facts(&mut reader, kind, &alert);
    submission.envelope.key = key.clone();
    submission.violations = reader.into_violations(VIOLATIONS_MAX);
    Ok(Parsed { submission, key, completes, alert: request.alert.clone() })
}

/// Reads a stored alert, as given and with one more word among its sharing records; none where the bytes are no message of
/// the contract.
#[must_use]
pub fn with_consent(
    alert: &[u8],
    word: &v1::ConsentRecord,
    scheme: TestOrProduction,
) -> Option<Read> {
    let read = |alert: &v1::Alert| {
        let alert = alert.encode_to_vec().into();
        // Its key is not among its bytes, and nothing reads it here.
        let idempotency_key = "stored".to_owned();
        let request =
            SubmitAlertRequest { alert, idempotency_key, ..SubmitAlertRequest::default() };
        submission(&request, scheme).ok().map(|parsed| parsed.submission)
    };
    let mut alert = v1::Alert::decode(alert).ok()?;
    let given = read(&alert)?;
    let sharing = alert.envelope.as_mut()?.sharing.get_or_insert_default();
    sharing.consents.push(word.clone());
    Some(Read { given, said: read(&alert)? })
}

/// What to do about a violation or a stored gap, in words for the sender.
#[must_use]
pub fn what_to_do(path: &str, reason: &str) -> &'static str {
    words::what_to_do(path, reason)
}

/// The decoded alert and its kind, or what makes it unreadable noted.
fn readable(reader: &mut Reader, bytes: &Bytes) -> Option<(v1::Alert, AlertKind)> {
    let at = At::root("alert");
    if bytes.is_empty() {
        reader.note(at, reason::REQUIRED, Need::Hard);
        return None;
    }
    let Some(scan) = scan::scan(bytes) else {
        reader.note(at, reason::UNREADABLE, Need::Hard);
        return None;
    };
    if scan.longest > scan::ELEMENTS_MAX {
        reader.note(at, reason::TOO_MANY, Need::Hard);
        return None;
    }
    let Ok(alert) = v1::Alert::decode(bytes.as_ref()) else {
        reader.note(at, reason::UNREADABLE, Need::Hard);
        return None;
    };
    let stated = alert.envelope.as_ref().map_or(0, |envelope| envelope.kind);
    let kind = u32::try_from(stated).ok().and_then(AlertKind::from_code);
    let Some(kind) = kind else {
        let reason = if stated == 0 { reason::REQUIRED } else { reason::UNKNOWN_CODE };
        reader.note(At::root(path::ENVELOPE).field("kind"), reason, Need::Hard);
        return None;
    };
    if scan.envelopes > 1 {
        reader.malformed(at.field("envelope"), reason::DUPLICATE);
    }
    bodies(reader, kind, &scan.bodies);
    Some((alert, kind))
}

/// The one body belongs to the kind. Decoding keeps the last of several; the bytes keep them all.
fn bodies(reader: &mut Reader, kind: AlertKind, bodies: &[u32]) {
    const PATHS: &[(u32, &str)] = &[
        (2, path::MISSING),
        (3, path::ALCOHOL),
        (4, path::DOMESTIC_ABUSE),
        (5, path::RETURN_INTERVIEW),
        (6, path::ALCOHOL_PATHWAY),
        (7, path::MARAC_REFERRAL),
        (8, path::MARAC_OUTCOME),
        (9, path::PLACE_OF_SAFETY),
        (10, path::OPERATION_REPORT),
        (11, path::CONTACT),
        (12, path::DECISION),
        (13, path::FEEDBACK),
        (14, path::CONCERN),
        (16, path::ASSESSMENT_COMPLETED),
        (17, path::FAMILY_HELP),
        (18, path::INFORMATION_REQUEST),
        (19, path::INFORMATION_RESPONSE),
        (20, path::NOT_SHARED),
    ];

    let own = BodyFacts::absent(kind).path();
    for (number, path) in PATHS {
        let times = bodies.iter().filter(|body| *body == number).count();
        match (times, *path == own) {
            (0, true) => reader.note(At::root(path), reason::REQUIRED, Need::Required),
            (0, false) | (1, true) => {}
            (_, true) => reader.malformed(At::root(path), reason::DUPLICATE),
            (_, false) => reader.malformed(At::root(path), reason::NOT_FOR_KIND),
        }
    }
}

fn facts(reader: &mut Reader, kind: AlertKind, alert: &v1::Alert) -> Submission {
    let people = People::gather(reader, alert);
    let at = At::root(path::ENVELOPE);
    let mut envelope = EnvelopeFacts::default();
    let mut subjects = Vec::new();
    let mut sharing = SharingFacts::default();
    let (mut household, mut concerns) = (Vec::new(), Vec::new());
    if let Some(raw) = &alert.envelope {
        envelope = envelope::envelope(reader, at, kind, raw, &people);
        subjects = envelope::subjects(reader, at, kind, raw, &people);
        (household, concerns) = envelope::others(reader, at, raw, &people);
        keep_from(&mut envelope, Staff::of(&concerns));
        let record = raw.sharing.as_ref();
        sharing = sharing::sharing(reader, at.field("sharing"), record, &people);
    }
    let (mut body, staff) = body(reader, kind, alert, &subjects, &people);
    marac::pair(&mut body, alert, &concerns);
    keep_from(&mut envelope, staff);
    if !kind.has_subjects() {
        person_data::refuse(reader, alert);
    }
    if alert.hub.is_some() {
        reader.malformed(At::root("alert").field("hub"), reason::SET_BY_HUB);
    }
    let mut submission =
        Submission { kind, envelope, subjects, sharing, body, violations: Vec::new() };
    if let Some(raw) = &alert.envelope {
        mother::add(&mut submission, raw, &household);
    }
    submission
}

fn keep_from(envelope: &mut EnvelopeFacts, staff: Staff) {
    envelope.employers_of_concern.extend(staff.employers);
    envelope.staff_of_concern.extend(staff.users);
}

/// The kind's own part. Another kind's is sealed with the rest and not read.
fn body(
    reader: &mut Reader,
    kind: AlertKind,
    alert: &v1::Alert,
    subjects: &[SubjectFacts],
    people: &People<'_>,
) -> (BodyFacts, Staff) {
    use v1::alert::Body::{
        Alcohol, AlcoholPathway, Concern, Contact, DomesticViolence, Feedback, MaracOutcome,
        MaracReferral, Missing, OperationReport, PlaceOfSafety, ReferralDecision, ReturnInterview,
    };

    let raw_subjects = alert.envelope.as_ref().map(|envelope| envelope.subjects.as_slice());
    let subjects =
        domestic_abuse::Subjects { raw: raw_subjects.unwrap_or_default(), facts: subjects };
    let concerns = alert.envelope.as_ref().map_or(0, |envelope| envelope.persons_of_concern.len());
    let body = match (BodyFacts::absent(kind), &alert.body) {
        (BodyFacts::Missing(_), Some(Missing(raw))) => {
            BodyFacts::Missing(Box::new(missing::missing(reader, kind, raw)))
        }
        (BodyFacts::Alcohol(_), Some(Alcohol(raw))) => {
            BodyFacts::Alcohol(Box::new(alcohol::alcohol(reader, raw)))
        }
        (BodyFacts::DomesticAbuse(_), Some(DomesticViolence(raw))) => {
            let (facts, staff) = domestic_abuse::domestic_abuse(reader, raw, subjects, people);
            return (BodyFacts::DomesticAbuse(Box::new(facts)), staff);
        }
        (BodyFacts::ReturnInterview(_), Some(ReturnInterview(raw))) => {
            BodyFacts::ReturnInterview(Box::new(return_interview::return_interview(reader, raw)))
        }
        (BodyFacts::AlcoholPathway(_), Some(AlcoholPathway(raw))) => {
            BodyFacts::AlcoholPathway(Box::new(alcohol_pathway::alcohol_pathway(reader, raw)))
        }
        (BodyFacts::MaracReferral(_), Some(MaracReferral(raw))) => BodyFacts::MaracReferral(
            Box::new(marac::referral(reader, raw, (subjects, concerns), people)),
        ),
        (BodyFacts::MaracOutcome(_), Some(MaracOutcome(raw))) => BodyFacts::MaracOutcome(Box::new(
            marac::outcome(reader, raw, (subjects, concerns), people),
        )),
        (BodyFacts::PlaceOfSafety(_), Some(PlaceOfSafety(raw))) => BodyFacts::PlaceOfSafety(
            Box::new(place_of_safety::place_of_safety(reader, raw, people)),
        ),
        (BodyFacts::OperationReport(_), Some(OperationReport(raw))) => {
            BodyFacts::OperationReport(Box::new(operation_report::operation_report(reader, raw)))
        }
        (BodyFacts::CscContact(_), Some(Contact(raw))) => {
            BodyFacts::CscContact(Box::new(contact::contact(reader, raw)))
        }
        (BodyFacts::Concern(_), Some(Concern(raw))) => {
            BodyFacts::Concern(Box::new(contact::concern(reader, raw)))
        }
        (BodyFacts::ReferralDecision(_), Some(ReferralDecision(raw))) => {
            BodyFacts::ReferralDecision(Box::new(decision::decision(reader, raw, people)))
        }
        (BodyFacts::Feedback(_), Some(Feedback(raw))) => {
            BodyFacts::Feedback(Box::new(decision::feedback(reader, raw, people)))
        }
        (absent, other) => between_agencies(reader, (absent, other.as_ref()), kind, people),
    };
    (body, Staff::default())
}

/// The part of early help, of a question, of its answer, and of what goes to nobody; nothing of another kind's.
fn between_agencies(
    reader: &mut Reader,
    (absent, raw): (BodyFacts, Option<&v1::alert::Body>),
    kind: AlertKind,
    people: &People<'_>,
) -> BodyFacts {
    use v1::alert::Body::{
        Alcohol, AlcoholPathway, AssessmentCompleted, Concern, Contact, DomesticViolence,
        FamilyHelp, Feedback, InformationRequest, InformationResponse, MaracOutcome, MaracReferral,
        Missing, NotShared, OperationReport, PlaceOfSafety, ReferralDecision, ReturnInterview,
    };

    match (absent, raw) {
        (BodyFacts::FamilyHelp(_), Some(FamilyHelp(raw))) => {
            BodyFacts::FamilyHelp(Box::new(family_help::family_help(reader, kind, raw, people)))
        }
        (BodyFacts::InformationRequest(_), Some(InformationRequest(raw))) => {
            BodyFacts::InformationRequest(Box::new(information::request(reader, raw)))
        }
        (BodyFacts::InformationResponse(_), Some(InformationResponse(raw))) => {
            BodyFacts::InformationResponse(Box::new(information::response(reader, raw)))
        }
        (BodyFacts::NotShared(_), Some(NotShared(raw))) => {
            BodyFacts::NotShared(Box::new(information::not_shared(reader, raw)))
        }
        (BodyFacts::AssessmentCompleted(_), Some(AssessmentCompleted(raw))) => {
            BodyFacts::AssessmentCompleted(Box::new(information::assessment(reader, raw)))
        }
        (
            absent,
            Some(
                Missing(_)
                | Alcohol(_)
                | DomesticViolence(_)
                | ReturnInterview(_)
                | AlcoholPathway(_)
                | MaracReferral(_)
                | MaracOutcome(_)
                | PlaceOfSafety(_)
                | OperationReport(_)
                | Contact(_)
                | Concern(_)
                | ReferralDecision(_)
                | Feedback(_)
                | AssessmentCompleted(_)
                | FamilyHelp(_)
                | InformationRequest(_)
                | InformationResponse(_)
                | NotShared(_),
            )
            | None,
        ) => absent,
    }
}
