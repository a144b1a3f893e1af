//! R57 and S13: a sender corrects its alert, and everybody who got it gets the right one.

use std::sync::Arc;

use crate::domain::after::RecallReason;
use crate::domain::alert::{TimerKind, TimerState};
use crate::domain::delivery::{AckOutcome, DeliveryState, EndReason};
use crate::domain::submission::{Given, Offer, OfferDeclinedBy, RiskMarker};
use crate::domain::{AlertRecord, EventKind, Priority, Risk, Rule, UserId, View};
use crate::policy::Clocks;
use crate::policy::fixtures::*;
use crate::policy::recall::{self, Asked, Recipients};

const S01: &str = "2026-10-23T22:40+01:00";
const AN_HOUR_LATER: &str = "2026-10-23T23:40+01:00";
const MONDAY: &str = "2026-10-26T10:00Z";
const S03: &str = "2026-11-08T03:10Z";
const S03_MONDAY: &str = "2026-11-09T10:00Z";

fn overnight() -> AlertBuilder {
    missing_child().risk(Risk::Medium).stating(Priority::P2)
}

/// Every delivery handed out and taken by somebody.
fn taken_by_all(record: &Arc<AlertRecord>) -> Arc<AlertRecord> {
    let mut record = AlertRecord::clone(record);
    for delivery in &mut record.deliveries {
        let user = UserId::try_from("u-1301").unwrap();
        let out = delivery.clone().hand_out(1, record.received_at).unwrap();
        *delivery = out.acknowledge(user, AckOutcome::Accepted, record.received_at).unwrap();
    }
    Arc::new(record)
}

#[test]
fn r57_a_correction_goes_to_everybody_who_got_an_urgent_alert_at_p2_in_their_own_view() {
    let original = taken_by_all(&record_of(&overnight(), S01));

    let (_, decision) = corrected(overnight(), AN_HOUR_LATER, &original);

    assert_eq!(
        recipients(&decision),
        [
            "EDT P2 Sat 24 Oct 00:40 D7",
            "SAFERFUT P2 Mon 26 Oct 10:00 D7",
            "WUTH-AED P2 Sat 24 Oct 00:40 D8",
            "CADT P4 Mon 26 Oct 17:00 D7",
        ]
    );
    for to in ["EDT", "SAFERFUT", "WUTH-AED", "CADT"] {
        assert_eq!(rules_for(&decision, to), [Rule::R57], "{to}");
    }
    assert_eq!(decision.deliveries[2].view, View::Lookout, "no more than before");
    assert_eq!(clocks(&decision), ["MISSING_LONG CADT Sat 24 Oct 22:40"]);
}

#[test]
fn r57_a_correction_of_a_routine_alert_is_p3() {
    let original = taken_by_all(&record_of(&attendance(), S03));

    let (_, decision) = corrected(attendance(), S03_MONDAY, &original);

    assert_eq!(
        recipients(&decision),
        [
            "RESPONSE P3 Mon 9 Nov 14:00 D9",
            "WCHC-019 P3 Mon 9 Nov 14:00 D10",
            "WUTH-SG P3 Mon 9 Nov 14:00 D10a",
        ]
    );
}

#[test]
fn r57_what_nobody_has_taken_keeps_its_deadline_and_its_urgency_and_there_is_one_ladder() {
    let mut original = AlertRecord::clone(&record_of(&overnight(), S01));
    original.deliveries[0] = original.deliveries[0].clone().hand_out(1, at(S01)).unwrap();
    let original = Arc::new(original);

    let (_, decision) = corrected(overnight(), "2026-10-23T23:00+01:00", &original);

    assert_eq!(recipients(&decision)[0], "EDT P2 Fri 23 Oct 23:40 D7", "as the original was due");
    let after = decision.moved.apply(&original);
    assert!(after.deliveries.iter().all(|delivery| delivery.rung.is_none()), "no second ladder");
    assert_eq!(after.deliveries[0].state, DeliveryState::Delivered);
    // The others had not gone out: nobody is sent what is known to be wrong.
    let ended = DeliveryState::Ended(EndReason::Cancelled);
    assert!(after.deliveries[1..].iter().all(|delivery| delivery.state == ended));
    let said: Vec<_> = decision.moved_events.iter().map(|event| event.kind).collect();
    assert_eq!(said, [EventKind::Recalled; 3]);
}

