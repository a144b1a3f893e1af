//! Which clocks an alert starts, and whose duty each is.

use crate::domain::alert::{AlertStatus, Conflicts, Timer, TimerKind};
use crate::domain::directory::MailboxRole;
use crate::domain::place_of_safety::POLICE_PROTECTION_MAX;
use crate::domain::submission::{FamilyHelpStatus, LookedAfter, Offer, RequestRating, RiskBand};
use crate::domain::{
    AgencyCode, AlertKind, Deadline, DeadlineTag, Delivery, Letter, MailboxId, Priority, Rule,
    Span, Submission, Timestamp, View,
};

use super::super::partners::{
    self, ASC, CADT, EDT, LADO, MARAC, MERPOL, RESPONSE, SAFERFUT, WUTH_SG,
};
use super::super::routing::{chase, duty_mailbox, is_confirmed_end};
use super::super::validation::{Assessment, PlaceOfSafetyAssessment, Power, Validated};
use super::super::{Context, age, clock, referral, sharing, standing};
use super::{armed, due, fixed, long};
use crate::calendar;

/// A return home interview follows within 72 hours of elapsed time (statutory guidance of January 2014).
const INTERVIEW_WITHIN: Span = Span::hours(72);

/// How long before the 18th birthday of a missing child the hub keeps the day.
const MAJORITY_WITHIN: Span = Span::days(366);

/// What the timers rest on.
pub(crate) struct Started<'a> {
    pub(crate) submission: &'a Submission,
    pub(crate) validated: &'a Validated,
    pub(crate) context: &'a Context<'a>,
    pub(crate) deliveries: &'a [Delivery],
    pub(crate) conflicts: &'a Conflicts,
}

/// Every timer the alert arms. The review of an overridden refusal is the caller's.
pub(crate) fn timers(started: &Started<'_>) -> Vec<Timer> {
    let mut timers = Vec::new();
    chases(started, &mut timers);
    handover(started, &mut timers);
    encompass(started, &mut timers);
    impact(started, &mut timers);
    match &started.validated.assessment {
        Assessment::Missing(_) => {
            return_interview(started, &mut timers);
            majority(started, &mut timers);
            long::start(started, &mut timers);
        }
        Assessment::Alcohol(found) if !found.hard => pathway(started, &mut timers),
        Assessment::Alcohol(_) | Assessment::ReturnInterview(_) | Assessment::AlcoholPathway => {}
        Assessment::DomesticAbuse(_) => {
            if referral_expected(started.validated, started.context).is_some() {
                delivered_to(started, MARAC, TimerKind::MaracReferralExpected, &mut timers);
            }
        }
        Assessment::Marac(_) => research(started, &mut timers),
        Assessment::PlaceOfSafety(found) => place_of_safety(started, found, &mut timers),
        Assessment::FamilyHelp => team_review(started, &mut timers),
        Assessment::Information(_) => answer_due(started, &mut timers),
        Assessment::Kept => not_shared_review(started, &mut timers),
        Assessment::OperationReport => {}
        Assessment::CscContact(_) => decision(started, &mut timers),
        Assessment::Concern(_) => {
            delivered_to(started, LADO, TimerKind::LadoDecisionDue, &mut timers);
        }
        Assessment::ReferralDecision => assessment(started, &mut timers),
        Assessment::Feedback => {}
    }
    timers
}

fn chases(started: &Started<'_>, timers: &mut Vec<Timer>) {
    if started.validated.status != AlertStatus::AcceptedIncomplete {
        return;
    }
    let sender = started.context.sender;
    let (first, second) = chase(started.context);
    let desk = duty_mailbox(sender).map(|mailbox| mailbox.id.clone());
    let manager = sender.mailbox(MailboxRole::Manager).map(|mailbox| mailbox.id.clone());
    let manager = manager.or_else(|| desk.clone());
    let each = [(TimerKind::ChaseFirst, first, desk), (TimerKind::ChaseSecond, second, manager)];
    for (kind, at, mailbox) in each {
        timers.extend(mailbox.map(|mailbox| fixed(kind, at, mailbox)));
    }
}

