//! `staysafe directory`, the partnership's part: agencies that join, schools, the council's holidays.
//!
//! Needs a POLICY_OWNER of the host with an own certificate, and another one who approves. What a file says is judged by
//! the hub, by the rules of the file of its first start; here it is only put into the contract's shape.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::super::connect::Session;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::directory::{hours, refused};
use super::words;
use crate::directory::{AgencyDraft, MailboxDraft, PartFile, PersonDraft, RangeDraft, SchoolDraft};
use crate::domain::Role;
use crate::domain::directory::{AgencyType, Cover, MailboxRole};
use crate::wire::v1;
use crate::wire::v1::partnership_change::Change;

#[derive(Debug, Subcommand)]
pub(super) enum PartnershipCommand {
    /// Propose that an agency takes part: one `[[agencies]]` of a file in the shape of the hub's directory file.
    AddAgency {
        /// TOML file with the agency, its inboxes, and its first people: two DIRECTORY_ADMIN at least.
        file: PathBuf,
    },
    /// Propose another name for an agency; its code stays.
    RenameAgency {
        /// Code of the agency.
        agency: String,
        /// At most 100 characters.
        name: String,
    },
    /// Propose a school, new or replaced: one `[[schools]]` of a file in the shape of the hub's directory file.
    SetSchool {
        /// TOML file with the school.
        file: PathBuf,
    },
    /// Propose the council's table of school holidays as a whole: `school_holidays` of a file in that shape.
    SetSchoolHolidays {
        /// TOML file with the table.
        file: PathBuf,
    },
    /// Approve a change of the partnership that somebody else proposed.
    ApprovePartnership {
        /// The change.
        change: String,
    },
    /// List changes of the partnership that wait for their second person, with all that they would change.
    PartnershipChanges,
}

/// Runs one of the commands.
pub(super) async fn act(
    command: PartnershipCommand,
    session: &mut Session,
    out: &mut Output,
) -> Result<(), CliError> {
    let change = match command {
        PartnershipCommand::ApprovePartnership { change } => {
            return approve(session, change, out).await;
        }
        PartnershipCommand::PartnershipChanges => return list(session, out).await,
        PartnershipCommand::AddAgency { file } => {
            Change::AddAgency(agency(one(alone(&file)?.agencies, "[[agencies]]")?)?)
        }
        PartnershipCommand::RenameAgency { agency, name } => {
            Change::RenameAgency(v1::RenameAgency { agency, name })
        }
        PartnershipCommand::SetSchool { file } => {
            Change::SetSchool(school(one(alone(&file)?.schools, "[[schools]]")?))
        }
        PartnershipCommand::SetSchoolHolidays { file } => {
            let table = alone(&file)?.school_holidays.into_iter().collect();
            let table = one(table, "school_holidays")?;
            Change::SetSchoolHolidays(v1::SchoolHolidays { holidays: ranges(table) })
        }
    };
    let change = Some(v1::PartnershipChange { change: Some(change) });
    let request = v1::ProposePartnershipChangeRequest { change };
    let answer = session.client.directory().propose_partnership_change(request).await;
    let proposal = answer.map_err(refused)?.into_inner().proposal.unwrap_or_default();
    out.text(&format!("{}\na second person must approve it", told(&proposal)))?;
    out.json(&json!({ "proposed": json::of("staysafe.v1.PartnershipProposal", &proposal)? }))
}

async fn approve(
    session: &mut Session,
    change_id: String,
    out: &mut Output,
) -> Result<(), CliError> {
    let request = v1::ApprovePartnershipChangeRequest { change_id };
    let answer = session.client.directory().approve_partnership_change(request).await;
    let proposal = answer.map_err(refused)?.into_inner().proposal.unwrap_or_default();
    out.text(&format!("approved: {}", told(&proposal)))?;
    out.json(&json!({ "approved": json::of("staysafe.v1.PartnershipProposal", &proposal)? }))
}

async fn list(session: &mut Session, out: &mut Output) -> Result<(), CliError> {
    let request = v1::ListPartnershipChangesRequest {};
    let answer = session.client.directory().list_partnership_changes(request).await;
    let waiting = answer.map_err(refused)?.into_inner();
    if waiting.proposals.is_empty() {
        out.text("No change of the partnership waits.")?;
    }
    for proposal in &waiting.proposals {
        out.text(&told(proposal))?;
    }
    out.json(
        &json!({ "waiting": json::of("staysafe.v1.ListPartnershipChangesResponse", &waiting)? }),
    )
}

fn alone(file: &Path) -> Result<PartFile, CliError> {
    let text = fs::read_to_string(file);
    let text = text.map_err(|source| CliError::file("read", file, source))?;
    let unusable = |why: String| CliError::Malformed {
        what: format!("{} cannot be used", file.display()),
        why,
    };
    let part = PartFile::parse(&text).map_err(|source| unusable(source.to_string()))?;
    let holidays = usize::from(part.school_holidays.is_some());
    match part.agencies.len().saturating_add(part.schools.len()).saturating_add(holidays) {
        1 => Ok(part),
        count => Err(unusable(format!("a change is one agency, school or table, not {count}"))),
    }
}

