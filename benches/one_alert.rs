//! What one alert costs without network and disk: each pure step of its path, on the sample of an alcohol attendance.
//!
//! `cargo bench --bench one_alert`. What the whole hub does is measured by `staysafe bench`; these say where to look
//! when it got slower. Compare figures of one run only.
#![expect(clippy::unwrap_used, reason = "a measurement of a sample that is known to be good")]

use divan::{Bencher, black_box};
use staysafe::domain::alert::Conflicts;
use staysafe::domain::directory::Directory;
use staysafe::domain::{AgencyCode, Letter, Timestamp, View};
use staysafe::policy::views::{self, CopyRequest};
use staysafe::policy::{self, Clocks, Context, Decision, Replaces, Validated};
use staysafe::wire::parse::{self, Parsed, TestOrProduction};
use staysafe::wire::{SubmitAlertRequest, json};

fn main() {
    divan::main();
}

fn request() -> SubmitAlertRequest {
    let sample = include_str!("../docs/samples/alerts/s03-alcohol-attendance.json");
    json::request_from_json(sample).unwrap()
}

fn partnership() -> Directory {
    let file = include_str!("../docs/samples/partnership.toml");
    staysafe::directory::parse(file).unwrap()
}

fn parsed() -> Parsed {
    parse::submission(&request(), TestOrProduction::Test).unwrap_or_else(|_| unreachable_sample())
}

#[expect(clippy::panic, reason = "the sample is in the repository")]
fn unreachable_sample<T>() -> T {
    panic!("the sample is refused")
}

static NOBODY: Conflicts = Conflicts {
    agencies: Vec::new(),
    mailboxes: Vec::new(),
    users: Vec::new(),
    unnamed: Vec::new(),
    held: Vec::new(),
};

fn context(directory: &Directory) -> Context<'_> {
    let sender = AgencyCode::try_from("WUTH-AED").unwrap();
    let now: jiff::Timestamp = "2026-11-08T03:10:00Z".parse().unwrap();
    Context {
        directory,
        now: Timestamp::from(now),
        episode: &[],
        replaces: Replaces::Nothing,
        kept_from: &NOBODY,
        approver: None,
        decision_maker: None,
        sender: directory.agencies.get(&sender).unwrap(),
        clocks: Clocks::default(),
        repeats: &policy::triggers::NOTHING_KNOWN,
    }
}

fn validated(parsed: &Parsed, context: &Context<'_>) -> Validated {
    policy::validate(&parsed.submission, context).unwrap_or_else(|_| unreachable_sample())
}

fn decided(parsed: &Parsed, context: &Context<'_>) -> Decision {
    policy::decide(&parsed.submission, &validated(parsed, context), context)
}

#[divan::bench]
fn parse_submission(bencher: Bencher<'_, '_>) {
    let request = request();
    bencher.bench(|| parse::submission(black_box(&request), TestOrProduction::Test).is_ok());
}

#[divan::bench]
fn validate_submission(bencher: Bencher<'_, '_>) {
    let (parsed, directory) = (parsed(), partnership());
    let context = context(&directory);
    bencher.bench(|| policy::validate(black_box(&parsed.submission), &context).is_ok());
}

#[divan::bench]
fn decide_routes_and_sharing(bencher: Bencher<'_, '_>) {
    let (parsed, directory) = (parsed(), partnership());
    let context = context(&directory);
    let validated = validated(&parsed, &context);
    bencher.bench(|| policy::decide(black_box(&parsed.submission), &validated, &context));
}

#[divan::bench]
fn cut_one_copy(bencher: Bencher<'_, '_>) {
    let (parsed, directory) = (parsed(), partnership());
    let facts = decided(&parsed, &context(&directory)).hub_facts;
    let kind = parsed.submission.kind;
    let request = CopyRequest {
        hub_facts: Some(&facts),
        ..CopyRequest::new(kind, Letter::R, View::Standard)
    };
    bencher.bench(|| views::cut(black_box(&parsed.alert), &request).is_ok());
}

#[divan::bench(args = [1_000, 4_000])]
fn hash_one_leaf(bencher: Bencher<'_, '_>, bytes: usize) {
    let leaf = vec![0x5a; bytes];
    bencher.bench(|| staysafe::merkle::leaf_hash(black_box(&leaf)));
}