/// A P1/P2 the front door holds at closing goes to EDT, with the clock it already has (domain 5.1). Where EDT must
/// not have it, to who else may (5.7). What went to the front door's lead under D0 is nobody else's at any hour.
fn handover(started: &Started<'_>, timers: &mut Vec<Timer>) {
    if !clock::is_office_hours(started.context.now) {
        return;
    }
    let now = started.context.now;
    let takers = sharing::out_of_hours(started.context.directory, started.conflicts, now);
    let is_held = |delivery: &&Delivery| {
        delivery.mailbox.agency_code() == CADT
            && delivery.priority.is_urgent()
            && delivery.view == View::Standard
            && delivery.row != Rule::D0
    };
    for delivery in started.deliveries.iter().filter(is_held) {
        let at = clock::next_closing(now);
        for taker in takers.iter().cloned() {
            let timer = fixed(TimerKind::OutOfHoursHandover, at, taker);
            timers.push(Timer { delivery: Some(delivery.number), ..timer });
        }
    }
}

/// What was not assessed yet is, by the first of the days the sender gave, at the close of offices (domain 3.7).
fn impact(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let open = started.submission.impacts().iter().filter(|impact| !impact.is_assessed());
    let first = open.filter_map(|impact| impact.assess_by.get()).min();
    let due = first.and_then(|day| clock::closing_of(*day));
    if let Some((due, desk)) = due.zip(duty_mailbox(started.context.sender)) {
        timers.push(fixed(TimerKind::ImpactDue, due, desk.id.clone()));
    }
}

/// A school that was not told in time: the duty is on the sender (R24).
fn encompass(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let sender = started.context.sender;
    let told = sender.mailbox(MailboxRole::Manager).or_else(|| duty_mailbox(sender));
    let Some(told) = told else { return };
    let is_notice =
        |delivery: &&Delivery| delivery.letter == Letter::E && delivery.routes.contains(&Rule::R24);
    for delivery in started.deliveries.iter().filter(is_notice) {
        let Some(due) = delivery.due else { continue };
        let timer = fixed(TimerKind::EncompassDue, due.at, told.id.clone());
        timers.push(Timer { delivery: Some(delivery.number), ..timer });
    }
}

/// At the start of the 18th birthday adult social care joins an episode that is still open. Only a birthday within a year
/// is kept, for an armed clock tells the date of birth; news of a longer episode arms it later.
fn majority(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let Started { submission, context, .. } = *started;
    let is_open = standing::is_missing_still(submission, context);
    let is_kept = |timer: &Timer| timer.kind == TimerKind::Turns18;
    let is_armed = context.episode.iter().flat_map(|earlier| &earlier.timers).any(is_kept);
    let birthday = submission.primary().and_then(|child| age::turns_18(child.age));
    let is_near = |at: &Timestamp| *at > context.now && *at <= context.now.plus(MAJORITY_WITHIN);
    let birthday = birthday.filter(is_near).filter(|_| is_open && !is_armed);
    if let Some((at, asc)) = birthday.zip(duty_of(started.context, ASC)) {
        timers.push(fixed(TimerKind::Turns18, at, asc));
    }
}

/// The return home interview: 72 hours of elapsed time from the return, warned at 48 (R06).
fn return_interview(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let Some(due) = interview_due(started.submission, started.validated, started.context) else {
        return;
    };
    let Some(owner) = interview_owner(started.submission, started.context) else { return };
    let returned = due.minus(INTERVIEW_WITHIN);
    let lengths = &started.context.clocks.follow_on;
    let is_grown_up = age::has_come_of_age(started.submission, returned);
    let clock = |kind, who: MailboxId| {
        let clock = armed(kind, (returned, lengths), who);
        let is_front_door = clock.mailbox.agency_code() == CADT;
        let there = is_front_door.then(|| front_door_at(started, clock.due.at)).flatten();
        // The duty is to children; to whoever returns as an adult it is offered as good practice (domain 5.6).
        let tag = if is_grown_up { DeadlineTag::Practice } else { clock.due.tag };
        let due = Deadline { tag, ..clock.due };
        Timer { mailbox: there.unwrap_or(clock.mailbox), due, ..clock }
    };
    let warned = [Some(owner.clone()), duty_of(started.context, SAFERFUT)];
    let warned = warned.into_iter().flatten();
    timers.extend(warned.map(|who| clock(TimerKind::RhiWarning, who)));
    timers.push(clock(TimerKind::RhiDue, owner));
}

