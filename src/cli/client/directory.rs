//! `staysafe directory`: who takes part and whom to phone; changes of one's own agency's part.
//!
//! Changes need a person's own certificate with the role DIRECTORY_ADMIN; roles need a second person's approval. Changes
//! of the partnership stand in `partnership`.

use clap::{Args, Subcommand};
use comfy_table::Table;
use serde_json::json;

use super::super::connect::{ConnectArgs, Session};
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::partnership::{self, PartnershipCommand};
use super::rota::{self, RotaCommand};
use super::words;
use crate::sdk::ClientError;
use crate::wire::v1;
use crate::wire::v1::change_directory_request::Change;

/// `directory`.
#[derive(Debug, Args)]
pub(crate) struct DirectoryArgs {
    /// What to do; without it, show.
    #[command(subcommand)]
    command: Option<DirectoryCommand>,

    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum DirectoryCommand {
    /// Show agencies, mailboxes and duty phones, and your own agency's people.
    Show,
    /// Set the duty phone of a mailbox.
    Phone {
        /// Mailbox of your agency.
        mailbox: String,
        /// The number, as dialled.
        phone: String,
    },
    /// Say whom to reach when the duty phone of a mailbox is not answered.
    Fallback {
        /// Mailbox of your agency.
        mailbox: String,
        /// At most 100 characters.
        text: String,
    },
    /// Show who is on duty, or replace the rota of a mailbox.
    #[command(subcommand)]
    Rota(RotaCommand),
    /// Say when a mailbox is staffed.
    Cover {
        /// Mailbox of your agency.
        mailbox: String,
        /// ALL_HOURS, OFFICE_HOURS or SCHOOL_DAYS.
        #[arg(value_parser = staffed)]
        cover: v1::Cover,
    },
    /// Open an inbox that your agency has none of yet; it begins without a rota.
    AddMailbox {
        /// Id of the inbox: CODE/name.
        mailbox: String,
        /// MANAGER, DEPUTY, LEAD, HEAD_OF_SERVICE or DIRECTOR.
        #[arg(value_parser = serves)]
        role: v1::MailboxRole,
        /// The number, as dialled.
        phone: String,
        /// Whom to reach when it is not answered; at most 100 characters.
        fallback: String,
        /// ALL_HOURS, OFFICE_HOURS or SCHOOL_DAYS.
        #[arg(value_parser = staffed)]
        cover: v1::Cover,
    },
    /// Register a system of your agency.
    AddSystem {
        /// As its certificate names it.
        system: String,
    },
    /// Take a system out; its certificates open nothing any more.
    RemoveSystem {
        /// As its certificate names it.
        system: String,
    },
    /// Add a person without roles.
    AddUser {
        /// Opaque id: nothing a name can be read from.
        user: String,
    },
    /// Take a person out; whoever is out can do nothing.
    DeactivateUser {
        /// Opaque id.
        user: String,
    },
    /// Say which area a place belongs to; the front door only.
    Area {
        /// Postcode district, or a UPRN.
        place: String,
        /// Area or council code.
        area: String,
    },
    /// Propose all the roles that a person shall hold; a second person must approve.
    ProposeRoles {
        /// Opaque id.
        user: String,
        /// Such as DUTY_RECEIVER; none takes every role away.
        #[arg(value_parser = role)]
        roles: Vec<v1::Role>,
    },
    /// Approve a change of roles that somebody else proposed.
    ApproveRoles {
        /// The change.
        change: String,
    },
    /// List changes of roles that wait for their second person.
    RoleChanges,
    #[command(flatten)]
    Partnership(PartnershipCommand),
}

fn role(raw: &str) -> Result<v1::Role, String> {
    let found = v1::Role::from_str_name(&format!("ROLE_{raw}"));
    found
        .filter(|role| *role != v1::Role::Unspecified)
        .ok_or_else(|| "such as DUTY_RECEIVER, DUTY_MANAGER or SAFEGUARDING_LEAD".to_owned())
}

fn staffed(raw: &str) -> Result<v1::Cover, String> {
    let found = v1::Cover::from_str_name(&format!("COVER_{raw}"));
    found
        .filter(|cover| *cover != v1::Cover::Unspecified)
        .ok_or_else(|| "ALL_HOURS, OFFICE_HOURS or SCHOOL_DAYS".to_owned())
}

fn serves(raw: &str) -> Result<v1::MailboxRole, String> {
    let found = v1::MailboxRole::from_str_name(&format!("MAILBOX_ROLE_{raw}"));
    found
        .filter(|role| *role != v1::MailboxRole::Unspecified)
        .ok_or_else(|| "MANAGER, DEPUTY, LEAD, HEAD_OF_SERVICE or DIRECTOR".to_owned())
}

/// Runs `directory`.
pub(crate) async fn run(args: DirectoryArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    act(args.command, &mut session, out).await?;
    session.finish()
}

async fn act(
    command: Option<DirectoryCommand>,
    session: &mut Session,
    out: &mut Output,
) -> Result<(), CliError> {
    let change = match command {
        None | Some(DirectoryCommand::Show) => return show(session, out).await,
        Some(DirectoryCommand::Partnership(command)) => {
            return partnership::act(command, session, out).await;
        }
        Some(DirectoryCommand::RoleChanges) => return list_changes(session, out).await,
        Some(DirectoryCommand::ProposeRoles { user, roles }) => {
            return propose(session, user, &roles, out).await;
        }
        Some(DirectoryCommand::ApproveRoles { change }) => {
            return approve(session, change, out).await;
        }
        Some(DirectoryCommand::Phone { mailbox, phone }) => {
            Change::DutyPhone(v1::SetDutyPhone { mailbox, phone })
        }
        Some(DirectoryCommand::Fallback { mailbox, text }) => {
            Change::Fallback(v1::SetFallback { mailbox, fallback: text })
        }
        Some(DirectoryCommand::Rota(RotaCommand::Show { mailbox })) => {
            return rota::show(session, mailbox.as_deref(), out).await;
        }
        Some(DirectoryCommand::Rota(RotaCommand::Set { file })) => Change::Rota(rota::read(&file)?),
        Some(DirectoryCommand::Cover { mailbox, cover }) => {
            Change::Cover(v1::SetCover { mailbox, cover: cover.into() })
        }
        Some(DirectoryCommand::AddMailbox { mailbox, role, phone, fallback, cover }) => {
            let (id, role, cover) = (mailbox, role.into(), cover.into());
            Change::AddMailbox(v1::NewMailbox { id, role, phone, fallback, cover })
        }
        Some(DirectoryCommand::AddSystem { system }) => Change::AddSystem(v1::AddSystem { system }),
        Some(DirectoryCommand::RemoveSystem { system }) => {
            Change::RemoveSystem(v1::RemoveSystem { system })
        }
        Some(DirectoryCommand::AddUser { user }) => Change::AddUser(v1::AddUser { user_id: user }),
        Some(DirectoryCommand::DeactivateUser { user }) => {
            Change::DeactivateUser(v1::DeactivateUser { user_id: user })
        }
        Some(DirectoryCommand::Area { place, area }) => Change::Area(v1::AreaRow { place, area }),
    };
    let expected_version = fetch(session).await?.version;
    let request = v1::ChangeDirectoryRequest { expected_version, change: Some(change) };
    let answer = session.client.directory().change_directory(request).await;
    let version = answer.map_err(refused)?.into_inner().version;
    out.text(&format!("changed; the directory is at version {version}"))?;
    out.json(&json!({ "version": version }))
}

pub(super) fn refused(status: tonic::Status) -> CliError {
    ClientError::from(status).into()
}

pub(super) async fn fetch(session: &mut Session) -> Result<v1::GetDirectoryResponse, CliError> {
    let answer = session.client.directory().get_directory(v1::GetDirectoryRequest {}).await;
    Ok(answer.map_err(refused)?.into_inner())
}

async fn show(session: &mut Session, out: &mut Output) -> Result<(), CliError> {
    let directory = fetch(session).await?;
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header([
        "mailbox",
        "of",
        "cover",
        "phone",
        "if nobody answers",
    ]);
    for agency in &directory.agencies {
        for mailbox in &agency.mailboxes {
            table.add_row([
                clean(&mailbox.mailbox),
                clean(&agency.name),
                hours(mailbox.cover()).to_owned(),
                clean(&mailbox.duty_phone),
                clean(&mailbox.fallback),
            ]);
        }
    }
    out.text(&table.to_string())?;
    if !directory.users.is_empty() {
        out.text(&format!("people of {}:", session.agency()))?;
    }
    for user in &directory.users {
        let left = if user.active { "" } else { " (deactivated)" };
        let roles: Vec<&str> =
            user.roles().map(|role| words::short(role.as_str_name(), "ROLE_")).collect();
        out.text(&clean(&format!("  {}{left}: {}", user.user_id, roles.join(", "))))?;
    }
    out.text(&format!("version {}", directory.version))?;
    out.json(&json!({ "directory": json::of("staysafe.v1.GetDirectoryResponse", &directory)? }))
}

/// When an inbox is staffed, in words.
pub(super) fn hours(cover: v1::Cover) -> &'static str {
    match cover {
        v1::Cover::AllHours => "24/7",
        v1::Cover::OfficeHours => "09-17 working days",
        v1::Cover::SchoolDays => "08-16 school days",
        v1::Cover::Unspecified => "-",
    }
}

