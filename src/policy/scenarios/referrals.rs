//! S09 and S15: contacts, referrals and what the front door decides.
//!
//! S15 goes on with a disagreement (R90) and with T7, the third contact in 90 days: those are tested with their own.

use std::sync::Arc;

use crate::domain::alert::{Conflicts, TimerState};
use crate::domain::delivery::Purpose;
use crate::domain::event::EventKind;
use crate::domain::referral::{ReferralOutcome, ReferralStatus, ReferrerType, Stage};
use crate::domain::submission::*;
use crate::domain::{Advice, AlertRecord, DeadlineTag, Letter, Priority, Rule, View};
use crate::policy::fixtures::*;
use crate::policy::{Decision, sender_view};

const S09: &str = "2026-04-02T15:00+01:00";
const S09_DECIDED: &str = "2026-04-07T14:10+01:00";
const S15: &str = "2026-11-23T10:00Z";
const S15_DECIDED: &str = "2026-11-23T15:30Z";

fn kinds(decision: &Decision) -> Vec<EventKind> {
    decision.events.iter().map(|event| event.kind).collect()
}

/// The decision in the episode of an alert, and that alert as it stands afterwards.
fn decide_on(
    referral: &Arc<AlertRecord>,
    decision: AlertBuilder,
    now: &str,
) -> (Decision, AlertRecord) {
    let (_, decided) = taken_in(decision, now, &[Arc::clone(referral)], &directory());
    let after = decided.changes.apply(referral, LATER);
    (decided, after)
}

#[test]
fn s09_referral_before_easter_is_due_after_it() {
    let (validated, decision) = taken(referred(), S09);

    assert_eq!(validated.gaps, []);
    assert_eq!(recipients(&decision), ["CADT P4 Tue 7 Apr 15:00 D14"]);
    assert_eq!(clocks(&decision), ["REFERRAL_DECISION_DUE CADT Tue 7 Apr 15:00"]);
    assert_eq!(decision.timers[0].due.tag, DeadlineTag::StatReading);
    let (due, limit) = decision.hub_facts.decision_due.unwrap();
    assert_eq!(london(due), "Tue 7 Apr 15:00");
    assert_eq!(london(limit), "Tue 7 Apr 23:59", "the statutory limit stands beside it");
    let record = record_of(&referred(), S09);
    let told = sender_view::notices(&record, &directory(), false);
    assert!(
        told.iter().any(|notice| notice.text.contains(
            "local reading of a statutory time: Tue 15:00; statutory limit end of Tue 7 Apr"
        )),
        "{told:?}"
    );
}

#[test]
fn s09_the_decision_settles_the_clock_and_the_hub_tells_the_school() {
    let referral = record_of(&referred(), S09);
    let (decision, after) =
        decide_on(&referral, decided(ReferralOutcome::L4S17Assessment), S09_DECIDED);

    assert_eq!(recipients(&decision), ["SCH-900104 P4 - D16"]);
    let feedback = &decision.deliveries[0];
    assert_eq!((feedback.letter, feedback.view), (Letter::T, View::Feedback));
    assert_eq!(feedback.routes, [Rule::R51]);
    assert_eq!(clocks(&decision), ["ASSESSMENT_DUE CADT Wed 10 Jun 17:00"]);
    assert_eq!(after.timers[0].state, TimerState::Cancelled);
    assert!(kinds(&decision).contains(&EventKind::TaskDone));
    let Some(Stage::FedBack(told)) = after.referral.map(|referral| referral.stage) else {
        panic!("{:?}", after.referral)
    };
    assert_eq!(told.outcome, ReferralOutcome::L4S17Assessment);
    assert_eq!(told.status, ReferralStatus::Referral);
    assert_eq!(told.by, LATER);
}

#[test]
fn s09_area_08_is_not_involved_until_the_front_door_says_so() {
    let (_, referral) = taken(referred(), S09);
    let record = record_of(&referred(), S09);
    let (assessed, _) = decide_on(&record, decided(ReferralOutcome::L4S17Assessment), S09_DECIDED);

    for decision in [referral, assessed] {
        assert!(!recipients(&decision).iter().any(|line| line.starts_with("AREA-08")));
    }
}