/// When the return home interview is due: 72 hours after the return; none while FOUND_UNCONFIRMED or if dead.
pub(crate) fn interview_due(
    submission: &Submission,
    validated: &Validated,
    context: &Context<'_>,
) -> Option<Timestamp> {
    let deceased = validated.assessment.missing().is_none_or(|found| found.deceased);
    let is_return = submission.kind == AlertKind::MissingFound
        && is_confirmed_end(submission, context)
        && !deceased;
    let found_at = submission.missing().and_then(|facts| facts.found_at.get()).copied();
    let from = found_at.filter(|at| *at <= context.now).unwrap_or(context.now);
    is_return.then(|| from.plus(INTERVIEW_WITHIN))
}

/// The responsible council if looked after (CIC for Wirral), else the front door.
pub(crate) fn interview_owner(submission: &Submission, context: &Context<'_>) -> Option<MailboxId> {
    let envelope = &submission.envelope;
    let council =
        envelope.responsible_la.get().filter(|_| envelope.looked_after.is(LookedAfter::Yes));
    let team = council.and_then(|code| partners::responsible_team(code));
    team.and_then(|team| duty_of(context, team.as_str())).or_else(|| duty_of(context, CADT))
}

/// R10: RESPONSE makes contact in time. R11: the hospital's team reviews the next working day.
fn pathway(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let Started { submission, validated, context, .. } = started;
    let (kind, agency) = match contact_due(submission, validated, context) {
        Some(_) => (TimerKind::ResponseContactDue, RESPONSE),
        None => (TimerKind::SafeguardingReviewDue, WUTH_SG),
    };
    delivered_to(started, agency, kind, timers);
}

/// By when RESPONSE should have made contact after an offer that was accepted (R10).
pub(crate) fn contact_due(
    submission: &Submission,
    validated: &Validated,
    context: &Context<'_>,
) -> Option<Timestamp> {
    let is_pathway = validated.assessment.alcohol().is_some_and(|found| !found.hard);
    let is_agreed = submission.alcohol().is_some_and(|facts| facts.offer.is(Offer::Accepted));
    let from = (context.now, &context.clocks.follow_on);
    (is_pathway && is_agreed).then(|| due(TimerKind::ResponseContactDue, from).at)
}

/// By when a referral to the MARAC is expected after a gold notification (R20).
pub(crate) fn referral_expected(validated: &Validated, context: &Context<'_>) -> Option<Timestamp> {
    let found = validated.assessment.domestic_abuse();
    let is_gold = found.is_some_and(|found| found.band == RiskBand::HighGold);
    let from = (context.now, &context.clocks.follow_on);
    is_gold.then(|| due(TimerKind::MaracReferralExpected, from).at)
}

/// R30: each agency that attends does its research before the meeting. Nobody is chased for what was due before the
/// referral came.
fn research(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let due = research_due(started.submission, started.context);
    let due = due.filter(|due| *due > started.context.now);
    let Some(due) = due else { return };
    let is_asked =
        |delivery: &&Delivery| delivery.letter == Letter::K && delivery.routes.contains(&Rule::R30);
    timers.extend(started.deliveries.iter().filter(is_asked).map(|delivery| {
        let timer = fixed(TimerKind::MaracResearchDue, due, delivery.mailbox.clone());
        Timer { delivery: Some(delivery.number), ..timer }
    }));
}

/// So many working days before the conference meets, where the referral says when (R30) `[DEFAULT]`.
pub(crate) fn research_due(submission: &Submission, context: &Context<'_>) -> Option<Timestamp> {
    let days = context.clocks.follow_on.marac_research_working_days;
    let meeting_at = submission.marac_referral()?.case.meeting_at.get()?;
    Some(clock::working_days_before(*meeting_at, days))
}

