//! The triggers of one alert: what it says, beside what is known from before of its persons.

use super::find::{Danger, Finding, Standing, find};
use super::folding::folded;
use super::ledger::{Changed, Contact, History, Link, Past, Told, What};
use super::marac::Pair;
use super::{News, Trigger};
use crate::domain::alert::{Timer, TimerKind, TimerState};
use crate::domain::submission::{
    Bool3, Exercise, MissingCategory, MissingFacts, MissingRiskFactor, Submission,
};
use crate::domain::{AlertId, AlertKind, AlertRecord, EpisodeId, Timestamp};
use crate::policy::age::Age;
use crate::policy::{Context, referral, standing};

/// Stands for the alert under judgement, whose id is given later, and for its episode where it opens one.
pub const THIS: AlertId = AlertId::from_bytes([0; 16]);

/// What is known from before of the persons of an alert.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repeats {
    /// Of the PRIMARY subject.
    pub subject: History,
    /// Of the pair of a notification of domestic abuse.
    pub pair: History,
    /// Whether both persons of that pair are confirmed.
    pub parties: Pair,
}

/// Nothing is known of anybody.
pub static NOTHING_KNOWN: Repeats =
    Repeats { subject: History::EMPTY, pair: History::EMPTY, parties: Pair::Other };

impl Default for Repeats {
    fn default() -> Self {
        NOTHING_KNOWN.clone()
    }
}

/// Judges an alert. Training fires nothing; news that ends an episode, and kinds without a trigger, neither.
#[must_use]
pub(crate) fn judge(submission: &Submission, ages: &[Age], context: &Context<'_>) -> Vec<Finding> {
    if submission.envelope.exercise == Exercise::Yes {
        return Vec::new();
    }
    let (missing, alcohol) = (submission.missing(), submission.alcohol());
    match (submission.kind, missing, alcohol, submission.domestic_abuse()) {
        (AlertKind::MissingReported | AlertKind::MissingUpdated, Some(facts), ..) => {
            judge_missing((submission, facts), ages, context)
        }
        (AlertKind::AlcoholAttendance, _, Some(facts), _) => {
            let at = started(facts.attendance_at.get(), context.now);
            let new = opening(at, What::Attendance);
            ask((&context.repeats.subject, &new), Danger::default(), context)
        }
        (AlertKind::DvNotification, .., Some(facts)) => {
            let at = started(facts.incident_at.get(), context.now);
            let abuse = facts.abuse_types.known().collect();
            let new = opening(at, What::DomesticAbuse { abuse });
            ask((&context.repeats.pair, &new), Danger::default(), context)
        }
        (kind, ..) if kind.is_referral() => {
            let new = opening(context.now, What::Contact(Contact::Undecided));
            ask((&context.repeats.subject, &new), Danger::default(), context)
        }
        (AlertKind::ReferralDecision, ..) => judge_decision(submission, context),
        (..) => Vec::new(),
    }
}

/// T6, when a manager accepts a contact as a referral: it counts from when the front door was asked.
fn judge_decision(submission: &Submission, context: &Context<'_>) -> Vec<Finding> {
    let is_accepted =
        submission.referral_decision().is_some_and(|facts| facts.became_referral.is(Bool3::Yes));
    let Some(asked) = referral::decided_on(context.episode).next().filter(|_| is_accepted) else {
        return Vec::new();
    };
    let new = Past {
        alert: asked.id,
        episode: asked.episode,
        started: asked.received_at,
        what: What::Contact(Contact::Referral),
        link: Link::Confirmed,
    };
    let is_told = asked.referral.and_then(|it| it.decided()).is_some_and(|it| it.is_rereferral);
    let mut found = ask((&context.repeats.subject, &new), Danger::default(), context);
    found.retain(|it| it.trigger == Trigger::T6);
    for finding in found.iter_mut().filter(|_| is_told) {
        finding.news = News::None;
    }
    found
}

fn judge_missing(
    (submission, facts): (&Submission, &MissingFacts),
    ages: &[Age],
    context: &Context<'_>,
) -> Vec<Finding> {
    let age = age_of_primary(submission, ages);
    let danger = Danger {
        is_young: context.clocks.thresholds.is_young(age),
        is_flagged: facts.risk_factors.contains_any(MissingRiskFactor::MAKING_HIGH),
    };
    let history = telling_of(&context.repeats.subject, context.episode);
    let found = ask((&history, &missing((submission, facts), age, context)), danger, context);
    // An update is no new episode: the count is what it was when the child was reported.
    let is_update = submission.kind == AlertKind::MissingUpdated;
    found.into_iter().filter(|it| !is_update || it.trigger == Trigger::T2).collect()
}

fn ask((history, new): (&History, &Past), danger: Danger, context: &Context<'_>) -> Vec<Finding> {
    let replaced = context.replaces.record();
    let thresholds = &context.clocks.thresholds;
    // Another's alert about the same event: linked, and counted once (domain 5.9).
    let new = &folded(new.clone(), history, thresholds);
    let about = |new| (new, danger, context.repeats.parties);
    let was = replaced.and_then(|it| history.events.iter().find(|past| past.alert == it.id));
    let was = was.map(|was| find(history, about(was), context.now, thresholds));
    // What is told again, whole or corrected, is no second event.
    let history = match replaced {
        Some(replaced) => history.clone().without(replaced.id).with(new.clone()),
        None => history.clone().with(new.clone()),
    };
    let mut found = find(&history, about(new), context.now, thresholds);
    let is_told = |finding: &Finding| {
        replaced.is_some_and(|replaced| was_told(replaced, finding.trigger))
            || counted_before(was.as_deref().unwrap_or_default(), finding)
    };
    for finding in found.iter_mut().filter(|finding| is_told(finding)) {
        finding.news = News::None;
    }
    found
}

