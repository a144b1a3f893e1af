//! S18: a year of a partnership over the wire, and what an analyst reads of it.
//!
//! 100 contacts of which 60 become referrals and 43 are assessed, 684 common assessments of which 50 are audited, 80
//! attendances of under-16s and 9 of 16 and 17: each about a young person of their own, told by whoever tells of it.

use serde_json::{Value, json};
use staysafe::sdk::Client;
use staysafe::tls::ClientTls;
use tokio::task::JoinSet;

use super::days::{edited, written_at};
use super::looking::refused;
use super::*;

/// Senders at once: as a partnership has, and as many as keep the hub busy.
const AT_ONCE: usize = 8;

type Taken = Vec<v1::SubmitAlertResponse>;

/// Sends them, several at once; what the hub answers, in their order.
async fn sent(hub: &TestHub, by: ClientTls, requests: Vec<SubmitAlertRequest>) -> Taken {
    let mut all = JoinSet::new();
    for worker in 0..AT_ONCE {
        let mut client: Client = hub.connect(by.clone()).await.unwrap();
        let own = requests.iter().enumerate().skip(worker).step_by(AT_ONCE);
        let own: Vec<_> = own.map(|(place, request)| (place, request.clone())).collect();
        all.spawn(async move {
            let mut taken = Vec::new();
            for (place, request) in own {
                let answer = client.submit(request).await;
                taken.push((place, answer.unwrap_or_else(|error| panic!("{place}: {error:?}"))));
            }
            taken
        });
    }
    let mut taken: Vec<_> = all.join_all().await.into_iter().flatten().collect();
    taken.sort_by_key(|(place, _)| *place);
    taken.into_iter().map(|(_, answer)| answer).collect()
}

/// A number of the test range that nobody else has.
fn nhs_number(person: usize) -> String {
    let numbers = (person * 2..).filter_map(|stem| {
        let stem = format!("999{:06}", 500_000 + stem);
        let digits = stem.chars().map(|digit| digit.to_digit(10).unwrap());
        let sum: u32 = digits.zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
        match 11 - sum % 11 {
            11 => Some(format!("{stem}0")),
            10 => None,
            check => Some(format!("{stem}{check}")),
        }
    });
    numbers.take(1).collect()
}

/// Makes the PRIMARY a young person of this number, born so many days after a day: no two share number, birth or the sound
/// of their names, so nobody may be anybody else.
fn about(alert: &mut Value, person: usize, (born, days): (&str, usize)) {
    const ONSETS: [&str; 6] = ["ba", "ka", "ta", "la", "ma", "ra"];
    let syllable = |place: usize| ONSETS[place % 6];
    let born: jiff::civil::Date = born.parse().unwrap();
    let born = born + jiff::Span::new().days(i64::try_from(days).unwrap());
    let family = format!("{}{}{}n", syllable(person), syllable(person / 6), syllable(person / 36));
    let given = format!("{}{}m", syllable(person / 7), syllable(person / 216));
    let subject = &mut alert["envelope"]["subjects"][0];
    subject["nhsNumber"] = nhs_number(person).into();
    subject["familyName"] = family.into();
    subject["givenNames"] = json!([given]);
    subject["dob"] = born.to_string().into();
}

fn keyed(key: &str, number: usize, request: SubmitAlertRequest) -> SubmitAlertRequest {
    SubmitAlertRequest { idempotency_key: format!("{key}-{number}"), ..request }
}

/// 100 contacts, 60 of them referrals, 43 of these assessed.
async fn referrals(hub: &TestHub) {
    let child = |alert: &mut Value, number| about(alert, number, ("2016-01-01", number));
    let contact = |number| keyed("C", number, edited("s09-referral.json", |it| child(it, number)));
    let school = hub.system("SCH-900104");
    let contacts = sent(hub, school, (0..100).map(contact).collect()).await;

    hub.advance_to("2026-04-07T13:10:00Z").await;
    let decision = |number: usize| {
        let request = edited("s09-decision.json", |alert| {
            child(alert, number);
            alert["envelope"]["episodeId"] = contacts[number].episode_id.as_str().into();
            if number >= 60 {
                let facts = &mut alert["referralDecision"];
                facts["decision"] = "REFERRAL_OUTCOME_NFA".into();
                facts["becameReferral"] = "BOOL3_NO".into();
                facts["feedback"]["decision"] = "REFERRAL_OUTCOME_NFA".into();
            }
        });
        keyed("D", number, request)
    };
    sent(hub, hub.person("CADT", "u-1106"), (0..100).map(decision).collect()).await;

    let now = "2026-04-20T13:00:00Z";
    hub.advance_to(now).await;
    let assessment = |number: usize| {
        let request = edited("s09-decision.json", |alert| {
            child(alert, number);
            written_at(alert, now);
            alert["envelope"]["kind"] = "ALERT_KIND_ASSESSMENT_COMPLETED".into();
            alert["envelope"]["priority"] = "PRIORITY_P5".into();
            alert.as_object_mut().unwrap().remove("referralDecision");
            alert["assessmentCompleted"] = json!({
                "referral": contacts[number].alert_id,
                "kind": "ASSESSMENT_KIND_SINGLE",
                "startedAt": { "at": "2026-04-08T09:00:00Z" },
                "endedAt": { "at": "2026-04-20T09:00:00Z" },
            });
        });
        keyed("A", number, request)
    };
    sent(hub, hub.system("CADT"), (0..43).map(assessment).collect()).await;
}

