//! Changes of the directory, decided: what a change makes of the directory, or why it is refused.
//!
//! Pure. A change touches the agency it is made for and nothing else; the area table is the front door's.

use crate::domain::directory::{
    Agency, Cover, Directory, Mailbox, MailboxRole, RoleProposal, RotaSlot, UserEntry,
};
use crate::domain::id::ProposalId;
use crate::domain::principal::Role;
use crate::domain::{AgencyCode, EventKind, MailboxId, ParseError, SystemName, Timestamp, UserId};

use super::draft::{Faults, MailboxDraft};
use super::partnership;
use super::rules::{self, PROPOSALS_MAX, Refused, RotaFault, SYSTEMS_MAX, USERS_MAX};

/// The agency that keeps the area table.
const FRONT_DOOR: &str = "CADT";

/// One change of an agency's own part of the directory (domain 2.2, DIRECTORY_ADMIN).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DirectoryChange {
    /// Replaces a duty phone.
    DutyPhone {
        /// The mailbox.
        mailbox: MailboxId,
        /// At most [`super::PHONE_CHARACTERS_MAX`] characters, as dialled.
        phone: String,
    },
    /// Replaces whom to reach when the phone is not answered.
    Fallback {
        /// The mailbox.
        mailbox: MailboxId,
        /// At most [`super::TEXT_CHARACTERS_MAX`] characters.
        fallback: String,
    },
    /// Replaces when the mailbox is staffed.
    Cover {
        /// The mailbox.
        mailbox: MailboxId,
        /// The new hours.
        cover: Cover,
    },
    /// Replaces a rota; an empty one means whoever is at the desk.
    Rota {
        /// The mailbox.
        mailbox: MailboxId,
        /// At most [`super::ROTA_SLOTS_MAX`] slots.
        slots: Vec<RotaSlot>,
    },
    /// Says which area a place belongs to. The front door only.
    Area {
        /// A postcode district, or 1-12 digits of a UPRN.
        place: String,
        /// An Area Team, or a council `LA-nnn`.
        area: AgencyCode,
    },
    /// Registers a system: with a certificate of its name it may call for the agency.
    AddSystem(SystemName),
    /// Ends a system's access at once. Never the last one: who replaces a system adds the new one first.
    RemoveSystem(SystemName),
    /// Opens an inbox for people the agency had none for; it begins without a rota.
    AddMailbox(MailboxDraft),
    /// Makes a person active, without any role.
    AddUser(UserId),
    /// Ends a person's access at once: no longer active, no roles, and no waiting change of or by them.
    DeactivateUser(UserId),
}

/// What a change makes of the directory, and what it is called in the audit log.
#[derive(Debug)]
pub(super) struct Changed {
    /// At its next version.
    pub(super) directory: Directory,
    /// The events, in order.
    pub(super) happened: Vec<Happened>,
}

/// One thing that happened to the directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Happened {
    pub(super) kind: EventKind,
    /// The stable word for it.
    pub(super) what: &'static str,
    pub(super) mailbox: Option<MailboxId>,
    pub(super) person: Option<UserId>,
    pub(super) roles: Vec<Role>,
}

impl Happened {
    pub(super) const fn new(kind: EventKind, what: &'static str) -> Self {
        Self { kind, what, mailbox: None, person: None, roles: Vec::new() }
    }

    fn at(kind: EventKind, what: &'static str, mailbox: &MailboxId) -> Self {
        Self { mailbox: Some(mailbox.clone()), ..Self::new(kind, what) }
    }

    fn of(kind: EventKind, what: &'static str, person: &UserId) -> Self {
        Self { person: Some(person.clone()), ..Self::new(kind, what) }
    }
}

/// Why a change is not made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum ChangeError {
    /// The agency has no such mailbox, person or waiting change.
    NotFound,
    /// The change cannot be read: everything that is wrong with it.
    Malformed(Vec<ParseError>),
    /// The change breaks a rule.
    Refused(Refused),
    /// A rota breaks a rule, there.
    Rota(Refused, ParseError),
}