/// Whether as many counted with what the replaced alert said: whichever alert was the last of them has told it.
fn counted_before(was: &[Finding], finding: &Finding) -> bool {
    let is_count = matches!(finding.trigger, Trigger::T1 | Trigger::T3 | Trigger::T5 | Trigger::T7);
    let of_it = was.iter().find(|it| it.trigger == finding.trigger);
    is_count && of_it.is_some_and(|it| it.standing == Standing::Holds && it.count >= finding.count)
}

/// The sender's time where it can be true.
fn started(at: Option<&Timestamp>, now: Timestamp) -> Timestamp {
    at.copied().filter(|at| *at <= now).unwrap_or(now)
}

fn opening(started: Timestamp, what: What) -> Past {
    Past { alert: THIS, episode: EpisodeId::from(THIS), started, what, link: Link::Confirmed }
}

fn age_of_primary(submission: &Submission, ages: &[Age]) -> Age {
    let is_primary = |(person, _): &(&_, &Age)| {
        submission.primary().is_some_and(|primary| std::ptr::eq(primary, *person))
    };
    let found = submission.subjects.iter().zip(ages).find(is_primary);
    found.map_or(Age::Unknown, |(_, age)| *age)
}

/// The episode of a report or an update: an update speaks of the episode that its first alert opened.
fn missing(
    (submission, facts): (&Submission, &MissingFacts),
    age: Age,
    context: &Context<'_>,
) -> Past {
    // So young is MISSING whatever the sender calls it (GAP2); what cannot be read is no lesser category.
    let category = match facts.category.known() {
        Some(_) if context.clocks.thresholds.is_young(age) => MissingCategory::Missing,
        Some(category) => category,
        None => MissingCategory::Missing,
    };
    let is_open = standing::is_missing_still(submission, context);
    let what = What::Missing { category, is_open };
    match context.episode.first() {
        Some(first) => {
            let known = context.repeats.subject.events.iter().find(|past| past.alert == first.id);
            let since = known.map_or(first.received_at, |past| past.started);
            let link = Link::Confirmed;
            Past { alert: first.id, episode: first.episode, started: since, what, link }
        }
        None => opening(started(facts.last_seen_at.get(), context.now), what),
    }
}

/// When the child of an open missing episode was missed first, as T2 counts it: the sender's time where it can be true.
pub(crate) fn missing_since(facts: &MissingFacts, context: &Context<'_>) -> Timestamp {
    match (context.replaces.record(), context.episode.first()) {
        // The report again, whole or corrected: what it says now.
        (Some(replaced), Some(first)) if replaced.id == first.id => {
            started(facts.last_seen_at.get(), first.received_at)
        }
        (_, Some(first)) => {
            let known = context.repeats.subject.events.iter().find(|past| past.alert == first.id);
            known.map_or(first.received_at, |past| past.started)
        }
        (_, None) => started(facts.last_seen_at.get(), context.now),
    }
}

/// Whether an alert of a missing episode told of T2: it carries its task, or its clock has.
pub(crate) fn told_of_long(record: &AlertRecord) -> bool {
    let is_its_clock =
        |timer: &Timer| timer.kind == TimerKind::MissingLong && timer.state == TimerState::Fired;
    carries(record, Trigger::T2) || record.timers.iter().any(is_its_clock)
}

/// T2 is told once an episode.
fn telling_of(history: &History, episode: &[std::sync::Arc<AlertRecord>]) -> History {
    let is_told = |record: &&std::sync::Arc<AlertRecord>| told_of_long(record);
    match (episode.iter().find(is_told), episode.first()) {
        (Some(record), Some(first)) => history.clone().telling(Told {
            trigger: Trigger::T2,
            at: record.received_at,
            count: 1,
            from: vec![first.id],
        }),
        (Some(_) | None, _) => history.clone(),
    }
}

/// Whether an alert told of a trigger: one of its deliveries names it, or its clock did.
fn was_told(record: &AlertRecord, trigger: Trigger) -> bool {
    carries(record, trigger) || (trigger == Trigger::T2 && told_of_long(record))
}

fn carries(record: &AlertRecord, trigger: Trigger) -> bool {
    record.deliveries.iter().any(|delivery| delivery.routes.contains(&trigger.rule()))
}

/// What a correction takes back: the triggers that the alert it replaces told of and that hold no more.
pub(crate) fn taken_back_by_correction(
    findings: &[Finding],
    context: &Context<'_>,
) -> Vec<Changed> {
    let Some(original) = context.replaces.corrected() else { return Vec::new() };
    let gone = |trigger: &&Trigger| was_told(original, **trigger) && !holds(findings, **trigger);
    let taken_back = |trigger: &Trigger| {
        let left = findings.iter().find(|it| it.trigger == *trigger).map_or(0, |it| it.count);
        Changed { trigger: *trigger, told: left.saturating_add(1), left }
    };
    Trigger::ALL.iter().filter(gone).map(taken_back).collect()
}

/// Whether a trigger holds, told before or not.
pub(crate) fn holds(findings: &[Finding], trigger: Trigger) -> bool {
    findings.iter().any(|it| it.trigger == trigger && it.standing == Standing::Holds)
}

/// Whether a trigger is news.
pub(crate) fn fires(findings: &[Finding], trigger: Trigger) -> bool {
    findings.iter().any(|it| it.trigger == trigger && it.news == News::Fires)
}
