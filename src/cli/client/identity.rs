//! `staysafe identity`: who is who. The stewards' queue, links by hand, the protected-subject register.
//!
//! Needs a person's own certificate: a steward's for the queue and the links; for the register that of the front door,
//! of family safety or of MARAC.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::super::connect::{ConnectArgs, Session};
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::directory::refused;
use super::words;
use crate::wire::v1;

/// `identity`.
#[derive(Debug, Args)]
pub(crate) struct IdentityArgs {
    /// What to do.
    #[command(subcommand)]
    command: IdentityCommand,

    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum IdentityCommand {
    /// List what waits for a steward, both persons side by side. The showing is recorded.
    Queue,
    /// Say that two mentions are one person.
    Link(Pair),
    /// Say that two mentions are not one person, though they are linked.
    Unlink(Pair),
    /// Say that two mentions are not one person: puts a proposal or a conflict away.
    Reject(Pair),
    /// Say that an alert tells of another event than the one it was linked to.
    Split {
        /// The later of the two alerts.
        #[arg(value_name = "ALERT")]
        alert: String,
    },
    /// Put a subject into the protected-subject register, or take it out. Without an address.
    Flag {
        /// The person: ALERT.PLACE, the place among the alert's subjects from 0.
        #[arg(value_name = "PERSON", value_parser = mention)]
        person: v1::SubjectMention,

        /// What the register says.
        flag: Flag,

        /// Take it out in place of putting it in.
        #[arg(long)]
        lift: bool,
    },
}

/// Two mentions.
#[derive(Debug, Args)]
struct Pair {
    /// A person: ALERT.PLACE, as the queue shows it.
    #[arg(value_name = "PERSON", value_parser = mention)]
    one: v1::SubjectMention,

    /// The other, of another alert.
    #[arg(value_name = "PERSON", value_parser = mention)]
    other: v1::SubjectMention,

    /// On what it rests.
    #[arg(long, value_name = "BASIS")]
    basis: Basis,
}

/// On what a steward decides.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Basis {
    /// Traced on PDS.
    TracedOnPds,
    /// The agency that sent one of the alerts said so.
    SenderSaid,
    /// Another agency that knows the person said so.
    AgencySaid,
    /// Your own records say so.
    RecordsCompared,
}

impl From<Basis> for v1::StewardBasis {
    fn from(basis: Basis) -> Self {
        match basis {
            Basis::TracedOnPds => Self::TracedOnPds,
            Basis::SenderSaid => Self::SenderSaid,
            Basis::AgencySaid => Self::AgencySaid,
            Basis::RecordsCompared => Self::RecordsCompared,
        }
    }
}

/// What the register says.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Flag {
    /// Lives at a SAFE address.
    Safe,
    /// Adoption or protected identity.
    Protected,
}

impl From<Flag> for v1::SubjectFlag {
    fn from(flag: Flag) -> Self {
        match flag {
            Flag::Safe => Self::Safe,
            Flag::Protected => Self::Protected,
        }
    }
}

fn mention(raw: &str) -> Result<v1::SubjectMention, String> {
    let read = || {
        let (alert, person) = raw.rsplit_once('.')?;
        let person = person.parse().ok()?;
        (!alert.is_empty()).then(|| v1::SubjectMention { alert_id: alert.to_owned(), person })
    };
    read().ok_or_else(|| "ALERT.PLACE, such as 0192f0c1-0000-7000-8000-000000000000.0".to_owned())
}

/// Runs `identity`.
pub(crate) async fn run(args: IdentityArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    act(args.command, &mut session, out).await?;
    session.finish()
}

