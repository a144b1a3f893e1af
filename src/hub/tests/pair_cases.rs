//! NI 32 over a hub's services: from two cases of one pair to a figure, and to the entries it rests on.

use serde_json::{Value, json};

use super::*;
use crate::broker::{Correction, Recall, Recipients};
use crate::domain::after::{CorrectionReason, RecallReason};
use crate::domain::principal::Role;
use crate::identity::Hand;
use crate::indicators::{Asked, Drill, EntryCounted, Indicators, Part, Period};
use crate::policy::indicators::PublishedValue;

const REFERRED: &str = include_str!("../../../docs/samples/alerts/s07-marac-referral.json");
const HEARD: &str = include_str!("../../../docs/samples/alerts/s07-marac-outcome.json");
const ABUSE: &str = include_str!("../../../docs/samples/alerts/s07-repeat.json");

/// One who is not Tomas.
fn another(sample: &str) -> String {
    let another = sample.replace("Dummyman", "Fictus").replace("9990015074", "9990002746");
    another.replace("1987-12-03", "1991-06-18")
}

fn wait_until(desk: &Desk, at: &str) {
    desk.clock.advance(instant(at).since(desk.env.now()));
}

/// Tomas with the number by which the hub knows him again.
fn numbered(sample: &str) -> Value {
    let mut request: Value = serde_json::from_str(sample).unwrap();
    let tomas = &mut request["alert"]["envelope"]["personsOfConcern"][0]["person"];
    tomas["nhsNumber"] = json!("9990015074");
    tomas["nhsNumberStatus"] = json!("NHS_NUMBER_STATUS_VERIFIED");
    request
}

/// A case: referred on one day and heard on another.
async fn case(
    desk: &Desk,
    (referred, heard): (&str, &str),
    key: &str,
    edit: impl Fn(&str) -> String,
) -> (Accepted, Accepted) {
    wait_until(desk, &format!("{referred}T10:00:00Z"));
    let sent = edit(&REFERRED.replace("2025-11-20", referred));
    let referral = desk.tries("FSU", &received(&sent, &format!("{key}-r"))).await.unwrap();
    let episode = referral.alert.episode.to_string();
    let outcome = outcome(desk, (&episode, heard), key, edit).await;
    (referral, outcome)
}

async fn outcome(
    desk: &Desk,
    (episode, heard): (&str, &str),
    key: &str,
    edit: impl Fn(&str) -> String,
) -> Accepted {
    wait_until(desk, &format!("{heard}T16:00:00Z"));
    let mut sent = numbered(&HEARD.replace("2025-12-11", heard));
    sent["alert"]["envelope"]["episodeId"] = json!(episode);
    let sent = edit(&sent.to_string());
    desk.tries("MARAC", &received(&sent, &format!("{key}-o"))).await.unwrap()
}

/// Tomas hurts her: what would be criminal.
async fn hurt(desk: &Desk, day: &str, key: &str) {
    wait_until(desk, &format!("{day}T12:00:00Z"));
    let sent = ABUSE.replace("2026-11-19", day).replace("PSYCHOLOGICAL", "PHYSICAL");
    desk.tries("FSU", &received(&sent, key)).await.unwrap();
}

fn service(desk: &Desk) -> Indicators {
    let (store, audit) = (Arc::clone(&desk.parts.store), Arc::clone(&desk.parts.audit));
    Indicators::new(store, desk.env.clone(), audit)
}

fn asked(desk: &Desk) -> Asked {
    Asked::of(Period::financial_year(2026).unwrap(), desk.env.now())
}

fn drill(id: &str, part: Part) -> Drill {
    Drill { id: id.to_owned(), line: String::new(), part, from_index: 0, limit: 10 }
}

/// `n of m`, by what the reviewer may read.
async fn figure(desk: &Desk, id: &str) -> String {
    let reviewer = stewarding::person("HUB-IG", "u-3301", Role::IgReviewer);
    let mut counted = Vec::new();
    for part in [Part::Numerator, Part::Denominator] {
        let asked = (&asked(desk), &drill(id, part));
        counted.push(service(desk).entries(&reviewer, asked).await.unwrap().counted);
    }
    format!("{} of {}", counted[0], counted[1])
}