fn contact() -> AlertBuilder {
    referred()
        .kind(crate::domain::AlertKind::CscContact)
        .from("SCH-900102")
        .born(2017, 5, 20)
        .living_in("ZX46")
        .primary(|child| child.school = school("900102"))
        .contact(|facts| facts.contact_type = known(ContactType::RequestService))
        .worry(|worry| {
            worry.parent_agreement = known(ParentAgreement::Refuses);
            worry.parent_reason = text(68);
        })
}

fn s15_decision() -> AlertBuilder {
    decided(ReferralOutcome::L2AreaTeam)
        .born(2017, 5, 20)
        .living_in("ZX46")
        .decision(|facts| facts.became_referral = known(Bool3::No))
}

#[test]
fn s15_a_reason_sends_a_contact_that_a_parent_refuses_and_without_one_d14_withholds_it() {
    let (_, with_reason) = taken(contact(), S15);
    let silent = contact().worry(|worry| worry.parent_reason = Given::Missing);
    let (_, without) = taken(silent.clone(), S15);

    assert_eq!(recipients(&with_reason), ["CADT P4 Tue 24 Nov 10:00 D14"]);
    assert_eq!(clocks(&with_reason), ["REFERRAL_DECISION_DUE CADT Tue 24 Nov 10:00"]);
    assert!(kinds(&with_reason).contains(&EventKind::ConsentRefused));
    assert!(!kinds(&with_reason).contains(&EventKind::RefusalOverridden), "D14 overrides nothing");
    assert_eq!(recipients(&without), ["CADT withheld D14"]);
    assert_eq!(clocks(&without), Vec::<String>::new(), "nobody has it to decide on");
    let told = sender_view::notices(&record_of(&silent, S15), &directory(), false);
    assert!(told.iter().any(|notice| notice.text.contains("D14")), "the sender is advised");
}

#[test]
fn s15_early_help_without_agreement_is_withheld_from_the_area_and_the_school_hears() {
    let referral = record_of(&contact(), S15);
    let (decision, after) = decide_on(&referral, s15_decision(), S15_DECIDED);

    assert_eq!(recipients(&decision), ["AREA-06 withheld D13", "SCH-900102 P4 - D16"]);
    assert_eq!(clocks(&decision), Vec::<String>::new(), "nobody assesses");
    let decided = after.referral.unwrap().decided().unwrap();
    assert_eq!(decided.status, ReferralStatus::Contact, "not counted as a referral");
}

#[test]
fn s15_with_the_parent_s_agreement_to_early_help_the_area_gets_it() {
    let referral = record_of(&contact(), S15);
    let agreed = s15_decision().sharing(|record| {
        record.consents.push(ConsentFact {
            kind: known(ConsentType::ServiceAgreement),
            scope: Given::Given(Scope::EarlyHelp),
            giver: known(ConsentGiver::PrHolder),
            standing: GiverStanding::Counts,
            state: known(ConsentState::Given),
            effective_at: Given::Given(at(S15_DECIDED)),
        });
    });
    let (decision, _) = decide_on(&referral, agreed, S15_DECIDED);

    assert_eq!(recipients(&decision), ["AREA-06 P4 Tue 24 Nov 15:30 D13", "SCH-900102 P4 - D16"]);
}

#[test]
fn s15_new_evidence_of_injury_is_a_new_referral_and_reopens_nothing() {
    let injured = referred()
        .from("SCH-900102")
        .born(2017, 5, 20)
        .living_in("ZX46")
        .worry(|worry| worry.harm = known(Bool3::Yes));
    let (validated, decision) = taken(injured, "2026-11-27T11:00Z");

    assert_eq!(validated.priority, Priority::P2);
    assert_eq!(recipients(&decision), ["CADT P2 Fri 27 Nov 12:00 D3"]);
}

#[test]
fn the_hub_tells_no_family_of_a_decision_and_no_agency_from_which_it_is_kept() {
    let of_family = referred().contact(|facts| facts.referrer = known(ReferrerType::Family));
    let referral = record_of(&of_family, S09);
    let (decision, after) = decide_on(&referral, decided(ReferralOutcome::Nfa), S09_DECIDED);

    assert_eq!(recipients(&decision), Vec::<String>::new());
    assert!(matches!(after.referral.unwrap().stage, Stage::Decided(_)), "told by hand");

    let excluded = Conflicts { agencies: vec![code("SCH-900104")], ..Conflicts::default() };
    let referral = record_of(&referred(), S09);
    let (_, decision) = taken_kept_from(
        decided(ReferralOutcome::Nfa),
        S09_DECIDED,
        (&[referral], &excluded),
        &directory(),
    );
    assert_eq!(recipients(&decision), Vec::<String>::new());
}