/// R41: police protection is warned of to the front door and police, and its end recorded; so is an order's.
fn place_of_safety(
    started: &Started<'_>,
    found: &PlaceOfSafetyAssessment,
    timers: &mut Vec<Timer>,
) {
    const WARNINGS: [TimerKind; 3] =
        [TimerKind::S46Warning48, TimerKind::S46Warning60, TimerKind::S46Warning71];
    let Some(desk) = duty_of(started.context, CADT) else { return };
    if let (Power::PoliceProtection, Some(held)) = (found.power, found.held) {
        for kind in WARNINGS {
            let from = (held.since(), &started.context.clocks.follow_on);
            let warned = armed(kind, from, desk.clone());
            let holders = [front_door_at(started, warned.due.at), duty_of(started.context, MERPOL)];
            let holders = holders.into_iter().flatten();
            timers.extend(holders.map(|mailbox| Timer { mailbox, ..warned.clone() }));
        }
        timers.push(fixed(TimerKind::S46Expiry, held.since(), desk));
        return;
    }
    let facts = started.submission.place_of_safety();
    let ends = facts.and_then(|facts| facts.order_expires_at.get()).copied();
    if let (Power::ProtectionOrder, Some(ends), false) = (found.power, ends, found.is_release) {
        timers.push(fixed(TimerKind::EpoExpiry, ends, desk));
    }
}

/// R41: the front door makes enquiries about a child in police protection or under an emergency protection order,
/// Children Act 1989 s47(1)(a): in 8 working hours `[DEFAULT]` or 72 hours, whichever is first. None for the end of a stay.
pub(crate) fn enquiries(started: &Started<'_>) -> Option<Timer> {
    let found = started.validated.assessment.place_of_safety()?;
    let is_due = matches!(found.power, Power::PoliceProtection | Power::ProtectionOrder);
    let now = started.context.now;
    let since = found.held.map_or(now, |held| held.since());
    let minutes = started.context.clocks.follow_on.enquiries_working_minutes;
    let due = clock::working_minutes(now, minutes).min(since.plus(POLICE_PROTECTION_MAX));
    // Due at closing is due within the front door's hours.
    let desk = front_door_at(started, due.minus(Span::millis(1)))?;
    (is_due && !found.is_release).then(|| fixed(TimerKind::S47Due, due, desk))
}

/// Who of the front door is there then: what falls due outside CADT's hours is EDT's (domain 5.1).
fn front_door_at(started: &Started<'_>, at: Timestamp) -> Option<MailboxId> {
    let code = if clock::is_office_hours(at) { CADT } else { EDT };
    duty_of(started.context, code).or_else(|| duty_of(started.context, CADT))
}

/// The front door decides within one working day (R50); where another council has the child, that council.
fn decision(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let acts = |delivery: &&Delivery, letter| {
        delivery.letter == letter
            && delivery.priority != Priority::P5
            && delivery.view == View::Standard
    };
    let to = |letter| started.deliveries.iter().filter(move |delivery| acts(delivery, letter));
    let of_cadt = to(Letter::C).find(|delivery| delivery.mailbox.agency_code() == CADT);
    let holder = of_cadt.or_else(|| to(Letter::C).next()).or_else(|| to(Letter::X).next());
    if let Some(delivery) = holder {
        let (now, mailbox) = (started.context.now, delivery.mailbox.clone());
        timers.push(Timer {
            delivery: Some(delivery.number),
            ..fixed(TimerKind::ReferralDecisionDue, now, mailbox)
        });
    }
}

/// By when the front door must have decided: 8 working hours, and the last minute of the statutory working day.
pub(crate) fn decision_due(
    submission: &Submission,
    context: &Context<'_>,
) -> Option<(Timestamp, Timestamp)> {
    submission.contact()?;
    let day = calendar::one_working_day(context.now.to_jiff()).ok()?;
    let over = calendar::start_of_day(day.limit.tomorrow().ok()?).ok()?;
    Some((day.due.into(), Timestamp::from(over).minus(Span::minutes(1))))
}

