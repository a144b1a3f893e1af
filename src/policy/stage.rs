//! The stage an alert brings its episode to, whether it may, and what follows from it for its sender and its owner (R07, R15).

use std::sync::Arc;

use super::decide::task;
use super::sketch::EventSketch;
use super::validation::Validated;
use super::{Context, follow_on, partners, sharing, standing, validation};
use crate::domain::alert::{Conflicts, TimerKind};
use crate::domain::event::EventKind;
use crate::domain::stage::{StageError, Way};
use crate::domain::submission::{
    BodyFacts, Bool3, ConcernCode, InterviewOutcome, InterviewState, Submission,
};
use crate::domain::{
    Advice, AlertKind, AlertRecord, Delivery, MailboxId, Priority, Rule, Span, Stage,
};

/// The stage that the alert tells of, where its kind tells of one. An attendance begins the pathway by its offer.
pub(super) fn of(submission: &Submission) -> Option<Stage> {
    match &submission.body {
        BodyFacts::ReturnInterview(facts) => facts.state.known().map(Stage::from),
        BodyFacts::AlcoholPathway(facts) => facts.state.known().map(Stage::from),
        BodyFacts::Alcohol(facts) => facts.offer.known().map(Stage::from),
        BodyFacts::FamilyHelp(facts) => facts.status.known().map(Stage::from),
        BodyFacts::PlaceOfSafety(facts) => {
            let is_over = facts.released_at.is_given();
            Some(if is_over { Stage::PlaceLeft } else { Stage::PlaceHeld })
        }
        BodyFacts::Missing(_)
        | BodyFacts::DomesticAbuse(_)
        | BodyFacts::MaracReferral(_)
        | BodyFacts::MaracOutcome(_)
        | BodyFacts::OperationReport(_)
        | BodyFacts::CscContact(_)
        | BodyFacts::ReferralDecision(_)
        | BodyFacts::Feedback(_)
        | BodyFacts::Concern(_)
        | BodyFacts::InformationRequest(_)
        | BodyFacts::InformationResponse(_)
        | BodyFacts::NotShared(_)
        | BodyFacts::AssessmentCompleted(_) => None,
    }
}

/// How far the episode had come, on the same way as `told`, before the alert that tells it. What a correction takes the
/// place of never was; what is told whole again is not a step.
pub(super) fn before(told: Stage, context: &Context<'_>) -> Option<Stage> {
    let is_retold = |record: &AlertRecord| {
        let is_it = context.replaces.record().is_some_and(|replaced| replaced.id == record.id);
        is_it && record.stage == Some(told)
    };
    let earlier = standing::before(context);
    let earlier = earlier.into_iter().rev().filter(|record| !is_retold(record));
    earlier.filter_map(|record| record.stage).find(|stage| stage.way() == told.way())
}

/// Why the episode cannot have come to `told`: it does not follow what was told before, or what was told since does not
/// follow it, which only a correction can bring about.
pub(super) fn refused(told: Stage, context: &Context<'_>) -> Option<StageError> {
    let since = standing::after(context).into_iter().filter_map(|record| record.stage);
    let next = since.into_iter().find(|stage| stage.way() == told.way());
    let follows = before(told, context).map_or(Ok(told), |before| before.then(told));
    follows.and_then(|told| next.map_or(Ok(told), |next| told.then(next))).err()
}

/// How long after it was due the interview was held. A minute that has begun counts whole for nobody: at the due minute
/// it is in time.
pub(super) fn lateness(submission: &Submission, episode: &[Arc<AlertRecord>]) -> Option<Span> {
    let facts = submission.return_interview()?;
    let held = facts.completed_at.get().filter(|_| facts.state.is(InterviewState::Completed))?;
    let due = episode
        .iter()
        .rev()
        .flat_map(|record| &record.timers)
        .find(|timer| timer.kind == TimerKind::RhiDue)?;
    let late = held.since(due.due.at);
    (late > Span::millis(0)).then_some(late)
}

