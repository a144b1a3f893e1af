//! S02 and S07, and the other triggers, from the history of a confirmed person to tasks and routes (domain 5.8).

use super::super::fixtures::*;
use super::super::triggers::{History, Link, MaracDates, NOTHING_KNOWN, Pair, Past, Repeats, What};
use super::super::{Decision, Validated};
use crate::domain::delivery::Purpose;
use crate::domain::event::EventKind;
use crate::domain::submission::*;
use crate::domain::{AlertId, Delivery, EpisodeId, Priority, Risk, Rule};

fn past(number: u8, started: &str, what: What) -> Past {
    let alert = AlertId::from_bytes([number; 16]);
    Past {
        alert,
        episode: EpisodeId::from(alert),
        started: at(started),
        what,
        link: Link::Confirmed,
    }
}

fn went_missing(number: u8, started: &str, category: MissingCategory) -> Past {
    past(number, started, What::Missing { category, is_open: false })
}

fn of_subject(events: Vec<Past>) -> Repeats {
    Repeats { subject: History { events, ..History::default() }, ..NOTHING_KNOWN.clone() }
}

fn of_pair(pair: History, parties: Pair) -> Repeats {
    Repeats { pair, parties, ..NOTHING_KNOWN.clone() }
}

fn tasks(decision: &Decision) -> Vec<String> {
    let tasks = decision.deliveries.iter().filter(|it| it.purpose == Purpose::Task);
    let line = |it: &Delivery| {
        let due = it.due.map_or("-".to_owned(), |due| london(due.at));
        let rules: Vec<&str> = it.routes.iter().map(|rule| rule.as_str()).collect();
        format!("{} {} {due} {}", it.mailbox, it.priority, rules.join(" "))
    };
    tasks.map(line).collect()
}

fn fired(decision: &Decision) -> Vec<(Rule, Option<u64>)> {
    let fired = decision.events.iter().filter(|event| event.kind == EventKind::TriggerFired);
    fired.map(|event| (event.rules[0], event.count)).collect()
}

/// S02 at 02:15: two episodes of category MISSING before, one of no apparent risk.
fn jaydon(first: &str) -> Repeats {
    of_subject(vec![
        went_missing(1, first, MissingCategory::Missing),
        went_missing(2, "2026-10-20T20:00+01:00", MissingCategory::Missing),
        went_missing(3, "2026-11-02T20:00Z", MissingCategory::NoApparentRisk),
    ])
}

const S02: &str = "2026-11-19T02:15Z";

fn s02(repeats: &Repeats) -> (Validated, Decision) {
    let alert = missing_child().risk(Risk::Medium).flags(&[MissingRiskFactor::CceFlag]);
    taken_knowing(alert, S02, repeats)
}

#[test]
fn s02_a_third_episode_and_a_flag_make_one_task_due_that_afternoon() {
    let (_, decision) = s02(&jaydon("2026-08-21T20:00+01:00"));

    assert_eq!(fired(&decision), [(Rule::T1, Some(3)), (Rule::T2, Some(1))]);
    assert!(tasks(&decision).contains(&"CADT P3 Thu 19 Nov 13:00 T1 T2".to_owned()));
    let of_triggers = decision.deliveries.iter().filter(|it| it.routes.contains(&Rule::T2));
    assert_eq!(of_triggers.count(), 1, "one task with T1's");
}

#[test]
fn s02_the_trace_has_the_mismatch_then_the_triggers_then_the_task() {
    let (_, decision) = s02(&jaydon("2026-08-21T20:00+01:00"));

    let kinds: Vec<EventKind> = decision.events.iter().map(|event| event.kind).collect();
    let place = |kind| kinds.iter().position(|found| *found == kind).unwrap();
    assert!(place(EventKind::PriorityMismatch) < place(EventKind::TriggerFired));
    let last_fired = kinds.iter().rposition(|kind| *kind == EventKind::TriggerFired).unwrap();
    let created = kinds.iter().rposition(|kind| *kind == EventKind::TaskCreated).unwrap();
    assert!(last_fired < created);
}

#[test]
fn s02_variant_a_day_earlier_there_are_two_in_ninety_days_and_only_t2_fires() {
    let (_, decision) = s02(&jaydon("2026-08-20T20:00+01:00"));

    assert_eq!(fired(&decision), [(Rule::T2, Some(1))]);
    assert!(tasks(&decision).contains(&"CADT P3 Thu 19 Nov 13:00 T2".to_owned()));
}

