//! One decision for one alert: routes, sharing, deliveries, timers, events – ready for one commit.

use super::partners::{CADT, MARAC, SAFERFUT};
use super::routing::{self, Routes};
use super::sharing::{self, Case, Verdict};
use super::sketch::EventSketch;
use super::triggers::{self, Ask, Trigger};
use super::validation::{Validated, is_refused, parent_refuses};
use super::views::HubFacts;
use super::{
    Clocks, Context, EpisodeChanges, Moved, escalation, follow_on, hub_facts, referral, staff,
    stage, supersession,
};
use crate::domain::alert::{AlertStatus, Conflicts, Held, ShownTo, Timer, TimerKind};
use crate::domain::decision::{ShareOutcome, SharingDecision};
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::{Directory, MailboxRole};
use crate::domain::event::EventKind;
use crate::domain::referral::{Referral, ReferralOutcome};
use crate::domain::submission::Offer;
use crate::domain::{
    Advice, AgencyCode, AlertKind, Delivery, Event, Letter, MailboxId, Priority, Rule, Stage,
    Submission, Timestamp, UserId, View,
};

/// Everything a broker puts into one [`crate::domain::AlertRecord`], one entry and one reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// One for each routed recipient, withheld ones too.
    pub decisions: Vec<SharingDecision>,
    /// One for each recipient that gets the alert, then tasks. Numbered from 0.
    pub deliveries: Vec<Delivery>,
    /// The clocks the alert starts.
    pub timers: Vec<Timer>,
    /// The stage of an interview or a pathway that it brings the episode to.
    pub stage: Option<Stage>,
    /// What the sender is told to do besides.
    pub advice: Vec<Advice>,
    /// From whom the alert is kept.
    pub conflicts: Conflicts,
    /// To whom of the sending agency it is shown.
    pub shown: ShownTo,
    /// The referral that the alert is, where it asks the front door for a decision.
    pub referral: Option<Referral>,
    /// What the hub adds to the copies, to be sealed beside the alert.
    pub hub_facts: HubFacts,
    /// Subjects, from 0, the impact on whom community health does not see: they live outside Wirral.
    pub living_outside: Vec<usize>,
    /// Whom a school, or who stands in for one, is told about: setting and subject, from 0.
    pub pupils: Vec<(String, usize)>,
    /// What changes in the episode's earlier alerts.
    pub changes: EpisodeChanges,
    /// What leaves the alert whose place this one takes.
    pub moved: Moved,
    /// What to record of that one. Id and alert are the caller's to fill in.
    pub moved_events: Vec<Event>,
    /// What to record, in order, from ALERT_SUBMITTED on. Id, alert, episode and subjects are the caller's to
    /// fill in.
    pub events: Vec<Event>,
    /// Agencies a rule names that the directory does not hold: an alarm for its keepers.
    pub unroutable: Vec<AgencyCode>,
}

