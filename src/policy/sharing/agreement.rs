//! Who may agree to a service, refuse it, and whose word counts (domain 6.3).

use crate::domain::AgencyCode;
use crate::domain::submission::{
    AlcoholFacts, CompetenceFacts, CompetenceOutcome, ConsentGiver, ConsentState, ConsentType,
    GiverStanding, Offer, OfferAgreedBy, OfferDeclinedBy, Onward, PlaceOfSafetyFacts, RefusedBy,
    Scope, ToldState,
};

use super::super::age::Age;
use super::Case;

/// Whether a service was agreed to by somebody whose word counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Agreement {
    /// Yes.
    Given,
    /// No, by somebody whose word counts.
    Refused,
    /// Nobody whose word counts has said anything.
    None,
}

/// What is known of the agreement to `scope`.
#[must_use]
pub fn agreement_to(case: &Case<'_>, scope: Scope, agency: &AgencyCode) -> Agreement {
    let age = age_of(case);
    let refused = refusers(case, (scope, agency)).any(|by| may_refuse(case, age, scope, by));
    if refused {
        return Agreement::Refused;
    }
    if givers(case, (scope, agency)).any(|by| may_agree(case, age, scope, by)) {
        return Agreement::Given;
    }
    Agreement::None
}

/// Whether a competent young person objects to community health being told (D10).
#[must_use]
pub fn competent_objection(case: &Case<'_>, agency: &AgencyCode) -> bool {
    let by_child = matches!(
        case.submission.sharing.refused_by.known(),
        Some(RefusedBy::Child | RefusedBy::Both)
    );
    let of_this = refusers(case, (Scope::CommunityHealth, agency))
        .any(|by| matches!(by, ConsentGiver::ChildCompetent | ConsentGiver::YoungPerson));
    let is_competent =
        competence(case).is_some_and(|record| record.outcome.is(CompetenceOutcome::Competent));
    (by_child || of_this) && is_competent
}

/// D12: whether a young person whose word counts keeps the attendance from a parent. Whom to tell is theirs to decide;
/// the hub tells no parent, and its part is the instruction `do_not_tell` on every copy (domain 6.5).
#[must_use]
pub fn parent_is_not_told(case: &Case<'_>) -> bool {
    let told = &case.submission.envelope.told;
    let refuses = told.iter().any(|entry| entry.state.is(ToldState::NoChildRefused));
    let counts = competence(case)
        .is_some_and(|record| record.outcome.is(CompetenceOutcome::Competent))
        || matches!(age_of(case), Age::Years(16..) if !is_found_unable(case));
    case.submission.alcohol().is_some() && refuses && counts
}

/// Who agrees (6.3): 0–12 a PR holder; 13–15 the competent child alone, or a PR holder; from 16 the young person.
fn may_agree(case: &Case<'_>, age: Age, scope: Scope, by: ConsentGiver) -> bool {
    match (by, age) {
        (ConsentGiver::PrHolder, _) => {
            // From 16 a parent's word does not count, nor against a competent child's own refusal: that
            // refusal is found before any agreement.
            age.may_be_under(16)
        }
        (ConsentGiver::ChildCompetent, Age::Years(13..=15)) => is_competent_for(case, scope),
        (ConsentGiver::YoungPerson, Age::Years(16..)) => !is_found_unable(case),
        (ConsentGiver::Adult, Age::Years(18..)) => true,
        (ConsentGiver::ChildCompetent | ConsentGiver::YoungPerson | ConsentGiver::Adult, _) => {
            false
        }
    }
}

/// Who refuses or withdraws (6.3): 0–12 a PR holder; 13–15 the child recorded COMPETENT, or the PR holder
/// where no competent child decides; from 16 the young person. A refusal while UNABLE_TO_ASSESS is recorded
/// and is no competent refusal.
fn may_refuse(case: &Case<'_>, age: Age, scope: Scope, by: ConsentGiver) -> bool {
    match (by, age) {
        (ConsentGiver::PrHolder, Age::Years(13..=15)) => !is_competent_for(case, scope),
        (ConsentGiver::PrHolder, _) => age.may_be_under(13),
        (ConsentGiver::ChildCompetent, Age::Years(0..=15) | Age::Unknown) => {
            is_competent_for(case, scope)
        }
        (
            ConsentGiver::YoungPerson | ConsentGiver::ChildCompetent | ConsentGiver::Adult,
            Age::Years(16..),
        ) => !is_found_unable(case),
        (ConsentGiver::YoungPerson | ConsentGiver::Adult, _) => false,
    }
}

/// Gillick, for this decision and no other.
fn is_competent_for(case: &Case<'_>, scope: Scope) -> bool {
    competence(case).is_some_and(|record| {
        record.outcome.is(CompetenceOutcome::Competent)
            && record.understands_all
            && record.scope.get() == Some(&scope)
    })
}

/// From 16 capacity is presumed unless an assessment shows otherwise.
fn is_found_unable(case: &Case<'_>) -> bool {
    competence(case).is_some_and(|record| {
        matches!(
            record.outcome.known(),
            Some(CompetenceOutcome::NotCompetent | CompetenceOutcome::UnableToAssess)
        ) || record.outcome.is_unrecognised()
    })
}