/// What the sender is told to do besides.
pub(super) fn advice(
    submission: &Submission,
    validated: &Validated,
    context: &Context<'_>,
) -> Vec<Advice> {
    let mut advice = interview_advice(submission);
    advice.extend(fitting_kind(submission, context).map(|(_, advice)| advice));
    if validated.mismatches.iter().any(|mismatch| mismatch.reason == validation::ROUTINE_KIND) {
        advice.push(Advice::UrgentInConcern);
    }
    advice
}

/// The kind that a concern fits, where there is one that its sender may send (domain 3.12), and what the sender is told.
pub(super) fn fitting_kind(
    submission: &Submission,
    context: &Context<'_>,
) -> Option<(AlertKind, Advice)> {
    const TYPED: &[(ConcernCode, AlertKind, Advice)] = &[
        (ConcernCode::Missing, AlertKind::MissingReported, Advice::SendMissingReport),
        (ConcernCode::Da, AlertKind::DvNotification, Advice::SendDvNotification),
    ];
    let codes = &submission.concern()?.worry.codes;
    let fits = |(code, kind, _): &&(ConcernCode, AlertKind, Advice)| {
        codes.contains(*code) && partners::may_send(&context.sender.code, *kind)
    };
    TYPED.iter().find(fits).map(|(_, kind, advice)| (*kind, *advice))
}

fn interview_advice(submission: &Submission) -> Vec<Advice> {
    let Some(facts) = submission.return_interview() else { return Vec::new() };
    let harm = facts.harm_disclosed.is(Bool3::Yes) || facts.harm_disclosed.is_unrecognised();
    let refused = facts.outcome.is(InterviewOutcome::RefusedByParent);
    [
        (Advice::SendConcern, harm),
        (Advice::InterviewerNotIndependent, !facts.independent.is(Bool3::Yes)),
        (Advice::OfferToChildDirectly, refused),
    ]
    .into_iter()
    .filter_map(|(advice, applies)| applies.then_some(advice))
    .collect()
}

/// A parent's refusal does not close the duty: whoever owns it has a task to offer the interview to the child directly
/// (domain 3.5).
pub(super) fn offer_directly(
    submission: &Submission,
    (context, conflicts): (&Context<'_>, &Conflicts),
    deliveries: &mut Vec<Delivery>,
    events: &mut Vec<EventSketch>,
) {
    let is_refused = submission
        .return_interview()
        .is_some_and(|facts| facts.outcome.is(InterviewOutcome::RefusedByParent));
    if !is_refused {
        return;
    }
    let Some(owner) = owner(submission, context) else { return };
    let owner = sharing::told_of(&owner, conflicts, (context.directory, context.now));
    let number = u32::try_from(deliveries.len()).unwrap_or(u32::MAX);
    let letter = context.directory.agency_of(&owner).map(|agency| agency.letter);
    let new = task(number, &owner, Priority::P3, context.now);
    events.push(
        EventSketch::of(EventKind::TaskCreated)
            .to(number, &owner)
            .by_rules(&[Rule::R06])
            .because(Advice::OfferToChildDirectly.as_str()),
    );
    deliveries.push(Delivery { letter: letter.unwrap_or(new.letter), ..new });
}

/// Whose duty the interview is: as the child's return said (R06), else as this alert says.
fn owner(submission: &Submission, context: &Context<'_>) -> Option<MailboxId> {
    let mut timers = context.episode.iter().rev().flat_map(|record| &record.timers);
    let named = timers.find(|timer| timer.kind == TimerKind::RhiDue);
    let named = named.map(|timer| timer.mailbox.clone());
    named.or_else(|| follow_on::interview_owner(submission, context))
}

/// The reason beside ALERT_UPDATED: the stage of an interview or on the pathway, else the kind. An interview that was held late says so.
pub(super) fn told_as(submission: &Submission, validated: &Validated) -> &'static str {
    let late = validated.assessment.return_interview().and_then(|found| found.late);
    let stage = of(submission).filter(|it| matches!(it.way(), Way::Interview | Way::Pathway));
    match (stage, late) {
        (Some(Stage::InterviewCompleted), Some(_)) => "RHI_COMPLETED_LATE",
        (Some(stage), _) => stage.as_str(),
        (None, _) => submission.kind.as_str(),
    }
}