async fn propose(
    session: &mut Session,
    user_id: String,
    roles: &[v1::Role],
    out: &mut Output,
) -> Result<(), CliError> {
    let roles = roles.iter().map(|role| i32::from(*role)).collect();
    let request = v1::ProposeRoleChangeRequest { user_id, roles };
    let answer = session.client.directory().propose_role_change(request).await;
    let change = answer.map_err(refused)?.into_inner().change.unwrap_or_default();
    out.text(&format!("{}\na second person must approve it", line(&change)))?;
    out.json(&json!({ "proposed": json::of("staysafe.v1.RoleChange", &change)? }))
}

async fn approve(
    session: &mut Session,
    change_id: String,
    out: &mut Output,
) -> Result<(), CliError> {
    let request = v1::ApproveRoleChangeRequest { change_id };
    let answer = session.client.directory().approve_role_change(request).await;
    let change = answer.map_err(refused)?.into_inner().change.unwrap_or_default();
    out.text(&format!("approved: {}", line(&change)))?;
    out.json(&json!({ "approved": json::of("staysafe.v1.RoleChange", &change)? }))
}

async fn list_changes(session: &mut Session, out: &mut Output) -> Result<(), CliError> {
    let answer = session.client.directory().list_role_changes(v1::ListRoleChangesRequest {}).await;
    let waiting = answer.map_err(refused)?.into_inner();
    if waiting.changes.is_empty() {
        out.text("No change of roles waits.")?;
    }
    for change in &waiting.changes {
        out.text(&line(change))?;
    }
    out.json(&json!({ "waiting": json::of("staysafe.v1.ListRoleChangesResponse", &waiting)? }))
}

fn line(change: &v1::RoleChange) -> String {
    let roles: Vec<&str> =
        change.roles().map(|role| words::short(role.as_str_name(), "ROLE_")).collect();
    let roles = if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") };
    clean(&format!(
        "{}: {} shall hold {roles}; proposed by {} on {}",
        change.change_id,
        change.user_id,
        change.proposed_by,
        words::time(change.proposed_at.as_ref()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_given_by_its_word_and_an_unknown_one_is_refused() {
        assert_eq!(role("DUTY_RECEIVER"), Ok(v1::Role::DutyReceiver));
        for bad in ["UNSPECIFIED", "duty_receiver", "ROLE_SENDER", ""] {
            assert!(role(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_change_that_takes_every_role_away_says_so() {
        let change = v1::RoleChange {
            change_id: "c-1".to_owned(),
            user_id: "u-1".to_owned(),
            proposed_by: "u-2".to_owned(),
            ..v1::RoleChange::default()
        };

        assert_eq!(line(&change), "c-1: u-1 shall hold no role; proposed by u-2 on -");
    }
}
