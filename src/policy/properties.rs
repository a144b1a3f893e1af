//! What holds for every alert, whatever it says: found by random alerts rather than by chosen ones.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::fixtures::*;
use super::routing::{self, Routed};
use super::{Clocks, Context, Replaces, Validated, decide, minimum_priority, validate};
use crate::domain::alert::Conflicts;
use crate::domain::directory::Directory;
use crate::domain::submission::*;
use crate::domain::{AlertKind, Letter, Priority, Risk, Submission};

/// Hours of every kind: a working morning, a night, a Sunday, a bank holiday, the last minute of an office day.
const TIMES: &[&str] = &[
    "2026-11-19T10:00Z",
    "2026-11-19T02:15Z",
    "2026-05-24T01:00+01:00",
    "2026-08-31T12:00+01:00",
    "2026-11-20T16:59Z",
    "2026-12-19T23:30Z",
];

const DISTRICTS: &[&str] = &["ZX41", "ZX43", "ZX45", "ZX48", "ZX90", "ZX91", "ZX99"];

/// What a random alert varies besides its kind.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is varied alone")]
struct Variation {
    risk: Option<Risk>,
    stated: Option<Priority>,
    born: i16,
    district: &'static str,
    looked_after_by: Option<&'static str>,
    is_safe: bool,
    is_told_school: bool,
    factors: Vec<MissingRiskFactor>,
    markers: Vec<RiskMarker>,
    abuse: Vec<AbuseType>,
    band: RiskBand,
    is_refused: bool,
    is_pregnant: bool,
    threat: Bool3,
    children: usize,
}

fn variation() -> impl Strategy<Value = Variation> {
    let person = (
        proptest::option::of(select(Risk::ALL)),
        proptest::option::of(select(Priority::ALL)),
        2009_i16..2022,
        select(DISTRICTS),
        proptest::option::of(select(vec!["344", "341", "896"])),
        proptest::bool::weighted(0.2),
    );
    let lists = (
        subsequence(MissingRiskFactor::ALL.to_vec(), 1..4),
        subsequence(RiskMarker::ALL.to_vec(), 1..4),
        subsequence(AbuseType::ALL.to_vec(), 1..4),
    );
    let rest = (
        select(RiskBand::ALL),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        select(Bool3::ALL),
        0_usize..3,
    );
    (person, lists, rest).prop_map(|(person, lists, rest)| {
        let (risk, stated, born, district, looked_after_by, is_safe) = person;
        let (factors, markers, abuse) = lists;
        let (band, is_told_school, is_refused, is_pregnant, threat, children) = rest;
        Variation {
            risk,
            stated,
            born,
            district,
            looked_after_by,
            is_safe,
            is_told_school,
            factors,
            markers,
            abuse,
            band,
            is_refused,
            is_pregnant,
            threat,
            children,
        }
    })
}

/// A random alert as its sender gives it.
fn alert() -> impl Strategy<Value = AlertBuilder> {
    (0_usize..8, variation()).prop_map(|(kind, it)| {
        let base = match kind {
            0 => a_report(&it),
            1 => found_child(),
            2 => an_attendance(&it),
            3 => a_stay(&it),
            4 => a_case(&it),
            5 => referred_with(&it),
            6 => concerned_with(&it),
            _ => abuse_of(&it),
        };
        varied(base, &it)
    })
}

fn referred_with(it: &Variation) -> AlertBuilder {
    referred().worry(|worry| worry.harm = known(it.threat))
}

fn concerned_with(it: &Variation) -> AlertBuilder {
    concerned().concern(|facts| {
        facts.worry.harm = known(it.threat);
        facts.worry.crime = known(if it.is_pregnant { Bool3::Yes } else { Bool3::No });
        facts.about_worker = known(if it.is_refused { Bool3::Yes } else { Bool3::No });
    })
}

fn a_report(it: &Variation) -> AlertBuilder {
    missing_child().flags(&it.factors).missing(|facts| {
        facts.inform_school = it.is_told_school;
        facts.inform_school_reason = text(20);
    })
}

fn an_attendance(it: &Variation) -> AlertBuilder {
    let attended = attendance().markers(&it.markers);
    if it.is_refused { attended.alcohol(refused()) } else { attended }
}

