//! The rows as tables: `rows.txt` line by line, and what must hold of every cell.

use super::*;
use crate::domain::alert::Conflicts;
use crate::domain::delivery::Purpose;
use crate::domain::directory::{Agency, Directory, UserEntry};
use crate::domain::principal::Role;
use crate::domain::submission::{
    BodyFacts, Bool3, Circumstance, Code, Codes, CompetenceFacts, CompetenceOutcome, ConsentFact,
    ConsentGiver, ConsentState, ConsentType, Exclusion, Gateway, Given, GiverStanding, ImpactCode,
    LegalRoute, Offer, OfferAgreedBy, Onward, OverrideFact, ParentAgreement, PathwayState,
    PlaceOfSafetyFacts, PowerUsed, RefusedBy, RiskBand, RiskMarker, Scope, SharingFacts,
    SuspectedPersonType, VictimAnswer, ViewOnPolice,
};
use crate::domain::{Risk, UserId, View};
use crate::policy::fixtures::*;
use crate::policy::{Replaces, validate};

const NOW: &str = "2026-11-16T10:00Z";

/// The duty manager with whose own certificate every alert of the table is sent.
const APPROVER: &str = "u-manager";

/// One line of `rows.txt`.
struct Line<'a> {
    text: &'a str,
    given: Vec<&'a str>,
    expected: Vec<&'a str>,
}

fn lines() -> Vec<Line<'static>> {
    let is_row = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
    include_str!("rows.txt")
        .lines()
        .filter(is_row)
        .map(|text| {
            let (given, expected) = text.split_once("=>").unwrap();
            let words = |part: &'static str| part.split_whitespace().collect();
            Line { text, given: words(given), expected: words(expected) }
        })
        .collect()
}

fn alert(line: &Line<'_>) -> AlertBuilder {
    let [sender, kind, _, age, said, condition] = line.given.as_slice() else {
        panic!("{}", line.text)
    };
    let age: i16 = age.parse().unwrap();
    let year = 2026_i16.checked_sub(age).unwrap();
    let alert = match *kind {
        "ALCOHOL" => drunk(said, condition, u8::try_from(age).unwrap()),
        "DV" => abused(said, condition),
        "MISSING" => lost(said, condition),
        "RHI" if *sender == "SAFERFUT" => interview(),
        "RHI" => interview().sharing(|record| record.basis6 = known(Basis6::PublicTask)),
        "PATHWAY" => pathway_to(PathwayState::AppointmentBooked),
        "MARAC" => before_marac(said, condition),
        "PLACE" => moved(said, condition, u8::try_from(age).unwrap()),
        "OPERATION" => return operation_report().from(sender),
        "REFERRAL" => worried(referred(), said, condition),
        "CONCERN" => worried(concerned(), said, condition),
        "PLAN" => planned(said, condition),
        "QUESTION" => questioned(said, condition),
        other => panic!("{other}"),
    };
    alert.born(year, 3, 9).from(sender)
}

fn drunk(said: &str, marker: &str, age: u8) -> AlertBuilder {
    let marker = RiskMarker::parse(marker).unwrap_or(RiskMarker::None);
    let outcome = if said.starts_with("unable") {
        CompetenceOutcome::UnableToAssess
    } else {
        CompetenceOutcome::Competent
    };
    let alert = attendance().markers(&[marker]).alcohol(|facts| {
        let mut record = competent(age);
        record.outcome = known(outcome);
        facts.competence = Given::Given(record);
        facts.suspected_person_type = known(SuspectedPersonType::Unknown);
        facts.view_on_police = known(ViewOnPolice::NotAsked);
    });
    let agreed = |by| {
        move |facts: &mut crate::domain::submission::AlcoholFacts| {
            facts.offer_agreed_by = known(by);
        }
    };
    let objected = |record: &mut SharingFacts| record.refused_by = known(RefusedBy::Child);
    match said {
        "child" | "unable-child" => alert,
        "parent" => alert.alcohol(agreed(OfferAgreedBy::PrHolder)),
        "young" | "unable-young" => alert.alcohol(agreed(OfferAgreedBy::YoungPerson)),
        "other-scope" => alert.alcohol(|facts| {
            facts.agreement_scope = Given::Given(Scope::Other);
        }),
        "parent-over-no" => alert
            .alcohol(agreed(OfferAgreedBy::PrHolder))
            .sharing(|record| record.consents.push(no_from_child(Scope::Response))),
        "parent-barred" => alert
            .alcohol(|facts| facts.offer = known(Offer::Undecided))
            .sharing(|record| record.consents.push(barred(ConsentState::Given))),
        "barred-over" => {
            alert.sharing(|record| record.consents.push(barred(ConsentState::Withdrawn)))
        }
        "maternity" => alert.alcohol(refused()).sharing(|record| {
            record.consents.push(ConsentFact {
                giver: known(ConsentGiver::YoungPerson),
                state: known(ConsentState::Given),
                ..no_from_child(Scope::Maternity)
            });
        }),
        "refused" => alert.alcohol(refused()),
        "nobody" => alert.alcohol(|facts| facts.offer = known(Offer::Undecided)),
        // Below P2 the approver comes first; these cases look at the rows, not at that.
        "objected" | "unable-objects" => {
            alert.alcohol(refused()).sharing(objected).stating(Priority::P2)
        }
        "overridden" => alert.alcohol(refused()).sharing(objected).sharing(|record| {
            let approver = UserId::try_from(APPROVER).unwrap();
            record.override_ = set_aside_by(Some(approver));
        }),
        "claimed" => alert
            .alcohol(refused())
            .sharing(objected)
            .sharing(|record| record.override_ = set_aside_by(None))
            .stating(Priority::P2),
        other => panic!("{other}"),
    }
}

