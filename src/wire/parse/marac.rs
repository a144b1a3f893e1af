//! Reads the parts of MARAC_REFERRAL and MARAC_OUTCOME (domain 3.8).

use super::child_impact;
use super::domestic_abuse::Subjects;
use super::people::{People, Whom};
use super::person::ConcernFacts;
use super::reader::{At, FREE_TEXT, Reader, between, up_to};
use crate::domain::AgencyCode;
use crate::domain::submission::{
    BodyFacts, Given, MaracBasis, MaracCaseFacts, MaracOutcomeFacts, MaracReferralFacts, Need,
    VictimAnswer, path,
};
use crate::wire::v1;
use crate::wire::words::reason;

const REQUIRED: Option<Need> = Some(Need::Required);
const CONDITIONAL: Option<Need> = Some(Need::Conditional);

const ATTENDEES_MAX: usize = 20;
const ACTIONS_MAX: usize = 40;

/// Why a judgement is a judgement takes this many characters (domain 3.8).
const JUDGEMENT_MIN: usize = 50;

/// The subjects, and how many persons of concern there are.
type Whole<'a> = (Subjects<'a>, usize);

/// Reads a referral.
pub(super) fn referral(
    reader: &mut Reader,
    raw: &v1::MaracReferral,
    whole: Whole<'_>,
    people: &People<'_>,
) -> MaracReferralFacts {
    let at = At::root(path::MARAC_REFERRAL);
    let why = at.field("referral_basis");
    let basis = reader.codes(why, &raw.referral_basis, MaracBasis::from_code, REQUIRED);
    let is_judged = basis.contains(MaracBasis::ProfessionalJudgement);
    let judgement_reason = reader.text(
        at.field("judgement_reason"),
        &raw.judgement_reason,
        between(JUDGEMENT_MIN, FREE_TEXT),
        is_judged.then_some(Need::Conditional),
    );
    let said = Said {
        informed: raw.victim_informed,
        agrees: raw.victim_agrees,
        without: &raw.share_without_agreement_reason,
        perpetrator: &raw.perpetrator_ref,
        impacts: &raw.child_impacts,
        attendees: &raw.attendees,
    };
    let mut case = case(reader, at, &said, whole, people);
    case.meeting_at = reader.instant(at.field("meeting_at"), raw.meeting_at.as_ref(), None);
    MaracReferralFacts { case, basis, judgement_reason }
}

/// Reads an outcome.
pub(super) fn outcome(
    reader: &mut Reader,
    raw: &v1::MaracOutcome,
    whole: Whole<'_>,
    people: &People<'_>,
) -> MaracOutcomeFacts {
    let at = At::root(path::MARAC_OUTCOME);
    let said = Said {
        informed: raw.victim_informed,
        agrees: raw.victim_agrees,
        without: &raw.share_without_agreement_reason,
        perpetrator: &raw.perpetrator_ref,
        impacts: &raw.child_impacts,
        attendees: &raw.attendees,
    };
    let mut case = case(reader, at, &said, whole, people);
    case.meeting_at = reader.instant(at.field("meeting_at"), raw.meeting_at.as_ref(), REQUIRED);
    MaracOutcomeFacts { case, actions: actions(reader, at, &raw.actions) }
}

/// What both kinds have.
struct Said<'a> {
    informed: i32,
    agrees: i32,
    without: &'a str,
    perpetrator: &'a str,
    impacts: &'a [v1::ChildImpact],
    attendees: &'a [String],
}

