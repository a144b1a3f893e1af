//! From the words of a table to an alert.

use super::super::fixtures::*;
use super::{help, referrals};
use crate::domain::decision::Basis6;
use crate::domain::referral::ReferralOutcome;
use crate::domain::submission::*;
use crate::domain::{AlertKind, Priority, Risk};

/// The alert that these words describe; complete and coherent but for what they say.
pub(super) fn alert(given: &str) -> AlertBuilder {
    let mut words = given.split(',').map(str::trim);
    let kind = words.next().unwrap_or_default();
    let begun = match kind {
        "MISSING_REPORTED" => missing_child(),
        "MISSING_UPDATED" => missing_child().kind(AlertKind::MissingUpdated),
        "MISSING_FOUND" => found_child(),
        "ALCOHOL_ATTENDANCE" => attendance(),
        "RHI_UPDATE" => interview(),
        "ALCOHOL_PATHWAY" => pathway_to(PathwayState::AppointmentBooked),
        "DV_NOTIFICATION" => abuse(),
        "MARAC_REFERRAL" => marac_referral(),
        "MARAC_OUTCOME" => marac_outcome(),
        "PLACE_OF_SAFETY" => moved_child(),
        "OPERATION_REPORT" => operation_report(),
        "CSC_CONTACT" => referred().kind(AlertKind::CscContact),
        "CSC_REFERRAL" => referred(),
        "REFERRAL_DECISION" => decided(ReferralOutcome::Nfa),
        "CONCERN" => concerned(),
        "CAF_REGISTERED" => early_help(),
        "TAC_UPDATE" => team_update(),
        "INFORMATION_REQUEST" => question("WCHC-019"),
        "INFORMATION_RESPONSE" => answer("WCHC-019", RECORDED),
        "NOT_SHARED_RECORD" => not_shared(),
        "ASSESSMENT_COMPLETED" => assessed(RECORDED),
        other => panic!("not a kind of these tables: {other}"),
    };
    words.fold(begun, |alert, word| with(alert, kind, word))
}

fn with(alert: AlertBuilder, kind: &str, said: &str) -> AlertBuilder {
    let (word, value) = said.split_once(' ').unwrap_or((said, ""));
    match (word, value) {
        ("risk", value) => alert.risk(of(Risk::ALL, Risk::as_str, value)),
        ("priority", value) => alert.stating(of(Priority::ALL, Priority::as_str, value)),
        // Whoever sends it in SAFERFUT's place is a public authority, with another basis.
        ("from", sender) if kind == "RHI_UPDATE" => {
            alert.from(sender).sharing(|record| record.basis6 = known(Basis6::PublicTask))
        }
        ("from", sender) => alert.from(sender),
        ("born", date) => {
            let date: jiff::civil::Date = date.parse().unwrap();
            alert.born(date.year(), date.month(), date.day())
        }
        ("lives", district) => alert.living_in(district),
        ("looked", council) => alert.looked_after_by(council.trim_start_matches("after by ")),
        ("number", "traced") => alert.primary(|person| person.nhs_verified = true),
        ("care", "needs") => alert.primary(|person| person.care_needs = known(Bool3::Yes)),
        ("safe", "address") => alert.primary(|person| person.has_safe_address = true),
        _ => match kind {
            "ALCOHOL_ATTENDANCE" => attended(alert, word, value),
            "RHI_UPDATE" => interviewed(alert, word, value),
            "ALCOHOL_PATHWAY" => on_the_way(alert, word, value),
            "DV_NOTIFICATION" => abused(alert, word, value),
            "MARAC_REFERRAL" | "MARAC_OUTCOME" => of_case(alert, word, value),
            "PLACE_OF_SAFETY" | "OPERATION_REPORT" => moved(alert, word, value),
            "CSC_CONTACT" | "CSC_REFERRAL" | "CONCERN" => referrals::worried(alert, word, value),
            "REFERRAL_DECISION" => referrals::handed_on(alert, word, value),
            "CAF_REGISTERED" | "TAC_UPDATE" => help::planned(alert, word, value),
            "INFORMATION_REQUEST" | "INFORMATION_RESPONSE" => help::asked_as(alert, word, value),
            _ => missed(alert, word, value),
        },
    }
}