/// 684 common assessments, 50 audited: 15 GOOD, 7 EXCELLENT, 20 ADEQUATE, 8 POOR.
async fn common_assessments(hub: &TestHub) {
    let child = |alert: &mut Value, number: usize| {
        about(alert, 200 + number, ("2018-01-01", number));
        alert["familyHelp"]["cafRef"] = format!("CAF-2026-{number:04}").into();
    };
    hub.advance_to("2026-09-07T09:00:00Z").await;
    let registered =
        |number| keyed("R", number, edited("s10-caf-registered.json", |it| child(it, number)));
    let team = || hub.system("AREA-01");
    let plans = sent(hub, team(), (0..684).map(registered).collect()).await;

    hub.advance_to("2026-09-09T08:18:00Z").await;
    let audited = |number: usize| {
        let rating = match number {
            0..15 => "QUALITY_RATING_GOOD",
            15..22 => "QUALITY_RATING_EXCELLENT",
            22..42 => "QUALITY_RATING_ADEQUATE",
            _ => "QUALITY_RATING_POOR",
        };
        let request = edited("s10-tac-update.json", |alert| {
            child(alert, number);
            alert["envelope"]["episodeId"] = plans[number].episode_id.as_str().into();
            alert["familyHelp"]["qualityRating"] = rating.into();
            alert["familyHelp"]["auditedAt"] = json!({ "at": "2026-09-08T13:00:00Z" });
        });
        keyed("T", number, request)
    };
    sent(hub, team(), (0..50).map(audited).collect()).await;
}

/// 80 attendances of under-16s, 36 of them accepted with an appointment, 13 engaged; 9 of 16 and 17. Urgent, and so taken
/// without the fields of the offer; three were a day before the others.
async fn attendances(hub: &TestHub) -> Taken {
    hub.advance_to("2026-11-08T03:10:00Z").await;
    let child = |alert: &mut Value, number: usize| {
        let born = if number < 80 { "2010-11-20" } else { "2009-12-01" };
        about(alert, 1_000 + number, (born, number));
    };
    let attended = |number: usize| {
        let request = edited("s03-alcohol-attendance.json", |alert| {
            child(alert, number);
            alert["envelope"]["risk"] = "RISK_HIGH".into();
            alert["envelope"]["priority"] = "PRIORITY_P2".into();
            let facts = alert["alcohol"].as_object_mut().unwrap();
            for field in ["offer", "offerAgreedBy", "agreementScope", "safeContactForAppointment"] {
                facts.remove(field);
            }
            if number < 3 {
                facts["attendanceAt"] = json!({ "at": "2026-11-06T23:50:00Z" });
            }
            if number >= 80 {
                facts["competence"]["age"] = 16.into();
                facts["competence"]["basis"] = "COMPETENCE_BASIS_MCA_PRESUMED".into();
            }
        });
        keyed("N", number, request)
    };
    let taken = sent(hub, hub.system("WUTH-AED"), (0..89).map(attended).collect()).await;

    let stages = [
        ("2026-11-10T10:00:00Z", "s03-pathway-booked.json", 36),
        ("2026-11-13T11:30:00Z", "s03-pathway-attended.json", 13),
        ("2026-11-27T11:30:00Z", "s03-pathway-engaged.json", 13),
    ];
    for (at, name, of) in stages {
        hub.advance_to(at).await;
        let told = |number: usize| {
            let request = edited(name, |alert| {
                child(alert, number);
                alert["envelope"]["episodeId"] = taken[number].episode_id.as_str().into();
            });
            keyed(name, number, request)
        };
        let answers = sent(hub, hub.system("RESPONSE"), (0..of).map(told).collect()).await;
        assert!(answers.iter().zip(&taken).all(|(told, of)| told.episode_id == of.episode_id));
    }
    taken
}

