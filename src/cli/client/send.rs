//! `staysafe send`: one alert, under one key, with a receipt that is verified and kept.
//!
//! Where an urgent alert is not known to be stored, the last word on the screen is whom to phone.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use prost::Message as _;
use serde_json::{Value, json};

use super::super::connect::{ConnectArgs, Session};
use super::super::error::{CliError, advice};
use super::super::json;
use super::super::output::{Output, clean};
use super::receipts;
use super::state::{self, StateArgs};
use super::words;
use crate::calendar;
use crate::env::{Machine, MachineTime as _, SystemEntropy, random};
use crate::wire::{SubmitAlertRequest, v1};

/// The largest input read, in bytes: the hub takes 256 KiB encoded, JSON is longer.
const INPUT_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// `send`.
#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// File with the alert as JSON; - reads standard input.
    #[arg(value_name = "FILE|-")]
    file: PathBuf,

    /// Key of this submission, unique for your agency for 30 days; in place of the file's. Made up if neither is given.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,

    /// The episode the alert belongs to, in place of the file's.
    #[arg(long, value_name = "ID")]
    episode: Option<String>,

    /// The alert this one updates, in place of the file's.
    #[arg(long, value_name = "ALERT")]
    supersedes: Option<String>,

    /// The incomplete alert this one completes, in place of the file's.
    #[arg(long, value_name = "ALERT")]
    completes: Option<String>,

    #[command(flatten)]
    state: StateArgs,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `send`.
pub(crate) async fn run(args: &SendArgs, out: &mut Output) -> Result<(), CliError> {
    let mut submission = Submission::read(&args.file)?;
    submission.apply(args);
    let urgent = submission.is_urgent();

    let opened = args.connect.open(out).await;
    let mut session = opened.map_err(|error| not_sent(error, urgent))?;
    submission.set_sent_at(&session);
    let (key, request) = (submission.key.clone(), submission.into_request());
    let answer = session.client.submit(request).await;
    let answer = answer.map_err(|error| {
        if error.is_worth_retrying() {
            let again = format!("Sending again is safe with --idempotency-key {key}");
            // The refusal itself is told next; losing this line loses nothing.
            drop(out.aside(&again));
        }
        not_sent(error.into(), urgent)
    })?;
    taken((args.state.directory(&args.connect), urgent), &session, &answer, out)?;
    session.finish()
}

/// Checks the receipt, keeps it where there is a place for it, and tells what the hub answered.
pub(super) fn taken(
    (state, urgent): (Option<PathBuf>, bool),
    session: &Session,
    answer: &v1::SubmitAlertResponse,
    out: &mut Output,
) -> Result<(), CliError> {
    let receipt = receipts::checked(answer.receipt.as_ref(), &session.key);
    let receipt = receipt.map_err(|error| not_receipted(error, urgent, answer))?;
    let kept = match state {
        Some(state) => Some(state::keep_receipt(&state, &answer.alert_id, &receipt.json()?)?),
        None => None,
    };
    let mut lines = vec![
        format!(
            "stored: alert {}  {}  {}",
            answer.alert_id,
            words::priority(answer.priority()),
            words::short(answer.acceptance().as_str_name(), "ACCEPTANCE_"),
        ),
        format!("  episode {}", answer.episode_id),
        format!("  {}", receipt.text()),
    ];
    if let Some(kept) = &kept {
        lines.push(format!("  receipt kept in {}", kept.display()));
    }
    if !answer.gaps.is_empty() {
        // A field refused alone leaves nothing to complete.
        lines.push(match answer.acceptance() {
            v1::Acceptance::AcceptedIncomplete => {
                "delivered without these; complete it within 60 minutes:".to_owned()
            }
            v1::Acceptance::Accepted | v1::Acceptance::Unspecified => {
                "delivered without these:".to_owned()
            }
        });
        lines.extend(words::gaps(&answer.gaps));
    }
    lines.extend(words::notices(&answer.notices));
    lines.extend(
        answer
            .duty_contacts
            .iter()
            .map(|contact| clean(&format!("phone {}: {}", contact.name, contact.phone))),
    );
    out.text(&lines.join("\n"))?;

    let mut sent = json::of("staysafe.v1.SubmitAlertResponse", answer)?;
    if let Some(object) = sent.as_object_mut() {
        object.insert("receipt".to_owned(), receipt.json()?);
        object.insert("receiptFile".to_owned(), json!(kept));
    }
    out.json(&json!({ "sent": sent }))
}

