//! Random alerts: of every kind the fixtures build, alone or in an episode.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::domain::referral::ReferralOutcome;
use crate::domain::submission::*;
use crate::domain::{AlertKind, Priority, Risk};
use crate::policy::fixtures::*;

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
    homes: Vec<&'static str>,
    excluded: Vec<Exclusion>,
    consents: Vec<(ConsentState, &'static str)>,
    employers: Vec<&'static str>,
}

/// A random alert with what came before it.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) alert: AlertBuilder,
    /// The episode's earlier alerts, in order.
    pub(super) before: Vec<AlertBuilder>,
    /// How many events of each kind are known of the same persons, within the last weeks.
    pub(super) repeats: usize,
}

fn exclusion() -> impl Strategy<Value = Exclusion> {
    prop_oneof![
        select(vec!["CADT", "EDT", "FSU", "SAFERFUT", "SCH-900101", "ASC"])
            .prop_map(|agency| Exclusion::Agency(code(agency))),
        select(vec!["CADT", "WUTH-AED", "MERPOL"])
            .prop_map(|inbox| Exclusion::Mailbox(mailbox(inbox))),
    ]
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
        0_usize..4,
    );
    let more = (
        subsequence(DISTRICTS.to_vec(), 0..3),
        prop_oneof![
            3 => Just(Vec::new()),
            1 => proptest::collection::vec(exclusion(), 1..3),
        ],
        proptest::collection::vec(
            (select(ConsentState::ALL), select(vec!["2026-01-05T09:00Z", "2026-01-06T09:00Z"])),
            0..4,
        ),
        prop_oneof![
            5 => Just(Vec::new()),
            1 => subsequence(vec!["CADT", "EDT", "MERPOL", "SCH-900101"], 1..3),
        ],
    );
    (person, lists, rest, more).prop_map(|(person, lists, rest, more)| {
        let (risk, stated, born, district, looked_after_by, is_safe) = person;
        let (factors, markers, abuse) = lists;
        let (band, is_told_school, is_refused, is_pregnant, threat, children) = rest;
        let (homes, excluded, consents, employers) = more;
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
            homes,
            excluded,
            consents,
            employers,
        }
    })
}

/// How many kinds [`told_of`] builds.
const KINDS: usize = 22;

/// A random alert as its sender gives it, alone or in an episode, of persons of whom something is known or nothing.
pub(super) fn alert() -> impl Strategy<Value = Told> {
    (0..KINDS, variation(), any::<bool>(), 0_usize..4).prop_map(|(kind, it, is_alone, repeats)| {
        let (alert, before) = told_of(kind, &it);
        let before = if is_alone { Vec::new() } else { before };
        let before = before.into_iter().map(|alert| varied(alert, &it)).collect();
        Told { alert: varied(alert, &it), before, repeats }
    })
}