/// What a line says: value, numerator and denominator, and what was left out.
fn line(figures: &[v1::IndicatorFigure], id: &str, start: &str) -> String {
    let found = figures.iter().find(|it| it.id == id && it.line.starts_with(start));
    let figure = found.unwrap_or_else(|| panic!("{id} {start}"));
    let of = match (figure.numerator.as_str(), figure.denominator.as_str()) {
        (_, "") => String::new(),
        (counted, all) => format!(" ({counted} of {all})"),
    };
    let left_out = figure.exclusions.iter().map(|it| format!("; {} {}", it.count, it.why));
    std::iter::once(format!("{}{of}", figure.value)).chain(left_out).collect()
}

fn days(first: &str, last: &str) -> v1::GetIndicatorsRequest {
    v1::GetIndicatorsRequest {
        first_day: first.to_owned(),
        last_day: last.to_owned(),
        ..v1::GetIndicatorsRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_an_analyst_reads_a_year_in_figures_and_no_row_of_anybody() {
    let hub = TestHub::starting_at("2026-04-02T14:00:00Z").await;
    referrals(&hub).await;
    common_assessments(&hub).await;
    let attended = attendances(&hub).await;
    let mut analyst = hub.connect(hub.person("HUB-IG", "u-3308")).await.unwrap();

    let year = days("2026-04-01", "2027-03-31");
    let figures = analyst.indicators(year.clone()).await.unwrap().figures;

    // V1, of the under-16s only.
    assert_eq!(line(&figures, "PATH", "attended"), "80");
    assert_eq!(line(&figures, "PATH", "offered"), "not recorded");
    assert_eq!(line(&figures, "PATH", "took up of offered"), "not recorded");
    assert_eq!(line(&figures, "PATH", "took up of attended"), "45.0% (36 of 80)");
    assert_eq!(line(&figures, "PATH", "engaged of took up"), "36.1% (13 of 36)");
    assert_eq!(line(&figures, "PATH", "engaged of attended"), "16.3% (13 of 80)");
    // Of the referrals, not of the contacts: not 43.0%.
    let ni_68 = line(&figures, "NI 68", "referrals");
    assert_eq!(ni_68, "71.7% (43 of 60); 40 contact, no referral");
    assert_eq!(line(&figures, "Assessments", "single"), "100.0% (43 of 43)");
    // Of those audited, not of those registered.
    assert_eq!(line(&figures, "CAFQ", "assessments registered"), "684");
    assert_eq!(line(&figures, "CAFQ", "audited"), "44.0% (22 of 50)");
    // Nobody was taken for anybody else, and every version is said.
    let not_confirmed =
        figures.iter().flat_map(|it| &it.exclusions).find(|it| it.why.contains("confirmed"));
    assert_eq!(not_confirmed, None);
    assert!(figures.iter().all(|it| it.definition_version >= 2));

    // A cell of three.
    let day = analyst.indicators(days("2026-11-06", "2026-11-06")).await.unwrap().figures;
    assert_eq!(line(&day, "PATH", "attended"), "c", "three are too few to be told");
    let told = format!("{figures:?}{day:?}");
    assert!(!told.contains("99950") && !told.contains(&attended[0].alert_id), "aggregates only");
    for mailbox in ["WUTH-SG", "HUB-IG"] {
        assert!(!refused(&mut analyst, mailbox).await.is_empty(), "{mailbox}");
    }
    assert!(analyst.status(&attended[0].alert_id).await.is_err(), "no row");
    assert!(analyst.entries(0, 10).await.is_err(), "and no entry of the log");
    let drill = v1::GetIndicatorEntriesRequest {
        asked: Some(year.clone()),
        id: "NI 68".to_owned(),
        part: v1::IndicatorPart::Numerator.into(),
        ..v1::GetIndicatorEntriesRequest::default()
    };
    let refused = analyst.indicator_entries(drill).await.unwrap_err();
    assert_eq!(refused.reason(), "ROLE_NOT_ALLOWED", "nor those that a figure rests on");
    let by_hospital = hub.agency("WUTH-AED").await.indicators(year).await;
    assert!(by_hospital.is_err(), "figures are the analyst's alone");
}
