//! What holds for every alert, whatever it says: found by random alerts rather than by chosen ones.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic")]

mod made;
mod turned;

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;

use super::fixtures::*;
use super::routing::{self, Routed};
use super::triggers::{History, Link, MaracDates, NOTHING_KNOWN, Pair, Past, Repeats, What};
use super::{Clocks, Context, Decision, Replaces, Validated, decide, minimum_priority, validate};
use crate::domain::alert::Conflicts;
use crate::domain::delivery::Purpose;
use crate::domain::directory::{Directory, MailboxRole};
use crate::domain::submission::*;
use crate::domain::{
    AlertId, AlertKind, AlertRecord, EpisodeId, Letter, MailboxId, Priority, Rule, Span, Submission,
};
use made::{Told, alert};
use turned::turned;

/// Hours of every kind: a working morning, a night, a Sunday, a bank holiday, the last minute of an office day.
const TIMES: &[&str] = &[
    "2026-11-19T10:00Z",
    "2026-11-19T02:15Z",
    "2026-05-24T01:00+01:00",
    "2026-08-31T12:00+01:00",
    "2026-11-20T16:59Z",
    "2026-12-19T23:30Z",
];

/// What is known of the alert's persons: so many events of each kind, one every week, and a case at the MARAC.
fn known_of(count: usize, now: &str) -> Repeats {
    let past = |number: usize, what: What| {
        let alert = AlertId::from_bytes([u8::try_from(number).unwrap(); 16]);
        let weeks = i64::try_from(number % 10).unwrap();
        let started = at(now).minus(Span::days(7 * (weeks + 1)));
        Past { alert, episode: EpisodeId::from(alert), started, what, link: Link::Confirmed }
    };
    if count == 0 {
        return NOTHING_KNOWN.clone();
    }
    let missing = What::Missing { category: MissingCategory::Missing, is_open: false };
    let of_subject = (0..count).flat_map(|number| {
        [past(100 + number, missing.clone()), past(110 + number, What::Attendance)]
    });
    let abuse = What::DomesticAbuse { abuse: vec![AbuseType::Physical] };
    let of_pair = (0..count).map(|number| past(120 + number, abuse.clone()));
    let last_referral = Some(super::clock::date_of(at(now).minus(Span::days(30))));
    Repeats {
        subject: History { events: of_subject.collect(), ..History::default() },
        pair: History {
            events: of_pair.collect(),
            marac: MaracDates { last_referral, last_meeting: None },
            ..History::default()
        },
        parties: Pair::Confirmed,
    }
}

/// An alert that was taken: what it was taken as, whom its rows name, what was decided.
struct Taken {
    validated: Validated,
    recipients: Vec<Routed>,
    decision: Decision,
    unroutable: usize,
}

/// Takes the alert in its episode; nothing where it, or an earlier one, is refused.
fn taken_as(
    submission: &Submission,
    told: &Told,
    now: &str,
    directory: &Directory,
) -> Option<Taken> {
    let mut episode = Vec::new();
    for earlier in &told.before {
        let taken = takes(&earlier.clone().sent_at(now), &episode, (told, now), directory)?;
        let (validated, decision) = (&taken.validated, &taken.decision);
        for known in &mut episode {
            *known = Arc::new(decision.changes.apply(known, LATER));
        }
        let mut record = recorded(earlier, now, (validated, decision));
        record.id = if episode.is_empty() { RECORDED } else { LATER };
        episode.push(Arc::new(record));
    }
    takes(submission, &episode, (told, now), directory)
}

fn takes(
    submission: &Submission,
    episode: &[Arc<AlertRecord>],
    (told, now): (&Told, &str),
    directory: &Directory,
) -> Option<Taken> {
    let sender = submission.envelope.sender_agency.get()?;
    let (manager, repeats) = (a_manager(), known_of(told.repeats, now));
    let context = Context {
        directory,
        now: at(now),
        episode,
        replaces: Replaces::Nothing,
        kept_from: &Conflicts::default(),
        sender: &directory.agencies[sender],
        approver: None,
        decision_maker: Some(&manager),
        clocks: Clocks::DEFAULT,
        repeats: &repeats,
    };
    let validated = validate(submission, &context).ok()?;
    let routes = routing::routes(submission, &validated, &context);
    let decision = decide(submission, &validated, &context);
    assert_eq!(decision, decide(submission, &validated, &context), "decided twice");
    for recipient in &routes.recipients {
        // In the place of those from whom it is kept stands somebody else, one for several.
        let is_in_place = decision.decisions.iter().any(|it| it.row == Rule::D0);
        let is_decided = decision.decisions.iter().any(|it| it.mailbox == recipient.mailbox);
        assert!(is_decided || is_in_place, "a recipient without a decision: {recipient:?}");
    }
    let unroutable = decision.unroutable.len();
    Some(Taken { validated, recipients: routes.recipients, decision, unroutable })
}

