//! What the hub adds to an alert's copies: derived areas, markers, deadlines (domain 3).

use super::routing::{self, Routes};
use super::triggers::{self, MaracDates, MaracRepeat, Pair, Trigger};
use super::validation::{Power, SharingStanding, Validated};
use super::views::{HubFacts, HubNote};
use super::{Context, age::Age, area, clock, follow_on, partners, referral};
use crate::calendar;
use crate::domain::place_of_safety::Held;
use crate::domain::submission::{Exercise, RiskBand, RiskMarker};
use crate::domain::{AgencyCode, AlertKind, Span, Submission};

/// Older than this an alert is marked late (domain 3.3).
const LATE_AFTER: Span = Span::days(7);

/// The hub's facts about one alert, to be sealed beside it.
pub(super) fn of(
    submission: &Submission,
    validated: &Validated,
    context: &Context<'_>,
    routes: &Routes,
) -> HubFacts {
    let attendance = validated.assessment.alcohol();
    let markers = attendance.map(|found| added_markers(submission, &found.markers));
    let stated = submission.envelope.risk.known();
    let under_act = held_by(validated, Power::MentalHealthAct);
    HubFacts {
        received_at: Some(context.now),
        notes: notes(submission, validated, context),
        area: area::resolve(submission, context.directory).codes(),
        effective_risk: validated.risk.filter(|risk| stated != Some(*risk)),
        effective_risk_band: band_taken(submission, validated),
        rhi_due_at: follow_on::interview_due(submission, validated, context),
        age_at_attendance: attendance.and_then(|found| years(found.age)),
        added_risk_markers: markers.unwrap_or_default(),
        encompass: routes.encompass.clone(),
        contact_due_at: follow_on::contact_due(submission, validated, context),
        interview_late_minutes: late_minutes(validated),
        marac_referral_expected_at: follow_on::referral_expected(validated, context),
        s46_expires_at: held_by(validated, Power::PoliceProtection).map(|held| held.ends_at()),
        s136_ends_at: under_act.map(|held| Held::by_s136(held.since()).ends_at()),
        flag_until: flag_until(submission, validated, context),
        marac_repeat: marac_repeat(submission, context),
        escalation_count: escalation_count(submission, validated),
        marac_before: marac_before(submission, context),
        marac_research_due_at: follow_on::research_due(submission, context),
        s136_latest_at: under_act.map(|held| held.extended_by_doctor().ends_at()),
        decision_due: follow_on::decision_due(submission, context),
        assessment_due_at: follow_on::assessment_due(submission, context),
        feedback_contact: feedback_contact(submission, context),
        answer_due_at: follow_on::answer_due_at(submission, context),
        // What is known of the other alert is the broker's to say.
        duplicate_differences: Vec::new(),
    }
}

/// "Flag and tag": 12 calendar months after the referral, where the hub had it (SafeLives, national guidance). The last
/// referral of the pair, if later than that of the episode, is the pair register's.
fn flag_until(
    submission: &Submission,
    validated: &Validated,
    context: &Context<'_>,
) -> Option<jiff::civil::Date> {
    const MONTHS: u32 = 12;
    let referred_at = validated.assessment.marac()?.referred_at;
    let of_episode = referred_at.and_then(|at| clock::months_after(at, MONTHS));
    let before = marac_before(submission, context).last_referral;
    let of_pair =
        before.and_then(|day| calendar::calendar_months(day, i32::try_from(MONTHS).ok()?).ok());
    of_episode.max(of_pair)
}

/// What the hub knows from before of a pair at the MARAC. Of a pair that is not sure nothing is said.
fn marac_before(submission: &Submission, context: &Context<'_>) -> MaracDates {
    let repeats = context.repeats;
    match (submission.marac_case(), repeats.parties) {
        (Some(_), Pair::Confirmed) => repeats.pair.marac,
        (Some(_), Pair::Other | Pair::Unconfirmed) | (None, _) => MaracDates::default(),
    }
}

/// T4, of a notification. Training is nobody's repeat.
fn marac_repeat(submission: &Submission, context: &Context<'_>) -> Option<MaracRepeat> {
    let facts = submission.domestic_abuse()?;
    if submission.envelope.exercise == Exercise::Yes {
        return None;
    }
    let at = facts.incident_at.get().filter(|at| **at <= context.now).unwrap_or(&context.now);
    let repeats = context.repeats;
    Some(triggers::repeat(repeats.parties, &repeats.pair.marac, clock::date_of(*at)))
}