/// Decides on a validated alert.
#[must_use]
pub fn decide(submission: &Submission, validated: &Validated, context: &Context<'_>) -> Decision {
    let case = Case { submission, validated, context };
    let routes = routing::routes(submission, validated, context);
    let verdicts = sharing::decide(&case, &routes.recipients);
    let mut deliveries: Vec<Delivery> = verdicts
        .iter()
        .filter(|verdict| verdict.delivers())
        .zip(0..)
        .map(|(verdict, number)| delivery(verdict, number, context))
        .collect();
    let mut moved = supersession::take_over(context.replaces, &mut deliveries);
    let conflicts = kept_from(&case, &routes);
    let started = follow_on::Started {
        submission,
        validated,
        context,
        deliveries: &deliveries,
        conflicts: &conflicts,
    };
    let mut timers = follow_on::timers(&started);
    let taking = (context.replaces, &mut moved);
    supersession::take_over_timers(taking, &deliveries, &mut timers);
    let moved_events = context.replaces.record().map(|it| moved.events(it)).unwrap_or_default();
    let enquiries = follow_on::enquiries(&started);
    let is_overridden = sharing::overrides_a_refusal(&case, &verdicts);
    let mut events = events(&case, &routes, &verdicts);
    if is_overridden {
        events.push(overridden(&verdicts));
        // Below P2 the approver came first; above, the review comes after (domain 6.4).
        if validated.mode.is_urgent() {
            review((&case, &conflicts), &mut deliveries, &mut timers, &mut events);
        }
    }
    if let Some(timer) = enquiries {
        let timer = for_enquiries((&case, &conflicts), &timer, &mut deliveries, &mut events);
        timers.push(timer);
    }
    if !validated.mismatches.is_empty() {
        tell_of_mismatch((&case, &conflicts), &mut deliveries, &mut events);
    }
    staff::ask(&conflicts, context, (&mut deliveries, &mut events));
    look_back((&case, &conflicts), &mut deliveries, &mut events);
    ask_of_repeats((&case, &conflicts), &mut deliveries, &mut events);
    take_back(context, validated, (&mut deliveries, &mut events));
    if let Some(worker) = open_with(submission) {
        tell_of_open_case((&case, &conflicts), worker, &mut deliveries, &mut events);
    }
    stage::offer_directly(submission, (context, &conflicts), &mut deliveries, &mut events);
    events.extend(deliveries.iter().map(queued));
    let changes = EpisodeChanges::of(submission, (validated, context), &deliveries);
    events.extend(changes.settled(context.episode));
    Decision {
        hub_facts: hub_facts::of(submission, validated, context, &routes),
        living_outside: hub_facts::living_outside(submission, validated, context),
        pupils: routes.pupils,
        stage: stage::of(submission),
        advice: stage::advice(submission, validated, context),
        changes,
        moved,
        moved_events: moved_events.into_iter().map(EventSketch::into_event).collect(),
        decisions: verdicts.into_iter().map(|verdict| verdict.decision).collect(),
        deliveries,
        timers,
        conflicts,
        shown: sharing::shown_to(submission, context),
        referral: referral::of(submission, validated),
        events: events.into_iter().map(EventSketch::into_event).collect(),
        unroutable: routes.unroutable,
    }
}

fn delivery(verdict: &Verdict, number: u32, context: &Context<'_>) -> Delivery {
    let Verdict { recipient, decision, .. } = verdict;
    // An alternate's own inbox has its own clock, unless the row set one.
    let due = if decision.row == Rule::D0 && !recipient.rules.contains(&Rule::R24) {
        routing::due_in(context, &recipient.mailbox, recipient.priority)
    } else {
        recipient.due
    };
    Delivery {
        number,
        mailbox: recipient.mailbox.clone(),
        letter: recipient.letter,
        view: recipient.view,
        purpose: recipient.purpose,
        of: None,
        setting: recipient.setting.clone(),
        priority: recipient.priority,
        routes: recipient.rules.clone(),
        row: decision.row,
        queued_at: context.now,
        due,
        rung: escalation::first_rung(recipient.letter, recipient.purpose, due),
        state: DeliveryState::Queued,
        sequence: None,
        delivered: None,
        confirmed: None,
        opened: None,
        acknowledged: None,
        declined: None,
        closed: None,
        held_by: None,
        note: None,
        decline_text: None,
        failed: None,
        closing_note: None,
    }
}

/// From whom the alert is kept, and what is held back until it is known whom an inbox serves (domain 5.7, 0).
fn kept_from(case: &Case<'_>, routes: &Routes) -> Conflicts {
    let context = case.context;
    let held = sharing::held(case, &routes.recipients);
    let held_back = |verdict: &Verdict| Held {
        delivery: delivery(verdict, 0, context),
        decision: verdict.decision.clone(),
    };
    let held = held.iter().map(held_back).collect();
    Conflicts { held, ..sharing::conflicts(case.submission, context) }
}

