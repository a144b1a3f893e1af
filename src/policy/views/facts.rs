//! What the rules look at beside a field: roles, safe addresses, who must not be told.

use super::table::numbers::{field, value};
use super::tree::Node;
use super::{CopyRequest, HubNote, age};
use crate::domain::submission::RiskBand;
use crate::domain::{AlertKind, Letter, View};

/// A subject's part in the alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// The adult or 16-17 year old victim of domestic abuse, or the adult a concern is about.
    Victim,
    /// The one child the alert is about.
    PrimaryChild,
    /// Sibling, other child, unborn.
    Child,
    /// No usable role.
    Unclear,
}

/// A subject as the rules see it.
pub(super) struct Subject {
    pub(super) reference: String,
    pub(super) part: Part,
    pub(super) school: String,
    /// Has a safe address, or is in the protected-subject register.
    pub(super) safe: bool,
}

/// A reference and a name, for instructions that name a person.
struct Named {
    reference: String,
    name: String,
}

/// Somebody who must not be told.
struct Untold {
    reference: String,
    role: String,
    name: String,
}

/// Something the alert says that changes a copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sign {
    /// A phone is marked as not safe to call.
    UnsafePhone,
    /// "Honour"-based abuse or forced marriage.
    FamilyMustNotKnow,
    /// A child refused, or telling is unsafe, or somebody is listed.
    SomebodyMustNotKnow,
    /// The child was found at a safe address.
    FoundPlaceIsSafe,
    /// It is not known whether the threat is immediate, at the high band.
    ThreatUnknown,
    /// The missing child has died.
    Deceased,
    /// Whoever held the return home interview is not independent, or nobody says so.
    InterviewerNotIndependent,
    /// A parent refused the return home interview.
    RefusedByParent,
    /// It is not clear under which power a young person is in a place of safety (GAP3).
    PowerUnclear,
    /// A crime is suspected.
    CrimeSuspected,
    /// Who refers asks to stay unnamed.
    ReferrerUnnamed,
    /// The PRIMARY is an adult, in a kind that may be about a child.
    AdultPrimary,
    /// The one child it is about is 18 by the day of the hand-out: no parent is told any more (domain 5.6).
    HasComeOfAge,
}

/// What the whole alert says, before anything is cut.
pub(super) struct Facts {
    pub(super) kind: AlertKind,
    pub(super) subjects: Vec<Subject>,
    /// References of alleged perpetrators and other persons of concern.
    pub(super) of_concern: Vec<String>,
    /// The sender's contact rule.
    pub(super) contact_rule: i32,
    signs: Vec<Sign>,
    /// The agencies that a family agreed to.
    agreed: Vec<String>,
    people: Vec<Named>,
    untold: Vec<Untold>,
}

impl Facts {
    /// Reads the facts from the alert.
    pub(super) fn gather(alert: &Node, request: &CopyRequest<'_>) -> Self {
        let envelope = alert.node(field::alert::ENVELOPE);
        let persons = persons(alert);
        let subjects = envelope.map(|envelope| subjects(envelope, request)).unwrap_or_default();
        let mut signs = signs(alert, &persons, request);
        if envelope.is_some_and(|it| age::has_come_of_age(it, &subjects, request)) {
            signs.push(Sign::HasComeOfAge);
        }
        Self {
            kind: request.kind,
            subjects,
            of_concern: concerns(alert)
                .filter_map(|concern| concern.node(field::person_of_concern::PERSON))
                .map(|person| person.text(field::person::PERSON_REF).to_owned())
                .filter(|reference| !reference.is_empty())
                .collect(),
            contact_rule: envelope
                .map(|envelope| envelope.value(field::envelope::CONTACT_RULE))
                .unwrap_or_default(),
            signs,
            agreed: agreed(alert),
            people: persons.iter().map(|person| named(person)).collect(),
            untold: envelope.map(untold).unwrap_or_default(),
        }
    }

    /// Whether the alert says so.
    pub(super) fn says(&self, sign: Sign) -> bool {
        self.signs.contains(&sign)
    }

    /// Whether the family agreed to this agency.
    pub(super) fn agrees_to(&self, agency: &str) -> bool {
        self.agreed.iter().any(|code| code == agency)
    }

