//! Facts from records as a broker stores them, and the report over a store.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EpisodeAlert, facts};
use crate::domain::after::{RecallReason, RecallStage, Recalled};
use crate::domain::alert::{Gap, Priority, Risk};
use crate::domain::counted::Counted;
use crate::domain::delivery::{AckOutcome, DeliveryState, EndReason, Moment};
use crate::domain::identity::LinkState;
use crate::domain::referral::{Decided, ReferralOutcome, ReferralStatus};
use crate::domain::submission::{
    Bool3, FoundHow, Given, ImpactCode, InjuryMechanism, MissingFacts, QualityRating, SafeDischarge,
};
use crate::domain::{AlertId, AlertKind, AlertRecord, Position, Rule, Stage, Timestamp, Way};
use crate::policy::fixtures::*;
use crate::policy::indicators::{AgeGroup, Asked, Figure, Known, Period, Value, report};

/// Each as an alert and an episode of its own, taken one after the other.
fn of_its_own(number: usize, record: &AlertRecord) -> Arc<AlertRecord> {
    let id = AlertId::from_bytes([u8::try_from(number).unwrap() | 0x40; 16]);
    let submitted = Position(u64::try_from(number).unwrap());
    Arc::new(AlertRecord { id, episode: id.into(), submitted, ..record.clone() })
}

/// Episodes of these alerts, the first one first.
fn episodes_of(of: &[&[Arc<AlertRecord>]]) -> BTreeMap<AlertId, Vec<EpisodeAlert>> {
    let whole = |episode: &&[Arc<AlertRecord>]| {
        let alerts = episode.iter();
        let alerts = alerts.map(|it| EpisodeAlert { record: Arc::clone(it), is_late: false });
        (episode[0].id, alerts.collect())
    };
    of.iter().map(whole).collect()
}

/// What the year's report says.
fn report_of(of: &[&[Arc<AlertRecord>]]) -> Vec<Figure> {
    let asked = Asked::of(Period::financial_year(2026).unwrap(), at(NOW));
    report(&facts(&episodes_of(of)), &asked).unwrap()
}

fn figures(alerts: &[Arc<AlertRecord>], now: &str) -> Vec<Figure> {
    let own = |(number, record): (usize, &Arc<AlertRecord>)| of_its_own(number, record);
    let alerts: Vec<Arc<AlertRecord>> = alerts.iter().enumerate().map(own).collect();
    let each: Vec<&[Arc<AlertRecord>]> = alerts.iter().map(std::slice::from_ref).collect();
    let asked = Asked::of(Period::financial_year(2026).unwrap(), at(now));
    report(&facts(&episodes_of(&each)), &asked).unwrap()
}

/// `1 of 2; left out 1 deceased`.
fn said(figures: &[Figure], start: &str) -> String {
    let figure = line(figures, start);
    let number = |of: Option<u64>| of.map_or_else(|| "-".to_owned(), |of| of.to_string());
    let counted = format!("{} of {}", number(figure.numerator), number(figure.denominator));
    let left_out = figure.exclusions.iter();
    let left_out = left_out.map(|left| format!("; left out {} {}", left.count, left.why));
    std::iter::once(counted).chain(left_out).collect()
}

fn line<'a>(figures: &'a [Figure], start: &str) -> &'a Figure {
    figures.iter().find(|figure| figure.indicator.line.starts_with(start)).unwrap()
}

const NOW: &str = "2026-11-20T12:00Z";