fn barred(state: ConsentState) -> ConsentFact {
    ConsentFact {
        giver: known(ConsentGiver::PrHolder),
        standing: GiverStanding::Barred,
        state: known(state),
        ..no_from_child(Scope::Response)
    }
}

fn set_aside_by(approver: Option<UserId>) -> Given<OverrideFact> {
    let approver_role = Some(Role::DutyManager);
    Given::Given(OverrideFact { reason: text(60), approver, approver_role })
}

fn no_from_child(scope: Scope) -> ConsentFact {
    ConsentFact {
        kind: known(ConsentType::ServiceAgreement),
        scope: Given::Given(scope),
        giver: known(ConsentGiver::ChildCompetent),
        standing: GiverStanding::Counts,
        state: known(ConsentState::Refused),
        effective_at: Given::Given(at(NOW)),
    }
}

fn abused(said: &str, condition: &str) -> AlertBuilder {
    let (band, child) = condition.split_once('+').map_or((condition, false), |(b, _)| (b, true));
    let band = match band {
        "GOLD" => RiskBand::HighGold,
        "SILVER" => RiskBand::MediumSilver,
        "BRONZE" => RiskBand::StandardBronze,
        other => panic!("{other}"),
    };
    let says = match said {
        "yes" => VictimConsentSupport::Yes,
        "no" => VictimConsentSupport::No,
        "unsafe" => VictimConsentSupport::NotAskedUnsafe,
        other => panic!("{other}"),
    };
    let alert =
        abuse().band(band).domestic_abuse(|facts| facts.victim_consent_support = known(says));
    if child { alert.child(tilly(), impact(&[ImpactCode::FearDistress])) } else { alert }
}

fn lost(said: &str, risk: &str) -> AlertBuilder {
    let alert = missing_child().risk(Risk::parse(risk).unwrap());
    match said {
        "-" => alert,
        "no-basis" => alert.sharing(|record| *record = SharingFacts::default()),
        "6EA" => alert.sharing(|record| record.basis6 = known(Basis6::RecognisedInterest)),
        other => panic!("{other}"),
    }
}

fn before_marac(said: &str, condition: &str) -> AlertBuilder {
    let agrees = match said {
        "yes" => VictimAnswer::Yes,
        "no" => VictimAnswer::No,
        "unsafe" => VictimAnswer::UnsafeToAsk,
        other => panic!("{other}"),
    };
    // At P2 the review comes after; below, the approver would have come first.
    let alert = marac_referral().stating(Priority::P2).case(|case| {
        case.victim_agrees = known(agrees);
        case.share_without_agreement_reason = text(60);
    });
    if condition == "child" {
        alert.child_of_case(tilly(), impact(&[ImpactCode::FearDistress]))
    } else {
        alert
    }
}