#[test]
fn feedback_by_hand_follows_a_decision_and_never_precedes_one() {
    let of_family = referred().contact(|facts| facts.referrer = known(ReferrerType::Family));
    let referral = record_of(&of_family, S09);
    let (_, after) = decide_on(&referral, decided(ReferralOutcome::Nfa), S09_DECIDED);
    let feedback = by_hand();

    let (_, sent) = taken_in(feedback.clone(), S09_DECIDED, &[Arc::new(after)], &directory());
    assert_eq!(recipients(&sent), ["SCH-900104 P4 - D16"]);
    let refused = std::panic::catch_unwind(|| {
        taken_in(feedback, S09_DECIDED, &[record_of(&of_family, S09)], &directory())
    });
    assert!(refused.is_err(), "nothing has been decided");
}

#[test]
fn feedback_is_routine_whatever_priority_is_stated() {
    let referral = record_of(&referred(), S09);
    let (_, after) = decide_on(&referral, decided(ReferralOutcome::Nfa), S09_DECIDED);
    let urgent = by_hand().stating(Priority::P1);
    let (validated, sent) = taken_in(urgent, S09_DECIDED, &[Arc::new(after)], &directory());

    assert_eq!(validated.priority, Priority::P3);
    assert!(kinds(&sent).contains(&EventKind::PriorityMismatch));
}

#[test]
fn already_open_is_a_task_for_the_front_door_with_the_worker_tagged() {
    let referral = record_of(&referred(), S09);
    let open = decided(ReferralOutcome::AlreadyOpen).stating(Priority::P4).decision(|facts| {
        facts.allocated_worker = Given::Given(a_manager());
    });
    let (decision, _) = decide_on(&referral, open, S09_DECIDED);

    let tasks = decision.deliveries.iter().filter(|it| it.purpose == Purpose::Task);
    let tasks: Vec<_> = tasks.map(|it| (it.mailbox.as_str(), it.priority)).collect();
    assert_eq!(tasks, [("CADT", Priority::P4)]);
    let created = decision.events.iter().find(|event| event.kind == EventKind::TaskCreated);
    assert_eq!(created.unwrap().person, Some(a_manager()));
}

#[test]
fn a_transfer_goes_to_the_other_council_under_the_row_of_the_referral() {
    let suspected = referred().worry(|worry| worry.harm = known(Bool3::Yes));
    for (referral, row) in [(suspected, "D3"), (referred(), "D14")] {
        let referral = record_of(&referral, S09);
        let transfer = decided(ReferralOutcome::TransferOtherLa)
            .decision(|facts| facts.transfer_to = Given::Given(code("LA-341")));
        let (decision, _) = decide_on(&referral, transfer, S09_DECIDED);

        let told: Vec<_> =
            recipients(&decision).into_iter().filter(|line| line.starts_with("LA-341")).collect();
        assert_eq!(told, [format!("LA-341 P3 Tue 7 Apr 18:10 {row}")]);
    }
}

/// What is handed on to an inbox after an alert was decided on.
fn released(earlier: &AlertBuilder, inbox: &str) -> Vec<String> {
    let referral = record_of(earlier, "2026-11-16T10:00Z");
    let decision = decided(ReferralOutcome::L4S17Assessment).decision(|facts| {
        facts.releases = vec![ReleaseFact { inbox: Given::Given(mailbox(inbox)), parts: 1 }];
    });
    let (decision, _) = decide_on(&referral, decision, "2026-11-16T11:00Z");
    let lines = recipients(&decision).into_iter();
    lines.filter(|line| line.starts_with(inbox)).collect()
}

#[test]
fn a_release_goes_by_the_cell_of_what_was_decided_on() {
    let suspected = referred().worry(|worry| worry.harm = known(Bool3::Yes));
    let exploited = attendance().markers(&[RiskMarker::CseConcern]).alcohol(|facts| {
        facts.suspected_person_type = known(SuspectedPersonType::Unknown);
        facts.view_on_police = known(ViewOnPolice::NotAsked);
    });

    assert_eq!(released(&suspected, "SCH-900101"), ["SCH-900101 P4 - D3"]);
    assert_eq!(released(&suspected, "WCHC-019"), ["WCHC-019 P4 Tue 17 Nov 11:00 D3"]);
    assert_eq!(released(&suspected, "AREA-08"), ["AREA-08 withheld D13"]);
    assert_eq!(released(&suspected, "RESPONSE"), ["RESPONSE withheld D99"]);
    assert_eq!(released(&referred(), "SCH-900101"), ["SCH-900101 withheld D13"]);
    assert_eq!(released(&exploited, "SAFERFUT"), ["SAFERFUT P4 Tue 17 Nov 11:00 D11"]);
    assert_eq!(released(&exploited, "MERPOL"), ["MERPOL P2 Mon 16 Nov 12:00 D11"]);
}