impl From<Refused> for ChangeError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<ParseError> for ChangeError {
    fn from(error: ParseError) -> Self {
        Self::Malformed(vec![error])
    }
}

impl From<RotaFault> for ChangeError {
    fn from(fault: RotaFault) -> Self {
        match fault {
            RotaFault::Malformed(error) => error.into(),
            RotaFault::Refused(refused, fault) => Self::Rota(refused, fault),
        }
    }
}

/// Applies `change` for the agency `own`.
pub(super) fn apply(
    change: &DirectoryChange,
    directory: &Directory,
    own: &AgencyCode,
) -> Result<Changed, ChangeError> {
    let mut next = following(directory);
    let happened = match change {
        DirectoryChange::Area { place, area } => vec![set_area(&mut next, own, place, area)?],
        DirectoryChange::DutyPhone { mailbox, phone } => {
            rules::check_phone("duty_phone.phone", phone)?;
            phone.clone_into(&mut own_mailbox(&mut next, own, mailbox)?.phone);
            vec![Happened::at(EventKind::DirectoryChanged, "DUTY_PHONE_CHANGED", mailbox)]
        }
        DirectoryChange::Fallback { mailbox, fallback } => {
            rules::check_text("fallback.fallback", fallback)?;
            fallback.clone_into(&mut own_mailbox(&mut next, own, mailbox)?.fallback);
            vec![Happened::at(EventKind::DirectoryChanged, "FALLBACK_CHANGED", mailbox)]
        }
        DirectoryChange::Cover { mailbox, cover } => {
            own_mailbox(&mut next, own, mailbox)?.cover = *cover;
            // Longer hours may open a slot in a rota that was complete.
            let agency = own_agency(&mut next, own)?;
            let rota = agency.mailboxes.iter().find(|own| own.id == *mailbox).map(|own| &own.rota);
            rules::check_rota("rota.slots", agency, *cover, rota.map_or(&[], Vec::as_slice))?;
            vec![Happened::at(EventKind::DirectoryChanged, "COVER_CHANGED", mailbox)]
        }
        DirectoryChange::Rota { mailbox, slots } => {
            let cover = own_mailbox(&mut next, own, mailbox)?.cover;
            rules::check_rota("rota.slots", own_agency(&mut next, own)?, cover, slots)?;
            let mut slots = slots.clone();
            slots.sort_by_key(|slot| slot.from);
            own_mailbox(&mut next, own, mailbox)?.rota = slots;
            vec![Happened::at(EventKind::RotaChanged, "ROTA_REPLACED", mailbox)]
        }
        DirectoryChange::AddSystem(system) => vec![add_system(&mut next, own, system)?],
        DirectoryChange::RemoveSystem(system) => vec![remove_system(&mut next, own, system)?],
        DirectoryChange::AddMailbox(draft) => vec![add_mailbox(&mut next, own, draft)?],
        DirectoryChange::AddUser(user) => vec![add_user(&mut next, own, user)?],
        DirectoryChange::DeactivateUser(user) => deactivate(&mut next, own, user)?,
    };
    Ok(Changed { directory: next, happened })
}

/// Puts a change of roles before a second person. A newer proposal for a person replaces the older.
pub(super) fn propose(
    proposal: RoleProposal,
    directory: &Directory,
) -> Result<Changed, ChangeError> {
    let mut next = following(directory);
    let agency = own_agency(&mut next, &proposal.agency)?;
    let entry = agency.users.get(&proposal.user).ok_or(ChangeError::NotFound)?;
    if !entry.active {
        return Err(Refused::UserInactive.into());
    }
    if entry.roles == proposal.roles {
        return Err(Refused::RolesUnchanged.into());
    }
    rules::check_roles(agency, &proposal.roles)?;
    next.proposals
        .retain(|other| (&other.agency, &other.user) != (&proposal.agency, &proposal.user));
    if next.proposals.iter().filter(|other| other.agency == proposal.agency).count()
        >= PROPOSALS_MAX
    {
        return Err(Refused::TooMany.into());
    }
    let happened = Happened {
        roles: proposal.roles.clone(),
        ..Happened::of(EventKind::DirectoryChanged, "ROLES_PROPOSED", &proposal.user)
    };
    next.proposals.push(proposal);
    Ok(Changed { directory: next, happened: vec![happened] })
}