    /// The view that is really cut: the requested one, or a closed one where the kind leaves no choice.
    pub(super) fn narrowest(&self, request: &CopyRequest<'_>) -> View {
        let may_know_of_death =
            matches!(request.letter, Letter::C | Letter::CL | Letter::P | Letter::L | Letter::X);
        match (request.view, request.letter) {
            (View::Standard | View::Lookout | View::Info, _)
                if self.kind.is_missing() && self.says(Sign::Deceased) && !may_know_of_death =>
            {
                View::Cancelled
            }
            (View::Standard, Letter::H1) if self.kind.is_missing() => View::Lookout,
            (View::Standard, Letter::H1 | Letter::H2) if self.kind == AlertKind::AlcoholPathway => {
                View::Pathway
            }
            (View::Standard, Letter::A)
                if self.kind.is_missing() || self.kind == AlertKind::PlaceOfSafety =>
            {
                View::Info
            }
            (view, _) => view,
        }
    }

    /// Whether any subject has a safe address.
    pub(super) fn any_safe(&self) -> bool {
        self.subjects.iter().any(|subject| subject.safe)
    }

    /// The position of the subject with this reference.
    pub(super) fn position(&self, reference: &str) -> Option<usize> {
        if reference.is_empty() {
            return None;
        }
        self.subjects.iter().position(|subject| subject.reference == reference)
    }

    /// How many subjects are children.
    pub(super) fn children(&self) -> usize {
        self.subjects.iter().filter(|subject| subject.part.is_child()).count()
    }

    /// Names or roles of those who must not be told; empty where none is given in words.
    pub(super) fn untold_names(&self) -> Vec<String> {
        self.untold.iter().filter_map(|entry| self.untold_name(entry)).collect()
    }

    fn untold_name(&self, entry: &Untold) -> Option<String> {
        let listed = self
            .people
            .iter()
            .find(|person| !entry.reference.is_empty() && person.reference == entry.reference)
            .map(|person| person.name.as_str());
        let name = listed.filter(|name| !name.is_empty()).unwrap_or(&entry.name);
        match (name.is_empty(), entry.role.is_empty()) {
            (true, true) => None,
            (true, false) => Some(entry.role.clone()),
            (false, true) => Some(name.to_owned()),
            (false, false) => Some(format!("{name} ({})", entry.role)),
        }
    }
}

impl Part {
    pub(super) const fn is_child(self) -> bool {
        matches!(self, Self::PrimaryChild | Self::Child)
    }

    pub(super) const fn is_primary(self) -> bool {
        matches!(self, Self::PrimaryChild | Self::Victim)
    }
}

fn subjects(envelope: &Node, request: &CopyRequest<'_>) -> Vec<Subject> {
    let persons: Vec<&Node> = envelope.nodes(field::envelope::SUBJECTS).collect();
    let has_primary = persons
        .iter()
        .any(|person| person.value(field::person::SUBJECT_ROLE) == value::subject_role::PRIMARY);
    persons
        .iter()
        .enumerate()
        .map(|(position, person)| Subject {
            reference: person.text(field::person::PERSON_REF).to_owned(),
            part: part(person, request, !has_primary && position == 0),
            school: person.text(field::person::SCHOOL_URN).to_owned(),
            safe: has_safe_address(person) || request.protected.contains(&position),
        })
        .collect()
}

/// `stands_in`: an urgent alert may come without roles; the first subject is then the PRIMARY.
fn part(person: &Node, request: &CopyRequest<'_>, stands_in: bool) -> Part {
    let primary = if is_about_a_child(request) { Part::PrimaryChild } else { Part::Victim };
    match person.value(field::person::SUBJECT_ROLE) {
        value::subject_role::SIBLING
        | value::subject_role::OTHER_CHILD
        | value::subject_role::UNBORN => Part::Child,
        value::subject_role::VICTIM => Part::Victim,
        value::subject_role::PRIMARY => primary,
        _ if stands_in => primary,
        _ => Part::Unclear,
    }
}

/// A child kind; a concern, or what was decided, unless its PRIMARY is an adult.
fn is_about_a_child(request: &CopyRequest<'_>) -> bool {
    let may_be = matches!(
        request.kind,
        AlertKind::Concern
            | AlertKind::ReferralDecision
            | AlertKind::Feedback
            | AlertKind::InformationRequest
            | AlertKind::InformationResponse
    );
    request.kind.is_child_kind() || (may_be && !has_adult_primary(request))
}