async fn two_cases() -> (Desk, (Accepted, Accepted), (Accepted, Accepted)) {
    let desk = Desk::opening_at("2025-11-20T10:00:00Z").await;
    let first = case(&desk, ("2025-11-20", "2025-12-11"), "a", str::to_owned).await;
    hurt(&desk, "2026-06-01", "k-hurt").await;
    let second = case(&desk, ("2026-06-03", "2026-06-25"), "b", str::to_owned).await;
    (desk, first, second)
}

#[tokio::test]
async fn ni_32_two_cases_of_a_pair_within_twelve_months_are_a_repeat_by_both_definitions() {
    let (desk, ..) = two_cases().await;

    assert_eq!(figure(&desk, "NI 32").await, "1 of 1", "the first was heard a year before");
    assert_eq!(figure(&desk, "NI 32 current").await, "1 of 1");
    let analyst = stewarding::person("HUB-IG", "u-3303", Role::Analyst);
    let published = service(&desk).report(&analyst, &asked(&desk)).await.unwrap();
    let ni_32 = published.iter().find(|it| it.indicator.id == "NI 32").unwrap();
    assert_eq!(ni_32.value, PublishedValue::Suppressed, "one case is a person");
    assert!(ni_32.version > 0);
}

#[tokio::test]
async fn ni_32_a_case_of_another_pair_or_after_twelve_months_counts_and_is_no_repeat() {
    let desk = Desk::opening_at("2025-11-20T10:00:00Z").await;
    case(&desk, ("2025-11-20", "2025-12-11"), "a", str::to_owned).await;
    hurt(&desk, "2026-06-01", "k-hurt").await;
    case(&desk, ("2026-06-03", "2026-06-25"), "b", another).await;

    assert_eq!(figure(&desk, "NI 32").await, "0 of 1");
    assert_eq!(figure(&desk, "NI 32 current").await, "0 of 1");

    case(&desk, ("2026-11-21", "2026-12-03"), "c", str::to_owned).await;
    assert_eq!(figure(&desk, "NI 32 current").await, "1 of 2", "what happened in June counts");
    let alone = Desk::opening_at("2025-11-20T10:00:00Z").await;
    case(&alone, ("2025-11-20", "2025-12-11"), "a", str::to_owned).await;
    case(&alone, ("2026-11-21", "2026-12-12"), "c", str::to_owned).await;
    assert_eq!(figure(&alone, "NI 32 current").await, "0 of 1", "a day late");
}

#[tokio::test]
async fn ni_32_of_a_repeat_of_which_nobody_says_what_happened_is_left_out_by_the_old_definition() {
    let desk = Desk::opening_at("2025-11-20T10:00:00Z").await;
    case(&desk, ("2025-11-20", "2025-12-11"), "a", str::to_owned).await;
    case(&desk, ("2026-06-03", "2026-06-25"), "b", str::to_owned).await;

    assert_eq!(figure(&desk, "NI 32 current").await, "1 of 1", "any instance, criminal or not");
    assert_eq!(figure(&desk, "NI 32").await, "0 of 0");
    let reviewer = stewarding::person("HUB-IG", "u-3301", Role::IgReviewer);
    let left_out = drill("NI 32", Part::LeftOut(String::new()));
    let page = service(&desk).entries(&reviewer, (&asked(&desk), &left_out)).await.unwrap();
    assert_eq!(page.counted, 1);
}