/// The sender's duty manager reviews within 8 working hours: a task now, a timer for its end.
fn review(
    (case, conflicts): (&Case<'_>, &Conflicts),
    deliveries: &mut Vec<Delivery>,
    timers: &mut Vec<Timer>,
    events: &mut Vec<EventSketch>,
) {
    let Some(mailbox) = sender_manager(case, conflicts) else { return };
    let from = (case.context.now, &case.context.clocks.follow_on);
    let timer = follow_on::armed(TimerKind::OverrideReviewDue, from, mailbox.clone());
    let due = timer.due;
    let number = u32::try_from(deliveries.len()).unwrap_or(u32::MAX);
    let task = task(number, &mailbox, Priority::P4, case.context.now);
    events.push(
        EventSketch::of(EventKind::TaskCreated)
            .to(number, &mailbox)
            .due(Some(due))
            .because(TimerKind::OverrideReviewDue.as_str()),
    );
    deliveries.push(Delivery { due: Some(due), letter: Letter::T, ..task });
    timers.push(Timer { delivery: Some(number), ..timer });
}

/// The front door's task to make enquiries (R41), beside its copy of the alert; gives the clock that waits for it.
fn for_enquiries(
    (case, conflicts): (&Case<'_>, &Conflicts),
    timer: &Timer,
    deliveries: &mut Vec<Delivery>,
    events: &mut Vec<EventSketch>,
) -> Timer {
    let Context { directory, now, .. } = *case.context;
    let mailbox = sharing::told_of(&timer.mailbox, conflicts, (directory, now));
    let number = u32::try_from(deliveries.len()).unwrap_or(u32::MAX);
    events.push(
        EventSketch::of(EventKind::TaskCreated)
            .to(number, &mailbox)
            .by_rules(&[Rule::R41])
            .due(Some(timer.due))
            .because(timer.kind.as_str()),
    );
    let of = deliveries.iter().find(|delivery| delivery.letter == Letter::C).map(|of| of.number);
    let letter = if mailbox == timer.mailbox { Letter::C } else { Letter::T };
    let task = task(number, &mailbox, Priority::P3, now);
    deliveries.push(Delivery { due: Some(timer.due), letter, of, ..task });
    Timer { mailbox, delivery: Some(number), ..timer.clone() }
}

/// Whom the alert is kept from may have looked at what the hub holds of the same episode in the last 12 months:
/// information governance is told (domain 5.7, 3). Who it is stands in no entry.
fn look_back(
    (case, conflicts): (&Case<'_>, &Conflicts),
    deliveries: &mut Vec<Delivery>,
    events: &mut Vec<EventSketch>,
) {
    let Context { directory, now, episode, .. } = *case.context;
    if !staff::has_looked(&conflicts.users, episode, now) {
        return;
    }
    let number = u32::try_from(deliveries.len()).unwrap_or(u32::MAX);
    let told = staff::tell_of_look_back(number, conflicts, (directory, now));
    if let Some((task, created)) = told {
        events.push(created);
        deliveries.push(task);
    }
}

/// The sender's duty manager is told that the hub read the alert otherwise than it was sent (domain 3.2). The alert
/// itself goes on.
fn tell_of_mismatch(
    (case, conflicts): (&Case<'_>, &Conflicts),
    deliveries: &mut Vec<Delivery>,
    events: &mut Vec<EventSketch>,
) {
    let Some(mailbox) = sender_manager(case, conflicts) else { return };
    let number = u32::try_from(deliveries.len()).unwrap_or(u32::MAX);
    let created = EventSketch::of(EventKind::TaskCreated).to(number, &mailbox);
    events.push(created.because(EventKind::PriorityMismatch.as_str()));
    deliveries.push(task(number, &mailbox, Priority::P3, case.context.now));
}

/// Whether anybody has it: all else is about what they have.
pub(crate) fn has_reached_anybody(deliveries: &[Delivery]) -> bool {
    deliveries.iter().any(|delivery| delivery.purpose == Purpose::Alert)
}

/// What the repeat triggers record, and the tasks they ask of people (domain 5.8). Who has the alert already is told by
/// the rows T1 and R23.
fn ask_of_repeats(
    (case, conflicts): (&Case<'_>, &Conflicts),
    deliveries: &mut Vec<Delivery>,
    events: &mut Vec<EventSketch>,
) {
    let Case { submission, validated, context, .. } = *case;
    // A contact that D14 keeps from the front door is nothing that it heard, and asks it nothing (T7).
    if submission.kind.is_referral() && !has_reached_anybody(deliveries) {
        return;
    }
    for finding in validated.repeats.iter().filter(|it| it.news == triggers::News::Fires) {
        let fired = EventSketch::of(EventKind::TriggerFired).by_rules(&[finding.trigger.rule()]);
        events.push(fired.counting(u64::from(finding.count)));
    }
    for triggers::Asked { ask, triggers } in triggers::asked(&validated.repeats) {
        // The rows T1 and R23 tell these; what is taken back is told by what takes it back.
        if matches!(ask, Ask::RepeatMissing | Ask::MaracRepeat | Ask::TriggerWithdrawn) {
            continue;
        }
        let Some(mailbox) = asked_inbox(ask, context.directory) else { continue };
        let mailbox = sharing::told_of(&mailbox, conflicts, (context.directory, context.now));
        let with = (context.directory, &context.clocks, context.now);
        let (task, created) = trigger_task(deliveries.len(), &mailbox, (ask, &triggers), with);
        events.push(created);
        deliveries.push(task);
    }
}

/// The inbox that answers what a trigger asks; none of its own for what is taken back.
pub(super) fn asked_inbox(ask: Ask, directory: &Directory) -> Option<MailboxId> {
    let of = match ask {
        Ask::StrategyMeeting | Ask::PossibleRepeat => (CADT, MailboxRole::Duty),
        Ask::ManagerReview => (CADT, MailboxRole::Manager),
        Ask::RepeatMissing => (SAFERFUT, MailboxRole::Duty),
        Ask::MaracRepeat => (MARAC, MailboxRole::Duty),
        Ask::TriggerWithdrawn => return None,
    };
    routing::inbox_of(directory, of)
}

/// The task by which triggers ask an inbox for something, which stands after `before` deliveries; and what is recorded.
pub(super) fn trigger_task(
    before: usize,
    mailbox: &MailboxId,
    (ask, triggers): (Ask, &[Trigger]),
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) -> (Delivery, EventSketch) {
    let number = u32::try_from(before).unwrap_or(u32::MAX);
    let due = routing::due_at((directory, clocks), mailbox, ask.priority(), now);
    let created = EventSketch::of(EventKind::TaskCreated).to(number, mailbox).due(due);
    let routes = triggers.iter().map(|trigger| trigger.rule()).collect();
    let task = task(number, mailbox, ask.priority(), now);
    (Delivery { due, routes, ..task }, created.because(ask.as_str()))
}

/// Says to whoever had the task of a trigger that a correction has taken it back (domain 5.8).
fn take_back(
    context: &Context<'_>,
    validated: &Validated,
    told: (&mut Vec<Delivery>, &mut Vec<EventSketch>),
) {
    let (deliveries, events) = told;
    let withdrawn = triggers::taken_back_by_correction(&validated.repeats, context);
    for withdrawn in &withdrawn {
        let rule = withdrawn.trigger.rule();
        let said = EventSketch::of(EventKind::TriggerWithdrawn).by_rules(&[rule]);
        events.push(said.counting(u64::from(withdrawn.left)));
    }
    let Some(original) = context.replaces.corrected() else { return };
    for asked in triggers::taken_back(&withdrawn) {
        let rules: Vec<Rule> = asked.triggers.iter().map(|trigger| trigger.rule()).collect();
        let had = |held: &&Delivery| {
            held.purpose == Purpose::Task && held.routes.iter().any(|rule| rules.contains(rule))
        };
        for held in original.deliveries.iter().filter(had) {
            let with = (context.directory, &context.clocks, context.now);
            let asked = (asked.ask, asked.triggers.as_slice());
            let (task, created) = trigger_task(deliveries.len(), &held.mailbox, asked, with);
            events.push(created);
            deliveries.push(task);
        }
    }
}

/// The worker who has the child already (R51).
fn open_with(submission: &Submission) -> Option<&UserId> {
    let body = submission.referral_decision()?;
    let is_open = body.outcome.is(ReferralOutcome::AlreadyOpen);
    body.allocated_worker.get().filter(|_| is_open)
}

/// A task for the front door, the allocated worker named by opaque id (R51).
fn tell_of_open_case(
    (case, conflicts): (&Case<'_>, &Conflicts),
    worker: &UserId,
    deliveries: &mut Vec<Delivery>,
    events: &mut Vec<EventSketch>,
) {
    let Context { directory, now, .. } = *case.context;
    let front_door = AgencyCode::try_from(CADT).ok();
    let front_door = front_door.and_then(|code| directory.agencies.get(&code));
    let Some(desk) = front_door.and_then(routing::duty_mailbox) else { return };
    let mailbox = sharing::told_of(&desk.id, conflicts, (directory, now));
    let number = u32::try_from(deliveries.len()).unwrap_or(u32::MAX);
    let due = routing::due_in(case.context, &mailbox, Priority::P4);
    let created = EventSketch::of(EventKind::TaskCreated).to(number, &mailbox).due(due);
    events.push(created.because(ReferralOutcome::AlreadyOpen.as_str()).naming(worker));
    deliveries.push(Delivery { due, ..task(number, &mailbox, Priority::P4, now) });
}

/// The inbox of the sender's duty manager, its desk where it has none.
fn sender_manager(case: &Case<'_>, conflicts: &Conflicts) -> Option<MailboxId> {
    let Context { directory, now, sender, .. } = *case.context;
    let mailbox = sender.mailbox(MailboxRole::Manager).or_else(|| routing::duty_mailbox(sender))?;
    Some(sharing::told_of(&mailbox.id, conflicts, (directory, now)))
}

/// A task beside the alert: the envelope only, whoever holds it can open their own copy.
pub(crate) fn task(
    number: u32,
    mailbox: &MailboxId,
    priority: Priority,
    now: Timestamp,
) -> Delivery {
    Delivery {
        number,
        mailbox: mailbox.clone(),
        letter: Letter::T,
        view: View::Ladder,
        purpose: Purpose::Task,
        of: None,
        setting: None,
        priority,
        routes: Vec::new(),
        row: Rule::D16,
        queued_at: now,
        due: None,
        rung: None,
        state: DeliveryState::Queued,
        sequence: None,
        delivered: None,
        confirmed: None,
        opened: None,
        acknowledged: None,
        declined: None,
        closed: None,
        held_by: None,
        note: None,
        decline_text: None,
        failed: None,
        closing_note: None,
    }
}

pub(crate) fn queued(delivery: &Delivery) -> EventSketch {
    let mut rules = vec![delivery.row];
    rules.extend(&delivery.routes);
    EventSketch::of(EventKind::Queued)
        .to(delivery.number, &delivery.mailbox)
        .by_rules(&rules)
        .in_view(delivery.view)
        .due(delivery.due)
}

fn events(case: &Case<'_>, routes: &Routes, verdicts: &[Verdict]) -> Vec<EventSketch> {
    let mut events = vec![EventSketch::of(EventKind::AlertSubmitted)];
    taken(case, &mut events);
    agreements(case, &mut events);
    for verdict in verdicts {
        shared(verdict, &mut events);
    }
    let mut rules: Vec<Rule> =
        routes.recipients.iter().flat_map(|routed| routed.rules.iter().copied()).collect();
    rules.sort_unstable();
    rules.dedup();
    if case.submission.kind.is_kept_only() {
        rules.push(Rule::R58);
    }
    if case.submission.kind == AlertKind::NotSharedRecord {
        events.push(EventSketch::of(EventKind::NotSharedRecorded).by_rules(&[Rule::R58]));
    }
    let computed = EventSketch::of(EventKind::RouteComputed).by_rules(&rules);
    events.push(if routes.unroutable.is_empty() {
        computed
    } else {
        computed.because("AGENCY_NOT_IN_DIRECTORY")
    });
    if routes.calendar_unknown {
        events.push(EventSketch::of(EventKind::CalendarUnknown).by_rules(&[Rule::R24]));
    }
    events
}

/// How the alert was taken: news, gaps, mismatches, fields refused alone.
fn taken(case: &Case<'_>, events: &mut Vec<EventSketch>) {
    let Case { submission, validated, context } = *case;
    if submission.kind.is_news() {
        let told = stage::told_as(submission, validated);
        let news = EventSketch::of(EventKind::AlertUpdated).because(told);
        events.push(news);
    }
    if let Some((kind, _)) = stage::fitting_kind(submission, context) {
        events.push(EventSketch::of(EventKind::KindMismatch).because(kind.as_str()));
    }
    if validated.status == AlertStatus::AcceptedIncomplete {
        let paths: Vec<String> = validated.gaps.iter().map(|gap| gap.path.clone()).collect();
        let mut rules: Vec<Rule> = validated.gaps.iter().map(|gap| gap.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        events.push(EventSketch::of(EventKind::AlertIncomplete).refusing(&paths).by_rules(&rules));
    }
    if !validated.skewed.is_empty() {
        let skew = EventSketch::of(EventKind::ClockSkew).refusing(&validated.skewed);
        events.push(skew.by_rules(&[Rule::GAP1]));
    }
    let manager = context.sender.mailbox(MailboxRole::Manager);
    for mismatch in &validated.mismatches {
        let event = EventSketch::of(EventKind::PriorityMismatch)
            .refusing(std::slice::from_ref(&mismatch.path))
            .because(mismatch.reason);
        events.push(match manager {
            Some(mailbox) => event.at_mailbox(&mailbox.id),
            None => event,
        });
    }
    if !validated.refused_fields.is_empty() {
        let refused = EventSketch::denied(EventKind::AlertRejected, "DOWNGRADE_WITHOUT_AUTHORITY");
        events.push(refused.refusing(&validated.refused_fields).by_rules(&[Rule::GAP4]));
    }
}

/// Competence, agreements and refusals the alert brought.
fn agreements(case: &Case<'_>, events: &mut Vec<EventSketch>) {
    let alcohol = case.submission.alcohol();
    let plan = case.submission.family_help();
    let is_of_attendance = alcohol.is_some_and(|facts| facts.competence.is_given());
    if is_of_attendance || plan.is_some_and(|plan| plan.competence.is_given()) {
        events.push(EventSketch::of(EventKind::CompetenceRecorded));
    }
    // Nothing is registered without an agreement (D13).
    if plan.is_some() || alcohol.is_some_and(|facts| facts.offer.is(Offer::Accepted)) {
        events.push(EventSketch::of(EventKind::ConsentRecorded));
    }
    let is_declined = alcohol.is_some_and(|facts| facts.offer.is(Offer::Declined));
    let is_refused = is_refused(&case.submission.sharing) || parent_refuses(case.submission);
    if is_declined || is_refused {
        events.push(EventSketch::of(EventKind::ConsentRefused));
    }
    if sharing::parent_is_not_told(case) {
        let kept = EventSketch::of(EventKind::ConsentRefused).by_rules(&[Rule::D12]);
        events.push(kept.because("PARENT_NOT_TOLD"));
    }
}

fn shared(verdict: &Verdict, events: &mut Vec<EventSketch>) {
    let decision = &verdict.decision;
    // For sharing the deciding row stands first, then every row that applied.
    let mut rules = vec![decision.row];
    rules.extend(decision.applicable.iter().filter(|row| **row != decision.row));
    if let Some(error) = verdict.error {
        let failed = EventSketch::of(EventKind::PolicyError).failed().because(error.reason());
        events.push(failed.at_mailbox(&decision.mailbox).by_rules(&rules));
    }
    let event = match decision.outcome {
        ShareOutcome::Share | ShareOutcome::ShareLimited => {
            let accepted = EventSketch::of(EventKind::BasisAccepted).on_basis(decision.basis);
            if decision.provisional { accepted.because("PROVISIONAL") } else { accepted }
        }
        ShareOutcome::Withhold => {
            EventSketch::denied(EventKind::BasisRefused, decision.row.as_str())
        }
        ShareOutcome::AlternateRoute => {
            EventSketch::of(EventKind::CoiApplied).on_basis(decision.basis)
        }
    };
    events.push(event.at_mailbox(&decision.mailbox).by_rules(&rules).in_view(decision.view));
}

/// Names the rows that overrode it.
fn overridden(verdicts: &[Verdict]) -> EventSketch {
    let is_reviewed = |row: &Rule| matches!(row, Rule::D1 | Rule::D3 | Rule::D4 | Rule::D11);
    let mut rows: Vec<Rule> =
        verdicts.iter().map(|verdict| verdict.decision.row).filter(is_reviewed).collect();
    rows.sort_unstable();
    rows.dedup();
    EventSketch::of(EventKind::RefusalOverridden).by_rules(&rows)
}