fn missed(alert: AlertBuilder, word: &str, value: &str) -> AlertBuilder {
    match (word, value) {
        ("category", value) => {
            let category = of(MissingCategory::ALL, MissingCategory::as_str, value);
            alert.missing(|facts| facts.category = known(category))
        }
        ("flag", value) => {
            alert.flags(&[of(MissingRiskFactor::ALL, MissingRiskFactor::as_str, value)])
        }
        ("tell", "school") => alert.missing(|facts| {
            facts.inform_school = true;
            facts.inform_school_reason = text(20);
        }),
        ("cancelled", _) => alert.kind(AlertKind::MissingCancelled).missing(|facts| {
            facts.cancelled_at = facts.found_at;
        }),
        ("dead", _) => alert.missing(|facts| facts.found_how = known(FoundHow::Deceased)),
        ("at", "a safe place") => alert.missing(|facts| facts.found_place = FoundPlace::Safe),
        other => panic!("not a word of a missing child: {other:?}"),
    }
}

fn attended(alert: AlertBuilder, word: &str, value: &str) -> AlertBuilder {
    match (word, value) {
        ("marker", value) => alert.alcohol(|facts| {
            let marker = of(RiskMarker::ALL, RiskMarker::as_str, value);
            let mut markers: Vec<_> = facts.risk_markers.known().collect();
            markers.retain(|marker| *marker != RiskMarker::None);
            markers.push(marker);
            facts.risk_markers = Codes::of(&markers);
            if RiskMarker::EXPLOITATION.contains(&marker) {
                facts.suspected_person_type = known(SuspectedPersonType::Unknown);
                facts.view_on_police = known(ViewOnPolice::NotAsked);
            }
        }),
        ("refused", _) => alert.alcohol(refused()),
        ("child", "refuses police") => {
            alert.alcohol(|facts| facts.view_on_police = known(ViewOnPolice::Refuses))
        }
        ("suspect", value) => {
            let suspect = of(SuspectedPersonType::ALL, SuspectedPersonType::as_str, value);
            alert.alcohol(|facts| facts.suspected_person_type = known(suspect))
        }
        ("plan", value) => alert.alcohol(|facts| {
            facts.cpis_result = known(of(CpisResult::ALL, CpisResult::as_str, value))
        }),
        ("discharged", value) => alert.alcohol(|facts| {
            facts.safe_discharge_to = known(of(SafeDischarge::ALL, SafeDischarge::as_str, value));
        }),
        other => panic!("not a word of an attendance: {other:?}"),
    }
}

fn interviewed(alert: AlertBuilder, word: &str, value: &str) -> AlertBuilder {
    let kept = alert.clone().build().envelope;
    let other = |outcome| interview_that(outcome).envelope(|envelope| *envelope = kept);
    match (word, value) {
        ("offered", _) => other(None),
        ("outcome", "COMPLETED") => alert,
        ("outcome", value) => {
            other(Some(of(InterviewOutcome::ALL, InterviewOutcome::as_str, value)))
        }
        ("harm", "told") => alert.interview(|facts| facts.harm_disclosed = known(Bool3::Yes)),
        ("not", "independent") => alert.interview(|facts| facts.independent = known(Bool3::No)),
        other => panic!("not a word of an interview: {other:?}"),
    }
}

fn on_the_way(alert: AlertBuilder, word: &str, value: &str) -> AlertBuilder {
    match (word, value) {
        ("state", value) => {
            let kept = alert.build().envelope;
            pathway_to(of(PathwayState::ALL, PathwayState::as_str, value))
                .envelope(|envelope| *envelope = kept)
        }
        other => panic!("not a word of a pathway: {other:?}"),
    }
}