/// A case before the MARAC.
fn a_case(it: &Variation) -> AlertBuilder {
    let child =
        |alert: AlertBuilder| alert.child_of_case(tilly(), impact(&[ImpactCode::FearDistress]));
    let alert = (0..it.children).fold(marac_referral(), |alert, _| child(alert));
    alert.case(|case| {
        if it.is_refused {
            case.victim_agrees = known(VictimAnswer::No);
        }
        case.share_without_agreement_reason = text(60);
    })
}

/// In a place of safety: in police protection, by agreement, or nobody can tell.
fn a_stay(it: &Variation) -> AlertBuilder {
    let stay = if it.is_pregnant { protected_child("2026-05-01T00:00Z") } else { moved_child() };
    stay.place(|facts| {
        if it.is_refused {
            facts.power_used = known(PowerUsed::NoneVoluntary);
        }
        if it.is_told_school {
            facts.collection = known(Collection::NoSafeAdult);
        }
        facts.circumstances = Codes::of(&[Circumstance::Drunk, Circumstance::Missing]);
    })
}

fn abuse_of(it: &Variation) -> AlertBuilder {
    let child = |alert: AlertBuilder| alert.child(tilly(), impact(&[ImpactCode::FearDistress]));
    let alert = (0..it.children).fold(abuse().band(it.band), |alert, _| child(alert));
    alert.domestic_abuse(|facts| {
        facts.abuse_types = Codes::of(&it.abuse);
        facts.immediate_threat = known(it.threat);
        facts.pregnancy = known(if it.is_pregnant { Bool3::Yes } else { Bool3::No });
    })
}

fn varied(base: AlertBuilder, it: &Variation) -> AlertBuilder {
    let is_about_a_child = base.clone().build().kind.is_child_kind();
    let base = if is_about_a_child { base.born(it.born, 3, 9) } else { base };
    let base = base.living_in(it.district).primary(|person| person.has_safe_address = it.is_safe);
    let base = match it.looked_after_by {
        Some(council) => base.looked_after_by(council),
        None => base,
    };
    base.envelope(|envelope| {
        envelope.risk = Given::from_option(it.risk.map(Code::Known));
        envelope.priority = Given::from_option(it.stated.map(Code::Known));
    })
}

/// The same facts in another order: nobody's place in a list means anything, but the PRIMARY's role.
fn reversed(submission: &Submission) -> Submission {
    fn turned<T: Copy + PartialEq>(codes: &Codes<T>) -> Codes<T> {
        let codes: Vec<_> = codes.known().map(Code::Known).collect();
        Codes::new(codes.into_iter().rev().collect())
    }
    let mut other = submission.clone();
    other.envelope.told.reverse();
    match &mut other.body {
        BodyFacts::Missing(facts) => facts.risk_factors = turned(&facts.risk_factors),
        BodyFacts::Alcohol(facts) => facts.risk_markers = turned(&facts.risk_markers),
        BodyFacts::DomesticAbuse(facts) => {
            facts.abuse_types = turned(&facts.abuse_types);
            facts.impacts.reverse();
        }
        BodyFacts::ReturnInterview(_) | BodyFacts::AlcoholPathway(_) => {}
        BodyFacts::MaracReferral(facts) => facts.case.attendees.reverse(),
        BodyFacts::MaracOutcome(facts) => facts.case.attendees.reverse(),
        BodyFacts::PlaceOfSafety(facts) => facts.circumstances = turned(&facts.circumstances),
        BodyFacts::OperationReport(_) => {}
        BodyFacts::CscContact(facts) => facts.worry.codes = turned(&facts.worry.codes),
        BodyFacts::Concern(facts) => facts.worry.codes = turned(&facts.worry.codes),
        BodyFacts::FamilyHelp(facts) => facts.agreed.reverse(),
        BodyFacts::NotShared(facts) => facts.considered_for.reverse(),
        BodyFacts::InformationRequest(_)
        | BodyFacts::InformationResponse(_)
        | BodyFacts::AssessmentCompleted(_) => {}
        BodyFacts::ReferralDecision(_) | BodyFacts::Feedback(_) => {}
    }
    other
}