#[test]
fn r57_a_correction_that_makes_it_more_urgent_goes_by_the_row_it_is_in_now() {
    let original = taken_by_all(&record_of(&overnight(), S01));

    let high = missing_child().risk(Risk::High).stating(Priority::P1);
    let (_, decision) = corrected(high, AN_HOUR_LATER, &original);

    let told = recipients(&decision);
    assert_eq!(told[0], "EDT P1 Fri 23 Oct 23:55 D1");
    assert_eq!(rules_for(&decision, "EDT"), [Rule::R01, Rule::R57]);
    assert!(told.iter().any(|line| line.starts_with("AREA-03 P5")), "new in R01: {told:?}");
}

#[test]
fn r57_a_correction_that_makes_it_harmless_still_reaches_whoever_was_told_of_harm() {
    let marked = attendance().markers(&[RiskMarker::Unconscious]);
    let original = taken_by_all(&record_of(&marked, S03));
    assert!(original.deliveries.iter().any(|it| it.row == Rule::D11), "the front door had it");

    let (_, decision) = corrected(attendance(), S03_MONDAY, &original);

    let told = recipients(&decision);
    // By the matrix of an attendance without a marker the front door would be told nothing (D99).
    assert!(told.contains(&"CADT P3 Mon 9 Nov 14:00 D11".to_owned()), "{told:?}");
}

#[test]
fn r57_sharing_is_decided_anew_a_refusal_that_was_left_out_withholds() {
    let original = taken_by_all(&record_of(&attendance(), S03));

    let refused = attendance().alcohol(|facts| {
        facts.offer = known(Offer::Declined);
        facts.offer_declined_by = known(OfferDeclinedBy::Child);
        facts.offer_agreed_by = Given::Missing;
    });
    let (_, decision) = corrected(refused, S03_MONDAY, &original);

    let told = recipients(&decision);
    assert!(told.contains(&"RESPONSE withheld D9".to_owned()), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("WUTH-SG P3")), "{told:?}");
}

#[test]
fn r57_a_corrected_return_moves_the_interview_and_there_is_one_72_hour_clock() {
    let reported = record_of(&overnight(), S01);
    let found = |when: &str| {
        let when = Given::Given(at(when));
        found_child().missing(|facts| facts.found_at = when)
    };
    let (validated, decision) = taken_in(
        found("2026-10-24T10:00+01:00"),
        "2026-10-24T10:12+01:00",
        std::slice::from_ref(&reported),
        &directory(),
    );
    let first = found("2026-10-24T10:00+01:00");
    let original = recorded(&first, "2026-10-24T10:12+01:00", (&validated, &decision));
    let original = Arc::new(original);

    let (_, decision) =
        corrected(found("2026-10-24T08:00+01:00"), "2026-10-24T12:00+01:00", &original);

    let due = |timers: &[crate::domain::alert::Timer]| {
        let armed = timers
            .iter()
            .filter(|timer| timer.kind == TimerKind::RhiDue && timer.state == TimerState::Armed);
        armed.map(|timer| london(timer.due.at)).collect::<Vec<_>>()
    };
    assert_eq!(due(&decision.timers), ["Tue 27 Oct 07:00"], "from the corrected return");
    assert_eq!(due(&decision.moved.apply(&original).timers), Vec::<String>::new());
}

#[test]
fn r57_nobody_from_whom_the_alert_was_recalled_gets_its_correction() {
    let original = taken_by_all(&record_of(&overnight(), S01));
    let names = Recipients::Named(vec!["EDT".to_owned()]);
    let asked = Asked { reason: RecallReason::WrongRecipient, recipients: &names, by: None };
    let directory = directory();
    let recalled = recall::recall(&original, asked, (&directory, &Clocks::DEFAULT, at(MONDAY)))
        .unwrap()
        .record;

    let (_, decision) = corrected(overnight(), MONDAY, &Arc::new(recalled));

    let told = recipients(&decision);
    assert!(!told.iter().any(|line| line.starts_with("EDT")), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("CADT")), "{told:?}");
}