/// What the file is about: what is beside it would be lost in silence.
fn one<T>(found: Vec<T>, what: &str) -> Result<T, CliError> {
    found.into_iter().next().ok_or_else(|| CliError::Malformed {
        what: "the file cannot be used".to_owned(),
        why: format!("it holds no {what}"),
    })
}

fn agency(draft: AgencyDraft) -> Result<v1::NewAgency, CliError> {
    if let Some(mailbox) = draft.mailboxes.iter().find(|mailbox| !mailbox.rota.is_empty()) {
        return Err(CliError::Malformed {
            what: format!("{} has a rota", clean(&mailbox.id)),
            why: "an agency begins without; its own DIRECTORY_ADMIN sets it afterwards".to_owned(),
        });
    }
    Ok(v1::NewAgency {
        r#type: code(AgencyType::parse(&draft.kind).map(AgencyType::code)),
        users: draft.users.into_iter().map(person).collect(),
        mailboxes: draft.mailboxes.into_iter().map(mailbox).collect(),
        organisation: draft.organisation.unwrap_or_default(),
        code: draft.code,
        name: draft.name,
        letter: draft.letter,
        systems: draft.systems,
    })
}

fn person(draft: PersonDraft) -> v1::NewPerson {
    let roles = draft.roles.iter().map(|role| code(Role::parse(role).map(Role::code)));
    v1::NewPerson { roles: roles.collect(), id: draft.id }
}

fn mailbox(draft: MailboxDraft) -> v1::NewMailbox {
    v1::NewMailbox {
        role: code(MailboxRole::parse(&draft.role).map(MailboxRole::code)),
        cover: code(Cover::parse(&draft.cover).map(Cover::code)),
        id: draft.id,
        phone: draft.phone,
        fallback: draft.fallback,
    }
}

fn school(draft: SchoolDraft) -> v1::School {
    v1::School {
        urn: draft.urn,
        agency: draft.agency.unwrap_or_default(),
        terms: ranges(draft.terms),
        inset: draft.inset,
        nursery: draft.nursery,
        area: draft.area.unwrap_or_default(),
    }
}

fn ranges(drafts: Vec<RangeDraft>) -> Vec<v1::DateRange> {
    drafts.into_iter().map(|raw| v1::DateRange { first: raw.first, last: raw.last }).collect()
}

/// The contract's number; a word that no list has goes as none, and the hub says where it stands.
fn code(known: Option<u32>) -> i32 {
    known.and_then(|code| i32::try_from(code).ok()).unwrap_or_default()
}

/// All that a proposal would change: whoever approves it has to see it.
fn told(proposal: &v1::PartnershipProposal) -> String {
    let change = proposal.change.as_ref().and_then(|change| change.change.as_ref());
    let what = match change {
        Some(Change::AddAgency(new)) => format!("{} shall take part", new.code),
        Some(Change::RenameAgency(renamed)) => {
            format!("{} shall be called {}", renamed.agency, renamed.name)
        }
        Some(Change::SetSchool(school)) => format!("school {} shall be set", school.urn),
        Some(Change::SetSchoolHolidays(_)) => "the school holidays shall be replaced".to_owned(),
        None => "a change this client does not know".to_owned(),
    };
    let (id, by) = (&proposal.change_id, &proposal.proposed_by);
    let at = words::time(proposal.proposed_at.as_ref());
    let mut lines = vec![format!("{id}: {what}; proposed by {by} on {at}")];
    match change {
        Some(Change::AddAgency(new)) => lines.extend(agency_lines(new)),
        Some(Change::SetSchool(school)) => lines.extend(school_lines(school)),
        Some(Change::SetSchoolHolidays(table)) => lines.extend(range_lines("", &table.holidays)),
        Some(Change::RenameAgency(_)) | None => {}
    }
    lines.iter().map(|line| clean(line)).collect::<Vec<_>>().join("\n")
}