/// What is to be sent.
pub(super) struct Submission {
    pub(super) key: String,
    completes: String,
    alert: v1::Alert,
}

impl Submission {
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let text = if path.as_os_str() == "-" {
            read_bounded(io::stdin().lock())
        } else {
            File::open(path).and_then(read_bounded)
        };
        Self::parse(&text.map_err(|source| CliError::file("read", path, source))?)
    }

    /// A whole request, or an alert alone.
    fn parse(text: &str) -> Result<Self, CliError> {
        let alone =
            serde_json::from_str(text).is_ok_and(|value: Value| value.get("envelope").is_some());
        if alone {
            let alert = json::read("staysafe.v1.Alert", text)?;
            return Ok(Self { key: String::new(), completes: String::new(), alert });
        }
        let request: SubmitAlertRequest = json::read("staysafe.v1.SubmitAlertRequest", text)?;
        // Whatever the JSON gave is in the contract, so nothing is lost by reading it.
        let alert = v1::Alert::decode(request.alert)
            .map_err(|source| CliError::because("could not read the alert", source))?;
        Ok(Self { key: request.idempotency_key, completes: request.completes, alert })
    }

    /// The key of the command line, else the file's, else one that is made up.
    pub(super) fn set_key(&mut self, given: Option<&String>) {
        if let Some(key) = given {
            self.key.clone_from(key);
        }
        if self.key.is_empty() {
            self.key = fresh_key();
        }
    }

    /// What the command line says wins over the file; a key is made up where neither gives one.
    fn apply(&mut self, args: &SendArgs) {
        self.set_key(args.idempotency_key.as_ref());
        if let Some(completes) = &args.completes {
            self.completes.clone_from(completes);
        }
        let Some(envelope) = &mut self.alert.envelope else { return };
        if let Some(episode) = &args.episode {
            envelope.episode_id.clone_from(episode);
        }
        if let Some(supersedes) = &args.supersedes {
            envelope.supersedes.clone_from(supersedes);
        }
    }

    /// P1, P2, or a priority that cannot be told (domain 3.2).
    pub(super) fn is_urgent(&self) -> bool {
        let given = self.alert.envelope.as_ref().map(|envelope| envelope.priority);
        let routine = [v1::Priority::P3, v1::Priority::P4, v1::Priority::P5];
        !routine.iter().any(|routine| given == Some(i32::from(*routine)))
    }

    /// Without a time of sending, now: by the hub where its time is simulated, else by this machine.
    pub(super) fn set_sent_at(&mut self, session: &Session) {
        let Some(envelope) = &mut self.alert.envelope else { return };
        if envelope.sent_at.is_some() {
            return;
        }
        let hub = session.client.hub();
        let at = match hub.hub_time.as_ref().and_then(words::instant).filter(|_| hub.simulated) {
            Some(simulated) => simulated,
            None => Machine::new().wall().to_jiff(),
        };
        envelope.sent_at = Some(v1::Instant {
            at: Some(prost_types::Timestamp {
                seconds: at.as_second(),
                nanos: at.subsec_nanosecond(),
            }),
            utc_offset_minutes: offset_minutes(at),
        });
    }

    pub(super) fn into_request(self) -> SubmitAlertRequest {
        SubmitAlertRequest {
            idempotency_key: self.key,
            alert: self.alert.encode_to_vec().into(),
            completes: self.completes,
        }
    }
}

fn read_bounded(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    let read = from.take(INPUT_BYTES_MAX.saturating_add(1)).read_to_string(&mut text)?;
    match u64::try_from(read).is_ok_and(|read| read <= INPUT_BYTES_MAX) {
        true => Ok(text),
        false => Err(io::Error::new(io::ErrorKind::FileTooLarge, "longer than 2 MiB")),
    }
}

fn fresh_key() -> String {
    let bytes: [u8; 16] = random(&SystemEntropy::new());
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("cli-{digits}")
}

/// Minutes that local clocks are ahead of UTC.
fn offset_minutes(at: jiff::Timestamp) -> i32 {
    let as_utc = calendar::local(at).to_zoned(jiff::tz::TimeZone::UTC);
    let ahead =
        as_utc.ok().map(|local| local.timestamp().as_second().saturating_sub(at.as_second()));
    ahead.and_then(|seconds| i32::try_from(seconds.checked_div(60)?).ok()).unwrap_or(0)
}