/// What a decision says, whatever the order in which it says it.
fn said(decision: &Decision) -> Vec<String> {
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    let decided = decision.decisions.iter().map(|it| {
        let routes: Vec<&str> = it.routes.iter().map(|rule| rule.as_str()).collect();
        format!("{} {:?} {} {}", it.mailbox, it.outcome, it.row, routes.join(" "))
    });
    let sent = decision.deliveries.iter().map(|it| {
        let due = it.due.map(|due| london(due.at));
        let (to, setting) = (&it.mailbox, &it.setting);
        format!(
            "{to} {setting:?} {} {} {} {:?} {} {due:?}",
            it.letter, it.view, it.priority, it.purpose, it.row
        )
    });
    let clocks = decision.timers.iter();
    let clocks = clocks.map(|it| format!("{} {} {}", it.kind, it.mailbox, london(it.due.at)));
    let mut said = sorted(decided.collect());
    said.extend(sorted(sent.collect()));
    said.extend(sorted(clocks.collect()));
    said
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn routing_and_sharing_are_the_same_whatever_the_order_of_the_facts(
        told in alert(),
        now in select(TIMES),
    ) {
        let directory = directory();
        let submission = told.alert.clone().sent_at(now);

        let one = taken_as(&submission, &told, now, &directory);
        let other = taken_as(&turned(&submission), &told, now, &directory);

        let as_told = |taken: &Option<Taken>| taken.as_ref().map(|it| it.recipients.clone());
        prop_assert_eq!(as_told(&one), as_told(&other));
        let as_said = |taken: &Option<Taken>| taken.as_ref().map(|it| said(&it.decision));
        prop_assert_eq!(as_said(&one), as_said(&other));
    }

    #[test]
    fn no_alert_is_unrouted_and_every_recipient_is_of_the_directory_and_not_the_sender(
        told in alert(),
        now in select(TIMES),
    ) {
        let directory = directory();
        let submission = told.alert.clone().sent_at(now);
        let Some(taken) = taken_as(&submission, &told, now, &directory) else { return Ok(()) };
        let recipients = &taken.recipients;

        // What is kept only goes to nobody (R58); a decision to who asked for it and whom it names, where the hub
        // knows of anybody (R51, R52).
        let may_go_to_nobody =
            submission.kind.is_kept_only() || submission.kind == AlertKind::ReferralDecision;
        prop_assert!(!recipients.is_empty() || may_go_to_nobody, "{:?}", submission.kind);
        prop_assert!(recipients.is_empty() || !submission.kind.is_kept_only(), "{:?}", recipients);
        prop_assert_eq!(taken.unroutable, 0);
        let sender = submission.envelope.sender_agency.get();
        for recipient in recipients {
            prop_assert!(directory.mailbox(&recipient.mailbox).is_some(), "{:?}", recipient);
            prop_assert!(Some(&recipient.agency) != sender, "{:?}", recipient);
            prop_assert!(!recipient.rules.is_empty(), "{:?}", recipient);
            prop_assert!(recipient.rules.is_sorted_by(|one, other| one < other), "{:?}", recipient);
        }
        let mut slots: Vec<_> = recipients
            .iter()
            .map(|to| (to.mailbox.clone(), to.setting.clone(), to.beside()))
            .collect();
        slots.sort();
        slots.dedup();
        prop_assert_eq!(slots.len(), recipients.len(), "one delivery a mailbox");
    }

    #[test]
    fn nobody_is_sent_anything_outside_the_directory_or_from_whom_the_alert_is_kept(
        told in alert(),
        now in select(TIMES),
    ) {
        let directory = directory();
        let submission = told.alert.clone().sent_at(now);
        let Some(taken) = taken_as(&submission, &told, now, &directory) else { return Ok(()) };
        let decision = &taken.decision;

        for (place, delivery) in decision.deliveries.iter().enumerate() {
            let inbox: &MailboxId = &delivery.mailbox;
            prop_assert!(directory.mailbox(inbox).is_some(), "{:?}", delivery);
            prop_assert_eq!(usize::try_from(delivery.number).unwrap(), place);
            // In the place of a closed inbox its lead or a senior has it (D0), and nobody else.
            let is_alert = delivery.purpose != Purpose::Task;
            let is_duty = directory.mailbox(inbox).unwrap().role == MailboxRole::Duty;
            let may_have_it = if is_alert { delivery.row == Rule::D0 } else { !is_duty };
            let is_closed = decision.conflicts.close(inbox);
            prop_assert!(!is_closed || may_have_it, "{:?}", delivery);
            prop_assert!(is_alert || delivery.rung.is_none(), "a task has no ladder: {:?}", delivery);
        }
        for decided in &decision.decisions {
            prop_assert!(directory.mailbox(&decided.mailbox).is_some(), "{:?}", decided);
        }
    }

    #[test]
    fn nothing_goes_below_the_hub_s_minimum_or_the_sender_s_priority(
        told in alert(),
        now in select(TIMES),
    ) {
        let directory = directory();
        let submission = told.alert.clone().sent_at(now);
        let Some(taken) = taken_as(&submission, &told, now, &directory) else { return Ok(()) };
        let Taken { validated, recipients, .. } = &taken;

        if let Some(stated) = submission.envelope.priority.known() {
            // A routine kind is never urgent, whatever its sender says: urgent content belongs in a CONCERN.
            let kept = if submission.kind.is_routine() { stated.max(Priority::P3) } else { stated };
            prop_assert!(validated.priority <= kept);
        }
        if !submission.kind.is_news() {
            prop_assert!(validated.priority <= minimum_priority(&submission, &Clocks::DEFAULT));
        }
        // Under R20 the most urgent delivery is that of police; where they send it, they have it.
        let is_from_police = submission.envelope.sender_agency.get() == Some(&code("MERPOL"));
        let first = recipients.iter().map(|to| to.priority).min();
        let is_held = is_from_police && submission.kind == AlertKind::DvNotification;
        // A plan and a decision go to each at their own pace (R51, R52, R60), and what is kept to nobody (R58).
        let has_own_pace = submission.family_help().is_some()
            || matches!(submission.kind, AlertKind::ReferralDecision | AlertKind::Feedback)
            || submission.kind.is_kept_only();
        prop_assert!(
            is_held || has_own_pace || first.is_some_and(|first| first <= validated.priority),
            "{:?} {:?}", validated.priority, recipients
        );
        let police = recipients.iter().filter(|to| to.letter == Letter::P);
        for desk in police.filter(|_| !has_own_pace) {
            prop_assert!(desk.priority <= validated.priority, "{:?}", desk);
        }
    }

    #[test]
    fn an_area_and_a_school_hear_nothing_of_a_sealed_home_or_a_forced_marriage(
        told in alert(),
        now in select(TIMES),
    ) {
        let directory = directory();
        let submission = told.alert.clone().sent_at(now);
        let Some(taken) = taken_as(&submission, &told, now, &directory) else { return Ok(()) };
        let is_sealed = submission.subjects.iter().any(|person| person.has_safe_address);

        for recipient in &taken.recipients {
            if is_sealed || submission.is_one_chance() {
                prop_assert!(recipient.letter != Letter::A, "{:?}", recipient);
            }
            if submission.is_one_chance() {
                prop_assert!(recipient.letter != Letter::E, "{:?}", recipient);
            }
        }
    }
}

/// The random alerts are of every kind there is, and enough of them are taken: what is refused proves nothing.
#[test]
fn the_random_alerts_are_of_every_kind_and_enough_of_each_are_taken() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let (directory, mut runner) = (directory(), TestRunner::deterministic());
    let mut seen: std::collections::BTreeMap<AlertKind, [u32; 3]> =
        std::collections::BTreeMap::new();
    for _ in 0..1_500 {
        let told = alert().new_tree(&mut runner).unwrap().current();
        let submission = told.alert.clone().sent_at(TIMES[0]);
        let taken = taken_as(&submission, &told, TIMES[0], &directory).is_some();
        let of = seen.entry(submission.kind).or_default();
        of[0] += 1;
        of[1] += u32::from(taken);
        of[2] += u32::from(taken && !told.before.is_empty());
    }

    for kind in AlertKind::ALL {
        let [made, taken, in_an_episode] = seen.get(kind).copied().unwrap_or_default();
        assert!(taken >= 10, "{kind}: {taken} of {made}: {seen:?}");
        assert!(!kind.is_news() || in_an_episode > 5, "{kind}: {in_an_episode}");
    }
}