/// Carries out a proposal. The approver is neither who proposed it nor whom it is about (domain 2.2).
pub(super) fn approve(
    id: ProposalId,
    directory: &Directory,
    own: &AgencyCode,
    approver: &UserId,
) -> Result<(Changed, RoleProposal), ChangeError> {
    let mut next = following(directory);
    let place = next
        .proposals
        .iter()
        .position(|proposal| proposal.id == id && proposal.agency == *own)
        .ok_or(ChangeError::NotFound)?;
    let proposal = next.proposals.remove(place);
    if *approver == proposal.proposed_by || *approver == proposal.user {
        return Err(Refused::SecondPersonNeeded.into());
    }
    let agency = own_agency(&mut next, own)?;
    rules::check_roles(agency, &proposal.roles)?;
    let entry = agency.users.get_mut(&proposal.user).ok_or(ChangeError::NotFound)?;
    if !entry.active {
        return Err(Refused::UserInactive.into());
    }
    entry.roles.clone_from(&proposal.roles);
    partnership::drop_of_former_owners(&mut next);
    let happened = Happened {
        roles: proposal.roles.clone(),
        ..Happened::of(EventKind::RoleChanged, "ROLES_APPROVED", &proposal.user)
    };
    Ok((Changed { directory: next, happened: vec![happened] }, proposal))
}

/// A proposal as it will be kept: roles ascending, each once.
pub(super) fn proposal(
    id: ProposalId,
    (agency, proposed_by): (&AgencyCode, &UserId),
    (user, roles): (&UserId, &[Role]),
    proposed_at: Timestamp,
) -> RoleProposal {
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    RoleProposal {
        id,
        agency: agency.clone(),
        user: user.clone(),
        roles,
        proposed_by: proposed_by.clone(),
        proposed_at,
    }
}

/// The directory that will follow, at its next version.
pub(super) fn following(directory: &Directory) -> Directory {
    Directory { version: directory.version.saturating_add(1), ..directory.clone() }
}

fn own_agency<'a>(
    directory: &'a mut Directory,
    own: &AgencyCode,
) -> Result<&'a mut Agency, ChangeError> {
    directory.agencies.get_mut(own).ok_or(ChangeError::NotFound)
}

fn own_mailbox<'a>(
    directory: &'a mut Directory,
    own: &AgencyCode,
    id: &MailboxId,
) -> Result<&'a mut Mailbox, ChangeError> {
    let agency = own_agency(directory, own)?;
    agency.mailboxes.iter_mut().find(|mailbox| mailbox.id == *id).ok_or(ChangeError::NotFound)
}

fn set_area(
    next: &mut Directory,
    own: &AgencyCode,
    place: &str,
    area: &AgencyCode,
) -> Result<Happened, ChangeError> {
    if own.as_str() != FRONT_DOOR {
        return Err(Refused::FrontDoorOnly.into());
    }
    if !rules::serves_an_area(area, &next.agencies) {
        return Err(ParseError::malformed("area.area", "an Area Team, or a council LA-nnn").into());
    }
    let table = match (rules::is_district(place), rules::is_uprn(place)) {
        (true, _) => &mut next.areas,
        (false, true) => &mut next.uprns,
        (false, false) => {
            let rule = "a postcode district such as ZX43, or 1-12 digits of a UPRN";
            return Err(ParseError::malformed("area.place", rule).into());
        }
    };
    table.insert(place.to_owned(), area.clone());
    Ok(Happened::new(EventKind::DirectoryChanged, "AREA_CHANGED"))
}