#[test]
fn a_first_episode_of_an_unflagged_child_fires_nothing() {
    let (validated, decision) = taken(missing_child().risk(Risk::Medium), S02);

    assert_eq!(fired(&decision), []);
    assert!(validated.repeats.iter().all(|finding| finding.count == 0 || finding.count == 1));
    assert!(decision.deliveries.iter().all(|it| !it.routes.contains(&Rule::T1)));
}

#[test]
fn a_third_episode_makes_the_missing_service_quicker_and_tells_nobody_new() {
    let (_, before) = taken(missing_child(), "2026-11-19T10:00Z");
    let repeats = jaydon("2026-08-21T20:00+01:00");
    let (_, after) = taken_knowing(missing_child(), "2026-11-19T10:00Z", &repeats);

    let of = |decision: &Decision, agency: &str| {
        let found = recipients(decision).into_iter().find(|line| line.starts_with(agency));
        found.unwrap()
    };
    assert!(of(&before, "SAFERFUT").starts_with("SAFERFUT P4"));
    assert!(of(&after, "SAFERFUT").starts_with("SAFERFUT P3"));
    assert_eq!(recipients(&before).len(), recipients(&after).len());
}

#[test]
fn an_unconfirmed_episode_asks_the_front_door_to_confirm_and_fires_no_trigger() {
    let mut repeats = jaydon("2026-08-21T20:00+01:00");
    repeats.subject.events[1].link = Link::Possible;

    let (_, decision) = taken_knowing(missing_child(), "2026-11-19T10:00Z", &repeats);

    assert_eq!(fired(&decision), []);
    assert!(tasks(&decision).contains(&"CADT P3 Thu 19 Nov 14:00 T1".to_owned()));
    let asks = decision.events.iter().filter(|event| event.kind == EventKind::TaskCreated);
    let reasons: Vec<_> = asks.filter_map(|event| event.reason.as_deref()).collect();
    assert!(reasons.contains(&"POSSIBLE_REPEAT"), "{reasons:?}");
}

#[test]
fn training_fires_nothing() {
    let alert = missing_child().flags(&[MissingRiskFactor::CceFlag]);
    let alert = alert.envelope(|envelope| envelope.exercise = Exercise::Yes);

    let (_, decision) = taken_knowing(alert, S02, &jaydon("2026-08-21T20:00+01:00"));

    assert_eq!(fired(&decision), []);
}

#[test]
fn t3_a_second_attendance_in_twelve_months_is_marked_repeat_and_goes_by_r12a() {
    let repeats = of_subject(vec![past(1, "2026-01-10T01:00Z", What::Attendance)]);

    let (validated, decision) = taken_knowing(attendance(), "2026-11-09T10:00Z", &repeats);

    let markers = &validated.assessment.alcohol().unwrap().markers;
    assert!(markers.contains(&RiskMarker::Repeat));
    assert!(rules_for(&decision, "WUTH-SG").contains(&Rule::R12a));
    assert_eq!(fired(&decision), [(Rule::T3, Some(2))]);
    assert!(recipients(&decision).iter().all(|line| !line.starts_with("CADT")), "a soft marker");
}

/// S07: the pair's last referral and meeting.
fn register() -> History {
    let day = |text: &str| Some(text.parse().unwrap());
    let marac = MaracDates { last_referral: day("2025-11-20"), last_meeting: day("2025-12-11") };
    History { marac, ..History::default() }
}

fn incident(when: &str) -> AlertBuilder {
    let when = at(when);
    abuse().band(RiskBand::StandardBronze).domestic_abuse(|facts| {
        facts.incident_at = Given::Given(when);
        facts.abuse_types = Codes::of(&[AbuseType::Psychological]);
    })
}

#[test]
fn s07_a_repeat_within_twelve_months_goes_to_the_marac_and_its_band_is_unchanged() {
    let repeats = of_pair(register(), Pair::Confirmed);

    let alert = incident("2026-11-19T09:00Z");
    let (validated, decision) = taken_knowing(alert, "2026-11-19T10:00Z", &repeats);

    assert_eq!(fired(&decision), [(Rule::T4, Some(1))]);
    assert!(recipients(&decision).contains(&"MARAC P3 Thu 19 Nov 14:00 D4".to_owned()));
    assert_eq!(validated.assessment.domestic_abuse().unwrap().band, RiskBand::StandardBronze);
    // FSU from P4 one level up, and by D4 whether or not the victim agrees.
    assert!(recipients(&decision).contains(&"FSU P3 Thu 19 Nov 14:00 D4".to_owned()));
}