/// Every person of the alert: subjects, household, persons of concern, perpetrators.
fn persons(alert: &Node) -> Vec<&Node> {
    let listed = alert.nodes(field::alert::ENVELOPE).flat_map(|envelope| {
        envelope.nodes(field::envelope::SUBJECTS).chain(envelope.nodes(field::envelope::HOUSEHOLD))
    });
    let concerns =
        concerns(alert).flat_map(|concern| concern.nodes(field::person_of_concern::PERSON));
    listed.chain(concerns).collect()
}

fn concerns(alert: &Node) -> impl Iterator<Item = &Node> {
    let listed = alert
        .nodes(field::alert::ENVELOPE)
        .flat_map(|envelope| envelope.nodes(field::envelope::PERSONS_OF_CONCERN));
    let named = alert.nodes(field::alert::DOMESTIC_VIOLENCE).flat_map(|abuse| {
        abuse
            .nodes(field::domestic_violence_notification::ALLEGED_PERPETRATOR)
            .chain(abuse.nodes(field::domestic_violence_notification::ON_BEHALF_OF))
    });
    listed.chain(named)
}

fn has_safe_address(person: &Node) -> bool {
    person
        .nodes(field::person::ADDRESSES)
        .any(|address| address.value(field::address::TYPE) == value::address_type::SAFE)
}

fn has_unsafe_phone(person: &Node) -> bool {
    person
        .nodes(field::person::PHONES)
        .any(|phone| phone.value(field::phone::SAFE_TO_CALL) == value::bool3::NO)
}

fn named(person: &Node) -> Named {
    let mut words: Vec<&str> =
        person.all(field::person::GIVEN_NAMES).filter_map(super::tree::Content::text).collect();
    words.push(person.text(field::person::FAMILY_NAME));
    words.retain(|word| !word.is_empty());
    Named { reference: person.text(field::person::PERSON_REF).to_owned(), name: words.join(" ") }
}

fn untold(envelope: &Node) -> Vec<Untold> {
    envelope
        .nodes(field::envelope::DO_NOT_TELL)
        .map(|entry| Untold {
            reference: entry.text(field::do_not_tell::PERSON_REF).to_owned(),
            role: entry.text(field::do_not_tell::ROLE).to_owned(),
            name: entry.text(field::do_not_tell::NAME).to_owned(),
        })
        .collect()
}

fn signs(alert: &Node, persons: &[&Node], request: &CopyRequest<'_>) -> Vec<Sign> {
    use field::missing_from_home::{FOUND_HOW, FOUND_PLACE_IS_SAFE};
    let envelope = alert.node(field::alert::ENVELOPE);
    let missing = alert.node(field::alert::MISSING);
    let abuse = alert.node(field::alert::DOMESTIC_VIOLENCE);
    let interview = alert.node(field::alert::RETURN_INTERVIEW);
    let place = alert.node(field::alert::PLACE_OF_SAFETY);
    let referral = alert.node(field::alert::MARAC_REFERRAL);
    let family = missing.is_some_and(family_risk)
        || abuse.is_some_and(family_abuse)
        || referral.is_some_and(family_case);
    let found_safe = missing.is_some_and(|body| body.is_true(FOUND_PLACE_IS_SAFE));
    let deceased = missing.is_some_and(|body| body.value(FOUND_HOW) == value::found_how::DECEASED);
    [
        (Sign::UnsafePhone, persons.iter().any(|person| has_unsafe_phone(person))),
        (Sign::FamilyMustNotKnow, family),
        (Sign::SomebodyMustNotKnow, envelope.is_some_and(unsafe_to_tell)),
        (Sign::FoundPlaceIsSafe, found_safe),
        (Sign::ThreatUnknown, abuse.is_some_and(|body| threat_unknown(body, request))),
        (Sign::Deceased, deceased),
        (Sign::InterviewerNotIndependent, interview.is_some_and(not_independent)),
        (Sign::RefusedByParent, interview.is_some_and(refused_by_parent)),
        (Sign::PowerUnclear, place.is_some_and(power_unclear)),
        (Sign::CrimeSuspected, suspects_crime(alert)),
        (Sign::ReferrerUnnamed, has_unnamed_referrer(alert)),
        (Sign::AdultPrimary, has_adult_primary(request)),
    ]
    .into_iter()
    .filter_map(|(sign, said)| said.then_some(sign))
    .collect()
}