/// R51: an assessment within 45 working days of the referral, a conference within 15 of the strategy discussion.
fn assessment(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let Started { submission, context, .. } = started;
    let desk = duty_mailbox(context.sender).map(|mailbox| mailbox.id.clone());
    let own =
        if partners::is_front_door(&context.sender.code) { duty_of(context, CADT) } else { None };
    let Some(holder) = own.or(desk) else { return };
    if let Some(referred) = referred_at(submission, context) {
        timers.push(fixed(TimerKind::AssessmentDue, referred, holder.clone()));
    }
    let decided = submission.referral_decision();
    if let Some(discussed) = decided.and_then(|body| body.strategy_at.get()) {
        timers.push(fixed(TimerKind::ConferenceDue, *discussed, holder));
    }
}

/// By when the assessment is due, where one follows.
pub(crate) fn assessment_due(submission: &Submission, context: &Context<'_>) -> Option<Timestamp> {
    let lengths = &context.clocks.follow_on;
    referred_at(submission, context).map(|from| due(TimerKind::AssessmentDue, (from, lengths)).at)
}

/// When the hub took what an assessment follows from.
fn referred_at(submission: &Submission, context: &Context<'_>) -> Option<Timestamp> {
    let outcome = submission.referral_decision()?.outcome.known()?;
    let referred = referral::decided_on(context.episode).next()?;
    outcome.is_assessed().then_some(referred.received_at)
}

/// R55: the agency asked answers in time; its delivery holds the clock.
fn answer_due(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let Some(kind) = answer_clock(started.submission) else { return };
    let is_asked = |delivery: &&Delivery| delivery.routes.contains(&Rule::R55);
    if let Some(delivery) = started.deliveries.iter().find(is_asked) {
        let from = (started.context.now, &started.context.clocks.follow_on);
        let timer = armed(kind, from, delivery.mailbox.clone());
        timers.push(Timer { delivery: Some(delivery.number), ..timer });
    }
}

fn answer_clock(submission: &Submission) -> Option<TimerKind> {
    Some(match submission.information_request()?.rating.known()? {
        RequestRating::Red => TimerKind::AnswerDueRed,
        RequestRating::Amber => TimerKind::AnswerDueAmber,
        RequestRating::Green => TimerKind::AnswerDueGreen,
    })
}

/// By when a question is to be answered (R55).
pub(crate) fn answer_due_at(submission: &Submission, context: &Context<'_>) -> Option<Timestamp> {
    let from = (context.now, &context.clocks.follow_on);
    Some(due(answer_clock(submission)?, from).at)
}

/// R60: the team around the child reviews within six weeks `[DEFAULT]`. The Area Team's duty, or the sender's where it has
/// none; none once the help has ended.
fn team_review(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let plan = started.submission.family_help();
    if plan.and_then(|plan| plan.status.known()).is_some_and(FamilyHelpStatus::is_closed) {
        return;
    }
    let area = started.deliveries.iter().find(|delivery| delivery.letter == Letter::A);
    let own = || duty_mailbox(started.context.sender).map(|mailbox| mailbox.id.clone());
    let holder = area.map(|delivery| delivery.mailbox.clone()).or_else(own);
    let from = (started.context.now, &started.context.clocks.follow_on);
    timers.extend(holder.map(|it| armed(TimerKind::TacReviewDue, from, it)));
}

/// R58: whoever decided not to share looks at it again.
fn not_shared_review(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let review = started.submission.not_shared().and_then(|facts| facts.review_at.get());
    let desk = duty_mailbox(started.context.sender);
    if let (Some(review), Some(desk)) = (review, desk) {
        timers.push(fixed(TimerKind::NotSharedReview, *review, desk.id.clone()));
    }
}

fn delivered_to(started: &Started<'_>, agency: &str, kind: TimerKind, timers: &mut Vec<Timer>) {
    let is_to = |delivery: &&Delivery| delivery.mailbox.agency_code() == agency;
    if let Some(delivery) = started.deliveries.iter().find(is_to) {
        let from = (started.context.now, &started.context.clocks.follow_on);
        let timer = armed(kind, from, delivery.mailbox.clone());
        timers.push(Timer { delivery: Some(delivery.number), ..timer });
    }
}

pub(super) fn duty_of(context: &Context<'_>, code: &str) -> Option<MailboxId> {
    let code = AgencyCode::try_from(code).ok()?;
    let agency = context.directory.agencies.get(&code)?;
    duty_mailbox(agency).map(|mailbox| mailbox.id.clone())
}