/// An alert of each kind, and what its episode may have begun with.
fn told_of(kind: usize, it: &Variation) -> (AlertBuilder, Vec<AlertBuilder>) {
    let updated = || a_report(it).kind(AlertKind::MissingUpdated);
    let report = || vec![missing_child()];
    let referral = || vec![referred_with(it)];
    match kind {
        0 => (a_report(it), Vec::new()),
        1 => (updated(), report()),
        2 => (found_child(), report()),
        3 => {
            let cancelled = found_child().kind(AlertKind::MissingCancelled);
            let cancelled = cancelled.missing(|facts| facts.cancelled_at = facts.found_at);
            (cancelled, report())
        }
        4 => (interview(), vec![missing_child(), found_child()]),
        5 => (interview_that(None), vec![missing_child(), found_child()]),
        6 => (an_attendance(it), Vec::new()),
        7 => (pathway_to(PathwayState::AppointmentBooked), vec![an_attendance(it)]),
        8 => (abuse_of(it), Vec::new()),
        9 => (a_case(it), Vec::new()),
        10 => (marac_outcome(), vec![a_case(it)]),
        11 => (a_stay(it), Vec::new()),
        12 => (operation_report(), Vec::new()),
        13 => (referred_with(it).kind(AlertKind::CscContact), Vec::new()),
        14 => (referred_with(it), Vec::new()),
        15 => (decided(ReferralOutcome::L3EarlyHelpTac), referral()),
        16 => (by_hand(), vec![referred_with(it), decided(ReferralOutcome::Nfa)]),
        17 => (concerned_with(it), Vec::new()),
        18 if it.is_refused => (stepped_up(team_update(), "AGREES"), vec![early_help()]),
        18 => (early_help(), Vec::new()),
        19 => (question("WCHC-019"), Vec::new()),
        20 => (answer("WCHC-019", RECORDED), vec![question("WCHC-019")]),
        _ => (if it.is_refused { not_shared() } else { assessed(RECORDED) }, referral()),
    }
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
    let alert = children_of(it)
        .fold(marac_referral(), |alert, (child, impact)| alert.child_of_case(child, impact));
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

/// Different children: of different ages, homes and schools, and one of them unhurt.
fn children_of(it: &Variation) -> impl Iterator<Item = (SubjectFacts, ImpactFacts)> + '_ {
    let made = |place: usize| {
        let small = SubjectFacts { age: born(2023, 4, 14), school: Given::Missing, ..tilly() };
        let elsewhere = SubjectFacts { addresses: vec![home("ZX91")], ..tilly() };
        let hidden = SubjectFacts { has_safe_address: it.is_safe, ..tilly() };
        let child = [hidden, small, elsewhere][place % 3].clone();
        let codes = [
            ImpactCode::FearDistress,
            ImpactCode::PhysicalInjury,
            ImpactCode::NoObservedImpactAssessed,
        ];
        let text = ImpactText::of("cried and hid behind the sofa all evening", place);
        (child, ImpactFacts { text, ..impact(&[codes[place % 3]]) })
    };
    (0..it.children).map(made)
}

fn abuse_of(it: &Variation) -> AlertBuilder {
    let alert = children_of(it)
        .fold(abuse().band(it.band), |alert, (child, impact)| alert.child(child, impact));
    alert.domestic_abuse(|facts| {
        facts.abuse_types = Codes::of(&it.abuse);
        facts.immediate_threat = known(it.threat);
        facts.pregnancy = known(if it.is_pregnant { Bool3::Yes } else { Bool3::No });
    })
}

fn varied(base: AlertBuilder, it: &Variation) -> AlertBuilder {
    let is_about_anybody = !base.clone().build().subjects.is_empty();
    let base = if is_about_anybody { of_person(base, it) } else { base };
    let base = base.sharing(|record| {
        record.consents.extend(it.consents.iter().map(|(state, when)| ConsentFact {
            kind: known(ConsentType::ServiceAgreement),
            scope: Given::Given(Scope::Response),
            giver: known(ConsentGiver::PrHolder),
            standing: GiverStanding::Counts,
            state: known(*state),
            effective_at: Given::Given(at(when)),
        }));
    });
    // Of a routine kind what is not given is refused: there it stays as it was.
    let is_kept = base.clone().build().kind.is_routine();
    base.envelope(|envelope| {
        if it.risk.is_some() || !is_kept {
            envelope.risk = Given::from_option(it.risk.map(Code::Known));
        }
        if it.stated.is_some() || !is_kept {
            envelope.priority = Given::from_option(it.stated.map(Code::Known));
        }
        envelope.exclude.extend(it.excluded.iter().cloned());
        envelope.employers_of_concern.extend(it.employers.iter().map(|agency| code(agency)));
    })
}

fn of_person(base: AlertBuilder, it: &Variation) -> AlertBuilder {
    let is_about_a_child = base.clone().build().kind.is_child_kind();
    let base = if is_about_a_child { base.born(it.born, 3, 9) } else { base };
    let homes = it.homes.iter().map(|district| home(district));
    let base = base.living_in(it.district).primary(|person| {
        person.has_safe_address = it.is_safe;
        person.addresses.extend(homes);
    });
    match it.looked_after_by {
        Some(council) => base.looked_after_by(council),
        None => base,
    }
}
