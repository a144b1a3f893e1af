//! S07, S08, S14, S15 and S16 over a whole hub: the MARAC, the police's night, another council's child, a family that
//! says no, and a refuge.

use serde_json::{Value, json};

use super::nights::{asked, retold};
use super::*;

/// A sample with its alert changed.
pub(super) fn edited(name: &str, change: impl FnOnce(&mut Value)) -> SubmitAlertRequest {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/samples/alerts").join(name);
    let mut sample: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    change(&mut sample["alert"]);
    json::request_from_json(&sample.to_string()).unwrap()
}

/// When it was written, decided and sent.
pub(super) fn written_at(alert: &mut Value, at: &str) {
    let at = json!({ "at": at });
    let envelope = &mut alert["envelope"];
    envelope["sentAt"] = at.clone();
    envelope["occurredAt"] = at.clone();
    envelope["sharing"]["decidedAt"] = at;
}

/// The partnership of the samples with another school in it.
fn with_school(urn: &str) -> String {
    let known = crate::support::partnership();
    let (before, rest) = known.split_once("[[agencies]]\ncode = \"SCH-900104\"").unwrap();
    let (school, after) = rest.split_once("\n# Information governance").unwrap();
    let block = |school: &str| format!("[[agencies]]\ncode = \"SCH-900104\"{school}");
    let another = block(school).replace("900104", urn).replace("u-44", "u-46");
    let after = after
        .replace(&format!("urn = \"{urn}\""), &format!("urn = \"{urn}\"\nagency = \"SCH-{urn}\""));
    format!("{before}{}{another}\n# Information governance{after}", block(school))
}