#[test]
fn s07_the_same_by_a_friend_on_nobodys_behalf_or_after_the_twelve_months_is_none() {
    for (pair, when) in [(Pair::Other, "2026-11-19T09:00Z"), (Pair::Confirmed, "2026-12-05T09:00Z")]
    {
        let now = when.replace("09:00", "10:00");
        let (_, decision) = taken_knowing(incident(when), &now, &of_pair(register(), pair));

        assert_eq!(fired(&decision), [], "{when}");
        assert!(recipients(&decision).iter().all(|line| !line.starts_with("MARAC")), "{when}");
    }
}

#[test]
fn s07_where_somebody_of_the_pair_is_not_confirmed_a_person_is_asked_and_the_marac_is_not_told() {
    let repeats = of_pair(register(), Pair::Unconfirmed);

    let alert = incident("2026-11-19T09:00Z");
    let (_, decision) = taken_knowing(alert, "2026-11-19T10:00Z", &repeats);

    assert_eq!(fired(&decision), []);
    assert!(recipients(&decision).iter().all(|line| !line.starts_with("MARAC")));
    assert!(tasks(&decision).iter().any(|line| line.ends_with("T4")));
}

#[test]
fn t5_a_third_notification_raises_the_front_door_too_but_not_above_p2() {
    let dv = |number, when| past(number, when, What::DomesticAbuse { abuse: Vec::new() });
    let events = vec![dv(1, "2026-01-10T01:00Z"), dv(2, "2026-06-10T01:00Z")];
    let repeats = of_pair(History { events, ..History::default() }, Pair::Other);
    let child =
        abuse().band(RiskBand::MediumSilver).child(tilly(), impact(&[ImpactCode::FearDistress]));

    let (_, decision) = taken_knowing(child, "2026-11-16T10:00Z", &repeats);

    let of = |agency: &str| {
        let line = recipients(&decision).into_iter().find(|line| line.starts_with(agency));
        line.unwrap().split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!((of("CADT"), of("FSU"), of("MARAC")), ("P2".into(), "P2".into(), "P3".into()));
    assert_eq!(fired(&decision), [(Rule::T5, Some(3))]);
    assert!(decision.deliveries.iter().all(|it| it.priority >= Priority::P2));
}

#[test]
fn a_correction_that_lowers_the_count_takes_the_trigger_back_from_whoever_had_the_task() {
    let repeats = jaydon("2026-08-21T20:00+01:00");
    let (validated, decision) = taken_knowing(missing_child(), "2026-11-19T10:00Z", &repeats);
    let mut original = recorded(&missing_child(), "2026-11-19T10:00Z", (&validated, &decision));
    for delivery in &mut original.deliveries {
        *delivery = delivery.clone().hand_out(1, at("2026-11-19T10:01Z")).unwrap();
    }
    let of_no_risk = missing_child().missing(|facts| {
        facts.category = known(MissingCategory::NoApparentRisk);
    });

    let corrected = |alert: AlertBuilder| {
        let original = std::sync::Arc::new(original.clone());
        taken_correcting_knowing(alert, "2026-11-19T12:00Z", (&original, &repeats))
    };
    let (_, taken_back) = corrected(of_no_risk);
    let kinds: Vec<EventKind> = taken_back.events.iter().map(|event| event.kind).collect();
    assert!(kinds.contains(&EventKind::TriggerWithdrawn));
    assert!(!kinds.contains(&EventKind::TriggerFired));
    assert!(tasks(&taken_back).contains(&"CADT P3 Thu 19 Nov 16:00 T1".to_owned()));
    assert!(
        tasks(&taken_back).iter().any(|it| it.starts_with("SAFERFUT P3") && it.ends_with("T1")),
        "whose copy told of it: {:?}",
        tasks(&taken_back)
    );

    // Told again as it was: it stands, and nobody is asked a second time.
    let (_, same) = corrected(missing_child());
    let kinds: Vec<EventKind> = same.events.iter().map(|event| event.kind).collect();
    assert!(!kinds.contains(&EventKind::TriggerWithdrawn));
    assert!(!kinds.contains(&EventKind::TriggerFired));
}
