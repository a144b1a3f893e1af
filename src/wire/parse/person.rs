//! Reads a person: role, identity, addresses, phones (domain 3.4).
//!
//! A SAFE address is looked at no further than its type: nothing of it is checked, kept or told.

use jiff::ToSpan as _;

use super::format::{self, Postcode};
use super::identity;
use super::people::People;
use super::reader::{At, Reader, up_to};
use crate::domain::identity::IdentityFacts;
use crate::domain::submission::{
    AddressFact, AddressType, AgeFact, Bool3, Code, Given, Need, PartnerFacts, SchoolFact,
    SubjectFacts, SubjectRole,
};
use crate::domain::{AgencyCode, AlertKind, Redacted, UserId};
use crate::wire::v1;
use crate::wire::words::reason;

/// In which list a person stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// The subjects of an alert of this kind.
    Subjects(AlertKind),
    /// The household.
    Household,
    /// Alleged perpetrators and other persons of concern.
    Concern,
}

impl Place {
    /// Whether a role has its place here (domain 3.3 `subjects`, `persons_of_concern`).
    const fn takes(self, role: SubjectRole) -> bool {
        match (self, role) {
            (
                Self::Subjects(
                    AlertKind::DvNotification | AlertKind::MaracReferral | AlertKind::MaracOutcome,
                ),
                SubjectRole::Victim,
            ) => true,
            (Self::Subjects(_), SubjectRole::Victim) => false,
            (Self::Subjects(_), _) => role.belongs_in_subjects(),
            (
                Self::Household,
                SubjectRole::Primary | SubjectRole::Victim | SubjectRole::PersonOfConcern,
            ) => false,
            (
                Self::Household,
                SubjectRole::Sibling
                | SubjectRole::ParentCarer
                | SubjectRole::OtherChild
                | SubjectRole::Unborn,
            ) => true,
            (Self::Concern, _) => matches!(role, SubjectRole::PersonOfConcern),
        }
    }
}

/// Longest name, in characters.
const NAME: usize = 70;

/// Days before the incident that an expected delivery may lie: a child is overdue, not unborn for months.
const OVERDUE_DAYS: i64 = 28;

/// Days after the incident that an expected delivery may lie (domain 3.4).
const EXPECTED_DAYS: i64 = 300;

/// Reads a person.
pub(super) fn person(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::Person,
    place: Place,
    people: &People<'_>,
) -> SubjectFacts {
    let role = reader.code(
        at.field("subject_role"),
        raw.subject_role,
        SubjectRole::from_code,
        Some(Need::Required),
    );
    if role.known().is_some_and(|role| !place.takes(role)) {
        reader.malformed(at.field("subject_role"), reason::ROLE_MISPLACED);
    }
    let is_unborn = role.is(SubjectRole::Unborn);
    let named = names(reader, at, raw, (!is_unborn).then_some(Need::Conditional));
    let expected_delivery = expected_delivery(reader, at, raw, is_unborn);
    let nhs_verified = nhs_number(reader, at, raw);
    let age = age(reader, at, raw);
    let (addresses, has_safe_address) = addresses(reader, at, &raw.addresses);
    phones(reader, at, &raw.phones);
    pr_holders(reader, at, &raw.pr_holders, people);
    reader.listed::<v1::Sex>(at.field("sex"), raw.sex, None);
    reader.text(at.field("gender_text"), &raw.gender_text, up_to(50), None);
    reader.shaped(at.field("gp_ods"), &raw.gp_ods, format::is_ods, None);
    reader.listed::<v1::Relationship>(at.field("relationship"), raw.relationship, None);
    SubjectFacts {
        role,
        named,
        age,
        nhs_verified,
        addresses,
        has_safe_address,
        identity: identity::identity(reader, raw),
        school: school(reader, at, &raw.school_urn),
        expected_delivery,
        mother: None,
        care_needs: reader.code(at.field("care_needs"), raw.care_needs, Bool3::from_code, None),
    }
}

/// Whether any name or a description was given.
fn names(reader: &mut Reader, at: At<'_>, raw: &v1::Person, need: Option<Need>) -> bool {
    let family = reader.text(at.field("family_name"), &raw.family_name, up_to(NAME), None);
    let description = reader.text(at.field("description"), &raw.description, up_to(500), None);
    let mut named = family.is_given() || description.is_given();
    for (list, names, max) in
        [("given_names", &raw.given_names, 5), ("also_known_as", &raw.also_known_as, 10)]
    {
        reader.count(at.field(list), names.len(), max);
        for (index, name) in names.iter().take(max).enumerate() {
            let name = reader.text(at.item(list, index), name, up_to(NAME), Some(Need::Format));
            named |= name.is_given();
        }
    }
    if !named {
        reader.absent(at.field("family_name"), need);
    }
    named
}

