//! The part of a return home interview (domain 3.5), and whether its state follows the episode's.

use super::super::stage;
use super::Subject;
use super::findings::Findings;
use crate::domain::submission::{InterviewOutcome, InterviewState, Need, path};
use crate::domain::{Span, Stage};

/// How late an interview was held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReturnInterviewAssessment {
    /// How long after it was due it was held; none where in time, where not held, or where no due time is known.
    pub late: Option<Span>,
}

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.return_interview() else { return };
    let at = path::RETURN_INTERVIEW;
    findings.require(&facts.state, at, "state");
    findings.require(&facts.independent, at, "interviewer_independent");
    let Some(state) = facts.state.known() else { return };
    match state {
        InterviewState::Offered => {
            let what = "say when it was offered";
            findings.require_since(&facts.offered_at, at, "offered_at", what);
            let what = "say how it was offered";
            findings.require_since(&facts.offer_method, at, "offer_method", what);
        }
        InterviewState::Completed => {
            let what = "say when it was held";
            findings.require_since(&facts.completed_at, at, "completed_at", what);
            let what = "say whether the child told of harm";
            findings.require_since(&facts.harm_disclosed, at, "harm_disclosed", what);
            let what =
                "give the child's own words, who heard them, and whether the child was alone";
            let voice = &subject.submission.envelope.child_voice;
            findings.require_since(voice, path::ENVELOPE, "child_voice", what);
            if facts.shared_with.is_empty() {
                let what = "name the agencies you have told";
                findings.missing(of("shared_with"), Need::Conditional, what);
            }
        }
        InterviewState::Declined | InterviewState::NotPossible => {}
    }
    if state != InterviewState::Offered {
        let what = "say what became of it";
        findings.require_since(&facts.outcome, at, "outcome", what);
    }
    if facts.outcome.known().is_some_and(|outcome| outcome.state() != state) {
        findings.wrong(of("outcome"), "CONTRADICTION", "give an outcome of the state stated");
    }
    if facts.outcome.is(InterviewOutcome::NotOffered) {
        let what = "say why it was not offered";
        findings.require_since(&facts.not_offered_reason, at, "not_offered_reason", what);
    }
    if facts.disclosures > 0 {
        let what = "say whether the child was told how this is shared";
        findings.require_since(&facts.child_told, at, "child_told_how_shared", what);
    }
    for (field, given) in [("offered_at", &facts.offered_at), ("completed_at", &facts.completed_at)]
    {
        if given.get().is_some_and(|at| *at > subject.context.now) {
            findings.wrong(of(field), "IN_FUTURE", "correct the clock or the time");
        }
    }
    follows(subject, state, findings);
}

/// The state follows the one that the episode has come to. Nobody holds or declines what was never offered.
fn follows(subject: &Subject<'_>, state: InterviewState, findings: &mut Findings) {
    let offered_here =
        subject.submission.return_interview().is_some_and(|facts| facts.offered_at.is_given());
    let before = stage::before(state.into(), subject.context);
    let is_open = before != Some(Stage::InterviewCompleted);
    // An offer that comes with its end is one message for two steps.
    let before = if offered_here && is_open { Some(Stage::InterviewOffered) } else { before };
    let refused = match before {
        Some(before) => before.then(state.into()).err(),
        None => match state {
            InterviewState::Offered | InterviewState::NotPossible => None,
            InterviewState::Completed | InterviewState::Declined => {
                let what = "say when it was offered";
                findings.missing(of("offered_at"), Need::Conditional, what);
                None
            }
        },
    };
    if let Some(error) = refused {
        findings.wrong(of("state"), error.reason(), "give a state that follows the last one told");
    }
}

fn of(field: &str) -> String {
    format!("{}.{field}", path::RETURN_INTERVIEW)
}
