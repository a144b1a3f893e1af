//! Facts from records as a broker stores them, and the report over a store.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EpisodeAlert, facts};
use crate::domain::alert::Priority;
use crate::domain::delivery::{AckOutcome, Moment};
use crate::domain::referral::{Decided, ReferralOutcome, ReferralStatus};
use crate::domain::submission::QualityRating;
use crate::domain::{AlertId, AlertKind, AlertRecord, Position, Stage};
use crate::policy::fixtures::*;
use crate::policy::indicators::{Asked, Cohort, Figure, Known, Period, Value, report};

fn figures(alerts: &[Arc<AlertRecord>], now: &str) -> Vec<Figure> {
    let whole = |record: &Arc<AlertRecord>| {
        (record.id, vec![EpisodeAlert { record: Arc::clone(record), is_late: false }])
    };
    let episodes: BTreeMap<_, _> = alerts.iter().map(whole).collect();
    let asked = Asked::of(Period::financial_year(2026).unwrap(), at(now));
    report(&facts(alerts, &episodes), &asked).unwrap()
}

fn line<'a>(figures: &'a [Figure], start: &str) -> &'a Figure {
    figures.iter().find(|figure| figure.indicator.line.starts_with(start)).unwrap()
}

const NOW: &str = "2026-11-20T12:00Z";

#[test]
fn an_urgent_delivery_counts_when_a_person_took_it_before_its_deadline() {
    let alert = missing_child().risk(crate::domain::Risk::Medium);
    let mut record = AlertRecord::clone(&record_of(&alert, "2026-11-19T10:00Z"));
    let urgent = record.deliveries.iter_mut().find(|it| it.priority == Priority::P2).unwrap();
    let due = urgent.due.unwrap().at;
    urgent.acknowledged =
        Some((Moment { at: due, by: None, position: Position(9) }, AckOutcome::Accepted));

    let figures = figures(&[Arc::new(record)], NOW);

    let p2 = line(&figures, "P2 taken");
    assert_eq!((p2.numerator, p2.denominator), (Some(1), Some(1)), "P3 and P4 are not asked");
    assert_eq!(line(&figures, "P1 taken").value, Value::NotApplicable);
}

#[test]
fn training_counts_in_nothing() {
    let mut record = AlertRecord::clone(&record_of(&missing_child(), "2026-11-19T10:00Z"));
    record.exercise = true;

    let figures = figures(&[Arc::new(record)], NOW);

    assert_eq!(line(&figures, "missing episodes").numerator, Some(0));
    assert_eq!(line(&figures, "copies shared").numerator, Some(0));
}

#[test]
fn a_missing_episode_counts_once_and_copies_withheld_are_no_shares() {
    let record = record_of(&missing_child(), "2026-11-19T10:00Z");
    let shared = record.decisions.len();

    let figures = figures(std::slice::from_ref(&record), NOW);

    assert_eq!(line(&figures, "missing episodes").numerator, Some(1));
    assert_eq!(line(&figures, "copies shared").numerator, Some(u64::try_from(shared).unwrap()));
}

#[test]
fn what_is_sealed_or_not_told_is_not_computable_and_says_why() {
    let known = facts(&[], &BTreeMap::new());

    assert!(matches!(known.pair_cases, Known::NotTold(_)));
    let figures = figures(&[], NOW);
    assert!(matches!(line(&figures, "operations").value, Value::NotComputable(_)));
}

/// An alert of the episode that the first one opened, as it would be stored.
fn follower(of: &AlertRecord, stage: Option<Stage>, number: u8) -> EpisodeAlert {
    let record = AlertRecord {
        id: AlertId::from_bytes([number; 16]),
        stage,
        timers: Vec::new(),
        ..of.clone()
    };
    EpisodeAlert { record: Arc::new(record), is_late: false }
}

#[test]
fn the_pathway_goes_as_far_as_its_stages_say() {
    let first = record_of(&attendance(), "2026-11-08T03:10Z");
    let opening = EpisodeAlert { record: Arc::clone(&first), is_late: false };
    let episode = vec![
        opening,
        follower(&first, Some(Stage::AppointmentBooked), 8),
        follower(&first, Some(Stage::Engaged), 9),
    ];
    let episodes = BTreeMap::from([(first.id, episode)]);

    let Known::Facts(found) = facts(&[first], &episodes).attendances else { panic!("told") };

    let [attended] = found.as_slice() else { panic!("one attendance") };
    assert_eq!(attended.cohort, Cohort::U16);
    assert_eq!((attended.took_up, attended.engaged), (Some(true), Some(true)));
    assert_eq!((attended.admitted, attended.injured), (None, None), "sealed");
}