/// Whether the number is usable and was traced by the sender.
fn nhs_number(reader: &mut Reader, at: At<'_>, raw: &v1::Person) -> bool {
    use v1::NhsNumberStatus::Verified;

    let status = reader.listed::<v1::NhsNumberStatus>(
        at.field("nhs_number_status"),
        raw.nhs_number_status,
        None,
    );
    reader.listed::<v1::NhsNumberWithheldReason>(
        at.field("nhs_number_withheld_reason"),
        raw.nhs_number_withheld_reason,
        None,
    );
    let is_usable = format::is_nhs_number(&raw.nhs_number, reader.scheme);
    let number_at = at.field("nhs_number");
    match (raw.nhs_number.is_empty(), is_usable) {
        (true, _) if status == Some(Verified) => reader.absent(number_at, Some(Need::Conditional)),
        (false, false) => reader.malformed(number_at, reason::MALFORMED),
        (true, _) | (false, true) => {}
    }
    is_usable && status == Some(Verified)
}

/// What is known of the age. A date whose precision was not said is read by its shape: an age the hub can see
/// is never treated as not known.
fn age(reader: &mut Reader, at: At<'_>, raw: &v1::Person) -> AgeFact {
    use v1::DobPrecision::{EstimatedAge, Full, Year, YearMonth};

    let dob_at = at.field("dob");
    let need = (!raw.dob.is_empty()).then_some(Need::Conditional);
    let precision =
        reader.listed::<v1::DobPrecision>(at.field("dob_precision"), raw.dob_precision, need);
    let estimate = reader.number(at.field("estimated_age"), raw.estimated_age, 0..=120, None);
    if precision == Some(EstimatedAge) {
        if raw.estimated_age.is_none() {
            reader.absent(at.field("estimated_age"), Some(Need::Conditional));
        }
        return estimated(&estimate);
    }
    if raw.dob.is_empty() {
        if precision.is_some() {
            reader.absent(dob_at, Some(Need::Conditional));
        }
        return estimated(&estimate);
    }
    let shape = born(&raw.dob);
    let fits = match (&shape, precision) {
        (None, _) => false,
        (Some(_), None | Some(v1::DobPrecision::Unspecified | EstimatedAge)) => true,
        (Some(AgeFact::Born(_)), Some(precision)) => precision == Full,
        (Some(AgeFact::BornIn { .. }), Some(precision)) => precision == YearMonth,
        (Some(AgeFact::BornInYear(_)), Some(precision)) => precision == Year,
        (Some(AgeFact::Estimated(_) | AgeFact::Unknown), Some(_)) => false,
    };
    match shape {
        Some(age) if fits && lies_in_future(&age, reader) => {
            reader.malformed(dob_at, reason::IN_FUTURE);
            AgeFact::Unknown
        }
        Some(age) if fits => age,
        Some(_) | None => {
            reader.malformed(dob_at, reason::MALFORMED);
            AgeFact::Unknown
        }
    }
}

fn estimated(estimate: &Given<u32>) -> AgeFact {
    let years = estimate.get().and_then(|years| u8::try_from(*years).ok());
    years.map_or(AgeFact::Unknown, |years| AgeFact::Estimated(Redacted::new(years)))
}

fn born(dob: &str) -> Option<AgeFact> {
    let full = || format::date(dob).map(|date| AgeFact::Born(Redacted::new(date)));
    let month = || {
        format::year_month(dob).map(|(year, month)| AgeFact::BornIn {
            year: Redacted::new(year),
            month: Redacted::new(month),
        })
    };
    let year = || format::year(dob).map(|year| AgeFact::BornInYear(Redacted::new(year)));
    full().or_else(month).or_else(year)
}

/// Whether the earliest day of birth is after the day of sending, wherever on earth that was.
fn lies_in_future(age: &AgeFact, reader: &Reader) -> bool {
    let sent = reader.sent_at.get().map(|sent| {
        let easternmost = jiff::tz::Offset::constant(14);
        easternmost.to_datetime(sent.to_jiff()).date()
    });
    earliest_birth(age).zip(sent).is_some_and(|(birth, sent)| birth > sent)
}

/// The first day on which the person can have been born.
fn earliest_birth(age: &AgeFact) -> Option<jiff::civil::Date> {
    match age {
        AgeFact::Born(date) => Some(*date.expose()),
        AgeFact::BornIn { year, month } => {
            jiff::civil::Date::new(*year.expose(), *month.expose(), 1).ok()
        }
        AgeFact::BornInYear(year) => jiff::civil::Date::new(*year.expose(), 1, 1).ok(),
        AgeFact::Estimated(_) | AgeFact::Unknown => None,
    }
}