fn abused(alert: AlertBuilder, word: &str, value: &str) -> AlertBuilder {
    let afraid = || impact(&[ImpactCode::FearDistress]);
    let small = || SubjectFacts { age: born(2023, 4, 14), school: Given::Missing, ..tilly() };
    match (word, value) {
        ("band", value) => alert.band(of(RiskBand::ALL, RiskBand::as_str, value)),
        ("child", "of 8") => alert.child(tilly(), afraid()),
        ("child", "of 3") => {
            let text = ImpactText::of("slept badly ever since and will not eat", 3);
            alert.child(small(), ImpactFacts { text, ..afraid() })
        }
        ("child", "injured") => alert.child(tilly(), impact(&[ImpactCode::PhysicalInjury])),
        ("child", "without impact") => {
            alert.child(tilly(), impact(&[ImpactCode::NoObservedImpactAssessed]))
        }
        ("child", "taught at home") => {
            let school = Given::Given(SchoolFact::HomeEducated);
            alert.child(SubjectFacts { school, ..tilly() }, afraid())
        }
        ("child", "in ZX91") => {
            alert.child(SubjectFacts { addresses: vec![home("ZX91")], ..tilly() }, afraid())
        }
        ("child", "in ZX90") => {
            alert.child(SubjectFacts { addresses: vec![home("ZX90")], ..tilly() }, afraid())
        }
        ("pregnant", _) => pregnant(alert),
        ("threat", value) => alert.domestic_abuse(|facts| {
            facts.immediate_threat = known(of(Bool3::ALL, Bool3::as_str, value))
        }),
        ("abuse", value) => alert.domestic_abuse(|facts| {
            facts.abuse_types = Codes::of(&[of(AbuseType::ALL, AbuseType::as_str, value)]);
        }),
        ("victim", "refuses") => alert.domestic_abuse(|facts| {
            facts.victim_consent_support = known(VictimConsentSupport::No);
        }),
        other => panic!("not a word of domestic abuse: {other:?}"),
    }
}

fn of_case(alert: AlertBuilder, word: &str, value: &str) -> AlertBuilder {
    match (word, value) {
        ("child", "of 8") => alert.child_of_case(tilly(), impact(&[ImpactCode::FearDistress])),
        ("attends", agency) => alert.case(|case| case.attendees.push(code(agency))),
        ("nobody", "attends") => alert.case(|case| case.attendees.clear()),
        ("victim", "refuses") => alert.case(|case| {
            case.victim_agrees = known(VictimAnswer::No);
            case.share_without_agreement_reason = text(60);
        }),
        other => panic!("not a word of a MARAC case: {other:?}"),
    }
}

fn moved(alert: AlertBuilder, word: &str, value: &str) -> AlertBuilder {
    let onward = |by: Option<OfferAgreedBy>| {
        move |facts: &mut PlaceOfSafetyFacts| {
            facts.onward = Codes::of(&[Onward::Response]);
            facts.offer_agreed_by = by.map_or(Given::Missing, known);
            facts.competence = Given::Given(competent(14));
        }
    };
    let block = || Given::Given(police_protection("2026-10-30T20:00Z"));
    match (word, value) {
        ("power", value) => alert.place(|facts| {
            let power = of(PowerUsed::ALL, PowerUsed::as_str, value);
            facts.power_used = known(power);
            facts.s46 = if power == PowerUsed::Ca89S46 { block() } else { Given::Missing };
            facts.order_expires_at = Given::Given(crate::domain::Timestamp::MAX);
        }),
        ("block", _) => alert.place(|facts| facts.s46 = block()),
        ("collection", value) => alert.place(|facts| {
            facts.collection = known(of(Collection::ALL, Collection::as_str, value));
        }),
        ("found", value) => alert.place(|facts| {
            facts.circumstances = Codes::of(&[of(Circumstance::ALL, Circumstance::as_str, value)]);
        }),
        ("response", "agreed by the child") => {
            alert.place(onward(Some(OfferAgreedBy::ChildCompetent)))
        }
        ("response", "agreed by a parent") => alert.place(onward(Some(OfferAgreedBy::PrHolder))),
        ("response", "agreed by nobody") => alert.place(onward(None)),
        ("area", area) => alert.report(|facts| facts.areas = vec![code(area)]),
        other => panic!("not a word of a place of safety: {other:?}"),
    }
}

fn pregnant(alert: AlertBuilder) -> AlertBuilder {
    let unborn = expected_on(2027, 2, 10);
    let at_risk = ImpactFacts {
        presence: known(ChildPresence::Unborn),
        seen: known(SeenAndSpokenTo::NotSeen),
        not_seen_reason: text(10),
        text: ImpactText::of("mother was pushed against a door", 9),
        ..impact(&[ImpactCode::RiskToUnborn])
    };
    alert.child(unborn, at_risk).domestic_abuse(|facts| facts.pregnancy = known(Bool3::Yes))
}

/// The code of a list with this spelling.
pub(super) fn of<T: Copy>(all: &[T], spelling: impl Fn(T) -> &'static str, text: &str) -> T {
    let found = all.iter().copied().find(|code| spelling(*code) == text);
    found.unwrap_or_else(|| panic!("not a code: {text}"))
}
