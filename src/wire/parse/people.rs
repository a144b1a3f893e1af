//! The persons of one alert: whom a reference means, and which words a school may not read.

use std::collections::{BTreeMap, BTreeSet};

use super::format;
use super::reader::{At, Reader};
use crate::domain::submission::{Given, GiverStanding, Need, path};
use crate::wire::v1;
use crate::wire::words::reason;

/// Whom a `person_ref` means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whom {
    /// The subject with this index.
    Subject(usize),
    /// Somebody of another list.
    Other,
}

/// Everybody the alert refers to.
pub(super) struct People<'a> {
    alert: &'a v1::Alert,
    references: BTreeMap<&'a str, Whom>,
}

impl<'a> People<'a> {
    /// Reads every `person_ref`. Of two equal ones the first counts.
    pub(super) fn gather(reader: &mut Reader, alert: &'a v1::Alert) -> Self {
        let mut references = BTreeMap::new();
        visit(alert, |at, person, whom| {
            let reference = person.person_ref.as_str();
            let at = at.field("person_ref");
            let given = reader.shaped(at, reference, format::is_person_ref, None);
            if given.is_given() {
                if references.contains_key(reference) {
                    reader.malformed(at, reason::DUPLICATE);
                } else {
                    references.insert(reference, whom);
                }
            }
        });
        Self { alert, references }
    }

    /// Reads a reference to a person of the alert.
    pub(super) fn refer(
        &self,
        reader: &mut Reader,
        at: At<'_>,
        raw: &str,
        need: Option<Need>,
    ) -> Given<Whom> {
        if raw.is_empty() {
            reader.absent(at, need);
            return Given::Missing;
        }
        match self.references.get(raw) {
            Some(whom) => Given::Given(*whom),
            None => {
                reader.malformed(at, reason::REF_UNKNOWN);
                Given::Malformed
            }
        }
    }

    /// Whether the word of this person counts (domain 6.3).
    pub(super) fn standing_of(&self, giver: &str) -> GiverStanding {
        let mut is_barred = !giver.is_empty() && self.is_of_concern(giver);
        visit(self.alert, |_, person, _| {
            let restricted = v1::Bool3::Yes;
            is_barred |= person.pr_holders.iter().any(|holder| {
                let is_giver = !giver.is_empty() && holder.person_ref == giver;
                is_giver && holder.restricted_by_order() == restricted
            });
        });
        if is_barred { GiverStanding::Barred } else { GiverStanding::Counts }
    }

    /// Whether this is an alleged perpetrator, the person on whose behalf was acted, or another person of concern.
    fn is_of_concern(&self, reference: &str) -> bool {
        let listed = self.alert.envelope.iter().flat_map(|it| &it.persons_of_concern);
        let behalf = self.abuse().and_then(|body| body.on_behalf_of.as_ref());
        let mut others = listed.chain(behalf).filter_map(|concern| concern.person.as_ref());
        others.any(|person| person.person_ref == reference)
            || self.is_alleged_perpetrator(reference)
    }

    /// Whether this is the alleged perpetrator of the notification.
    pub(super) fn is_alleged_perpetrator(&self, reference: &str) -> bool {
        let alleged = self.abuse().and_then(|body| body.alleged_perpetrator.as_ref());
        let person = alleged.and_then(|concern| concern.person.as_ref());
        person.is_some_and(|person| person.person_ref == reference)
    }