// Only added: the hub names inboxes in records that outlive any directory, and an alert must never lose its own.
fn add_mailbox(
    next: &mut Directory,
    own: &AgencyCode,
    draft: &MailboxDraft,
) -> Result<Happened, ChangeError> {
    let mut faults = Faults::default();
    let mailbox = draft.read("change.add_mailbox", Some(own), &mut faults);
    let mailbox = faults.none_or(mailbox).map_err(ChangeError::Malformed)?;
    let agency = own_agency(next, own)?;
    let is_taken = |known: &Mailbox| known.id == mailbox.id || known.role == mailbox.role;
    if agency.mailboxes.iter().any(is_taken) {
        return Err(Refused::MailboxKnown.into());
    }
    // Whoever has such an inbox may give the role SENIOR_ON_CALL: one person alone does not begin that.
    let holds_seniors = agency.mailboxes.iter().any(|known| rules::is_of_seniors(known.role));
    if rules::is_of_seniors(mailbox.role) && !holds_seniors {
        return Err(Refused::MailboxNotForAgency.into());
    }
    let happened = Happened::at(EventKind::DirectoryChanged, "MAILBOX_ADDED", &mailbox.id);
    match mailbox.role {
        MailboxRole::Duty => agency.mailboxes.insert(0, mailbox),
        MailboxRole::Manager
        | MailboxRole::Lead
        | MailboxRole::HeadOfService
        | MailboxRole::Director
        | MailboxRole::Deputy => agency.mailboxes.push(mailbox),
    }
    Ok(happened)
}

fn add_system(
    next: &mut Directory,
    own: &AgencyCode,
    system: &SystemName,
) -> Result<Happened, ChangeError> {
    let systems = &mut own_agency(next, own)?.systems;
    if systems.contains(system) {
        return Err(Refused::SystemKnown.into());
    }
    if systems.len() >= SYSTEMS_MAX {
        return Err(Refused::TooMany.into());
    }
    systems.push(system.clone());
    Ok(Happened::new(EventKind::DirectoryChanged, "SYSTEM_ADDED"))
}

fn remove_system(
    next: &mut Directory,
    own: &AgencyCode,
    system: &SystemName,
) -> Result<Happened, ChangeError> {
    let systems = &mut own_agency(next, own)?.systems;
    let place = systems.iter().position(|known| known == system).ok_or(ChangeError::NotFound)?;
    if systems.len() == 1 {
        return Err(Refused::LastSystem.into());
    }
    systems.remove(place);
    Ok(Happened::new(EventKind::DirectoryChanged, "SYSTEM_REMOVED"))
}

fn add_user(
    next: &mut Directory,
    own: &AgencyCode,
    user: &UserId,
) -> Result<Happened, ChangeError> {
    let users = &mut own_agency(next, own)?.users;
    if users.get(user).is_some_and(|entry| entry.active) {
        return Err(Refused::UserActive.into());
    }
    if users.len() >= USERS_MAX && !users.contains_key(user) {
        return Err(Refused::TooMany.into());
    }
    users.insert(user.clone(), UserEntry { roles: Vec::new(), active: true });
    Ok(Happened::of(EventKind::DirectoryChanged, "USER_ADDED", user))
}

// Taking access away never waits: a rota that still names the person keeps the slot, and the ladder skips it.
fn deactivate(
    next: &mut Directory,
    own: &AgencyCode,
    user: &UserId,
) -> Result<Vec<Happened>, ChangeError> {
    let entry = own_agency(next, own)?.users.get_mut(user).ok_or(ChangeError::NotFound)?;
    if !entry.active {
        return Err(Refused::UserInactive.into());
    }
    entry.active = false;
    let had_roles = !std::mem::take(&mut entry.roles).is_empty();
    next.proposals.retain(|proposal| {
        proposal.agency != *own || (proposal.user != *user && proposal.proposed_by != *user)
    });
    partnership::drop_of_former_owners(next);
    let mut happened = vec![Happened::of(EventKind::DirectoryChanged, "USER_DEACTIVATED", user)];
    if had_roles {
        happened.push(Happened::of(EventKind::RoleChanged, "ROLES_REMOVED", user));
    }
    Ok(happened)
}
