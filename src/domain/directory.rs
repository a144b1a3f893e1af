//! The directory: agencies, their systems, mailboxes, people by opaque id, roles, rotas, areas, schools.
//!
//! Versioned as a whole; changed by commits that expect the version they were decided on. Holds duty phones
//! of desks, never a private person's data.

use std::collections::BTreeMap;

use super::codes::code_list;
use super::id::{AgencyCode, MailboxId, ProposalId, SystemName, UserId};
use super::letter::Letter;
use super::principal::Role;
use super::time::Timestamp;

code_list! {
    /// What kind of body an agency is; decides the lawful basis (domain 2.1, 6.2).
    AgencyType {
        /// A public authority.
        Public = 1 => "PUBLIC",
        /// A voluntary or community body.
        Vcs = 2 => "VCS",
        /// An independent school or provider.
        Independent = 3 => "INDEPENDENT",
    }
}

code_list! {
    /// When an inbox is staffed (domain 2.1, 5.1).
    Cover {
        /// Round the clock.
        AllHours = 1 => "24/7",
        /// 09:00–17:00 on working days.
        OfficeHours = 2 => "09-17",
        /// School days 08:00–16:00.
        SchoolDays = 3 => "school days 08-16",
    }
}

code_list! {
    /// Whom a mailbox serves.
    MailboxRole {
        /// The duty desk.
        Duty = 1 => "duty",
        /// The duty manager: first level of the ladder.
        Manager = 2 => "manager",
        /// The safeguarding lead: second level.
        Lead = 3 => "lead",
        /// Head of service on call: third level for the front door itself.
        HeadOfService = 4 => "head-of-service",
        /// Director on call: fourth level.
        Director = 5 => "director",
        /// The duty manager's deputy: called at the first level beside the manager.
        Deputy = 6 => "deputy",
    }
}

/// One inbox of an agency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mailbox {
    /// Its id: the agency's code, or `CODE/name`.
    pub id: MailboxId,
    /// Whom it serves.
    pub role: MailboxRole,
    /// The duty phone, E.164 or as dialled; printed in every P1/P2 reply.
    pub phone: String,
    /// Whom to reach when the phone is not answered.
    pub fallback: String,
    /// When it is staffed.
    pub cover: Cover,
    /// Who is on duty when.
    pub rota: Vec<RotaSlot>,
}

/// A person's turn on a mailbox's rota.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RotaSlot {
    /// From this instant.
    pub from: Timestamp,
    /// Until before this instant.
    pub until: Timestamp,
    /// Who.
    pub user: UserId,
    /// Who stands in where that person cannot: left, or kept from the alert by a conflict of interest.
    pub deputy: Option<UserId>,
}

/// A person of an agency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserEntry {
    /// The roles held, ascending.
    pub roles: Vec<Role>,
    /// Whether the person may act at all.
    pub active: bool,
}

/// One agency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agency {
    /// Its code.
    pub code: AgencyCode,
    /// The name screens show.
    pub name: String,
    /// What kind of body it is.
    pub kind: AgencyType,
    /// The letter its copies are cut by.
    pub letter: Letter,
    /// The organisation it belongs to, where several codes are one (WUTH-AED and WUTH-SG: `WUTH`).
    pub organisation: Option<String>,
    /// The systems that may call for it.
    pub systems: Vec<SystemName>,
    /// Its people.
    pub users: BTreeMap<UserId, UserEntry>,
    /// Its inboxes; the first serves duty.
    pub mailboxes: Vec<Mailbox>,
}

impl Agency {
    /// The inbox that serves `role`, if there is one.
    #[must_use]
    pub fn mailbox(&self, role: MailboxRole) -> Option<&Mailbox> {
        self.mailboxes.iter().find(|mailbox| mailbox.role == role)
    }
}

/// A school or college as the hub needs it for routing (domain 5.3 R24, 5.5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct School {
    /// Six digits.
    pub urn: String,
    /// The agency with its inbox; none: CADT-EDU stands in.
    pub agency: Option<AgencyCode>,
    /// Terms as first and last day; empty when the calendar is not known.
    pub terms: Vec<(jiff::civil::Date, jiff::civil::Date)>,
    /// Days within a term on which pupils do not attend.
    pub inset: Vec<jiff::civil::Date>,
    /// Whether it is a nursery (Encompass does not cover nurseries).
    pub nursery: bool,
    /// The area it lies in, for a pupil whose home is not known (domain 5.4); none: not known.
    pub area: Option<AgencyCode>,
}