fn case(
    reader: &mut Reader,
    at: At<'_>,
    said: &Said<'_>,
    (subjects, persons_of_concern): Whole<'_>,
    people: &People<'_>,
) -> MaracCaseFacts {
    let from = VictimAnswer::from_code;
    let victim_informed = reader.code(at.field("victim_informed"), said.informed, from, REQUIRED);
    let victim_agrees = reader.code(at.field("victim_agrees"), said.agrees, from, REQUIRED);
    let agrees = victim_agrees.is(VictimAnswer::Yes);
    let without = at.field("share_without_agreement_reason");
    let need = if agrees { None } else { CONDITIONAL };
    let several = (persons_of_concern > 1).then_some(Need::Conditional);
    let perpetrator = at.field("perpetrator_ref");
    let impacts = child_impact::impacts(reader, at, said.impacts, subjects, people);
    child_impact::expect_one_each(reader, at, subjects, &impacts, false);
    MaracCaseFacts {
        victim_informed,
        victim_agrees,
        share_without_agreement_reason: reader.text(without, said.without, up_to(FREE_TEXT), need),
        perpetrator: match people.refer(reader, perpetrator, said.perpetrator, several) {
            Given::Given(Whom::Other) => Given::Given(()),
            Given::Given(Whom::Subject(_)) => {
                reader.malformed(perpetrator, reason::REF_UNKNOWN);
                Given::Malformed
            }
            Given::Missing => Given::Missing,
            Given::Malformed => Given::Malformed,
        },
        persons_of_concern,
        partner: None,
        impacts,
        attendees: attendees(reader, at, said.attendees),
        meeting_at: Given::Missing,
    }
}

/// Puts into the case who makes the pair with the victim: the person of concern who is named, or the only one.
pub(super) fn pair(body: &mut BodyFacts, alert: &v1::Alert, concerns: &[ConcernFacts]) {
    use v1::alert::Body::{MaracOutcome, MaracReferral};
    let (case, named) = match (body, &alert.body) {
        (BodyFacts::MaracReferral(facts), Some(MaracReferral(raw))) => {
            (&mut facts.case, &raw.perpetrator_ref)
        }
        (BodyFacts::MaracOutcome(facts), Some(MaracOutcome(raw))) => {
            (&mut facts.case, &raw.perpetrator_ref)
        }
        (..) => return,
    };
    let listed = alert.envelope.iter().flat_map(|envelope| &envelope.persons_of_concern);
    let is_named = |concern: &v1::PersonOfConcern| {
        concern.person.as_ref().is_some_and(|person| person.person_ref == *named)
    };
    let mut pairs = listed.zip(concerns);
    let found = match concerns {
        [only] if named.is_empty() => Some(only),
        _ => pairs.find(|(raw, _)| !named.is_empty() && is_named(raw)).map(|(_, read)| read),
    };
    case.partner = found.map(ConcernFacts::partner);
}

fn attendees(reader: &mut Reader, at: At<'_>, raw: &[String]) -> Vec<AgencyCode> {
    let list = at.field("attendees");
    if raw.is_empty() {
        reader.absent(list, REQUIRED);
    }
    reader.count(list, raw.len(), ATTENDEES_MAX);
    let listed = raw.iter().take(ATTENDEES_MAX).enumerate();
    let read = listed.filter_map(|(index, code)| {
        let at = at.item("attendees", index);
        if raw.iter().take(index).any(|earlier| earlier == code) {
            reader.malformed(at, reason::DUPLICATE);
            return None;
        }
        reader.id::<AgencyCode>(at, code, Some(Need::Format)).get().cloned()
    });
    read.collect()
}

fn actions(reader: &mut Reader, at: At<'_>, raw: &[v1::MaracAction]) -> Vec<AgencyCode> {
    if raw.is_empty() {
        reader.absent(at.field("actions"), REQUIRED);
    }
    reader.count(at.field("actions"), raw.len(), ACTIONS_MAX);
    let listed = raw.iter().take(ACTIONS_MAX).enumerate();
    let read = listed.filter_map(|(index, action)| {
        let at = at.item("actions", index);
        reader.text(at.field("text"), &action.text, up_to(2_000), REQUIRED);
        reader.date(at.field("due"), &action.due, REQUIRED);
        let agency = reader.id::<AgencyCode>(at.field("agency"), &action.agency, REQUIRED);
        agency.get().cloned()
    });
    read.collect()
}