#[test]
fn an_interview_is_in_time_unless_its_entry_says_late() {
    let (_, found) = taken(found_child(), "2026-11-19T10:00Z");
    let first = record_of(&missing_child(), "2026-11-18T10:00Z");
    let end = AlertRecord {
        kind: AlertKind::MissingFound,
        timers: found.timers,
        ..follower(&first, None, 8).record.as_ref().clone()
    };
    let end = EpisodeAlert { record: Arc::new(end), is_late: false };
    let opening = EpisodeAlert { record: Arc::clone(&first), is_late: false };

    for is_late in [false, true] {
        let held = follower(&first, Some(Stage::InterviewCompleted), 9);
        let held = EpisodeAlert { is_late, ..held };
        let episode = vec![opening.clone(), end.clone(), held];
        let asked = Asked::of(Period::financial_year(2026).unwrap(), at(NOW));
        let episodes = BTreeMap::from([(first.id, episode)]);
        let figures = report(&facts(&[], &episodes), &asked).unwrap();
        let rate = line(&figures, "interviews completed within 72");
        assert_eq!((rate.numerator, rate.denominator), (Some(u64::from(!is_late)), Some(1)));
    }
}

#[test]
fn a_common_assessment_counts_when_it_is_registered_and_its_news_does_not() {
    let registered = record_of(&early_help(), "2026-11-16T10:00Z");
    let news = record_of(&team_update(), "2026-11-18T10:00Z");

    let figures = figures(&[registered, news], NOW);

    assert_eq!(line(&figures, "assessments registered").numerator, Some(1));
}

/// The referral of Amara before Easter, and the assessment that followed it.
fn assessed_after_a_referral() -> Vec<Arc<AlertRecord>> {
    let referral = record_of(&referred(), "2026-04-02T15:00+01:00");
    let now = "2026-05-20T16:00+01:00";
    let done = assessed(RECORDED);
    let (validated, decision) = taken_in(done.clone(), now, &[Arc::clone(&referral)], &directory());
    let done = recorded(&done, now, (&validated, &decision));
    let (id, episode) = (AlertId::from_bytes([9; 16]), referral.episode);
    vec![referral, Arc::new(AlertRecord { id, episode, ..done })]
}

#[test]
fn an_assessment_is_in_time_by_working_days_from_the_referral_it_names() {
    let alerts = assessed_after_a_referral();
    let whole =
        alerts.iter().map(|record| EpisodeAlert { record: Arc::clone(record), is_late: false });
    let episodes: BTreeMap<_, _> = [(RECORDED, whole.collect())].into();

    let Known::Facts(assessments) = facts(&alerts, &episodes).assessments else { panic!("told") };

    assert_eq!(assessments.len(), 1, "the referral is none");
    assert_eq!(assessments[0].referred_at, at("2026-04-02T15:00+01:00"));
    assert_eq!(assessments[0].completed_on.to_string(), "2026-05-20");
    let asked = Asked::of(Period::financial_year(2026).unwrap(), at(NOW));
    let figures = report(&facts(&alerts, &episodes), &asked).unwrap();
    let single = line(&figures, "single assessments");
    assert_eq!((single.numerator, single.denominator), (Some(1), Some(1)), "due on 10 June");
}

#[test]
fn an_audit_counts_on_its_day_and_only_those_audited_are_its_denominator() {
    let audited = |rating| {
        team_update().plan(|plan| {
            plan.quality_rating = known(rating);
            plan.audited_at = crate::domain::submission::Given::Given(at("2026-11-10T10:00Z"));
        })
    };
    let plans = [QualityRating::Good, QualityRating::Poor].map(audited);
    let mut alerts: Vec<_> =
        plans.iter().map(|plan| record_of(plan, "2026-11-16T10:00Z")).collect();
    alerts.push(record_of(&early_help(), "2026-11-16T10:00Z"));

    let figures = figures(&alerts, NOW);

    let quality = line(&figures, "audited assessments");
    assert_eq!((quality.numerator, quality.denominator), (Some(1), Some(2)));
}

#[test]
fn a_contact_counts_as_a_referral_once_a_manager_accepted_it_and_in_time_once_its_referrer_was_told()
 {
    let asked = Asked::of(Period::financial_year(2026).unwrap(), at(NOW));
    let contact = record_of(&referred(), "2026-11-16T10:00Z");
    let decided = |status| Decided {
        outcome: ReferralOutcome::L4S17Assessment,
        by: AlertId::from_bytes([8; 16]),
        at: at("2026-11-16T12:00Z"),
        status,
        is_rereferral: true,
    };
    for (status, referrals) in [(ReferralStatus::Referral, 1), (ReferralStatus::Contact, 0)] {
        let referral = contact.referral.unwrap().decide(decided(status));
        let record = Arc::new(AlertRecord { referral: Some(referral), ..contact.as_ref().clone() });
        let opening = EpisodeAlert { record: Arc::clone(&record), is_late: false };
        let episodes = BTreeMap::from([(record.id, vec![opening])]);

        let figures = report(&facts(&[record], &episodes), &asked).unwrap();

        let again = line(&figures, "referrals within 12 months");
        assert_eq!(again.denominator, Some(referrals), "contacts that became none are left out");
        let fed_back = line(&figures, "contacts of professionals");
        assert_eq!((fed_back.numerator, fed_back.denominator), (Some(0), Some(1)), "nobody told");
    }
}