/// The expected delivery of an unborn child: within 300 days after the incident, or overdue.
fn expected_delivery(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::Person,
    is_unborn: bool,
) -> Given<Redacted<jiff::civil::Date>> {
    let at = at.field("expected_delivery");
    match reader.date(at, &raw.expected_delivery, is_unborn.then_some(Need::Conditional)) {
        Given::Missing => Given::Missing,
        Given::Malformed => Given::Malformed,
        Given::Given(date) => {
            let incident = reader
                .occurred_at
                .get()
                .map(|occurred| jiff::tz::Offset::UTC.to_datetime(occurred.to_jiff()).date());
            let window = incident.map(|day| {
                (day.saturating_sub(OVERDUE_DAYS.days()), day.saturating_add(EXPECTED_DAYS.days()))
            });
            let outside = window.is_some_and(|(first, last)| date < first || date > last);
            if is_unborn && outside {
                reader.malformed(at, reason::OUT_OF_RANGE);
                Given::Malformed
            } else {
                Given::Given(Redacted::new(date))
            }
        }
    }
}

/// Open addresses that are not SAFE, and whether one is SAFE.
fn addresses(reader: &mut Reader, at: At<'_>, raw: &[v1::Address]) -> (Vec<AddressFact>, bool) {
    const MAX: usize = 8;

    reader.count(at.field("addresses"), raw.len(), MAX);
    // An address type of a newer contract may be a kind of refuge: it is treated as SAFE.
    let has_safe_address = raw.iter().any(|address| {
        let known = v1::AddressType::try_from(address.r#type);
        matches!(known, Ok(v1::AddressType::Safe) | Err(_))
    });
    let open = raw.iter().take(MAX).enumerate();
    let facts = open.filter_map(|(index, raw)| address(reader, at.item("addresses", index), raw));
    (facts.collect(), has_safe_address)
}

fn address(reader: &mut Reader, at: At<'_>, raw: &v1::Address) -> Option<AddressFact> {
    let kind = reader.listed::<v1::AddressType>(at.field("type"), raw.r#type, Some(Need::Required));
    // Unknown or SAFE: not looked at further. Without any type the rest is checked and not used.
    if raw.r#type != 0 && matches!(kind, None | Some(v1::AddressType::Safe)) {
        return None;
    }
    reader.count(at.field("lines"), raw.lines.len(), 5);
    for (index, line) in raw.lines.iter().take(5).enumerate() {
        reader.text(at.item("lines", index), line, up_to(100), None);
    }
    let uprn = reader.shaped(at.field("uprn"), &raw.uprn, format::is_uprn, None);
    let postcode = format::postcode(&raw.postcode, reader.scheme);
    if !raw.postcode.is_empty() && postcode.is_none() {
        reader.malformed(at.field("postcode"), reason::MALFORMED);
    }
    let kind = u32::try_from(raw.r#type).ok().and_then(AddressType::from_code)?;
    let district = match postcode {
        Some(Postcode::District(district)) => Some(Redacted::new(district)),
        Some(Postcode::Pseudo) | None => None,
    };
    let uprn = uprn.is_given().then(|| Redacted::new(raw.uprn.clone()));
    (!raw.closed).then_some(AddressFact { kind, uprn, district })
}

fn phones(reader: &mut Reader, at: At<'_>, raw: &[v1::Phone]) {
    const MAX: usize = 8;

    reader.count(at.field("phones"), raw.len(), MAX);
    for (index, phone) in raw.iter().take(MAX).enumerate() {
        let at = at.item("phones", index);
        let need = Some(Need::Conditional);
        reader.shaped(at.field("number"), &phone.number, format::is_phone, need);
        reader.listed::<v1::Bool3>(at.field("safe_to_call"), phone.safe_to_call, None);
        let instructions = &phone.safe_contact_instructions;
        reader.text(at.field("safe_contact_instructions"), instructions, up_to(200), None);
    }
}

fn pr_holders(reader: &mut Reader, at: At<'_>, raw: &[v1::PrHolder], people: &People<'_>) {
    const MAX: usize = 8;

    reader.count(at.field("pr_holders"), raw.len(), MAX);
    for (index, holder) in raw.iter().take(MAX).enumerate() {
        let at = at.item("pr_holders", index);
        let need = holder.person_ref.is_empty().then_some(Need::Conditional);
        people.refer(reader, at.field("person_ref"), &holder.person_ref, None);
        reader.text(at.field("name"), &holder.name, up_to(140), need);
        let basis =
            reader.listed::<v1::PrBasis>(at.field("basis"), holder.basis, Some(Need::Required));
        let need = (basis == Some(v1::PrBasis::Other)).then_some(Need::Conditional);
        reader.text(at.field("basis_other"), &holder.basis_other, up_to(200), need);
        let restricted = holder.restricted_by_order;
        reader.listed::<v1::Bool3>(at.field("restricted_by_order"), restricted, None);
    }
}

fn school(reader: &mut Reader, at: At<'_>, raw: &str) -> Given<SchoolFact> {
    match raw {
        "" => Given::Missing,
        "EHE" => Given::Given(SchoolFact::HomeEducated),
        "NOT_IN_EDUCATION" => Given::Given(SchoolFact::NotInEducation),
        urn if format::is_urn(urn) => Given::Given(SchoolFact::Urn(Redacted::new(urn.to_owned()))),
        _ => {
            reader.malformed(at.field("school_urn"), reason::MALFORMED);
            Given::Malformed
        }
    }
}

/// What decisions use of a person of concern.
#[derive(Default)]
pub(super) struct ConcernFacts {
    pub(super) age: AgeFact,
    pub(super) identity: IdentityFacts,
    pub(super) nhs_verified: bool,
    pub(super) lives_with_family: Given<Code<Bool3>>,
    pub(super) has_contact: Given<Code<Bool3>>,
    pub(super) employed_by: Option<AgencyCode>,
    pub(super) staff_user: Option<UserId>,
}

impl ConcernFacts {
    /// The person as one of a pair.
    pub(super) fn partner(&self) -> PartnerFacts {
        let (identity, age) = (self.identity.clone(), self.age);
        PartnerFacts { identity, nhs_verified: self.nhs_verified, age }
    }
}

/// From whom an alert is kept because of what a person of concern is (domain 5.7).
#[derive(Default)]
pub(super) struct Staff {
    /// The hub agencies that employ one.
    pub(super) employers: Vec<AgencyCode>,
    /// The hub users among them.
    pub(super) users: Vec<UserId>,
}

impl Staff {
    /// Of these persons of concern.
    pub(super) fn of(concerns: &[ConcernFacts]) -> Self {
        Self {
            employers: concerns.iter().filter_map(|it| it.employed_by.clone()).collect(),
            users: concerns.iter().filter_map(|it| it.staff_user.clone()).collect(),
        }
    }
}

/// Reads an alleged perpetrator or another person of concern.
pub(super) fn concern(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::PersonOfConcern,
    people: &People<'_>,
) -> ConcernFacts {
    let facts = match &raw.person {
        Some(raw) => person(reader, at.field("person"), raw, Place::Concern, people),
        None => {
            reader.absent(at.field("person"), Some(Need::Required));
            SubjectFacts::default()
        }
    };
    let status = at.field("allegation_status");
    let need = Some(Need::Required);
    reader.listed::<v1::AllegationStatus>(status, raw.allegation_status, need);
    let staff = reader.id::<UserId>(at.field("staff_user"), &raw.staff_user, None);
    let employer = reader.id::<AgencyCode>(at.field("employed_by"), &raw.employed_by, None);
    let (lives, contact) = (at.field("lives_with_family"), at.field("has_contact"));
    ConcernFacts {
        age: facts.age,
        identity: facts.identity,
        nhs_verified: facts.nhs_verified,
        lives_with_family: reader.code(lives, raw.lives_with_family, Bool3::from_code, None),
        has_contact: reader.code(contact, raw.has_contact, Bool3::from_code, None),
        employed_by: employer.get().cloned(),
        staff_user: staff.get().cloned(),
    }
}

/// A day that stands for the person's birth when two children's ages are compared: the given one, or the
/// middle of what is known.
pub(super) fn birth(age: &AgeFact, raw: &v1::Person, reader: &Reader) -> Option<jiff::civil::Date> {
    match age {
        AgeFact::Born(_) => earliest_birth(age),
        AgeFact::BornIn { .. } => Some(earliest_birth(age)?.saturating_add(15.days())),
        AgeFact::BornInYear(_) => Some(earliest_birth(age)?.saturating_add(182.days())),
        AgeFact::Estimated(years) => {
            let then = reader.occurred_at.get()?.to_jiff();
            let day = jiff::tz::Offset::UTC.to_datetime(then).date();
            Some(day.saturating_sub(i64::from(*years.expose()).years().months(6)))
        }
        AgeFact::Unknown => format::date(&raw.expected_delivery),
    }
}
