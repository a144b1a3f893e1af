//! Who the mother of a child is, as the alert says it: by her an unborn child is found again (domain 4.5.7).
//!
//! Nothing is guessed. Where the alert names none, or more than one, the child has none here, and is found by what is
//! known of itself alone.

use crate::domain::AlertKind;
use crate::domain::Submission;
use crate::domain::submission::{Bool3, MotherFacts, SubjectFacts, SubjectRole};
use crate::wire::v1;

/// The contract's code of a male.
const MALE: u32 = 2;

/// Notes each child's mother.
pub(super) fn add(submission: &mut Submission, raw: &v1::Envelope, household: &[SubjectFacts]) {
    let family = Family { submission, raw, household };
    let children = 0..submission.subjects.len();
    let mothers: Vec<Option<MotherFacts>> = children.map(|child| family.mother(child)).collect();
    for (child, mother) in submission.subjects.iter_mut().zip(mothers) {
        child.mother = mother.map(Box::new);
    }
}

/// Everybody among whom a mother is looked for.
struct Family<'a> {
    submission: &'a Submission,
    raw: &'a v1::Envelope,
    household: &'a [SubjectFacts],
}

impl Family<'_> {
    /// The mother of a subject, whoever is no child apart. Whoever holds parental responsibility as the mother is she; else
    /// what the child and she are to the PRIMARY says it.
    fn mother(&self, child: usize) -> Option<MotherFacts> {
        let (facts, raw) = (self.submission.subjects.get(child)?, self.raw.subjects.get(child)?);
        let role = facts.role.known()?;
        match role {
            SubjectRole::Primary
            | SubjectRole::Sibling
            | SubjectRole::OtherChild
            | SubjectRole::Unborn => {}
            SubjectRole::ParentCarer | SubjectRole::Victim | SubjectRole::PersonOfConcern => {
                return None;
            }
        }
        let named = raw.pr_holders.iter().find(|holder| holder.basis() == v1::PrBasis::Mother);
        let named = named.map(|holder| holder.person_ref.as_str()).filter(|it| !it.is_empty());
        let mother = named.and_then(|reference| self.referred(reference));
        let mother = mother.or_else(|| self.related(role, raw.relationship()));
        mother.filter(|mother| usize::try_from(mother.place) != Ok(child))
    }

    fn referred(&self, reference: &str) -> Option<MotherFacts> {
        let is_she = |person: &v1::Person| person.person_ref == reference;
        match self.raw.subjects.iter().position(is_she) {
            Some(index) => self.subject(index),
            None => self.at_home(self.raw.household.iter().position(is_she)?),
        }
    }

    /// By the relationships to the PRIMARY.
    fn related(&self, role: SubjectRole, relationship: v1::Relationship) -> Option<MotherFacts> {
        use v1::Relationship::{Child, Sibling, Unspecified};

        match (relationship, role) {
            (Child, _) => self.pregnant_primary(role),
            (Sibling, _) | (_, SubjectRole::Primary) | (Unspecified, SubjectRole::Sibling) => {
                self.mother_at_home()
            }
            (Unspecified, SubjectRole::Unborn) if self.is_about_an_adult() => {
                self.pregnant_primary(role)
            }
            (_, _) => None,
        }
    }

    /// In domestic abuse the PRIMARY is the victim (domain 3.3).
    const fn is_about_an_adult(&self) -> bool {
        matches!(
            self.submission.kind,
            AlertKind::DvNotification | AlertKind::MaracReferral | AlertKind::MaracOutcome
        )
    }

    /// The PRIMARY as a mother: no man, and of an unborn child nobody of whom it is said that she is not pregnant.
    fn pregnant_primary(&self, role: SubjectRole) -> Option<MotherFacts> {
        let abuse = self.submission.domestic_abuse();
        let is_not = abuse.is_some_and(|facts| facts.pregnancy.is(Bool3::No));
        let primary = self.subject(self.submission.primary_index()?)?;
        let is_she = primary.identity.sex != Some(MALE) && !(role == SubjectRole::Unborn && is_not);
        is_she.then_some(primary)
    }

    /// The mother of the PRIMARY, where the household has one and no more.
    fn mother_at_home(&self) -> Option<MotherFacts> {
        let at_home = self.raw.household.iter().enumerate();
        let mut mothers =
            at_home.filter(|(_, person)| person.relationship() == v1::Relationship::Mother);
        let (index, _) = mothers.next()?;
        mothers.next().is_none().then(|| self.at_home(index))?
    }

    fn subject(&self, index: usize) -> Option<MotherFacts> {
        self.submission.subjects.get(index).and_then(|facts| of(facts, index))
    }

    /// The household stands after the subjects and the other one of a pair.
    fn at_home(&self, index: usize) -> Option<MotherFacts> {
        let place = self.submission.subjects.len().checked_add(1)?.checked_add(index)?;
        self.household.get(index).and_then(|facts| of(facts, place))
    }
}

fn of(facts: &SubjectFacts, place: usize) -> Option<MotherFacts> {
    Some(MotherFacts {
        place: u32::try_from(place).ok()?,
        identity: facts.identity.clone(),
        nhs_verified: facts.nhs_verified,
        age: facts.age,
        has_safe_address: facts.has_safe_address,
    })
}