#[test]
fn a_decision_needs_a_referral_and_a_decision_maker_with_an_own_certificate() {
    let refused = validated_at(decided(ReferralOutcome::Nfa), S09).unwrap_err();

    let reasons: Vec<_> = refused.violations.iter().map(|violation| violation.reason).collect();
    assert_eq!(reasons, ["NO_REFERRAL"]);
    let by_system = validated_by_system(decided(ReferralOutcome::Nfa), S09).unwrap_err();
    assert!(by_system.violations.iter().any(|it| it.reason == "DECISION_MAKER_NEEDED"));
}

#[test]
fn female_genital_mutilation_told_of_is_urgent_and_the_sender_hears_of_its_own_report() {
    let told_of = referred().worry(|worry| {
        worry.codes = Codes::of(&[ConcernCode::Fgm]);
        worry.fgm_disclosed = known(FgmDisclosed::ToldByChild);
    });
    let (validated, decision) = taken(told_of.clone(), "2026-11-16T10:00Z");

    assert_eq!(validated.priority, Priority::P2);
    assert!(kinds(&decision).contains(&EventKind::PriorityMismatch), "harm was answered NO");
    let notices =
        sender_view::notices(&record_of(&told_of, "2026-11-16T10:00Z"), &directory(), false);
    let text = "your own 101 report is still required by law; this message does not make it";
    assert!(notices.iter().any(|notice| notice.text.contains(text)), "{notices:?}");
    let other = sender_view::notices(&record_of(&referred(), S09), &directory(), false);
    assert!(!other.iter().any(|notice| notice.text.contains("101")), "{other:?}");
}

#[test]
fn a_refusal_that_suspected_harm_overrides_is_reviewed_and_below_p2_approved_first() {
    let refusing = |harm| {
        referred().worry(move |worry| {
            worry.harm = known(harm);
            worry.parent_agreement = known(ParentAgreement::Refuses);
            worry.parent_reason = text(60);
        })
    };
    let (_, urgent) = taken(refusing(Bool3::Yes), "2026-11-16T10:00Z");
    let unknown = validated_at(refusing(Bool3::Unknown), "2026-11-16T10:00Z").unwrap_err();

    assert!(kinds(&urgent).contains(&EventKind::RefusalOverridden));
    assert!(clocks(&urgent).iter().any(|clock| clock.starts_with("OVERRIDE_REVIEW_DUE")));
    assert_eq!(unknown.violations[0].reason, "APPROVER_FIRST");
}

#[test]
fn a_concern_that_fits_a_kind_of_its_own_says_so_where_its_sender_may_send_it() {
    let gone = |sender| {
        let concern = concerned().from(sender);
        concern.worry(|worry| worry.codes = Codes::of(&[ConcernCode::Missing]))
    };
    let (_, police) = taken(gone("MERPOL"), S15);
    let (_, school) = taken(gone("SCH-900104"), S15);

    assert!(kinds(&police).contains(&EventKind::KindMismatch));
    assert_eq!(police.advice, [Advice::SendMissingReport]);
    assert!(!kinds(&school).contains(&EventKind::KindMismatch), "no other kind is its to send");
    assert_eq!(school.advice, []);
}

#[test]
fn an_allegation_reaches_the_designated_officer_with_a_statutory_clock_read_locally() {
    let about_worker = concerned().concern(|facts| facts.about_worker = known(Bool3::Yes));
    let (_, decision) = taken(about_worker, S15);

    assert_eq!(
        recipients(&decision),
        ["LADO P3 Mon 23 Nov 14:00 D2", "CADT P4 Tue 24 Nov 10:00 D3"]
    );
    assert_eq!(clocks(&decision), ["LADO_DECISION_DUE LADO Tue 24 Nov 10:00"]);
}