#[tokio::test]
async fn ni_32_falls_when_the_pair_is_unlinked_corrected_or_recalled() {
    // Unlinked by a steward: it is another pair.
    let (desk, first, second) = two_cases().await;
    for other in [&first.0, &first.1] {
        let asked = stewarding::says(Hand::Unlink, other.alert.id, second.0.alert.id);
        stewarding::identity(&desk).decide(&stewarding::steward(), &asked).await.unwrap();
    }
    assert_eq!(figure(&desk, "NI 32").await, "0 of 1");
    assert_eq!(figure(&desk, "NI 32 current").await, "0 of 1");

    // The later referral was about another man.
    let (desk, _, second) = two_cases().await;
    let sent = another(&REFERRED.replace("2025-11-20", "2026-06-03"));
    let corrects = |alert| {
        let changed = vec!["alert.envelope.persons_of_concern[].person.dob".to_owned()];
        Some(Correction { alert, reason: Some(CorrectionReason::Identity), changed })
    };
    let correction =
        Received { corrects: corrects(second.0.alert.id), ..received(&sent, "k-corrected") };
    desk.tries("FSU", &correction).await.unwrap();
    assert_eq!(figure(&desk, "NI 32").await, "0 of 1");

    // So was the earlier one: what was counted from is gone.
    let (desk, first, _) = two_cases().await;
    let sent = another(REFERRED);
    let correction =
        Received { corrects: corrects(first.0.alert.id), ..received(&sent, "k-corrected") };
    desk.tries("FSU", &correction).await.unwrap();
    assert_eq!(figure(&desk, "NI 32 current").await, "0 of 1");
    assert_eq!(figure(&desk, "NI 32").await, "1 of 1", "its meeting stands");

    // Corrected in something else, it stands.
    let (desk, first, _) = two_cases().await;
    let sent = REFERRED.replace("new flat", "new home");
    let correction =
        Received { corrects: corrects(first.0.alert.id), ..received(&sent, "k-corrected") };
    desk.tries("FSU", &correction).await.unwrap();
    assert_eq!(figure(&desk, "NI 32 current").await, "1 of 1");

    // A case whose outcome was recalled was not heard.
    let (desk, _, second) = two_cases().await;
    let all = Recall {
        alert: second.1.alert.id,
        recipients: Recipients::All,
        reason: RecallReason::WrongPerson,
    };
    desk.broker.recall(&system("MARAC"), &all).await.unwrap();
    assert_eq!(figure(&desk, "NI 32").await, "0 of 0");
}

#[tokio::test]
async fn a_figure_is_drilled_to_the_entries_that_took_its_alerts_by_a_reviewer_only() {
    let (desk, _, second) = two_cases().await;
    let reviewer = stewarding::person("HUB-IG", "u-3301", Role::IgReviewer);
    let numerator = drill("NI 32", Part::Numerator);

    let page = service(&desk).entries(&reviewer, (&asked(&desk), &numerator)).await.unwrap();

    let index = second.1.alert.submitted.0;
    assert_eq!(page.entries, [EntryCounted { index, times: 1 }]);
    assert_eq!(page.next, None);
    let recorded = |outcome: &str| {
        let trace = desk.store.trace();
        trace.into_iter().filter(|(said, _)| said.starts_with(outcome)).count()
    };
    assert_eq!(recorded("IG_REPORT_RUN:INDICATOR_ENTRIES"), 1);
    let beyond = Drill { from_index: index + 1, ..numerator.clone() };
    let page = service(&desk).entries(&reviewer, (&asked(&desk), &beyond)).await.unwrap();
    assert_eq!((page.entries, page.counted), (vec![], 1));

    for (caller, reason) in [
        (stewarding::person("HUB-IG", "u-3303", Role::Analyst), "ROLE_NOT_ALLOWED"),
        (stewarding::person("MARAC", "u-2401", Role::MaracCoordinator), "ROLE_NOT_ALLOWED"),
        (stewarding::person("MERPOL", "u-3301", Role::IgReviewer), "ROLE_NOT_ALLOWED"),
        (system("HUB-IG"), "OWN_CERTIFICATE_NEEDED"),
    ] {
        let before = recorded("ACCESS_DENIED");
        let refused = service(&desk).entries(&caller, (&asked(&desk), &numerator)).await;
        assert_eq!(refused.unwrap_err().reason(), reason);
        assert_eq!(recorded("ACCESS_DENIED"), before + 1);
    }
    let before = recorded("IG_REPORT_RUN");
    for wrong in [drill("NI 33", Part::Numerator), drill("Rhian", Part::Denominator)] {
        let refused = service(&desk).entries(&reviewer, (&asked(&desk), &wrong)).await;
        assert_eq!(refused.unwrap_err().reason(), "NO_SUCH_LINE");
    }
    assert_eq!(recorded("IG_REPORT_RUN"), before, "a text of the caller's stands in no entry");
    let several = drill("Acknowledged", Part::Numerator);
    let refused = service(&desk).entries(&reviewer, (&asked(&desk), &several)).await;
    assert_eq!(refused.unwrap_err().reason(), "NO_SUCH_LINE", "which of the lines?");
    let one = Drill { line: "P2 taken by a person in time".to_owned(), ..several };
    service(&desk).entries(&reviewer, (&asked(&desk), &one)).await.unwrap();
}
