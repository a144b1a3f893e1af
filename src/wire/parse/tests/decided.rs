//! The samples as policy decides on them: the scenarios' own outcome, from the bytes on.

use std::sync::Arc;

use super::*;
use crate::domain::alert::Conflicts;
use crate::domain::referral::ReferralOutcome;
use crate::domain::submission::Given;
use crate::domain::{AlertId, AlertRecord};
use crate::policy::fixtures::{
    LATER, a_manager, agency, decided as front_door_decides, directory, question, recipients,
    record_of, referred, taken_in,
};
use crate::policy::{Context, Decision, Rejected, Replaces, Validated, decide, validate};

/// Decides on a sample at the moment it was sent.
fn decided(name: &str) -> Result<(Validated, Decision), Rejected> {
    let submission = parse(&sample(name)).unwrap().submission;
    let (Given::Given(sender), Given::Given(now)) =
        (&submission.envelope.sender_agency, submission.envelope.sent_at)
    else {
        panic!("{name} says who sent it and when");
    };
    let directory = directory();
    let sender = agency(&directory, sender.as_str());
    // What the front door decides is about something; the samples do not know its id.
    let of_a_referral = submission.referral_decision().is_some() || submission.feedback().is_some();
    let about = submission.refers_to().map(what_it_is_about);
    let episode: Vec<_> =
        about.or_else(|| of_a_referral.then(a_decided_referral)).into_iter().collect();
    let manager = a_manager();
    let context = Context {
        directory: &directory,
        now,
        episode: &episode,
        replaces: Replaces::Nothing,
        kept_from: &Conflicts::default(),
        sender,
        approver: None,
        decision_maker: Some(&manager),
        clocks: crate::policy::Clocks::DEFAULT,
        repeats: &crate::policy::triggers::NOTHING_KNOWN,
    };
    let validated = validate(&submission, &context)?;
    let decision = decide(&submission, &validated, &context);
    Ok((validated, decision))
}

/// The alert of this id that an answer, or a completed assessment, is about.
fn what_it_is_about(id: AlertId) -> Arc<AlertRecord> {
    let asked = record_of(&question("WCHC-019"), "2026-04-07T14:20+01:00");
    Arc::new(AlertRecord { id, ..AlertRecord::clone(&asked) })
}

fn a_decided_referral() -> Arc<AlertRecord> {
    let now = "2026-04-02T15:00+01:00";
    let referral = record_of(&referred(), now);
    let decision = front_door_decides(ReferralOutcome::Nfa);
    let (_, decision) = taken_in(decision, now, &[Arc::clone(&referral)], &directory());
    Arc::new(decision.changes.apply(&referral, LATER))
}

#[test]
fn every_whole_sample_is_taken_without_a_gap() {
    for name in samples::WHOLE {
        let (validated, _) = decided(name).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));

        assert_eq!(validated.gaps, [], "{name}");
    }
}

#[test]
fn s06a_is_refused_with_the_two_paths_and_no_other() {
    let refused = decided("s06a-rejected").unwrap_err();

    assert_eq!(
        told(&refused.violations),
        [
            ("alert.domestic_violence.child_impacts[0].impact_text", "STOP_LIST"),
            ("alert.domestic_violence.child_impacts[1]", "REQUIRED"),
        ]
    );
}

#[test]
fn s06b_is_taken_with_the_two_gaps_and_no_other() {
    let (validated, _) = decided("s06b-incomplete").unwrap();

    let gaps: Vec<_> = validated.gaps.iter().map(|gap| gap.path.as_str()).collect();
    assert_eq!(
        gaps,
        [
            "alert.domestic_violence.child_impacts[0].impact_text",
            "alert.domestic_violence.child_impacts[1]",
        ]
    );
}

#[test]
fn the_scenarios_recipients_follow_from_the_bytes_of_their_samples() {
    let to = |name: &str| recipients(&decided(name).unwrap().1);

    assert_eq!(
        to("s01-missing-reported"),
        [
            "EDT P2 Fri 23 Oct 23:40 D7",
            "SAFERFUT P3 Mon 26 Oct 13:00 D7",
            "WUTH-AED P3 Sat 24 Oct 02:40 D8",
            "CADT P4 Mon 26 Oct 17:00 D7",
        ]
    );
    assert_eq!(
        to("s03-alcohol-attendance"),
        ["RESPONSE P4 Mon 9 Nov 17:00 D9", "WUTH-SG P4 Mon 9 Nov 17:00 D10a", "WCHC-019 P5 - D10"]
    );
    assert_eq!(
        to("s05-domestic-abuse-gold"),
        [
            "EDT P2 Sat 14 Nov 01:40 D6",
            "FSU P2 Mon 16 Nov 10:00 D4",
            "MIDW P2 Sat 14 Nov 01:40 D6",
            "MARAC P3 Mon 16 Nov 13:00 D4",
            "SCH-900101 P3 Mon 16 Nov 08:30 D2",
            "WCHC-019 P3 Mon 16 Nov 13:00 D6",
            "CADT P4 Mon 16 Nov 17:00 D6",
        ]
    );
    assert_eq!(to("s09-referral"), ["CADT P4 Tue 7 Apr 15:00 D14"]);
    assert_eq!(to("s09-decision"), ["SCH-900104 P4 - D16"]);
    assert_eq!(to("concern"), ["CADT P4 Tue 24 Nov 10:00 D3"]);
    assert_eq!(to("s06a-corrected"), ["CADT P4 Wed 13 May 11:20 D6"]);
    assert_eq!(
        to("s17-alcohol-attendance"),
        ["RESPONSE withheld D9", "WUTH-SG P4 Thu 5 Mar 17:00 D10a"]
    );
    assert_eq!(
        to("s19-domestic-abuse-bronze"),
        [
            "SCH-900101 P3 Tue 5 Jan 08:30 D2",
            "CADT P4 Mon 21 Dec 17:00 D6",
            "FSU P4 Mon 21 Dec 17:00 D6",
        ]
    );
}