fn moved(said: &str, condition: &str, age: u8) -> AlertBuilder {
    let (power, missing) = condition.split_once('+').map_or((condition, false), |(p, _)| (p, true));
    let agreed = |by: Option<OfferAgreedBy>| {
        move |facts: &mut PlaceOfSafetyFacts| {
            facts.onward = Codes::of(&[Onward::Response]);
            facts.offer_agreed_by = by.map_or(Given::Missing, known);
            facts.competence = Given::Given(competent(age));
        }
    };
    let alert = moved_child().place(|facts| {
        let how = if missing { Circumstance::Missing } else { Circumstance::Drunk };
        facts.circumstances = Codes::of(&[how]);
        facts.power_used = known(PowerUsed::parse(power).unwrap());
        if facts.power_used.is(PowerUsed::Ca89S46) {
            facts.s46 = Given::Given(police_protection("2026-11-16T09:00Z"));
        }
        facts.order_expires_at = Given::Given(at("2026-11-17T09:00Z"));
    });
    match said {
        "-" => alert,
        "child" => alert.place(agreed(Some(OfferAgreedBy::ChildCompetent))),
        "young" => alert.place(agreed(Some(OfferAgreedBy::YoungPerson))),
        "parent" => alert.place(agreed(Some(OfferAgreedBy::PrHolder))),
        // Below P2 nobody names RESPONSE without saying who agreed.
        "nobody" => alert.place(agreed(None)).stating(Priority::P2),
        other => panic!("{other}"),
    }
}

/// What a parent says, and whether harm is suspected or, of an adult, what the need is.
fn worried(alert: AlertBuilder, said: &str, condition: &str) -> AlertBuilder {
    let (says, is_reasoned) =
        said.strip_suffix("+reason").map_or((said, false), |says| (says, true));
    let alert = alert.worry(|worry| {
        worry.parent_agreement = ParentAgreement::parse(says).map_or(Given::Missing, known);
        worry.parent_reason = if is_reasoned { text(30) } else { Given::Missing };
        worry.harm = Bool3::parse(condition).map_or(Given::Missing, known);
    });
    // An urgent alert waits for no approver; these cases look at the rows, not at that.
    match condition {
        "needs" => alert.primary(|adult| adult.care_needs = known(Bool3::Yes)),
        "UNKNOWN" | "YES" => alert.stating(Priority::P2),
        _ => alert,
    }
}

/// Who agreed to early help, the family's list being WCHC-019 and SCH-900104; and whether the front door is asked.
fn planned(said: &str, condition: &str) -> AlertBuilder {
    let giver = match said {
        "parent" => ConsentGiver::PrHolder,
        "child" => ConsentGiver::ChildCompetent,
        "young" => ConsentGiver::YoungPerson,
        other => panic!("{other}"),
    };
    let alert = early_help().plan(|facts| {
        facts.agreement = Given::Given(agreed_to_help(giver));
        facts.competence = Given::Given(CompetenceFacts {
            scope: Given::Given(Scope::EarlyHelp),
            ..competent(14)
        });
    });
    match condition.strip_prefix("STEP_UP+") {
        Some(parent) => stepped_up(alert, parent),
        None => alert,
    }
}

/// By which route it is asked, and whether harm is suspected.
fn questioned(said: &str, route: &str) -> AlertBuilder {
    let agreement = agreed_to_help(ConsentGiver::PrHolder);
    let alert = question("WCHC-019").question(|facts| {
        facts.legal_route = known(LegalRoute::parse(route).unwrap());
        facts.harm_suspected = Bool3::parse(said).map_or(Given::Missing, known);
    });
    let alert = alert.sharing(|record| {
        let named = LegalRoute::parse(route).unwrap().gateway().unwrap_or(Gateway::Ca04S11);
        record.gateways = Codes::of(&[named]);
    });
    match said {
        "agreed" => alert.sharing(|record| record.consents.push(agreement)),
        _ => alert,
    }
}

/// Routed at P4, in the view its rows would give it.
fn routed_to(agency: &Agency, kind: crate::domain::AlertKind) -> Routed {
    let closed =
        [(Letter::H1, View::Lookout), (Letter::A, View::Info), (Letter::F, View::SafeTask)];
    let is_place = kind == crate::domain::AlertKind::PlaceOfSafety;
    let is_closed = |letter: Letter| kind.is_missing() || (is_place && letter != Letter::H1);
    let is_theirs = |(letter, _): &&(Letter, View)| *letter == agency.letter && is_closed(*letter);
    let view = closed.iter().find(is_theirs).map_or(View::Standard, |(_, view)| *view);
    Routed {
        mailbox: agency.mailboxes[0].id.clone(),
        agency: agency.code.clone(),
        letter: agency.letter,
        view,
        purpose: Purpose::Alert,
        setting: None,
        priority: Priority::P4,
        rules: Vec::new(),
        due: None,
    }
}