/// A change of roles that waits for, or has got, its second person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoleProposal {
    /// Its id.
    pub id: ProposalId,
    /// The agency of the person.
    pub agency: AgencyCode,
    /// The person.
    pub user: UserId,
    /// The roles the person would hold.
    pub roles: Vec<Role>,
    /// Who proposed it.
    pub proposed_by: UserId,
    /// When.
    pub proposed_at: Timestamp,
}

/// A change of the partnership itself: who takes part, and the schools.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PartnershipChange {
    /// An agency begins to take part.
    AddAgency(Box<Agency>),
    /// An agency is called by another name; its code stays.
    RenameAgency {
        /// Its code.
        agency: AgencyCode,
        /// The name screens show.
        name: String,
    },
    /// Adds a school, or replaces what is known of it.
    SetSchool(Box<School>),
    /// Replaces the council's own table of school holidays: first and last days, ascending (domain 5.5).
    SetSchoolHolidays(Vec<(jiff::civil::Date, jiff::civil::Date)>),
}

impl PartnershipChange {
    /// Whether both change the same thing, so that the newer stands for the older.
    #[must_use]
    pub fn concerns_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::AddAgency(one), Self::AddAgency(other)) => one.code == other.code,
            (Self::RenameAgency { agency: one, .. }, Self::RenameAgency { agency: other, .. }) => {
                one == other
            }
            (Self::SetSchool(one), Self::SetSchool(other)) => one.urn == other.urn,
            (Self::SetSchoolHolidays(_), Self::SetSchoolHolidays(_)) => true,
            (
                Self::AddAgency(_)
                | Self::RenameAgency { .. }
                | Self::SetSchool(_)
                | Self::SetSchoolHolidays(_),
                _,
            ) => false,
        }
    }
}

/// A change of the partnership that waits for, or has got, its second person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartnershipProposal {
    /// Its id.
    pub id: ProposalId,
    /// The agency of who proposed it: the host.
    pub agency: AgencyCode,
    /// Who proposed it.
    pub proposed_by: UserId,
    /// When.
    pub proposed_at: Timestamp,
    /// What would change.
    pub change: PartnershipChange,
}

/// The whole directory at one version.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directory {
    /// 0 before it is loaded; one more with each change.
    pub version: u64,
    /// The agencies by code.
    pub agencies: BTreeMap<AgencyCode, Agency>,
    /// Postcode district (outward code, e.g. `ZX43`) to area or council code (`AREA-03`, `LA-341`), domain 5.4.
    pub areas: BTreeMap<String, AgencyCode>,
    /// UPRN to area or council code; wins over the postcode.
    pub uprns: BTreeMap<String, AgencyCode>,
    /// Schools by URN.
    pub schools: BTreeMap<String, School>,
    /// The council's own school holiday table: days schools are closed (domain 5.5). None: not known.
    pub school_holidays: Option<Vec<(jiff::civil::Date, jiff::civil::Date)>>,
    /// Role changes that wait for a second person.
    pub proposals: Vec<RoleProposal>,
    /// Changes of the partnership that wait for a second person.
    pub partnership_proposals: Vec<PartnershipProposal>,
}

impl Directory {
    /// The mailbox with this id.
    #[must_use]
    pub fn mailbox(&self, id: &MailboxId) -> Option<&Mailbox> {
        self.agency_of(id)?.mailboxes.iter().find(|mailbox| mailbox.id == *id)
    }

    /// The agency a mailbox belongs to.
    #[must_use]
    pub fn agency_of(&self, id: &MailboxId) -> Option<&Agency> {
        self.agencies.values().find(|agency| agency.code.as_str() == id.agency_code())
    }

    /// The person `user` of `agency`, if active.
    #[must_use]
    pub fn active_user(&self, agency: &AgencyCode, user: &UserId) -> Option<&UserEntry> {
        self.agencies.get(agency)?.users.get(user).filter(|entry| entry.active)
    }
}