/// Everybody who is said to have agreed to `scope`.
fn givers<'a>(
    case: &'a Case<'_>,
    (scope, agency): (Scope, &'a AgencyCode),
) -> impl Iterator<Item = ConsentGiver> + 'a {
    let offered = alcohol(case).filter(|facts| {
        let is_for_scope = scope == Scope::Response && facts.agreement_scope.get() == Some(&scope);
        is_for_scope && facts.offer.is(Offer::Accepted)
    });
    let of_place = place_of_safety(case)
        .filter(|facts| scope == Scope::Response && facts.onward.contains(Onward::Response))
        .and_then(|facts| facts.offer_agreed_by.known());
    let of_attendance = offered.and_then(|facts| facts.offer_agreed_by.known());
    let by_offer = of_attendance.or(of_place).map(|by| match by {
        OfferAgreedBy::ChildCompetent => ConsentGiver::ChildCompetent,
        OfferAgreedBy::YoungPerson => ConsentGiver::YoungPerson,
        OfferAgreedBy::PrHolder => ConsentGiver::PrHolder,
    });
    by_offer.into_iter().chain(recorded(case, (scope, agency), &[ConsentState::Given]))
}

/// Everybody who is said to have refused or withdrawn from `scope`.
fn refusers<'a>(
    case: &'a Case<'_>,
    (scope, agency): (Scope, &'a AgencyCode),
) -> impl Iterator<Item = ConsentGiver> + 'a {
    let declined = alcohol(case)
        .filter(|facts| scope == Scope::Response && facts.offer.is(Offer::Declined))
        .and_then(|facts| facts.offer_declined_by.known());
    let child = matches!(declined, Some(OfferDeclinedBy::Child | OfferDeclinedBy::Both));
    let parent = matches!(declined, Some(OfferDeclinedBy::Parent | OfferDeclinedBy::Both));
    let by_offer = [
        child.then(|| match age_of(case) {
            Age::Years(16..) => ConsentGiver::YoungPerson,
            Age::Years(_) | Age::Unknown => ConsentGiver::ChildCompetent,
        }),
        parent.then_some(ConsentGiver::PrHolder),
    ];
    let states = &[ConsentState::Refused, ConsentState::Withdrawn];
    by_offer.into_iter().flatten().chain(recorded(case, (scope, agency), states))
}

/// What was said after the alert was sent comes after what the alert says of the same instant.
const SAID_SINCE: u8 = 2;

/// Service agreements about `scope` in one of `states`. A refusal or withdrawal that was itself followed by a
/// later agreement of the same person is a new record; the latest of each giver counts. The attempt of somebody whose
/// word does not count has no effect, as if nobody had spoken.
fn recorded<'a>(
    case: &'a Case<'_>,
    (scope, agency): (Scope, &'a AgencyCode),
    states: &'static [ConsentState],
) -> impl Iterator<Item = ConsentGiver> + 'a {
    let plan = case.submission.family_help().and_then(|plan| plan.agreement.get());
    let records = case.submission.sharing.consents.iter().chain(plan);
    ConsentGiver::ALL.iter().copied().filter(move |giver| {
        let own = records.clone().filter(|record| {
            record.kind.is(ConsentType::ServiceAgreement)
                && record.scope.get() == Some(&scope)
                && record.giver.is(*giver)
                && record.standing == GiverStanding::Counts
        });
        // Of two records of one instant, whichever comes first in the list, the one that is no agreement counts.
        let own = own.map(|record| {
            let state = record.state.known();
            let rank = u8::from(state != Some(ConsentState::Given));
            (record.effective_at.get().copied(), rank, state)
        });
        // What the episode has heard since it was given, of the agreement with this agency.
        let since = case.context.episode.iter().flat_map(|earlier| &earlier.after.consents);
        let since = since
            .filter(|said| said.giver == *giver)
            .filter(|said| said.concerns(scope, agency, case.context.now))
            .map(|said| (Some(said.effective_at), SAID_SINCE, Some(said.state)));
        let latest = own.chain(since).max_by_key(|(effective_at, rank, _)| (*effective_at, *rank));
        latest.and_then(|(_, _, state)| state).is_some_and(|state| states.contains(&state))
    })
}

fn alcohol<'a>(case: &'a Case<'_>) -> Option<&'a AlcoholFacts> {
    case.submission.alcohol()
}

fn place_of_safety<'a>(case: &'a Case<'_>) -> Option<&'a PlaceOfSafetyFacts> {
    case.submission.place_of_safety()
}

fn competence<'a>(case: &'a Case<'_>) -> Option<&'a CompetenceFacts> {
    let of_attendance = alcohol(case).map(|facts| &facts.competence);
    let of_place = || place_of_safety(case).map(|facts| &facts.competence);
    let of_plan = || case.submission.family_help().map(|plan| &plan.competence);
    of_attendance.or_else(of_place).or_else(of_plan)?.get()
}

fn age_of(case: &Case<'_>) -> Age {
    let at_attendance = case.validated.assessment.alcohol().map(|found| found.age);
    let at_place = case.validated.assessment.place_of_safety().map(|found| found.age);
    let of_primary = || {
        let index = case.submission.primary_index();
        index.and_then(|index| case.validated.ages.get(index)).copied().unwrap_or(Age::Unknown)
    };
    at_attendance.or(at_place).unwrap_or_else(of_primary)
}
