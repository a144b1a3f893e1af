//! What news does to the episode's earlier alerts.

use std::sync::Arc;

use super::routing::is_confirmed_end;
use super::sketch::EventSketch;
use super::triggers::{self, Trigger};
use super::validation::Validated;
use super::{Context, follow_on, referral, standing};
use crate::domain::alert::{Timer, TimerKind, TimerState};
use crate::domain::delivery::DeliveryState;
use crate::domain::disagreement::Answered;
use crate::domain::referral::{Decided, Referral, ReferralStatus};
use crate::domain::submission::Bool3;
use crate::domain::{
    AgencyCode, AlertId, AlertKind, AlertRecord, Delivery, Disagreement, EventKind, Rule,
    Submission, Timestamp, View,
};

/// How the episode's earlier alerts change with this one. Put each changed record into the same commit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EpisodeChanges {
    /// When the confirmed end came: look-out copies go; none while the child is missing or FOUND_UNCONFIRMED.
    ended_at: Option<Timestamp>,
    /// The clocks that have nothing to wait for any more.
    settled: Vec<TimerKind>,
    /// Whose news it is: something came of what that agency has taken (domain 5.2). None for a new episode.
    news_of: Option<AgencyCode>,
    /// The question that this alert answers: of an episode with several only its clock is settled.
    answers: Option<AlertId>,
    /// What becomes of the episode's referrals.
    referrals: Referrals,
    /// When the front door answered whoever does not agree with it; none where this alert answers nobody (R90).
    answered_at: Option<Timestamp>,
}

/// What an alert does to the referrals it is about (domain 3.10).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Referrals {
    /// Which alerts of the episode.
    of: Vec<AlertId>,
    /// The decision, where it is one; `by` is the alert itself, whose id is given later.
    decided: Option<Decided>,
    /// The agencies that are told.
    told: Vec<AgencyCode>,
}