fn with_case<T>(alert: AlertBuilder, look: impl FnOnce(&Case<'_>) -> T) -> T {
    let submission = alert.sent_at(NOW);
    let directory = directory();
    let sender = agency(&directory, submission.envelope.sender_agency.get().unwrap().as_str());
    let approver = UserId::try_from(APPROVER).unwrap();
    let context = Context {
        directory: &directory,
        now: at(NOW),
        episode: &[],
        replaces: Replaces::Nothing,
        kept_from: &Conflicts::default(),
        sender,
        approver: Some(&approver),
        decision_maker: None,
        clocks: crate::policy::Clocks::DEFAULT,
        repeats: &crate::policy::triggers::NOTHING_KNOWN,
    };
    // The table may ask what the sender may not even send: the rows are looked at alone.
    let by_kind = match &submission.body {
        BodyFacts::Alcohol(_) => "WUTH-AED",
        BodyFacts::ReturnInterview(_) => "SAFERFUT",
        BodyFacts::AlcoholPathway(_) => "RESPONSE",
        BodyFacts::FamilyHelp(_) => "AREA-01",
        BodyFacts::InformationRequest(_) | BodyFacts::AssessmentCompleted(_) => "CADT",
        BodyFacts::Missing(_)
        | BodyFacts::DomesticAbuse(_)
        | BodyFacts::MaracReferral(_)
        | BodyFacts::MaracOutcome(_)
        | BodyFacts::PlaceOfSafety(_)
        | BodyFacts::OperationReport(_)
        | BodyFacts::InformationResponse(_)
        | BodyFacts::NotShared(_)
        | BodyFacts::CscContact(_)
        | BodyFacts::ReferralDecision(_)
        | BodyFacts::Feedback(_)
        | BodyFacts::Concern(_) => "MERPOL",
    };
    let by_kind = agency(&directory, by_kind);
    let stated = code(by_kind.code.as_str());
    let mut as_sent = submission.clone();
    as_sent.envelope.sender_agency = Given::Given(stated);
    let validated = validate(&as_sent, &Context { sender: by_kind, ..context })
        .unwrap_or_else(|refused| panic!("{refused:#?}"));
    look(&Case { submission: &submission, validated: &validated, context: &context })
}

#[test]
fn every_line_of_the_table_decides_as_it_says() {
    for line in lines() {
        let told = with_case(alert(&line), |case| {
            // `K=WCHC-019`: because it attends, whatever its own letter.
            let to = line.given[2].trim_start_matches("K=");
            let recipient = agency(case.context.directory, to);
            let mut routed = routed_to(recipient, case.submission.kind);
            if line.given[2] != to {
                routed.letter = Letter::K;
            }
            let verdict = decide(case, &[routed]).remove(0);
            let outcome = match verdict.decision.outcome {
                ShareOutcome::Share => "share",
                ShareOutcome::ShareLimited => "limited",
                ShareOutcome::Withhold => "withhold",
                ShareOutcome::AlternateRoute => "alternate",
            };
            let mark = if verdict.decision.provisional { "?" } else { "" };
            let basis =
                verdict.decision.basis.map_or("-".to_owned(), |basis| format!("{basis}{mark}"));
            [verdict.decision.row.as_str().to_owned(), outcome.to_owned(), basis]
        });
        assert_eq!(told.as_slice(), line.expected.as_slice(), "{}", line.text);
    }
}

#[test]
fn every_kind_condition_and_recipient_has_exactly_one_row_of_the_matrix() {
    let samples = [
        missing_child().risk(Risk::Medium),
        attendance(),
        attendance().markers(&[RiskMarker::Assault]),
        abused("yes", "GOLD+child"),
        abused("yes", "SILVER+child"),
        abused("yes", "GOLD"),
        abused("yes", "SILVER"),
        marac_referral(),
        marac_referral().child_of_case(tilly(), impact(&[ImpactCode::FearDistress])),
        moved_child(),
        protected_child("2026-11-16T09:00Z"),
        moved_child().place(|facts| facts.power_used = known(PowerUsed::MhaS136)),
        referred(),
        referred().worry(|worry| worry.harm = known(Bool3::Yes)),
        concerned().born(1986, 10, 5),
    ];
    for sample in samples {
        for alert in [sample.clone(), sample.stating(Priority::P1)] {
            with_case(alert, |case| {
                for agency in case.context.directory.agencies.values() {
                    let routed = routed_to(agency, case.submission.kind);
                    let rows = applicable(case, &routed).unwrap();
                    let before = rows.iter().filter(|applied| applied.row == Rule::D1).count();
                    let cells = rows.len().checked_sub(before).unwrap();
                    // Where D1 applies the matrix may have no row; else one row or D99.
                    assert!(cells == 1 || (before == 1 && cells == 0), "{} {rows:?}", agency.code);
                    assert!(rows.is_sorted_by_key(|applied| applied.row));
                }
            });
        }
    }
}

#[test]
fn d1_never_lifts_what_response_area_school_or_youth_justice_may_see() {
    with_case(attendance().alcohol(refused()).stating(Priority::P1), |case| {
        let row = |code: &str| {
            let routed = routed_to(agency(case.context.directory, code), case.submission.kind);
            decide(case, &[routed]).remove(0).decision.row
        };

        for code in ["CADT", "MERPOL", "WCHC-019", "SAFERFUT", "LA-341", "CIC", "WUTH-SG"] {
            assert_eq!(row(code), Rule::D1, "{code}");
        }
        for code in ["RESPONSE", "AREA-01", "SCH-900101", "YOS", "ASC"] {
            assert_ne!(row(code), Rule::D1, "{code}");
        }
    });
}

#[test]
fn a_policy_error_withholds_except_that_a_p1_reaches_front_door_and_police_by_d1() {
    let broken = |_: &Case<'_>, _: &Routed| Err(PolicyError::BodyOfOtherKind);
    let told = |risk| {
        with_case(missing_child().risk(risk), |case| {
            let recipients: Vec<Routed> = ["CADT", "MERPOL", "SAFERFUT", "WUTH-AED"]
                .map(|code| routed_to(agency(case.context.directory, code), case.submission.kind))
                .to_vec();
            let verdicts = decide_by(case, &recipients, broken);
            assert!(verdicts.iter().all(|it| it.error == Some(PolicyError::BodyOfOtherKind)));
            verdicts.iter().map(|it| (it.decision.row, it.delivers())).collect::<Vec<_>>()
        })
    };

    let (d1, d99) = ((Rule::D1, true), (Rule::D99, false));
    assert_eq!(told(Risk::High), [d1, d1, d99, d99]);
    assert_eq!(told(Risk::Medium), [d99, d99, d99, d99]);
}

/// `FSU/lead F D0`: who gets it at P2 when it is routed to these.
fn sent_to(alert: AlertBuilder, to: &[&str]) -> Vec<String> {
    sent_in(alert, to, &directory())
}

fn sent_in(alert: AlertBuilder, to: &[&str], directory: &Directory) -> Vec<String> {
    with_case(alert, |case| {
        let context = Context { directory, ..*case.context };
        let case = Case { context: &context, ..*case };
        let recipients: Vec<Routed> = to
            .iter()
            .map(|code| Routed {
                priority: Priority::P2,
                ..routed_to(agency(directory, code), case.submission.kind)
            })
            .collect();
        decide(&case, &recipients)
            .iter()
            .map(|it| format!("{} {} {}", it.decision.mailbox, it.decision.letter, it.decision.row))
            .collect()
    })
}

fn excluded(exclusion: Exclusion, alert: AlertBuilder, to: &[&str]) -> Vec<String> {
    sent_to(alert.envelope(|envelope| envelope.exclude.push(exclusion)), to)
}

/// The partnership in which this person leads safeguarding in that agency.
fn led_by(user: &UserId, agency: &str) -> Directory {
    let mut directory = directory();
    let lead = UserEntry { roles: vec![Role::SafeguardingLead], active: true };
    directory.agencies.get_mut(&code(agency)).unwrap().users.insert(user.clone(), lead);
    directory
}

#[test]
fn d0_an_excluded_agency_s_lead_takes_it_and_never_its_general_inbox() {
    let fsu = Exclusion::Agency(code("FSU"));
    let told = excluded(fsu, abused("yes", "GOLD+child"), &["FSU", "MARAC"]);

    assert_eq!(told, ["FSU/lead F D0", "MARAC M D4"]);
}

#[test]
fn d0_a_conflict_at_the_front_door_goes_to_its_lead_and_a_conflict_at_edt_to_the_senior_too() {
    let told = |code_: &str| {
        let exclusion = Exclusion::Agency(code(code_));
        excluded(exclusion, missing_child().risk(Risk::Medium), &[code_])
    };

    assert_eq!(told("CADT"), ["CADT/lead CL D0"]);
    assert_eq!(told("EDT"), ["CADT/lead CL D0", "COUNCIL/head-of-service C D0"]);
    let school = Exclusion::Agency(code("SCH-900101"));
    let told = excluded(school, abused("yes", "GOLD+child"), &["SCH-900101"]);
    assert_eq!(told, ["CADT-EDU E D0"]);
}

#[test]
fn d0_where_the_lead_is_the_person_lado_takes_it_and_somebody_with_cover() {
    let lead = UserId::try_from("u-lead").unwrap();
    let of_concern = |alert: AlertBuilder| {
        alert.envelope(|envelope| envelope.staff_of_concern.push(lead.clone()))
    };
    let abuse = || of_concern(abused("yes", "GOLD+child"));
    let told = |alert, code_: &str| sent_in(alert, &[code_], &led_by(&lead, code_));

    assert_eq!(told(abuse(), "FSU"), ["LADO D D0", "EDT C D0"]);
    let senior = "COUNCIL/head-of-service C D0";
    assert_eq!(told(abuse(), "CADT"), ["LADO D D0", senior]);
    let excluded = Exclusion::User(lead.clone());
    let alert = missing_child().risk(Risk::Medium);
    let alert = alert.envelope(|envelope| envelope.exclude.push(excluded));
    assert_eq!(told(alert, "SAFERFUT"), ["LADO D D0", "EDT C D0"]);
}

#[test]
fn d0_a_user_named_as_the_person_closes_the_agency_even_where_the_sender_names_no_employer() {
    let alert = abused("yes", "GOLD+child");
    let user = UserId::try_from("u-clerk").unwrap();
    let alert = alert.envelope(|envelope| envelope.staff_of_concern.push(user.clone()));
    let mut directory = directory();
    let clerk = UserEntry { roles: vec![Role::DutyReceiver], active: true };
    directory.agencies.get_mut(&code("FSU")).unwrap().users.insert(user, clerk);

    let told = sent_in(alert, &["FSU", "MARAC"], &directory);

    assert_eq!(told, ["FSU/lead F D0", "MARAC M D4"]);
}

#[test]
fn d0_no_alternate_is_itself_closed_to_the_alert() {
    let excluding = |codes: &[&str]| {
        let agencies = codes.iter().map(|text| Exclusion::Agency(code(text)));
        let agencies: Vec<Exclusion> = agencies.collect();
        abused("yes", "GOLD+child").envelope(|envelope| envelope.exclude.extend(agencies))
    };

    let school = excluding(&["SCH-900101", "CADT-EDU"]);
    assert_eq!(sent_to(school, &["SCH-900101", "CADT-EDU"]), ["CADT-EDU/lead E D0"]);
    let unit = excluding(&["FSU", "EDT"])
        .envelope(|it| it.exclude.push(Exclusion::Mailbox(mailbox("FSU/lead"))));
    let told = sent_to(unit, &["FSU"]);
    assert_eq!(told, ["LADO D D0", "COUNCIL/head-of-service C D0"]);
    let head = excluding(&["CADT"])
        .envelope(|it| it.exclude.push(Exclusion::Mailbox(mailbox("COUNCIL/head-of-service"))))
        .envelope(|it| it.exclude.push(Exclusion::Mailbox(mailbox("CADT/lead"))));
    assert_eq!(sent_to(head, &["CADT"]), ["LADO D D0", "COUNCIL/director C D0"]);
}

#[test]
fn d0_gives_no_alternate_what_the_recipient_itself_would_not_get() {
    let response = Exclusion::Agency(code("RESPONSE"));

    let told = excluded(response, attendance().alcohol(refused()), &["RESPONSE"]);

    assert_eq!(told, ["RESPONSE R D9"]);
}

#[test]
fn an_unknown_code_of_refusal_counts_as_a_refusal() {
    let alert = missing_child()
        .risk(Risk::High)
        .sharing(|record| record.refused_by = Given::Given(Code::Unrecognised(99)));

    with_case(alert, |case| {
        let routed = routed_to(agency(case.context.directory, "CADT"), case.submission.kind);
        let verdicts = decide(case, &[routed]);
        assert!(overrides_a_refusal(case, &verdicts));
    });
}