#[test]
fn an_urgent_delivery_counts_when_a_person_took_it_before_its_deadline() {
    let alert = missing_child().risk(Risk::Medium);
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
fn cases_that_were_not_read_are_not_computable_and_say_why() {
    let known = facts(&BTreeMap::new());

    assert!(matches!(known.pair_cases, Known::NotTold(_)));
    let figures = figures(&[], NOW);
    assert!(matches!(line(&figures, "repeat cases").value, Value::NotComputable(_)));
}

/// An alert of the episode that the first one opened, as it would be stored.
fn follower(of: &AlertRecord, stage: Option<Stage>, number: u8) -> EpisodeAlert {
    let kind = match stage {
        Some(stage) if stage.way() == Way::Interview => AlertKind::RhiUpdate,
        Some(_) => AlertKind::AlcoholPathway,
        None => of.kind,
    };
    let record = AlertRecord {
        id: AlertId::from_bytes([number; 16]),
        kind,
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

    let Known::Facts(found) = facts(&episodes).attendances else { panic!("told") };

    let [attended] = found.as_slice() else { panic!("one attendance") };
    assert_eq!(attended.ages, AgeGroup::Under16);
    assert_eq!((attended.took_up, attended.engaged), (Some(true), Some(true)));
    assert_eq!(attended.offered, Some(true), "accepted with the attendance");
}

#[test]
fn an_interview_is_in_time_unless_its_entry_says_late() {
    let (_, found) = taken(found_child(), "2026-11-19T10:00Z");
    let first = record_of(&missing_child(), "2026-11-18T10:00Z");
    let end = AlertRecord {
        kind: AlertKind::MissingFound,
        timers: found.timers,
        counted: Counted::default(),
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
        let figures = report(&facts(&episodes), &asked).unwrap();
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

    let Known::Facts(assessments) = facts(&episodes).assessments else { panic!("told") };

    assert_eq!(assessments.len(), 1, "the referral is none");
    assert_eq!(assessments[0].referred_at, at("2026-04-02T15:00+01:00"));
    assert_eq!(assessments[0].completed_on.to_string(), "2026-05-20");
    let asked = Asked::of(Period::financial_year(2026).unwrap(), at(NOW));
    let figures = report(&facts(&episodes), &asked).unwrap();
    let single = line(&figures, "single assessments");
    assert_eq!((single.numerator, single.denominator), (Some(1), Some(1)), "due on 10 June");
}

#[test]
fn an_audit_counts_on_its_day_and_only_those_audited_are_its_denominator() {
    let audited = |rating| {
        team_update().plan(|plan| {
            plan.quality_rating = known(rating);
            plan.audited_at = Given::Given(at("2026-11-10T10:00Z"));
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

        let figures = report(&facts(&episodes), &asked).unwrap();

        let again = line(&figures, "referrals within 12 months");
        assert_eq!(again.denominator, Some(referrals), "contacts that became none are left out");
        let fed_back = line(&figures, "contacts of professionals");
        assert_eq!((fed_back.numerator, fed_back.denominator), (Some(0), Some(1)), "nobody told");
    }
}

#[test]
fn the_numbers_of_an_operation_are_added_up() {
    let night = |engaged, moved| {
        let report = operation_report().report(|facts| {
            facts.engaged = Given::Given(engaged);
            facts.moved = Given::Given(moved);
        });
        record_of(&report, "2026-10-31T10:00Z")
    };

    let figures = figures(&[night(272, 1), night(228, 3)], NOW);

    assert_eq!(said(&figures, "operations"), "2 of -");
    assert_eq!(said(&figures, "young people engaged"), "500 of 2");
    assert_eq!(said(&figures, "moved to a place of safety, of those"), "4 of 500");
    assert_eq!(said(&figures, "legal powers used"), "0 of 4");
}

#[test]
fn an_admission_with_an_injury_of_a_resident_counts_and_what_is_not_told_is_named() {
    let admitted = |outward: &str| {
        let alert = attendance().living_in(outward).alcohol(|facts| {
            facts.admitted = known(Bool3::Yes);
            facts.injury = known(Bool3::Yes);
            facts.injury_mechanism = known(InjuryMechanism::Fall);
            facts.safe_discharge_to = known(SafeDischarge::Admitted);
        });
        record_of(&alert, "2026-11-08T03:10Z")
    };
    let unclear = attendance().alcohol(|facts| facts.admitted = known(Bool3::Unknown));
    let unclear = unclear.alcohol(|facts| {
        facts.injury = known(Bool3::Yes);
        facts.injury_mechanism = known(InjuryMechanism::Fall);
    });
    let unclear = record_of(&unclear, "2026-11-08T03:10Z");
    let went_home = record_of(&attendance(), "2026-11-08T03:10Z");

    let figures = figures(&[admitted("ZX41"), admitted("ZX91"), unclear, went_home], NOW);

    let expected = "1 of -; left out 1 admission or injury not told";
    assert_eq!(
        said(&figures, "admissions under 18 with alcohol and an injury, residents"),
        expected
    );
}

/// A child reported missing, and an end that says this.
fn ended(change: impl FnOnce(&mut MissingFacts), born: (i16, i8, i8)) -> Vec<Arc<AlertRecord>> {
    let report = missing_child().born(born.0, born.1, born.2);
    let mut episode = vec![of_its_own(1, &record_of(&report, "2026-11-18T20:00Z"))];
    let end = found_child().born(born.0, born.1, born.2).missing(change);
    follow(&mut episode, &end, "2026-11-19T10:00Z");
    let of = episode[0].episode;
    let end = of_its_own(2, &episode[1]).as_ref().clone();
    episode[1] = Arc::new(AlertRecord { episode: of, ..end });
    episode
}

#[test]
fn who_is_found_dead_or_was_18_by_the_return_needs_no_interview() {
    let alive = ended(|_| {}, (2012, 3, 9));
    let dead = ended(|facts| facts.found_how = known(FoundHow::Deceased), (2012, 3, 9));
    let adult = ended(|_| {}, (2008, 11, 19));
    let still_17 = ended(|_| {}, (2008, 11, 20));

    for (episode, expected) in [
        (alive, "0 of 1"),
        (dead, "0 of 0; left out 1 deceased"),
        (adult, "0 of 0; left out 1 turned 18 before the return"),
        (still_17, "0 of 1"),
    ] {
        assert_eq!(said(&report_of(&[&episode]), "interviews completed within"), expected);
    }
}

#[test]
fn found_by_the_hospital_alone_is_no_end() {
    let mut episode = ended(|_| {}, (2012, 3, 9));
    let sender = code("WUTH-AED");
    episode[1] = Arc::new(AlertRecord { sender, ..episode[1].as_ref().clone() });

    assert_eq!(said(&report_of(&[&episode]), "interviews completed within"), "0 of 0");
}

#[test]
fn a_night_counts_from_when_the_child_was_last_seen_and_not_from_the_report() {
    let reported = |last_seen: Given<Timestamp>| {
        let alert =
            missing_child().risk(Risk::High).missing(|facts| facts.last_seen_at = last_seen);
        let report = of_its_own(1, &record_of(&alert, "2026-11-19T09:00Z"));
        let found = found_child().missing(|facts| {
            facts.found_at = Given::Given(at("2026-11-19T10:00Z"));
        });
        let end = of_its_own(2, &record_of(&found, "2026-11-19T10:30Z"));
        let end = AlertRecord { episode: report.episode, ..end.as_ref().clone() };
        report_of(&[&[report, Arc::new(end)]])
    };

    let in_the_night = reported(Given::Given(at("2026-11-18T23:30Z")));
    assert_eq!(said(&in_the_night, "episodes with any part"), "1 of 1");
    let in_the_morning = reported(Given::Given(at("2026-11-19T06:00Z")));
    assert_eq!(said(&in_the_morning, "episodes with any part"), "0 of 1");
    let not_told = reported(Given::Missing);
    assert_eq!(said(&not_told, "episodes with any part"), "0 of 1", "from the report");
}

#[test]
fn who_may_be_somebody_else_is_left_out_and_named() {
    let with = |state| {
        let mut record = record_of(&attendance(), "2026-11-08T03:10Z").as_ref().clone();
        record.counted.about = Some(0);
        record.links = crate::record::sample::alert().links;
        record.links[0].mention = 0;
        record.links[0].state = state;
        Arc::new(record)
    };

    let figures = figures(&[with(LinkState::Confirmed), with(LinkState::Candidate)], NOW);

    assert_eq!(said(&figures, "attended, under 16"), "1 of -; left out 1 person not confirmed");
}

/// An attendance and the alert that takes its place, which says this.
fn corrected(change: impl FnOnce(&mut AlertRecord)) -> Vec<Arc<AlertRecord>> {
    let wrong = of_its_own(1, &record_of(&attendance(), "2026-11-08T03:10Z"));
    let mut right = of_its_own(2, &wrong).as_ref().clone();
    right.episode = wrong.episode;
    right.after.supersedes = Some(wrong.id);
    right.received_at = at("2026-11-09T10:00Z");
    change(&mut right);
    let mut wrong = wrong.as_ref().clone();
    wrong.after.superseded_by = Some(right.id);
    vec![Arc::new(wrong), Arc::new(right)]
}

#[test]
fn of_a_correction_its_own_facts_count_and_those_of_what_it_corrects_do_not() {
    let older = |record: &mut AlertRecord| {
        record.counted.attendance.as_mut().unwrap().ages = AgeGroup::Of16To17;
    };

    let same = report_of(&[&corrected(|_| {})]);
    let other = report_of(&[&corrected(older)]);

    let left_out = "; left out 1 corrected: the correction counts";
    assert_eq!(said(&same, "attended, under 16"), format!("1 of -{left_out}"));
    assert_eq!(said(&other, "attended, under 16"), format!("0 of -{left_out}"));
    let shared = record_of(&attendance(), "2026-11-08T03:10Z").decisions.len();
    assert!(
        said(&same, "copies shared").starts_with(&format!("{shared} of -; left out {shared} "))
    );
}

#[test]
fn news_of_another_kind_leaves_the_report_standing() {
    let news = report_of(&[&corrected(|newer| {
        newer.kind = AlertKind::AlcoholPathway;
        newer.counted = Counted::default();
    })]);

    assert_eq!(said(&news, "attended, under 16"), "1 of -");
}

#[test]
fn what_was_recalled_counts_in_nothing() {
    let mut record = record_of(&attendance(), "2026-11-08T03:10Z").as_ref().clone();
    let recalled = crate::record::sample::alert_after_sending().after.recalls.remove(0);
    record.after.recalls = vec![Recalled {
        reason: RecallReason::Withdrawn,
        stage: RecallStage::NotOpened,
        ..recalled
    }];
    for delivery in &mut record.deliveries {
        delivery.state = DeliveryState::Ended(EndReason::Recalled);
    }

    let figures = figures(&[Arc::new(record)], NOW);

    assert_eq!(said(&figures, "attended, under 16"), "0 of -; left out 1 recalled by its sender");
    assert!(said(&figures, "copies shared").starts_with("0 of -; left out"));
}

#[test]
fn two_alerts_about_one_event_share_with_a_recipient_once() {
    let first = of_its_own(1, &record_of(&missing_child(), "2026-11-19T10:00Z"));
    let mut second = of_its_own(2, &first).as_ref().clone();
    second.episode = first.episode;
    second.after.same_event.earlier = Some(first.id);
    let shared = first.decisions.len();

    let figures = report_of(&[&[first, Arc::new(second)]]);

    let left_out = format!("left out {shared} duplicate of an episode that is counted");
    assert_eq!(said(&figures, "copies shared"), format!("{shared} of -; {left_out}"));
    assert_eq!(said(&figures, "missing episodes"), "1 of -");
}

#[test]
fn impact_that_a_correction_adds_was_not_there_at_first_send() {
    let abuse = abuse().child(tilly(), impact(&[ImpactCode::FearDistress]));
    let whole = of_its_own(1, &record_of(&abuse, "2026-11-14T00:40Z"));
    let gap = Gap {
        path: "alert.domestic_violence.child_impacts[0]".to_owned(),
        rule: Rule::GAP,
        reason: "REQUIRED".to_owned(),
    };
    let mut right = of_its_own(2, &whole).as_ref().clone();
    right.episode = whole.episode;
    right.after.supersedes = Some(whole.id);
    let mut first = whole.as_ref().clone();
    first.gaps = vec![gap];
    first.after.superseded_by = Some(right.id);

    let figures = report_of(&[&[Arc::new(first), Arc::new(right)]]);

    let expected = "0 of 1; left out 1 corrected: the correction counts";
    assert_eq!(said(&figures, "domestic abuse alerts"), expected);
    assert_eq!(said(&report_of(&[&[whole]]), "domestic abuse alerts"), "1 of 1");
}