impl Referrals {
    fn of(
        submission: &Submission,
        (validated, context): (&Validated, &Context<'_>),
        deliveries: &[Delivery],
    ) -> Self {
        let decided = submission.referral_decision().and_then(|body| {
            let status = if body.became_referral.is(Bool3::Yes) {
                ReferralStatus::Referral
            } else {
                ReferralStatus::Contact
            };
            let is_rereferral = triggers::holds(&validated.repeats, Trigger::T6);
            let (by, at) = (triggers::THIS, context.now);
            let outcome = body.outcome.known()?;
            Some(Decided { outcome, by, at, status, is_rereferral })
        });
        let about = if decided.is_some() || submission.feedback().is_some() {
            referral::decided_on(context.episode).map(|earlier| earlier.id).collect()
        } else {
            Vec::new()
        };
        let feedback = deliveries.iter().filter(|delivery| delivery.view == View::Feedback);
        let agency =
            |delivery: &Delivery| AgencyCode::try_from(delivery.mailbox.agency_code()).ok();
        Self { of: about, decided, told: feedback.filter_map(agency).collect() }
    }

    /// Decided, told, or both in one commit; untouched where it is about another alert.
    fn apply(&self, earlier: &AlertRecord, by: AlertId) -> Option<Referral> {
        if !self.of.contains(&earlier.id) {
            return earlier.referral;
        }
        let mut referral = referral::referral_of(earlier);
        if let Some(decided) = self.decided {
            referral = referral.decide(Decided { by, ..decided });
        }
        if self.told.contains(&earlier.sender) {
            // Nothing to tell yet: the feedback was refused, or is an urgent alert's gap.
            referral = referral.feed_back().unwrap_or(referral);
        }
        Some(referral)
    }
}

impl EpisodeChanges {
    /// A confirmed end purges the look-outs within an hour (R06, domain 7.8); news settles what waited for it.
    pub(super) fn of(
        submission: &Submission,
        (validated, context): (&Validated, &Context<'_>),
        deliveries: &[Delivery],
    ) -> Self {
        let is_end = is_confirmed_end(submission, context);
        let answered = deliveries.iter().any(|delivery| delivery.routes.contains(&Rule::R56));
        // An answer that a sharing row withholds is none.
        let is_withheld = submission.information_response().is_some() && !answered;
        let is_news = !context.episode.is_empty() && !is_withheld;
        // What was taken although it does not follow, for it was urgent, settles nothing.
        let follows = standing::follows((submission.kind, &context.sender.code), context).is_ok();
        let is_end = is_end && follows;
        let mut settled = match context.episode {
            [] => Vec::new(),
            _ if is_withheld || !follows => Vec::new(),
            _ => follow_on::settled_by_news(submission),
        };
        // Told by an alert before its clock told it: T2 is told once an episode.
        if triggers::holds(&validated.repeats, Trigger::T2) {
            settled.push(TimerKind::MissingLong);
        }
        let news_of = is_news.then(|| context.sender.code.clone());
        let referrals = Referrals::of(submission, (validated, context), deliveries);
        let is_answer =
            matches!(submission.kind, AlertKind::ReferralDecision | AlertKind::Feedback);
        let answers = submission.information_response().and_then(|facts| facts.request.get());
        let answers = answers.copied();
        Self {
            ended_at: is_end.then_some(context.now),
            settled,
            news_of,
            answers,
            referrals,
            answered_at: is_answer.then_some(context.now),
        }
    }

    /// The earlier alert as it stands after this one; equal where nothing changes.
    #[must_use]
    pub fn apply(&self, earlier: &AlertRecord, by: AlertId) -> AlertRecord {
        let mut after = earlier.clone();
        after.referral = self.referrals.apply(earlier, by);
        for timer in after.timers.iter_mut().filter(|timer| self.settles(earlier, timer)) {
            timer.state = TimerState::Cancelled;
        }
        if let Some(at) = self.answered_at {
            let answer = |disagreement: &mut Disagreement| disagreement.answer(Answered { at, by });
            after.after.disagreements.iter_mut().for_each(answer);
        }
        let Some(now) = self.ended_at else { return after };
        let is_held = |delivery: &&Delivery| {
            let is_over = matches!(delivery.state, DeliveryState::Ended(_));
            delivery.view == View::Lookout && !is_over && !is_armed(earlier, delivery.number)
        };
        let purges = earlier.deliveries.iter().filter(is_held).map(|delivery| {
            let purge = follow_on::fixed(TimerKind::LookoutPurge, now, delivery.mailbox.clone());
            Timer { delivery: Some(delivery.number), ..purge }
        });
        after.timers.extend(purges);
        after
    }

    /// TASK_DONE for each clock of the episode that the news settles.
    pub(super) fn settled(&self, episode: &[Arc<AlertRecord>]) -> Vec<EventSketch> {
        let timers = episode
            .iter()
            .flat_map(|earlier| earlier.timers.iter().filter(|timer| self.settles(earlier, timer)));
        let done = timers.map(|timer| {
            let done = EventSketch::of(EventKind::TaskDone).at_mailbox(&timer.mailbox);
            done.due(Some(timer.due)).because(timer.kind.as_str())
        });
        done.collect()
    }

    fn settles(&self, earlier: &AlertRecord, timer: &Timer) -> bool {
        let is_of_it = self.answers.is_none_or(|question| question == earlier.id);
        let is_over = || self.ended_at.is_some() && follow_on::ends_with_episode(timer.kind);
        let is_outcome = || {
            let sender = self.news_of.as_ref().map(AgencyCode::as_str);
            follow_on::waits_for_its_holder(timer.kind)
                && sender == Some(timer.mailbox.agency_code())
        };
        timer.state == TimerState::Armed
            && is_of_it
            && (self.settled.contains(&timer.kind) || is_outcome() || is_over())
    }
}

/// Whether an alert of this kind begins an episode of its own although it names this one: any report after the child
/// was found or was not missing, however soon (domain 3.5). While FOUND_UNCONFIRMED it belongs to it.
#[must_use]
pub fn begins_anew(kind: AlertKind, episode: &[Arc<AlertRecord>]) -> bool {
    let state = standing::missing_episode(standing::in_order(episode));
    kind == AlertKind::MissingReported && state.is_some_and(|state| !state.is_open())
}

/// Found and then cancelled: the first purge stands.
fn is_armed(record: &AlertRecord, delivery: u32) -> bool {
    record
        .timers
        .iter()
        .any(|timer| timer.kind == TimerKind::LookoutPurge && timer.delivery == Some(delivery))
}