async fn act(
    command: IdentityCommand,
    session: &mut Session,
    out: &mut Output,
) -> Result<(), CliError> {
    let service = session.client.identity();
    let state = match command {
        IdentityCommand::Queue => return queue(session, out).await,
        IdentityCommand::Flag { person, flag, lift } => {
            let (subject, flag) = (Some(person), v1::SubjectFlag::from(flag).into());
            let request = v1::FlagSubjectRequest { subject, flag, lift };
            service.flag_subject(request).await.map_err(refused)?;
            let done = if lift { "taken out of the register" } else { "in the register" };
            out.text(done)?;
            return out.json(&json!({ "flagged": !lift }));
        }
        IdentityCommand::Split { alert } => {
            let request = v1::SplitDuplicateRequest { alert_id: alert };
            let done = service.split_duplicate(request).await.map_err(refused)?.into_inner();
            out.text(&format!("of episode {} from now on", clean(&done.episode_id)))?;
            return out.json(&json!({ "episode": done.episode_id }));
        }
        IdentityCommand::Link(Pair { one, other, basis }) => {
            let (one, other, basis) =
                (Some(one), Some(other), v1::StewardBasis::from(basis).into());
            let request = v1::LinkSubjectsRequest { one, other, basis };
            service.link_subjects(request).await.map_err(refused)?.into_inner().state()
        }
        IdentityCommand::Unlink(Pair { one, other, basis }) => {
            let (one, other, basis) =
                (Some(one), Some(other), v1::StewardBasis::from(basis).into());
            let request = v1::UnlinkSubjectsRequest { one, other, basis };
            service.unlink_subjects(request).await.map_err(refused)?.into_inner().state()
        }
        IdentityCommand::Reject(Pair { one, other, basis }) => {
            let (one, other, basis) =
                (Some(one), Some(other), v1::StewardBasis::from(basis).into());
            let request = v1::RejectMatchRequest { one, other, basis };
            service.reject_match(request).await.map_err(refused)?.into_inner().state()
        }
    };
    let state = words::short(state.as_str_name(), "LINK_STATE_");
    out.text(&format!("the claim is {state}"))?;
    out.json(&json!({ "state": state }))
}

