//! Who acts: an agency's system, a person, or the hub itself.

use super::codes::code_list;
use super::id::{AgencyCode, SystemName, UserId};

code_list! {
    /// What a person may be in an agency (domain 2.2).
    Role {
        /// Creates and corrects alerts of the own agency.
        Sender = 1 => "SENDER",
        /// Sees and acknowledges the agency's inbox.
        DutyReceiver = 2 => "DUTY_RECEIVER",
        /// Reassigns, takes first-level escalations, approves and reviews overrides.
        DutyManager = 3 => "DUTY_MANAGER",
        /// Takes second-level escalations; sealed content of the own agency.
        SafeguardingLead = 4 => "SAFEGUARDING_LEAD",
        /// Social work manager who decides referrals.
        DecisionMaker = 5 => "DECISION_MAKER",
        /// Head of service or director on call: third and fourth level.
        SeniorOnCall = 6 => "SENIOR_ON_CALL",
        /// Coordinates MARAC.
        MaracCoordinator = 7 => "MARAC_COORDINATOR",
        /// Links and unlinks identities.
        IdentitySteward = 8 => "IDENTITY_STEWARD",
        /// Reads the audit log, runs reviews and holds.
        IgReviewer = 9 => "IG_REVIEWER",
        /// Decides break-glass reviews and disputes on sealed content.
        CaldicottGuardian = 10 => "CALDICOTT_GUARDIAN",
        /// Sees aggregated figures only.
        Analyst = 11 => "ANALYST",
        /// Keeps the own agency's users, inboxes, phones and rota.
        DirectoryAdmin = 12 => "DIRECTORY_ADMIN",
        /// Changes configurable rules, with a second person.
        PolicyOwner = 13 => "POLICY_OWNER",
        /// Certificates, queues and technical configuration; no content.
        SysAdmin = 14 => "SYS_ADMIN",
    }
}

impl Role {
    /// Whether a person merely named by an agency's system may act in this role (domain 2.2,
    /// architecture invariant 15). Every other role needs the person's own certificate.
    #[must_use]
    pub const fn may_be_asserted_by_system(self) -> bool {
        matches!(self, Self::Sender | Self::DutyReceiver | Self::DutyManager)
    }
}

code_list! {
    /// How the hub knows who acted.
    ActorHow {
        /// The person's own certificate.
        OwnCertificate = 1 => "own_certificate",
        /// Named by the agency's system, which holds the certificate.
        AssertedBySystem = 2 => "asserted_by_system",
        /// The agency's system itself; no person named.
        System = 3 => "system",
        /// A task of the hub.
        HubDriver = 4 => "hub_driver",
    }
}

code_list! {
    /// The hub's own tasks, each of which gets its permits from policy like anybody else.
    Driver {
        /// Climbs the acknowledgement ladder and fires deadlines.
        Escalation = 1 => "escalation",
        /// Purges look-out copies.
        Retention = 2 => "retention",
        /// Integrates and publishes the audit tree.
        Audit = 3 => "audit",
        /// Starts, stops and restores the hub; loads the directory file.
        Operator = 4 => "operator",
    }
}

/// Who calls. Made by `grpc::peer` from the certificate and the directory, or by a driver of the hub.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Principal {
    /// An agency's system, perhaps naming the person on whose behalf it acts.
    System {
        /// The agency of the certificate.
        agency: AgencyCode,
        /// The system's name in the certificate.
        system: SystemName,
        /// The person it names, if any, with the roles the directory gives that person.
        person: Option<Person>,
        /// SHA-256 of the certificate.
        fingerprint: [u8; 32],
    },
    /// A person with an own certificate.
    User {
        /// The agency of the certificate.
        agency: AgencyCode,
        /// The person, with the roles the directory gives.
        person: Person,
        /// SHA-256 of the certificate.
        fingerprint: [u8; 32],
    },
    /// The hub.
    Hub(Driver),
}

/// A person known to the directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The opaque id.
    pub user: UserId,
    /// The roles the directory gives in this agency, in ascending order.
    pub roles: Vec<Role>,
}

impl Principal {
    /// The agency that acts; none for the hub.
    #[must_use]
    pub const fn agency(&self) -> Option<&AgencyCode> {
        match self {
            Self::System { agency, .. } | Self::User { agency, .. } => Some(agency),
            Self::Hub(_) => None,
        }
    }

    /// The person that acts or is named, if any.
    #[must_use]
    pub const fn person(&self) -> Option<&Person> {
        match self {
            Self::System { person, .. } => person.as_ref(),
            Self::User { person, .. } => Some(person),
            Self::Hub(_) => None,
        }
    }

    /// How the hub knows who acts.
    #[must_use]
    pub const fn how(&self) -> ActorHow {
        match self {
            Self::System { person: Some(_), .. } => ActorHow::AssertedBySystem,
            Self::System { person: None, .. } => ActorHow::System,
            Self::User { .. } => ActorHow::OwnCertificate,
            Self::Hub(_) => ActorHow::HubDriver,
        }
    }

    /// Whether the person holds `role` in a way that counts: any role by own certificate, only the three
    /// assertable ones when named by a system.
    #[must_use]
    pub fn holds(&self, role: Role) -> bool {
        match self {
            Self::System { person: Some(person), .. } => {
                role.may_be_asserted_by_system() && person.roles.contains(&role)
            }
            Self::User { person, .. } => person.roles.contains(&role),
            Self::System { person: None, .. } | Self::Hub(_) => false,
        }
    }
}