/// What the alert is taken as and whom its rows name; nothing where it is refused.
fn routed(
    submission: &Submission,
    now: &str,
    directory: &Directory,
) -> Option<(Validated, Vec<Routed>)> {
    let sender = submission.envelope.sender_agency.get()?;
    let context = Context {
        directory,
        now: at(now),
        episode: &[],
        replaces: Replaces::Nothing,
        kept_from: &Conflicts::default(),
        sender: &directory.agencies[sender],
        approver: None,
        decision_maker: None,
        clocks: Clocks::DEFAULT,
        repeats: &crate::policy::triggers::NOTHING_KNOWN,
    };
    let validated = validate(submission, &context).ok()?;
    let routes = routing::routes(submission, &validated, &context);
    let decision = decide(submission, &validated, &context);
    assert_eq!(decision, decide(submission, &validated, &context), "decided twice");
    assert!(decision.decisions.len() >= routes.recipients.len(), "a recipient without a decision");
    Some((validated, routes.recipients))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn routing_is_the_same_whatever_the_order_of_the_facts(alert in alert(), now in select(TIMES)) {
        let directory = directory();
        let submission = alert.sent_at(now);

        let one = routed(&submission, now, &directory);
        let other = routed(&reversed(&submission), now, &directory);

        prop_assert_eq!(one.map(|(_, to)| to), other.map(|(_, to)| to));
    }

    #[test]
    fn no_alert_is_unrouted_and_every_recipient_is_of_the_directory_and_not_the_sender(
        alert in alert(),
        now in select(TIMES),
    ) {
        let directory = directory();
        let submission = alert.sent_at(now);
        let Some((_, recipients)) = routed(&submission, now, &directory) else { return Ok(()) };

        prop_assert!(!recipients.is_empty());
        let sender = submission.envelope.sender_agency.get();
        for recipient in &recipients {
            prop_assert!(directory.mailbox(&recipient.mailbox).is_some(), "{:?}", recipient);
            prop_assert!(Some(&recipient.agency) != sender, "{:?}", recipient);
            prop_assert!(!recipient.rules.is_empty(), "{:?}", recipient);
            prop_assert!(recipient.rules.is_sorted_by(|one, other| one < other), "{:?}", recipient);
        }
        let mut mailboxes: Vec<_> =
            recipients.iter().map(|to| (to.mailbox.clone(), to.setting.clone())).collect();
        mailboxes.dedup();
        prop_assert_eq!(mailboxes.len(), recipients.len(), "one delivery a mailbox");
    }

    #[test]
    fn nothing_goes_below_the_hub_s_minimum_or_the_sender_s_priority(
        alert in alert(),
        now in select(TIMES),
    ) {
        let directory = directory();
        let submission = alert.sent_at(now);
        let Some((validated, recipients)) = routed(&submission, now, &directory) else {
            return Ok(());
        };

        if let Some(stated) = submission.envelope.priority.known() {
            prop_assert!(validated.priority <= stated);
        }
        if !submission.kind.is_news() {
            prop_assert!(validated.priority <= minimum_priority(&submission));
        }
        // Under R20 the most urgent delivery is that of police; where they send it, they have it.
        let is_from_police = submission.envelope.sender_agency.get() == Some(&code("MERPOL"));
        let first = recipients.iter().map(|to| to.priority).min();
        let is_held = is_from_police && submission.kind == AlertKind::DvNotification;
        prop_assert!(is_held || first.is_some_and(|first| first <= validated.priority));
        let police = recipients.iter().filter(|to| to.letter == Letter::P);
        for desk in police {
            prop_assert!(desk.priority <= validated.priority, "{:?}", desk);
        }
    }

    #[test]
    fn an_area_and_a_school_hear_nothing_of_a_sealed_home_or_a_forced_marriage(
        alert in alert(),
        now in select(TIMES),
    ) {
        let directory = directory();
        let submission = alert.sent_at(now);
        let Some((_, recipients)) = routed(&submission, now, &directory) else { return Ok(()) };
        let is_sealed = submission.subjects.iter().any(|person| person.has_safe_address);

        for recipient in &recipients {
            if is_sealed || submission.is_one_chance() {
                prop_assert!(recipient.letter != Letter::A, "{:?}", recipient);
            }
            if submission.is_one_chance() {
                prop_assert!(recipient.letter != Letter::E, "{:?}", recipient);
            }
        }
    }
}