fn agency_lines(new: &v1::NewAgency) -> Vec<String> {
    let kind = words::short(new.r#type().as_str_name(), "AGENCY_TYPE_");
    let mut lines = vec![format!("  {}: {kind}, letter {}", new.name, new.letter)];
    if !new.organisation.is_empty() {
        lines.push(format!("  of {}", new.organisation));
    }
    lines.push(format!("  systems: {}", new.systems.join(", ")));
    lines.extend(new.users.iter().map(|user| {
        let roles = user.roles().map(|role| words::short(role.as_str_name(), "ROLE_"));
        format!("  {}: {}", user.id, roles.collect::<Vec<_>>().join(", "))
    }));
    lines.extend(new.mailboxes.iter().map(|mailbox| {
        let role = words::short(mailbox.role().as_str_name(), "MAILBOX_ROLE_");
        let (phone, fallback) = (&mailbox.phone, &mailbox.fallback);
        format!("  {} for {role}, {}: {phone}, else {fallback}", mailbox.id, hours(mailbox.cover()))
    }));
    lines
}

fn school_lines(school: &v1::School) -> Vec<String> {
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let nursery = if school.nursery { "; a nursery" } else { "" };
    let (agency, area) = (or_dash(&school.agency), or_dash(&school.area));
    let mut lines = vec![format!("  inbox of {agency}; area {area}{nursery}")];
    lines.extend(range_lines("term ", &school.terms));
    lines.extend(school.inset.iter().map(|day| format!("  without pupils {day}")));
    lines
}

fn range_lines(what: &str, ranges: &[v1::DateRange]) -> Vec<String> {
    ranges.iter().map(|it| format!("  {what}{} to {}", it.first, it.last)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTNERSHIP: &str = include_str!("../../../docs/samples/partnership.toml");

    /// The block of the sample that begins with this line, up to the next comment or block of its kind.
    fn block(first: &str) -> String {
        let kind = first.lines().next().unwrap();
        let (_, rest) = PARTNERSHIP.split_once(first).unwrap();
        let rest = rest.split(&format!("\n{kind}")).next().unwrap();
        format!("{first}{rest}")
    }

    #[test]
    fn an_agency_of_the_hubs_own_file_is_proposed_as_it_stands() {
        let part = PartFile::parse(&block("[[agencies]]\ncode = \"SCH-900101\"")).unwrap();

        let new = agency(one(part.agencies, "[[agencies]]").unwrap()).unwrap();

        assert_eq!((new.code.as_str(), new.letter.as_str()), ("SCH-900101", "E"));
        assert_eq!(new.r#type(), v1::AgencyType::Public);
        let roles: Vec<_> = new.mailboxes.iter().map(v1::NewMailbox::role).collect();
        let expected = [v1::MailboxRole::Duty, v1::MailboxRole::Manager, v1::MailboxRole::Lead];
        assert_eq!(roles, expected);
        assert!(new.mailboxes.iter().all(|it| it.cover() == v1::Cover::SchoolDays));
        let admins =
            new.users.iter().filter(|it| it.roles().any(|role| role == v1::Role::DirectoryAdmin));
        assert_eq!(admins.count(), 2);
    }

    #[test]
    fn a_school_of_the_hubs_own_file_is_proposed_as_it_stands() {
        let part = PartFile::parse(&block("[[schools]]\nurn = \"900101\"")).unwrap();

        let school = school(one(part.schools, "[[schools]]").unwrap());

        assert_eq!(school.agency, "SCH-900101");
        assert_eq!(school.terms.len(), 12);
        let lines = school_lines(&school);
        assert_eq!(lines[0], "  inbox of SCH-900101; area AREA-02");
    }

    #[test]
    fn a_file_of_two_changes_or_of_none_or_of_another_or_with_a_rota_is_refused_in_words() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agency.toml");
        let sample = block("[[agencies]]\ncode = \"SCH-900101\"");
        let refused = |text: &str| {
            fs::write(&path, text).unwrap();
            let part = alone(&path).and_then(|part| one(part.agencies, "[[agencies]]"));
            part.and_then(agency).unwrap_err().to_string()
        };

        assert!(refused(&format!("{sample}\n{sample}")).contains("table, not 2"));
        assert!(refused(&format!("{sample}\n[[schools]]\nurn = \"900101\"")).contains("not 2"));
        assert!(refused("").contains("table, not 0"));
        assert!(refused("[[schools]]\nurn = \"900101\"").contains("holds no [[agencies]]"));
        let slot = "{ from = \"2026-11-23T09:00:00Z\", until = \"2026-11-23T12:00:00Z\", \
                    user = \"u-3201\" }";
        let rota = format!("role = \"duty\"\nrota = [{slot}]");
        let told = refused(&sample.replacen("role = \"duty\"", &rota, 1));
        assert!(told.contains("SCH-900101 has a rota"), "{told}");
    }

    #[test]
    fn a_word_that_no_list_has_goes_to_the_hub_as_none() {
        let draft = MailboxDraft { role: "dutty".to_owned(), ..MailboxDraft::default() };

        assert_eq!(mailbox(draft).role(), v1::MailboxRole::Unspecified);
    }

    #[test]
    fn whoever_approves_sees_everything_that_would_change() {
        let part = PartFile::parse(&block("[[agencies]]\ncode = \"SCH-900101\"")).unwrap();
        let new = agency(one(part.agencies, "[[agencies]]").unwrap()).unwrap();
        let proposal = v1::PartnershipProposal {
            change_id: "c-1".to_owned(),
            proposed_by: "u-3305".to_owned(),
            change: Some(v1::PartnershipChange { change: Some(Change::AddAgency(new.clone())) }),
            ..v1::PartnershipProposal::default()
        };

        let told = told(&proposal);

        assert!(told.starts_with("c-1: SCH-900101 shall take part; proposed by u-3305 on -\n"));
        for user in &new.users {
            assert!(told.contains(&format!("  {}: ", user.id)), "{told}");
        }
        for mailbox in &new.mailboxes {
            assert!(told.contains(&mailbox.phone) && told.contains(&mailbox.fallback), "{told}");
        }
    }
}