/// An alert that is urgent and not known to be stored needs a phone, whatever the reason.
pub(super) fn not_sent(error: CliError, urgent: bool) -> CliError {
    if let CliError::Client(error) = error {
        return match urgent || advice(&error).is_some() {
            true => CliError::NotSent(error),
            false => CliError::Client(error),
        };
    }
    error
}

/// An urgent alert whose receipt does not hold may have reached nobody: what the hub says of it is worth no more.
fn not_receipted(error: CliError, urgent: bool, answer: &v1::SubmitAlertResponse) -> CliError {
    let raised = matches!(answer.priority(), v1::Priority::P1 | v1::Priority::P2);
    let CliError::Proof(why) = error else { return error };
    if !urgent && !raised {
        return CliError::Proof(why);
    }
    let contacts = answer.duty_contacts.iter();
    let contacts = contacts.map(|contact| format!("{}: {}", contact.name, contact.phone));
    CliError::NotReceipted { why, contacts: contacts.collect() }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::merkle::{KeyName, VerifierKey};
    use crate::sdk::ClientError;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        send: SendArgs,
    }

    fn args(words: &[&str]) -> SendArgs {
        Words::parse_from(["send", "-"].iter().chain(words)).send
    }

    fn submission(text: &str) -> Submission {
        Submission::parse(text).unwrap()
    }

    #[test]
    fn an_alert_alone_and_a_whole_request_are_both_taken() {
        let alone = submission(r#"{"envelope":{"priority":"PRIORITY_P4"}}"#);
        let whole = submission(r#"{"idempotencyKey":"k","completes":"c","alert":{"envelope":{}}}"#);

        assert!(alone.alert.envelope.is_some());
        assert_eq!((whole.key.as_str(), whole.completes.as_str()), ("k", "c"));
        assert!(whole.alert.envelope.is_some());
        assert!(Submission::parse("not JSON").is_err());
        assert!(Submission::parse(r#"{"alart":{}}"#).is_err());
    }

    #[test]
    fn what_is_given_wins_over_the_file_and_a_key_is_made_up_only_without_one() {
        let text = r#"{"idempotencyKey":"of-file","alert":{"envelope":{"episodeId":"e"}}}"#;
        let (mut plain, mut given, mut fresh) =
            (submission(text), submission(text), submission("{}"));

        plain.apply(&args(&[]));
        given.apply(&args(&["--idempotency-key", "k", "--episode", "ep", "--completes", "c"]));
        fresh.apply(&args(&[]));

        assert_eq!(plain.key, "of-file");
        assert_eq!(plain.alert.envelope.unwrap().episode_id, "e");
        assert_eq!((given.key.as_str(), given.completes.as_str()), ("k", "c"));
        assert_eq!(given.alert.envelope.unwrap().episode_id, "ep");
        assert_eq!(fresh.key.len(), 36, "{}", fresh.key);
        assert_ne!(fresh.key, fresh_key());
    }

    #[test]
    fn an_alert_whose_priority_cannot_be_told_is_treated_as_urgent() {
        for (priority, urgent) in [
            ("\"PRIORITY_P1\"", true),
            ("\"PRIORITY_P2\"", true),
            ("\"PRIORITY_UNSPECIFIED\"", true),
            ("77", true),
            ("\"PRIORITY_P3\"", false),
            ("\"PRIORITY_P5\"", false),
        ] {
            let text = format!(r#"{{"envelope":{{"priority":{priority}}}}}"#);

            assert_eq!(submission(&text).is_urgent(), urgent, "{priority}");
        }
        assert!(submission("{}").is_urgent());
    }

    #[test]
    fn an_urgent_alert_that_is_not_stored_ends_with_whom_to_phone() {
        let refused = ClientError::Refused {
            code: tonic::Code::Unavailable,
            reason: "STORE_CLOSED".to_owned(),
            message: "the hub cannot do this now. Not sent: phone 0151 496 0030. In danger call \
                      999."
                .to_owned(),
            violations: Vec::new(),
        };

        let told = not_sent(refused.into(), false).to_text();

        assert!(told.contains("!!  NOT SENT"), "{told}");
        assert!(told.contains("!!  Not sent: phone 0151 496 0030"), "{told}");
        let unknown = ClientError::Refused {
            code: tonic::Code::Unavailable,
            reason: "CALL_TIMED_OUT".to_owned(),
            message: "the hub cannot do this now. Not known to be stored: phone 0151 496 0030. In \
                      danger call 999."
                .to_owned(),
            violations: Vec::new(),
        };
        let unknown = not_sent(unknown.into(), false).to_text();
        assert!(unknown.contains("!!  NOT KNOWN TO BE STORED"), "{unknown}");
        assert!(unknown.contains("!!  Not known to be stored: phone 0151 496 0030"), "{unknown}");
        assert!(!unknown.contains("NOT SENT") && !unknown.contains("does not have"), "{unknown}");
        let broken = ClientError::Refused {
            code: tonic::Code::Unavailable,
            reason: "NO_CONNECTION".to_owned(),
            message: "the connection broke before the hub answered".to_owned(),
            violations: Vec::new(),
        };
        let broken = not_sent(broken.into(), true).to_text();
        assert!(broken.contains("!!  NOT KNOWN TO BE STORED"), "{broken}");
        assert!(!broken.contains("does not have"), "{broken}");
        let unreached = not_sent(ClientError::Endpoint.into(), true).to_text();
        assert!(unreached.contains("!!  NOT SENT"), "{unreached}");
        let gone = not_sent(ClientError::StreamEnded.into(), true).to_text();
        assert!(gone.contains("call 999"), "{gone}");
        let routine = not_sent(ClientError::StreamEnded.into(), false).to_text();
        assert!(!routine.contains("NOT SENT"), "{routine}");
    }

    #[test]
    fn an_urgent_alert_whose_receipt_does_not_hold_ends_with_whom_to_phone() {
        let key = VerifierKey::new(KeyName::try_from("log.example".to_owned()).unwrap(), [7; 32]);
        let forged = v1::Receipt { signature: vec![0; 64], ..v1::Receipt::default() };
        let edt = v1::DutyContact { name: "EDT".to_owned(), phone: "0151 496 0030".to_owned() };
        let stored = v1::SubmitAlertResponse {
            duty_contacts: vec![edt],
            receipt: Some(forged),
            ..v1::SubmitAlertResponse::default()
        };
        let told = |urgent, answer: &v1::SubmitAlertResponse| {
            let checked = receipts::checked(answer.receipt.as_ref(), key.as_ref().unwrap());
            not_receipted(checked.err().unwrap(), urgent, answer)
        };

        let urgent = told(true, &stored).to_text();
        assert!(urgent.contains("!!  NOT KNOWN TO BE STORED"), "{urgent}");
        assert!(urgent.contains("the hub says: EDT: 0151 496 0030"), "{urgent}");
        assert!(urgent.contains("In danger call 999"), "{urgent}");
        assert!(urgent.contains("error: ALARM: the"), "{urgent}");
        assert!(!urgent.contains("stored: alert"), "{urgent}");
        let script = told(true, &stored).to_json();
        assert_eq!(script["error"]["reason"], "PROOF_DOES_NOT_HOLD");
        assert!(script["error"]["phone"].as_str().unwrap().contains("0151 496 0030"), "{script}");

        let raised =
            v1::SubmitAlertResponse { priority: v1::Priority::P2.into(), ..stored.clone() };
        assert!(told(false, &raised).to_text().contains("call 999"), "the hub took it as urgent");
        let none = v1::SubmitAlertResponse::default();
        let none = told(true, &none).to_text();
        assert!(none.contains("Phone the recipient's duty desk now. In"), "no receipt: {none}");
        let routine = told(false, &stored);
        assert!(!routine.to_text().contains("999"), "{}", routine.to_text());
        assert!(routine.to_json()["error"].get("phone").is_none());
    }

    #[test]
    fn local_clocks_are_an_hour_ahead_in_summer_and_not_in_winter() {
        assert_eq!(offset_minutes("2026-07-01T12:00:00Z".parse().unwrap()), 60);
        assert_eq!(offset_minutes("2026-12-01T12:00:00Z".parse().unwrap()), 0);
    }

    #[test]
    fn an_input_that_is_too_long_is_refused_whole() {
        let limit = usize::try_from(INPUT_BYTES_MAX).unwrap();

        assert!(
            read_bounded(io::repeat(b' ').take(INPUT_BYTES_MAX)).is_ok_and(|t| t.len() == limit)
        );
        assert!(read_bounded(io::repeat(b' ')).is_err());
    }
}