    const fn abuse(&self) -> Option<&'a v1::DomesticViolenceNotification> {
        match &self.alert.body {
            Some(v1::alert::Body::DomesticViolence(body)) => Some(body),
            Some(
                v1::alert::Body::Missing(_)
                | v1::alert::Body::Alcohol(_)
                | v1::alert::Body::ReturnInterview(_)
                | v1::alert::Body::AlcoholPathway(_)
                | v1::alert::Body::MaracReferral(_)
                | v1::alert::Body::MaracOutcome(_)
                | v1::alert::Body::PlaceOfSafety(_)
                | v1::alert::Body::AssessmentCompleted(_)
                | v1::alert::Body::FamilyHelp(_)
                | v1::alert::Body::InformationRequest(_)
                | v1::alert::Body::InformationResponse(_)
                | v1::alert::Body::NotShared(_)
                | v1::alert::Body::OperationReport(_)
                | v1::alert::Body::Contact(_)
                | v1::alert::Body::Concern(_)
                | v1::alert::Body::ReferralDecision(_)
                | v1::alert::Body::Feedback(_),
            )
            | None => None,
        }
    }

    /// Whether the subjects are more children than one, as far as their roles say.
    pub(super) fn has_several_children(&self) -> bool {
        use v1::SubjectRole::{
            OtherChild, ParentCarer, PersonOfConcern, Primary, Sibling, Unborn, Unspecified, Victim,
        };

        let is_adult_kind = matches!(
            &self.alert.body,
            Some(
                v1::alert::Body::DomesticViolence(_)
                    | v1::alert::Body::MaracReferral(_)
                    | v1::alert::Body::MaracOutcome(_)
            )
        );
        let subjects = self.alert.envelope.iter().flat_map(|envelope| &envelope.subjects);
        let children = subjects.filter(|subject| match subject.subject_role() {
            Sibling | OtherChild => true,
            Primary => !is_adult_kind,
            Unborn | Unspecified | ParentCarer | Victim | PersonOfConcern => false,
        });
        children.count() > 1
    }

    /// Whether a text for a school names a person of the alert or an address (domain 3.3 `voice_for_school`).
    pub(super) fn names_somebody_or_a_place(&self, text: &str) -> bool {
        let words = words(text);
        if words.is_empty() {
            return false;
        }
        let names = self.names();
        words.iter().any(|word| names.contains(word) || ADDRESS_WORDS.contains(&word.as_str()))
            || holds_postcode(&words)
    }

    /// Whether a text for a referrer names anybody of the alert but the child it is about (domain 3.10). A family's
    /// name is the child's too.
    pub(super) fn names_a_third_party(&self, text: &str) -> bool {
        let mut own = BTreeSet::new();
        visit(self.alert, |_, person, _| {
            if person.subject_role() == v1::SubjectRole::Primary {
                take_names(person, &mut |name| own.extend(name_words(name)));
            }
        });
        let others = self.names();
        words(text).iter().any(|word| others.contains(word) && !own.contains(word))
    }

    /// The words of every name in the alert, in lower case. One letter alone names nobody.
    fn names(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut take = |name: &str| found.extend(name_words(name));
        visit(self.alert, |_, person, _| {
            take_names(person, &mut take);
            person.pr_holders.iter().for_each(|holder| take(&holder.name));
        });
        if let Some(envelope) = &self.alert.envelope {
            envelope.do_not_tell.iter().for_each(|entry| take(&entry.name));
        }
        if let Some(v1::alert::Body::DomesticViolence(body)) = &self.alert.body {
            body.protective_orders.iter().for_each(|order| take(&order.person_name));
        }
        found
    }
}

/// Shows every person of the alert, subjects first, with its place in the request.
fn visit<'a>(alert: &'a v1::Alert, mut show: impl FnMut(At<'_>, &'a v1::Person, Whom)) {
    let root = At::root(path::ENVELOPE);
    if let Some(envelope) = &alert.envelope {
        for (index, person) in envelope.subjects.iter().enumerate() {
            show(root.item("subjects", index), person, Whom::Subject(index));
        }
        for (index, person) in envelope.household.iter().enumerate() {
            show(root.item("household", index), person, Whom::Other);
        }
        for (index, concern) in envelope.persons_of_concern.iter().enumerate() {
            if let Some(person) = &concern.person {
                let at = root.item("persons_of_concern", index);
                show(at.field("person"), person, Whom::Other);
            }
        }
    }
    if let Some(v1::alert::Body::DomesticViolence(body)) = &alert.body {
        let root = At::root(path::DOMESTIC_ABUSE);
        let named = [
            ("alleged_perpetrator", &body.alleged_perpetrator),
            ("on_behalf_of", &body.on_behalf_of),
        ];
        for (name, concern) in named {
            if let Some(person) = concern.as_ref().and_then(|concern| concern.person.as_ref()) {
                show(root.field(name).field("person"), person, Whom::Other);
            }
        }
    }
}

/// Words that lead to an address wherever they stand.
const ADDRESS_WORDS: &[&str] = &[
    "address", "avenue", "crescent", "flat", "lane", "postcode", "refuge", "road", "street",
    "terrace",
];

/// The words of one name; one letter alone names nobody.
fn name_words(name: &str) -> impl Iterator<Item = String> {
    words(name).into_iter().filter(|word| word.chars().count() > 1)
}

/// Every name a person goes by.
fn take_names(person: &v1::Person, take: &mut impl FnMut(&str)) {
    take(&person.family_name);
    person.given_names.iter().for_each(|name| take(name));
    person.also_known_as.iter().for_each(|name| take(name));
}

pub(super) fn words(text: &str) -> Vec<String> {
    let separated = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    separated.map(str::to_lowercase).collect()
}

/// A postcode, written in one word or in two, of any area.
pub(super) fn holds_postcode(words: &[String]) -> bool {
    let pairs = words.windows(2).map(|pair| pair.concat());
    words.iter().cloned().chain(pairs).any(|word| format::looks_like_postcode(&word.to_uppercase()))
}