/// Every page, one after the other.
async fn queue(session: &mut Session, out: &mut Output) -> Result<(), CliError> {
    let mut page_token = String::new();
    let mut any = false;
    loop {
        let request = v1::ListMatchTasksRequest { page_size: 0, page_token };
        let answer = session.client.identity().list_match_tasks(request).await;
        let page = answer.map_err(refused)?.into_inner();
        for task in &page.tasks {
            any = true;
            out.text(&lines(task).join("\n"))?;
        }
        out.json(&json!({ "queue": json::of("staysafe.v1.ListMatchTasksResponse", &page)? }))?;
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    if any { Ok(()) } else { out.text("Nothing waits for a steward.") }
}

/// A task with its claims.
fn lines(task: &v1::MatchTask) -> Vec<String> {
    let due = match &task.due_at {
        Some(due) => format!(", due {}", words::time(Some(due))),
        None => String::new(),
    };
    let head = format!(
        "{}{due}: alert {} of {}, received {}",
        words::priority(task.priority()),
        task.alert_id,
        task.sender_agency,
        words::time(task.received_at.as_ref()),
    );
    let mut lines = vec![clean(&head)];
    for claim in &task.claims {
        let class = words::short(claim.class().as_str_name(), "MATCH_CLASS_");
        let state = words::short(claim.state().as_str_name(), "LINK_STATE_");
        let why = claim.evidence.join(", ");
        let rule = &claim.rule;
        lines.push(clean(&format!("  {rule} {class}, {} points, {state}: {why}", claim.points)));
        lines.push(side(claim.own_mention.as_ref(), claim.own.as_ref()));
        lines.extend(claim.own_mother.as_ref().map(mother));
        lines.push(side(claim.other_mention.as_ref(), claim.other.as_ref()));
        lines.extend(claim.other_mother.as_ref().map(mother));
    }
    lines
}

fn side(mention: Option<&v1::SubjectMention>, person: Option<&v1::MatchedPerson>) -> String {
    let place = mention.map(|mention| format!("{}.{}", mention.alert_id, mention.person));
    let place = place.unwrap_or_default();
    let Some(person) = person else { return clean(&format!("    {place}: gone")) };
    if person.unborn {
        return clean(&format!("    {place}: not born yet"));
    }
    clean(&format!("    {place}: {}", who(person)))
}

fn mother(person: &v1::MatchedPerson) -> String {
    clean(&format!("      mother: {}", who(person)))
}

fn who(person: &v1::MatchedPerson) -> String {
    let number = match (person.nhs_number.as_str(), person.nhs_number_verified) {
        ("", _) => "no NHS number".to_owned(),
        (number, true) => format!("NHS {number}, traced"),
        (number, false) => format!("NHS {number}, not traced"),
    };
    let also = match person.also_known_as.is_empty() {
        true => String::new(),
        false => format!(" (also {})", person.also_known_as.join(", ")),
    };
    let sex = match person.sex() {
        v1::Sex::Unspecified => "-",
        sex @ (v1::Sex::F | v1::Sex::M | v1::Sex::I | v1::Sex::XNotStated) => {
            words::short(sex.as_str_name(), "SEX_")
        }
    };
    let born = if person.dob.is_empty() { "?" } else { &person.dob };
    let (given, family) = (&person.given_name, &person.family_name);
    format!("{given} {family}{also}, born {born}, {sex}, {number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_named_by_alert_and_place() {
        let read = mention("0192f0c1-0000-7000-8000-000000000000.2").unwrap();

        assert_eq!(read.person, 2);
        assert_eq!(read.alert_id, "0192f0c1-0000-7000-8000-000000000000");
        for bad in ["", "0192f0c1", ".0", "0192f0c1.", "0192f0c1.-1"] {
            assert!(mention(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_child_before_birth_is_shown_by_its_mother() {
        let mother = v1::MatchedPerson {
            given_name: "Dana".to_owned(),
            family_name: "Exemplar".to_owned(),
            ..v1::MatchedPerson::default()
        };
        let claim = v1::MatchClaim {
            own: Some(v1::MatchedPerson { dob: "2027-02-14".to_owned(), ..mother.clone() }),
            own_mother: Some(mother.clone()),
            other: Some(v1::MatchedPerson { unborn: true, ..v1::MatchedPerson::default() }),
            other_mother: Some(mother),
            ..v1::MatchClaim::default()
        };
        let task = v1::MatchTask { claims: vec![claim], ..v1::MatchTask::default() };

        let shown = lines(&task);

        assert_eq!(
            shown[4..],
            ["    : not born yet", "      mother: Dana Exemplar, born ?, -, no NHS number"]
        );
    }

    #[test]
    fn the_two_persons_of_a_claim_stand_one_below_the_other() {
        let at = |alert: &str| Some(v1::SubjectMention { alert_id: alert.to_owned(), person: 0 });
        let task = v1::MatchTask {
            alert_id: "a-2".to_owned(),
            priority: v1::Priority::P4.into(),
            sender_agency: "MERPOL".to_owned(),
            claims: vec![v1::MatchClaim {
                own_mention: at("a-2"),
                own: Some(v1::MatchedPerson {
                    family_name: "Simulacre".to_owned(),
                    given_name: "Mia".to_owned(),
                    dob: "2015-02-03".to_owned(),
                    sex: v1::Sex::F.into(),
                    ..v1::MatchedPerson::default()
                }),
                other_mention: at("a-1"),
                other: None,
                rule: "I6".to_owned(),
                class: v1::MatchClass::Strong.into(),
                evidence: vec!["DOB_EQUAL".to_owned()],
                points: 87,
                state: v1::LinkState::Proposed.into(),
                ..v1::MatchClaim::default()
            }],
            ..v1::MatchTask::default()
        };

        assert_eq!(
            lines(&task),
            [
                "P4: alert a-2 of MERPOL, received -",
                "  I6 STRONG, 87 points, PROPOSED: DOB_EQUAL",
                "    a-2.0: Mia Simulacre, born 2015-02-03, F, no NHS number",
                "    a-1.0: gone",
            ]
        );
    }
}