fn agreed(alert: &Node) -> Vec<String> {
    let plan = alert.node(field::alert::FAMILY_HELP);
    let codes = plan.into_iter().flat_map(|plan| plan.all(field::family_help::AGREED_AGENCIES));
    codes.filter_map(super::tree::Content::text).map(str::to_owned).collect()
}

fn suspects_crime(alert: &Node) -> bool {
    let of = |body: u32, crime: u32| {
        alert.node(body).is_some_and(|body| body.value(crime) == value::bool3::YES)
    };
    of(field::alert::CONTACT, field::csc_contact::CRIME_SUSPECTED)
        || of(field::alert::CONCERN, field::concern::CRIME_SUSPECTED)
}

fn has_unnamed_referrer(alert: &Node) -> bool {
    let contact = alert.node(field::alert::CONTACT);
    contact.is_some_and(|body| body.is_true(field::csc_contact::ANONYMITY_REQUESTED))
}

fn has_adult_primary(request: &CopyRequest<'_>) -> bool {
    request.hub_facts.is_some_and(|facts| facts.notes.contains(&HubNote::AdultPrimary))
}

fn not_independent(interview: &Node) -> bool {
    interview.value(field::return_interview::INTERVIEWER_INDEPENDENT) != value::bool3::YES
}

fn refused_by_parent(interview: &Node) -> bool {
    interview.value(field::return_interview::OUTCOME) == value::interview_outcome::REFUSED_BY_PARENT
}

fn unsafe_to_tell(envelope: &Node) -> bool {
    let listed = envelope.nodes(field::envelope::DO_NOT_TELL).next().is_some();
    listed
        || envelope.nodes(field::envelope::TOLD).any(|told| {
            matches!(
                told.value(field::told::STATE),
                value::told_state::NO_UNSAFE | value::told_state::NO_CHILD_REFUSED
            )
        })
}

fn family_risk(missing: &Node) -> bool {
    missing.values(field::missing_from_home::RISK_FACTORS).any(|factor| {
        matches!(
            factor,
            value::missing_risk_factor::HBA | value::missing_risk_factor::FORCED_MARRIAGE
        )
    })
}

fn family_case(referral: &Node) -> bool {
    let mut bases = referral.values(field::marac_referral::REFERRAL_BASIS);
    bases.any(|basis| basis == value::marac_basis::HBA)
}

fn family_abuse(abuse: &Node) -> bool {
    abuse
        .values(field::domestic_violence_notification::ABUSE_TYPES)
        .any(|kind| matches!(kind, value::abuse_type::HBA | value::abuse_type::FORCED_MARRIAGE))
}

/// A block of police protection without its power, or no power this hub can read (GAP3).
fn power_unclear(place: &Node) -> bool {
    use field::place_of_safety::{POWER_USED, S46};
    use value::power_used::{CA89_S46, EPO_S44, MHA_S136, NONE_VOLUNTARY, PACE_ARREST};
    let power = place.value(POWER_USED);
    let has_block = place.node(S46).is_some();
    let is_known = [NONE_VOLUNTARY, CA89_S46, MHA_S136, PACE_ARREST, EPO_S44].contains(&power);
    !is_known || (has_block && power != CA89_S46)
}

/// At the band the hub took it at, which is what brought it here (GAP2): not the lower one it was sent with.
fn threat_unknown(abuse: &Node, request: &CopyRequest<'_>) -> bool {
    use field::domestic_violence_notification::{IMMEDIATE_THREAT, RISK_BAND};
    let taken = request.hub_facts.and_then(|facts| facts.effective_risk_band);
    let stated = || RiskBand::from_code(u32::try_from(abuse.value(RISK_BAND)).ok()?);
    let band = taken.or_else(stated).unwrap_or(RiskBand::HighGold);
    abuse.value(IMMEDIATE_THREAT) == value::bool3::UNKNOWN && band == RiskBand::HighGold
}