/// A person of the agency sends it: what no system may decide.
async fn decided(
    hub: &TestHub,
    (agency, user): (&str, &str),
    request: SubmitAlertRequest,
) -> v1::SubmitAlertResponse {
    let mut person = hub.connect(hub.person(agency, user)).await.unwrap();
    person.submit(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn s07_a_friend_s_messages_on_his_behalf_are_a_repeat_and_nobody_tells_him() {
    let hub = TestHub::starting_at("2025-11-20T10:00:00Z").await;
    let mut unit = hub.agency("FSU").await;
    let referral = unit.submit(sample("s07-marac-referral.json")).await.unwrap();
    assert_eq!(referral.acceptance(), v1::Acceptance::Accepted, "{:?}", referral.gaps);
    let copy = asked_copy(&hub, "MARAC", &referral.alert_id).await;
    let flagged = copy.body.as_ref().unwrap().hub.as_ref().unwrap().flag_until.clone();
    assert_eq!(flagged, "2026-11-20", "flag and tag for twelve months");
    hub.advance_to("2025-12-11T16:00:00Z").await;
    let outcome = in_episode(sample("s07-marac-outcome.json"), &referral.episode_id);
    hub.agency("MARAC").await.submit(outcome).await.unwrap();

    hub.advance_to("2026-11-19T10:00:00Z").await;
    let repeat = unit.submit(sample("s07-repeat.json")).await.unwrap();

    assert_eq!(repeat.acceptance(), v1::Acceptance::Accepted, "{:?}", repeat.gaps);
    let copies = arrived(&hub, &repeat.alert_id, &[("MARAC", 3, "2026-11-19T14:00:00Z")]).await;
    let text = json::copy_to_json(&copies[0]).unwrap();
    assert!(text.contains("RISK_BAND_STANDARD_BRONZE"), "the band is unchanged: {text}");
    let facts = copies[0].body.as_ref().unwrap().hub.as_ref().unwrap();
    assert_eq!(facts.marac_repeat(), v1::MaracRepeat::Repeat, "T4");
    in_order(&trace(&hub, &repeat.alert_id).await, &["ALERT_SUBMITTED", "TRIGGER_FIRED"]);

    // Somebody else's own doing, and the same a day after the twelve months, are none.
    let mut by_the_friend = edited("s07-repeat.json", |alert| {
        alert["domesticViolence"].as_object_mut().unwrap().remove("onBehalfOf");
        alert["envelope"]["told"][1]["personRef"] = "friend".into();
        alert["envelope"]["doNotTell"][0]["personRef"] = "friend".into();
    });
    by_the_friend.idempotency_key = "FSU-DV-FRIEND".to_owned();
    let by_the_friend = unit.submit(by_the_friend).await.unwrap();
    hub.advance_to("2026-11-21T10:00:00Z").await;
    let late = retold(
        "s07-repeat.json",
        &[("2026-11-19", "2026-11-21"), ("FSU-DV-20261119-1", "FSU-DV-20261121-1")],
    );
    let late = unit.submit(late).await.unwrap();
    for other in [by_the_friend, late] {
        let story = trace(&hub, &other.alert_id).await;
        assert!(!story.contains(&"TRIGGER_FIRED".to_owned()), "{story:?}");
        assert!(asked(&hub, "MARAC", &other.alert_id).await.is_empty());
    }
}

/// Rhian is assaulted, by `whom`, on `day` at nine.
fn assaulted(day: &str, whom: &Value, key: &str) -> SubmitAlertRequest {
    let mut request = edited("s07-repeat.json", |alert| {
        written_at(alert, &format!("{day}T09:30:00Z"));
        let abuse = alert["domesticViolence"].as_object_mut().unwrap();
        abuse.remove("onBehalfOf");
        abuse["incidentAt"] = json!({ "at": format!("{day}T09:00:00Z") });
        abuse["abuseTypes"] = json!(["ABUSE_TYPE_PHYSICAL"]);
        abuse["allegedPerpetrator"]["person"] = whom.clone();
        let reference = whom["personRef"].clone();
        alert["envelope"]["told"][1]["personRef"] = reference.clone();
        alert["envelope"]["doNotTell"][0]["personRef"] = reference;
    });
    request.idempotency_key = key.to_owned();
    request
}

/// Left out until retention ends what triggers count from: the pair's entry goes 12 months and 31 days after the last
/// meeting, on 2027-01-11.
#[tokio::test(flavor = "multi_thread")]
async fn s07_variants_another_partner_and_an_assault_after_the_twelve_months_are_no_repeat() {
    let hub = TestHub::starting_at("2025-11-20T10:00:00Z").await;
    let mut unit = hub.agency("FSU").await;
    let referral = unit.submit(sample("s07-marac-referral.json")).await.unwrap();
    hub.advance_to("2025-12-11T16:00:00Z").await;
    let outcome = in_episode(sample("s07-marac-outcome.json"), &referral.episode_id);
    hub.agency("MARAC").await.submit(outcome).await.unwrap();
    let tomas = json!({
        "personRef": "tomas",
        "subjectRole": "SUBJECT_ROLE_PERSON_OF_CONCERN",
        "nhsNumber": "9990015074",
        "nhsNumberStatus": "NHS_NUMBER_STATUS_VERIFIED",
        "familyName": "Dummyman",
        "givenNames": ["Tomas"],
        "dob": "1987-12-03",
        "dobPrecision": "DOB_PRECISION_FULL",
        "sex": "SEX_M",
        "relationship": "RELATIONSHIP_EX_PARTNER",
    });
    let mut another = tomas.clone();
    another["personRef"] = "craig".into();
    another["nhsNumber"] = "9990012334".into();
    another["familyName"] = "Fabrico".into();
    another["givenNames"] = json!(["Craig"]);
    another["dob"] = "1990-02-11".into();

    hub.advance_to("2026-11-19T10:00:00Z").await;
    let by_another = unit.submit(assaulted("2026-11-19", &another, "DV-ANOTHER")).await.unwrap();
    hub.advance_to("2026-12-05T10:00:00Z").await;
    let late = unit.submit(assaulted("2026-12-05", &tomas, "DV-LATE")).await.unwrap();

    for notified in [by_another, late] {
        assert_eq!(notified.acceptance(), v1::Acceptance::Accepted, "{:?}", notified.gaps);
        let story = trace(&hub, &notified.alert_id).await;
        assert!(!story.contains(&"TRIGGER_FIRED".to_owned()), "T4 fires for neither: {story:?}");
        assert!(asked(&hub, "MARAC", &notified.alert_id).await.is_empty());
    }
    // She is referred again all the same: the second case before the MARAC is flagged anew.
    let mut again = retold("s07-marac-referral.json", &[("2025-11-20", "2026-12-05")]);
    again.idempotency_key = "FSU-MARAC-AGAIN".to_owned();
    let again = unit.submit(again).await.unwrap();
    let copy = asked_copy(&hub, "MARAC", &again.alert_id).await;
    assert_eq!(copy.body.unwrap().hub.unwrap().flag_until, "2027-12-05");
}

/// The one copy of an alert that a mailbox has.
async fn asked_copy(hub: &TestHub, mailbox: &str, alert: &str) -> v1::AlertCopy {
    let mut client = hub.agency(mailbox).await;
    let mut copies = collect(&mut client, mailbox).await;
    copies.retain(|copy| copy.alert_id == alert);
    copies.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn s08_operation_stay_safe_waits_for_monday_and_police_protection_runs_out_to_the_minute() {
    let hub = TestHub::starting_at("2026-10-30T22:55:00Z").await;
    let mut police = hub.agency("MERPOL").await;

    let moved = police.submit(sample("s08-place-of-safety.json")).await.unwrap();

    assert_eq!(moved.acceptance(), v1::Acceptance::Accepted, "{:?}", moved.gaps);
    let expected = [("CADT", 3, "2026-11-02T13:00:00Z"), ("AREA-07", 5, "")];
    let copies = arrived(&hub, &moved.alert_id, &expected).await;
    assert_eq!(copies[1].view(), v1::CopyView::Info);
    let text = json::copy_to_json(&copies[0]).unwrap();
    assert!(!text.contains("CA89_S46") && !text.contains("s46"), "nobody is held: {text}");
    nothing_for(&hub, &["EDT", "RESPONSE", "WUTH-AED", "SCH-900104"]).await;

    // A block of police protection without the power, and no hurry: refused whole.
    let contradictory = edited("s08-place-of-safety.json", |alert| {
        alert["placeOfSafety"]["s46"] = json!({
            "takenAt": { "at": "2026-10-30T21:35:00Z" },
            "initiatingOfficer": "PC Ola Testwell",
            "designatedOfficer": "Insp Kim Placeholder",
            "grounds": "Alone at night with three adults who could not say who he was.",
            "laInformedAt": { "at": "2026-10-30T21:40:00Z" },
            "parentsNotInformedReason": "Nobody answers the door or the phone.",
            "childWishes": "He wants to go to his aunt."
        });
    });
    let contradictory = SubmitAlertRequest { idempotency_key: "OSS-2".to_owned(), ..contradictory };
    let refused = police.submit(contradictory).await.unwrap_err();
    let staysafe::sdk::ClientError::Refused { violations, .. } = &refused else {
        panic!("{refused}")
    };
    let paths: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(paths, ["alert.place_of_safety.s46"]);
    police_protection_runs_out(&hub, &mut police).await;
}

async fn police_protection_runs_out(hub: &TestHub, police: &mut Client) {
    hub.advance_to("2026-11-14T03:40:00Z").await;
    let held = edited("s08-police-protection.json", |alert| {
        let block = alert["placeOfSafety"]["s46"].as_object_mut().unwrap();
        block.remove("designatedOfficer");
    });
    let held = police.submit(held).await.unwrap();
    assert_eq!(held.acceptance(), v1::Acceptance::AcceptedIncomplete, "taken, and chased");
    let expected = [("EDT", 1, "2026-11-14T03:55:00Z"), ("CADT", 4, "2026-11-16T17:00:00Z")];
    let copies = arrived(hub, &held.alert_id, &expected).await;
    take(hub, "EDT", "u-1301", &copies[0]).await;
    let expires = copies[0].body.as_ref().unwrap().hub.as_ref().unwrap().s46_expires_at;
    assert_eq!(expires.unwrap().at.unwrap().to_string(), "2026-11-17T03:40:00Z", "72 hours");

    // Who is there then, and the police, are warned after 48, 60 and 71 hours, each once.
    for (before, at, inbox) in [
        ("2026-11-16T03:39:59Z", "2026-11-16T03:40:00Z", "EDT"),
        ("2026-11-16T15:39:59Z", "2026-11-16T15:40:00Z", "CADT"),
        ("2026-11-17T02:39:59Z", "2026-11-17T02:40:00Z", "EDT"),
    ] {
        hub.advance_to(before).await;
        let (there, here) = (
            asked(hub, inbox, &held.alert_id).await.len(),
            asked(hub, "MERPOL", &held.alert_id).await.len(),
        );
        hub.advance_to(at).await;
        assert_eq!(asked(hub, inbox, &held.alert_id).await.len(), there + 1, "{inbox} {at}");
        assert_eq!(asked(hub, "MERPOL", &held.alert_id).await.len(), here + 1, "MERPOL {at}");
    }
    hub.advance_to("2026-11-17T03:40:00Z").await;
    let story = trace(hub, &held.alert_id).await;
    assert!(story.contains(&"CHASED".to_owned()), "for the designated officer: {story:?}");
}

/// Denny, 15, whom Liverpool has placed in Wallasey.
fn denny(alert: &mut Value, at: &str) {
    denny_s_child(alert, at);
    alert["envelope"]["sharing"]["basis9"] = json!(["BASIS9_G18"]);
    alert["envelope"]["sharing"]["basis9G18Reason"] = "BASIS9_G18_REASON_CANNOT_GIVE".into();
    let missing = &mut alert["missing"];
    missing["lastSeenAt"] = json!({ "at": "2026-03-28T07:00:00Z" });
    missing["missingFrom"] = "MISSING_FROM_PLACEMENT".into();
    missing["riskFactors"] = json!(["MISSING_RISK_FACTOR_SELF_HARM"]);
    missing["philomenaHeld"] = "PHILOMENA_HELD_YES_SENT".into();
}

fn denny_s_child(alert: &mut Value, at: &str) {
    written_at(alert, at);
    alert["envelope"]["risk"] = "RISK_HIGH".into();
    alert["envelope"]["priority"] = "PRIORITY_P1".into();
    alert["envelope"]["lookedAfter"] = "LOOKED_AFTER_YES".into();
    alert["envelope"]["responsibleLa"] = "341".into();
    let child = &mut alert["envelope"]["subjects"][0];
    child["dob"] = "2010-12-01".into();
    child["sex"] = "SEX_M".into();
    child["addresses"] = json!([{ "type": "ADDRESS_TYPE_PLACEMENT", "postcode": "ZX45 2AB" }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_liverpool_s_child_is_liverpool_s_to_answer_for_and_to_see_by_the_new_clock() {
    let hub = TestHub::starting_at("2026-03-28T08:05:00Z").await;
    let mut police = hub.agency("MERPOL").await;

    let request = edited("s01-missing-reported.json", |alert| denny(alert, "2026-03-28T08:05:00Z"));
    let taken = police.submit(request).await.unwrap();

    assert_eq!(taken.acceptance(), v1::Acceptance::Accepted, "{:?}", taken.gaps);
    let (soon, monday) = ("2026-03-28T08:20:00Z", "2026-03-30T12:00:00Z");
    let expected = [
        ("LA-341", 1, soon),
        ("EDT", 1, soon),
        ("CADT", 4, "2026-03-30T16:00:00Z"),
        ("SAFERFUT", 3, monday),
        ("WUTH-AED", 2, "2026-03-28T09:05:00Z"),
        ("AREA-05", 5, ""),
    ];
    let copies = arrived(&hub, &taken.alert_id, &expected).await;
    let look_out = json::copy_to_json(&copies[4]).unwrap();
    assert!(look_out.contains("SELF_HARM"), "whoever treats him must know: {look_out}");
    assert_eq!(copies[5].view(), v1::CopyView::Info, "the Area Team has nothing to do");
    nothing_for(&hub, &["CIC", "SCH-900101", "RESPONSE"]).await;

    hub.advance_to("2026-03-28T10:05:00Z").await;
    let found = edited("s01-missing-found.json", |alert| {
        denny(alert, "2026-03-28T10:05:00Z");
        alert["missing"]["foundAt"] = json!({ "at": "2026-03-28T10:00:00Z" });
        alert["missing"]["preventionCheckDoneAt"] = json!({ "at": "2026-03-28T10:05:00Z" });
    });
    let found = police.submit(in_episode(found, &taken.episode_id)).await.unwrap();
    assert_eq!(found.acceptance(), v1::Acceptance::Accepted, "{:?}", found.gaps);
    let mut council = hub.agency("LA-341").await;
    let copies = collect(&mut council, "LA-341").await;
    let copy = copies.iter().find(|copy| copy.alert_id == found.alert_id).unwrap();
    let due = copy.body.as_ref().unwrap().hub.as_ref().unwrap().rhi_due_at.unwrap();
    // 72 elapsed hours, and the clocks went forward in between: 11:00 by the clock on the wall.
    assert_eq!(due.at.unwrap().to_string(), "2026-03-31T10:00:00Z");

    hub.advance_to("2026-03-31T09:59:59Z").await;
    let missed =
        |story: Vec<String>| story.iter().filter(|kind| *kind == "DEADLINE_MISSED").count();
    let before = missed(trace(&hub, &found.alert_id).await);
    hub.advance_to("2026-03-31T10:00:00Z").await;
    assert_eq!(missed(trace(&hub, &found.alert_id).await), before + 1, "L2 to Liverpool's lead");
    assert!(!asked(&hub, "LA-341/lead", &found.alert_id).await.is_empty());
    assert!(asked(&hub, "AREA-05/lead", &found.alert_id).await.is_empty(), "not Wallasey's");

    hub.advance_to("2026-03-31T10:30:00Z").await;
    let held = edited("s01-rhi-completed.json", |alert| {
        denny_s_child(alert, "2026-03-31T10:30:00Z");
        alert["returnInterview"]["offeredAt"] = json!({ "at": "2026-03-30T10:00:00Z" });
        alert["returnInterview"]["completedAt"] = json!({ "at": "2026-03-31T10:30:00Z" });
    });
    let held = in_episode(held, &taken.episode_id);
    let held = hub.agency("SAFERFUT").await.submit(held).await.unwrap();
    let copies = collect(&mut council, "LA-341").await;
    let copy = copies.iter().find(|copy| copy.alert_id == held.alert_id).unwrap();
    let facts = copy.body.as_ref().unwrap().hub.as_ref().unwrap();
    assert_eq!(facts.interview_late_minutes, Some(30), "recorded as late, and by how much");
}

/// Harvey, 9, of SCH-900102.
fn harvey(alert: &mut Value, at: &str) {
    written_at(alert, at);
    let child = &mut alert["envelope"]["subjects"][0];
    child["dob"] = "2017-05-20".into();
    child["givenNames"] = json!(["Harvey"]);
    child["familyName"] = "Stubwick".into();
    child["nhsNumber"] = "9990002746".into();
    child["addresses"] = json!([{ "type": "ADDRESS_TYPE_HOME", "postcode": "ZX46 1PQ" }]);
    child["schoolUrn"] = "900102".into();
}

fn contact(at: &str, key: &str, reason: Option<&str>) -> SubmitAlertRequest {
    let request = edited("s09-referral.json", |alert| {
        harvey(alert, at);
        alert["envelope"]["kind"] = "ALERT_KIND_CSC_CONTACT".into();
        alert["envelope"]["senderAgency"] = "SCH-900102".into();
        let facts = &mut alert["contact"];
        facts["contactType"] = "CONTACT_TYPE_REQUEST_SERVICE".into();
        facts["childSeenByReferrerAt"] = json!({ "at": at });
        facts["parentAgreement"] = "PARENT_AGREEMENT_REFUSES".into();
        if let Some(reason) = reason {
            facts["parentAgreementReason"] = reason.into();
        }
    });
    SubmitAlertRequest { idempotency_key: key.to_owned(), ..request }
}

const REASON: &str = "Two earlier contacts; the school fears that he is going downhill fast.";

#[tokio::test(flavor = "multi_thread")]
async fn s15_a_family_says_no_the_reason_sends_it_and_the_area_team_hears_nothing() {
    let mut hub = TestHub::prepared(&with_school("900102"));
    hub.start("2026-09-01T10:00:00Z").await;
    let mut school = hub.agency("SCH-900102").await;
    for (at, key) in [("2026-09-01T10:00:00Z", "C-1"), ("2026-10-20T10:00:00Z", "C-2")] {
        hub.advance_to(at).await;
        let earlier = school.submit(contact(at, key, Some(REASON))).await.unwrap();
        assert_eq!(asked(&hub, "CADT", &earlier.alert_id).await.len(), 1);
    }
    let now = "2026-11-23T10:00:00Z";
    hub.advance_to(now).await;
    // Without a reason D14 keeps it from the front door, which is then asked nothing about it either.
    let silent = school.submit(contact(now, "C-3", None)).await.unwrap();
    for mailbox in ["CADT", "CADT/manager", "AREA-06"] {
        assert!(asked(&hub, mailbox, &silent.alert_id).await.is_empty(), "{mailbox}");
    }
    let advice: Vec<&str> = silent.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(advice.iter().any(|text| text.contains("D14")), "the sender is advised: {advice:?}");

    let taken = school.submit(contact(now, "C-4", Some(REASON))).await.unwrap();

    let copies = arrived(&hub, &taken.alert_id, &[("CADT", 4, "2026-11-24T10:00:00Z")]).await;
    let due = copies[0].body.as_ref().unwrap().hub.as_ref().unwrap().decision_due_at.unwrap();
    assert_eq!(due.at.unwrap().to_string(), "2026-11-24T10:00:00Z", "one working day");
    assert_eq!(asked(&hub, "CADT/manager", &taken.alert_id).await.len(), 1, "T7: a third contact");
    nothing_for(&hub, &["EDT", "AREA-06", "MERPOL"]).await;

    hub.advance_to("2026-11-23T15:30:00Z").await;
    let decision = edited("s09-decision.json", |alert| {
        harvey(alert, "2026-11-23T15:30:00Z");
        alert["envelope"]["episodeId"] = taken.episode_id.as_str().into();
        let facts = &mut alert["referralDecision"];
        facts["decision"] = "REFERRAL_OUTCOME_L2_AREA_TEAM".into();
        facts["becameReferral"] = "BOOL3_NO".into();
        facts["decidedAt"] = json!({ "at": "2026-11-23T15:30:00Z" });
        facts["feedback"]["decision"] = "REFERRAL_OUTCOME_L2_AREA_TEAM".into();
        facts["feedback"]["text"] =
            "The school may offer help itself, and should come back if it is worried.".into();
    });
    let decision = decided(&hub, ("CADT", "u-1106"), decision).await;
    assert_eq!(decision.acceptance(), v1::Acceptance::Accepted, "{:?}", decision.gaps);
    nothing_for(&hub, &["AREA-06"]).await;
    let story = trace(&hub, &decision.alert_id).await;
    assert!(story.contains(&"BASIS_REFUSED".to_owned()), "withheld by D13: {story:?}");
    let told = collect(&mut school, "SCH-900102").await;
    let [feedback] = told.as_slice() else { panic!("{}", told.len()) };
    assert_eq!(feedback.view(), v1::CopyView::Feedback);
    let text = json::copy_to_json(feedback).unwrap();
    assert!(text.contains("come back if it is worried"), "{text}");
    let ids = (taken.alert_id.as_str(), decision.alert_id.as_str());
    the_school_does_not_agree(&hub, &mut school, ids).await;
    new_evidence_is_a_new_referral(&hub, &mut school).await;
}

/// R90: to the manager who may look again; after a working day to both leads; the rest is the clock's.
async fn the_school_does_not_agree(
    hub: &TestHub,
    school: &mut Client,
    (contact, decision): (&str, &str),
) {
    let request = v1::DisagreeRequest {
        idempotency_key: "D-1".to_owned(),
        alert_id: contact.to_owned(),
        stage: v1::DisagreementStage::DisagreementStage1.into(),
        text: "He has stopped speaking in class; this is no matter for the school alone."
            .to_owned(),
        user_id: "u-4601".to_owned(),
        ..v1::DisagreeRequest::default()
    };
    school.disagree(request).await.unwrap();
    assert_eq!(asked(hub, "CADT/manager", decision).await.len(), 1, "stage 1");
    for (at, calls) in [("2026-11-24T15:29:59Z", 0), ("2026-11-24T15:30:00Z", 1)] {
        hub.advance_to(at).await;
        assert_eq!(asked(hub, "CADT/lead", decision).await.len(), calls, "stage 2 at {at}");
    }
    let lead = hub.connect(hub.person("SCH-900102", "u-4605")).await;
    let copies = collect(&mut lead.unwrap(), "SCH-900102/lead").await;
    assert_eq!(copies.len(), 1, "the school's lead too");
}

/// Nothing of the earlier no is reopened, and as no contact became a referral it is no re-referral.
async fn new_evidence_is_a_new_referral(hub: &TestHub, school: &mut Client) {
    hub.advance_to("2026-11-27T11:00:00Z").await;
    let injured = edited("s09-referral.json", |alert| {
        harvey(alert, "2026-11-27T11:00:00Z");
        alert["envelope"]["senderAgency"] = "SCH-900102".into();
        alert["envelope"]["risk"] = "RISK_HIGH".into();
        alert["envelope"]["priority"] = "PRIORITY_P2".into();
        let facts = &mut alert["contact"];
        facts["significantHarmSuspected"] = "BOOL3_YES".into();
        facts["childSeenByReferrerAt"] = json!({ "at": "2026-11-27T11:00:00Z" });
    });
    let injured = SubmitAlertRequest { idempotency_key: "R-1".to_owned(), ..injured };
    let taken = school.submit(injured).await.unwrap();

    let copies = arrived(hub, &taken.alert_id, &[("CADT", 2, "2026-11-27T12:00:00Z")]).await;
    let facts = copies[0].body.as_ref().unwrap().hub.as_ref().unwrap();
    assert!(!facts.re_referral, "contacts came before, and no referral");
}

/// Where Sinead and Rory have fled to: in no copy without a marker, and in no log.
const REFUGE: &str = "ZX42 9ZZ";

/// Sinead, and Rory, 7, of SCH-900106, both at this address.
fn of_rory(alert: &mut Value, at: &str, address: &Value) {
    written_at(alert, at);
    let subjects = alert["envelope"]["subjects"].as_array_mut().unwrap();
    subjects.truncate(2);
    for (person, (family, given)) in
        subjects.iter_mut().zip([("Fabricado", "Sinead"), ("Fabricado", "Rory")])
    {
        person["familyName"] = family.into();
        person["givenNames"] = json!([given]);
        person["addresses"] = json!([address]);
    }
    subjects[1]["dob"] = "2019-03-03".into();
    subjects[1]["sex"] = "SEX_M".into();
    subjects[1]["schoolUrn"] = "900106".into();
    let facts = &mut alert["domesticViolence"];
    facts["incidentAt"] = json!({ "at": at });
    facts["riskBand"] = "RISK_BAND_MEDIUM_SILVER".into();
    facts["toolScore"] = 40.into();
    facts["pregnancy"] = "BOOL3_NO".into();
    facts["childImpacts"].as_array_mut().unwrap().truncate(1);
    facts["childImpacts"][0]["impactText"] =
        "Rory hid under the stairs, and has not slept in his own bed since that evening.".into();
    facts["allegedPerpetrator"]["livesWithFamily"] = "BOOL3_NO".into();
    alert["envelope"]["risk"] = "RISK_MEDIUM".into();
    alert["envelope"]["priority"] = "PRIORITY_P3".into();
    alert["envelope"]["headlineConcern"] =
        "Shouting at the door of a home with a child in it".into();
}

// Left out until access requests: the father's request, its due date, and the redacted output that a named professional
// decides and two people release.
#[tokio::test(flavor = "multi_thread")]
async fn s16_the_police_do_not_know_of_the_refuge_and_the_register_does() {
    let mut hub = TestHub::prepared(&with_school("900106"));
    hub.start("2026-11-02T10:00:00Z").await;
    let mut unit = hub.agency("FSU").await;
    let fled = edited("s05-domestic-abuse-gold.json", |alert| {
        of_rory(
            alert,
            "2026-11-02T10:00:00Z",
            &json!({ "type": "ADDRESS_TYPE_SAFE", "postcode": REFUGE }),
        );
        alert["envelope"]["senderAgency"] = "FSU".into();
        let sharing = &mut alert["envelope"]["sharing"];
        sharing["senderRegime"] = "SENDER_REGIME_UKGDPR".into();
        sharing["confidentiality"] = "CONFIDENTIALITY_PUBLIC_INTEREST".into();
    });
    let fled = unit.submit(fled).await.unwrap();
    let manager = hub.connect(hub.person("FSU", "u-2203")).await;
    let mut manager = manager.unwrap();
    for person in [0, 1] {
        let subject = Some(v1::SubjectMention { alert_id: fled.alert_id.clone(), person });
        let flag = v1::SubjectFlag::Safe.into();
        let request = v1::FlagSubjectRequest { subject, flag, lift: false };
        manager.identity().flag_subject(request).await.unwrap();
    }
    in_order(&trace(&hub, &fled.alert_id).await, &["SUBJECT_FLAGGED", "SUBJECT_FLAGGED"]);

    hub.advance_to("2026-11-20T15:00:00Z").await;
    let home = json!({ "type": "ADDRESS_TYPE_HOME", "postcode": "ZX44 1JH" });
    let unknowing = edited("s05-domestic-abuse-gold.json", |alert| {
        of_rory(alert, "2026-11-20T15:00:00Z", &home);
    });
    let mut police = hub.agency("MERPOL").await;
    let taken = police.submit(unknowing).await.unwrap();

    let (noon, three) = ("2026-11-23T11:00:00Z", "2026-11-23T15:00:00Z");
    let expected =
        [("CADT", 3, noon), ("WCHC-019", 4, three), ("SCH-900106", 3, "2026-11-23T08:30:00Z")];
    let copies = arrived(&hub, &taken.alert_id, &expected).await;
    let mut at_the_unit: Vec<_> = asked(&hub, "FSU", &taken.alert_id).await;
    at_the_unit.sort();
    let expected = [
        ("COPY_VIEW_SAFE_TASK", 2, instant("2026-11-20T16:00:00Z")),
        ("COPY_VIEW_STANDARD", 3, instant(noon)),
    ];
    assert_eq!(at_the_unit, expected.map(|(view, at, due)| (view.to_owned(), at, due)));
    nothing_for(&hub, &["AREA-04", "AREA-02", "EDT", "MARAC"]).await;
    for copy in &copies {
        let text = json::copy_to_json(copy).unwrap();
        assert!(!text.contains(REFUGE), "the refuge at {}", copy.mailbox);
        assert!(!text.contains("ZX44 1JH"), "nor where she fled from: {}", copy.mailbox);
    }
}