/// T5's count, of a notification whose pair can be told.
fn escalation_count(submission: &Submission, validated: &Validated) -> Option<u32> {
    submission.domestic_abuse()?.partner.as_ref()?;
    let found = validated.repeats.iter().find(|it| it.trigger == Trigger::T5)?;
    Some(found.count)
}

/// What holds a young person in a place of safety, where it is this power.
fn held_by(validated: &Validated, power: Power) -> Option<Held> {
    let found = validated.assessment.place_of_safety()?;
    found.held.filter(|_| found.power == power)
}

/// School-age children who live outside Wirral: community health does not see the impact on them.
pub(super) fn living_outside(
    submission: &Submission,
    validated: &Validated,
    context: &Context<'_>,
) -> Vec<usize> {
    let people = submission.subjects.iter().zip(&validated.ages).enumerate();
    people
        .filter(|(_, (person, age))| {
            !age.is_at_most(4) && !area::lives_in_wirral(person, context.directory)
        })
        .map(|(index, _)| index)
        .collect()
}

fn notes(submission: &Submission, validated: &Validated, context: &Context<'_>) -> Vec<HubNote> {
    let occurred = submission.envelope.occurred_at.get();
    let is_late = occurred.is_some_and(|at| context.now.since(*at) > LATE_AFTER);
    let is_unconfirmed = submission.kind == AlertKind::MissingFound
        && !routing::is_confirmed_end(submission, context);
    let area = area::resolve(submission, context.directory);
    let is_inferred = matches!(area, area::Area::Inferred(_));
    let is_adult = is_of_adult(submission, validated);
    [
        is_late.then_some(HubNote::Late),
        (!validated.skewed.is_empty()).then_some(HubNote::ClockSkew),
        (validated.sharing == SharingStanding::Provisional).then_some(HubNote::ProvisionalBasis),
        is_unconfirmed.then_some(HubNote::FoundUnconfirmed),
        is_inferred.then_some(HubNote::AreaInferred),
        is_adult.then_some(HubNote::AdultPrimary),
        triggers::holds(&validated.repeats, Trigger::T6).then_some(HubNote::ReReferral),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How many whole minutes after its time the interview was held; less than one is one.
fn late_minutes(validated: &Validated) -> Option<u32> {
    let late = validated.assessment.return_interview()?.late?;
    u32::try_from(late.as_millis().checked_div(60_000)?.max(1)).ok()
}

/// The band the hub took, where the sender stated another or none that can be read.
fn band_taken(submission: &Submission, validated: &Validated) -> Option<RiskBand> {
    let taken = validated.assessment.domestic_abuse()?.band;
    let stated = submission.domestic_abuse()?.risk_band.known();
    (stated != Some(taken)).then_some(taken)
}

/// Whether the PRIMARY of a kind that is about a child or an adult is an adult.
fn is_of_adult(submission: &Submission, validated: &Validated) -> bool {
    let index = submission.primary_index();
    let age = index.and_then(|index| validated.ages.get(index));
    matches!(
        submission.kind,
        AlertKind::Concern
            | AlertKind::ReferralDecision
            | AlertKind::Feedback
            | AlertKind::InformationRequest
            | AlertKind::InformationResponse
    ) && age.is_some_and(|age| age.is_adult())
}

/// Whom a referrer contacts where anybody has a SAFE address: the front door, and nobody by name (domain 3.10).
fn feedback_contact(submission: &Submission, context: &Context<'_>) -> Option<String> {
    let is_told = matches!(submission.kind, AlertKind::ReferralDecision | AlertKind::Feedback);
    if !is_told || !referral::has_safe_address(submission, context.episode) {
        return None;
    }
    let front_door = AgencyCode::try_from(partners::CADT).ok()?;
    let agency = context.directory.agencies.get(&front_door)?;
    routing::duty_mailbox(agency).map(|desk| format!("{front_door}, {}", desk.phone))
}

fn added_markers(submission: &Submission, markers: &[RiskMarker]) -> Vec<u32> {
    let given = |marker: &RiskMarker| {
        submission.alcohol().is_some_and(|facts| facts.risk_markers.contains(*marker))
    };
    markers.iter().filter(|marker| !given(marker)).map(|marker| marker.code()).collect()
}

fn years(age: Age) -> Option<u32> {
    match age {
        Age::Years(years) => Some(u32::from(years)),
        Age::Unknown => None,
    }
}
