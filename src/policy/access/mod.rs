//! Who may do what: the only maker of a [`Permit`].
//!
//! Deny by default. A permit names the principal, the action and the agency acted for; a commit carries one,
//! and the store refuses writes that its action does not allow. Roles and what they may do: domain 2.2; who
//! needs an own certificate: architecture invariant 15.
//!
//! A mailbox is opened by whom it serves (domain 2.2, 5.7): the duty inbox by the agency's system and anybody on
//! duty; the manager's and the deputy's by the system and a duty manager; a lead's by a safeguarding lead with an own certificate and
//! by no system, because what comes there in the place of a closed general inbox must not come back to it; the head
//! of service's and the director's by a senior on call with an own certificate.

use crate::domain::alert::ShownTo;
use crate::domain::codes::code_list;
use crate::domain::directory::{Directory, MailboxRole};
use crate::domain::event::Actor;
use crate::domain::principal::{Driver, Person, Principal, Role};
use crate::domain::{AgencyCode, AlertRecord, ErrorKind, Letter, UserId};

code_list! {
    /// What a principal wants to do.
    Action {
        /// Send an alert of the own agency.
        SubmitAlert = 1 => "submit alert",
        /// See the status of the own agency's alerts.
        ReadStatus = 2 => "read status",
        /// Correct an alert of the own agency.
        CorrectAlert = 4 => "correct alert",
        /// Recall an alert of the own agency.
        RecallAlert = 5 => "recall alert",
        /// Disagree with a decision on a referral of the own agency.
        Disagree = 6 => "disagree",
        /// Say what became of an agreement that an alert of the own agency rests on.
        ChangeConsent = 7 => "change consent",
        /// Receive deliveries of an own mailbox as a stream, and confirm them.
        Receive = 10 => "receive",
        /// See an own mailbox.
        ListMailbox = 11 => "list mailbox",
        /// Say that a person has seen a delivery.
        ReportOpened = 12 => "report opened",
        /// Take a delivery.
        Acknowledge = 13 => "acknowledge",
        /// Decline a delivery with a reason.
        Decline = 14 => "decline",
        /// Hand what is open over to who is on duty next.
        HandOver = 18 => "hand over",
        /// Say who of an agency a person of concern is.
        NameStaff = 19 => "name a member of staff",
        /// Say that nothing more is done with a delivery that was recalled.
        ConfirmRecall = 15 => "confirm recall",
        /// Read what an own mailbox has about one person, alert by alert.
        ReadChronology = 16 => "read chronology",
        /// Say how much an alert says about a person.
        SetSignificance = 17 => "set significance",
        /// Read checkpoints and proofs of the audit tree: any agency, each is a witness.
        Witness = 20 => "witness",
        /// Read audit entries.
        ReadAudit = 21 => "read audit",
        /// Read the audit entries of conflicts of interest.
        ReadConflicts = 22 => "read conflicts of interest",
        /// Read the own agency's part of the directory.
        ReadDirectory = 30 => "read directory",
        /// Change the own agency's part of the directory.
        ChangeDirectory = 31 => "change directory",
        /// Propose a change of roles.
        ProposeRoles = 32 => "propose roles",
        /// Approve a change of roles that another person proposed.
        ApproveRoles = 33 => "approve roles",
        /// Propose a change of the partnership: an agency, a school, the council's holidays.
        ProposePartnership = 34 => "propose a change of the partnership",
        /// Approve a change of the partnership that another person proposed.
        ApprovePartnership = 35 => "approve a change of the partnership",
        /// Read indicators: aggregates only.
        ReadIndicators = 36 => "read indicators",
        /// Read the audit entries that a figure rests on.
        ReadIndicatorEntries = 37 => "read indicator entries",
        /// Ask the hub who it is and what time it has.
        Hello = 40 => "hello",
        /// The hub: climb the ladder, fire timers.
        Escalate = 50 => "escalate",
        /// The hub: purge look-outs.
        Purge = 51 => "purge",
        /// The hub: load the directory file at first start.
        LoadDirectory = 52 => "load directory",
        /// The hub: record its own events (start, stop, alarms, connections).
        RecordHubEvent = 53 => "record hub event",
        /// Record that something was refused; allows no writes.
        RecordRefusal = 60 => "record refusal",
        /// See whom the hub takes for one person, or may.
        ReadMatches = 70 => "read matches",
        /// Say that two mentions are one person, or are not.
        DecideMatch = 71 => "decide on a match",
        /// Set or lift an entry of the protected-subject register.
        FlagSubject = 72 => "flag a subject",
        /// Say that two alerts that were linked tell of two events.
        SplitDuplicate = 73 => "split a duplicate",
    }
}

/// Leave to do one thing once. Not `Clone`; only this module makes one.
#[derive(Debug)]
pub struct Permit {
    actor: Actor,
    action: Action,
    agency: Option<AgencyCode>,
}

impl Permit {
    /// By whom.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// To do what.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// For which agency; none for the hub's own actions.
    #[must_use]
    pub const fn agency(&self) -> Option<&AgencyCode> {
        self.agency.as_ref()
    }
}

/// Why leave was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Denied {
    /// The object is another agency's: the caller may not even know that it exists.
    #[error("no such object for this agency")]
    OtherAgency,
    /// No role of the caller may do this.
    #[error("this action needs a role the caller does not hold")]
    Role,
    /// The role counts only with the person's own certificate.
    #[error("this action needs the person's own certificate")]
    OwnCertificate,
    /// A person must be named and known to the directory.
    #[error("this action needs a person known to the directory")]
    PersonNeeded,
    /// The directory knew the caller when the call began and does not any more.
    #[error("the directory no longer knows the caller")]
    CallerUnknown,
}

impl Denied {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::OtherAgency => "NOT_FOUND",
            Self::Role => "ROLE_NOT_ALLOWED",
            Self::OwnCertificate => "OWN_CERTIFICATE_NEEDED",
            Self::PersonNeeded => "PERSON_NEEDED",
            Self::CallerUnknown => "CALLER_UNKNOWN",
        }
    }

    /// What kind of refusal the caller sees.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Self::OtherAgency => ErrorKind::NotFound,
            Self::Role | Self::OwnCertificate | Self::PersonNeeded => ErrorKind::Denied,
            Self::CallerUnknown => ErrorKind::Unauthenticated,
        }
    }
}

/// Who may do an action.
enum Need {
    /// Any system or person of the agency concerned.
    Member,
    /// Any of the agency's systems, or a person holding one of the roles.
    SystemOr(&'static [Role]),
    /// A person holding one of these roles, named by a system where the role allows it.
    Person(&'static [Role]),
    /// A person with an own certificate holding one of these roles.
    OwnCertificate(&'static [Role]),
    /// One of the hub's drivers.
    Hub(&'static [Driver]),
}

/// Everybody who may ever have to do with a mailbox, whichever.
const DUTY: &[Role] =
    &[Role::DutyReceiver, Role::DutyManager, Role::SafeguardingLead, Role::SeniorOnCall];
const DESK: &[Role] = &[Role::DutyReceiver, Role::DutyManager, Role::SafeguardingLead];
const MANAGERS: &[Role] = &[Role::DutyManager];
const LEADS: &[Role] = &[Role::SafeguardingLead];
const SENIORS: &[Role] = &[Role::SeniorOnCall];
/// The lead sees what the agency has sent, also what is kept from its own people (domain 5.7, 6).
const READERS: &[Role] = &[
    Role::Sender,
    Role::DutyReceiver,
    Role::DutyManager,
    Role::DecisionMaker,
    Role::SafeguardingLead,
];
/// Who may say for the front door how much an alert says about a person (domain 3.12).
const WEIGHERS: &[Role] = &[Role::DutyManager, Role::SafeguardingLead, Role::DecisionMaker];
/// Who may keep the protected-subject register, in an agency that may (domain 3.4).
const REGISTRARS: &[Role] = &[
    Role::DutyReceiver,
    Role::DutyManager,
    Role::SafeguardingLead,
    Role::DecisionMaker,
    Role::MaracCoordinator,
];
/// Who of the designated officers reads what a conflict of interest has changed (domain 5.7, 5).
const OFFICERS: &[Role] = &[Role::SafeguardingLead, Role::DutyManager];
/// Who says that two alerts tell of two events (domain 5.9).
const SPLITTERS: &[Role] =
    &[Role::DutyReceiver, Role::DutyManager, Role::SafeguardingLead, Role::DecisionMaker];
const SENDERS: &[Role] =
    &[Role::Sender, Role::DutyReceiver, Role::DutyManager, Role::DecisionMaker];

/// Who may disagree with a decision for an agency that referred.
const REFERRERS: &[Role] =
    &[Role::Sender, Role::DutyReceiver, Role::DutyManager, Role::SafeguardingLead];

const fn need(action: Action) -> Need {
    match action {
        Action::Hello | Action::Witness | Action::ReadDirectory => Need::Member,
        Action::ReadIndicators => Need::OwnCertificate(&[Role::Analyst]),
        // Whoever may send may correct and recall at once, whatever the reason (domain 2.2): a mistake that put data
        // before the wrong people does not wait for a manager.
        Action::SubmitAlert
        | Action::CorrectAlert
        | Action::RecallAlert
        | Action::ChangeConsent => Need::SystemOr(SENDERS),
        Action::ReadStatus => Need::SystemOr(READERS),
        Action::Disagree => Need::SystemOr(REFERRERS),
        Action::Receive | Action::ListMailbox | Action::ConfirmRecall => Need::SystemOr(DUTY),
        Action::ReportOpened | Action::Acknowledge | Action::Decline | Action::HandOver => {
            Need::Person(DUTY)
        }
        // Many alerts on one screen are more than any one of them: nobody reads them in another's name (domain 3.12). Nor
        // does a system say who is suspected.
        Action::ReadChronology | Action::NameStaff => Need::OwnCertificate(DUTY),
        // A judgement: a person's own, and of the front door alone (see [`permit_to_weigh`]).
        Action::SetSignificance => Need::OwnCertificate(WEIGHERS),
        // Rows are no analyst's (domain 2.2): whoever reads entries may read which of them a figure rests on.
        Action::ReadAudit | Action::ReadIndicatorEntries => {
            Need::OwnCertificate(&[Role::IgReviewer])
        }
        Action::ReadConflicts => Need::OwnCertificate(OFFICERS),
        Action::ChangeDirectory | Action::ProposeRoles | Action::ApproveRoles => {
            Need::OwnCertificate(&[Role::DirectoryAdmin])
        }
        // Of the host: the directory gives the role to nobody else (domain 2.2).
        Action::ProposePartnership | Action::ApprovePartnership => {
            Need::OwnCertificate(&[Role::PolicyOwner])
        }
        Action::ReadMatches | Action::DecideMatch => Need::OwnCertificate(&[Role::IdentitySteward]),
        Action::FlagSubject => Need::OwnCertificate(REGISTRARS),
        Action::SplitDuplicate => Need::OwnCertificate(SPLITTERS),
        Action::Escalate => Need::Hub(&[Driver::Escalation]),
        Action::Purge => Need::Hub(&[Driver::Retention]),
        Action::LoadDirectory => Need::Hub(&[Driver::Operator]),
        Action::RecordHubEvent => Need::Hub(Driver::ALL),
        Action::RecordRefusal => Need::Member,
    }
}

/// Who may do an action at a mailbox that serves these people.
const fn need_at(action: Action, serves: MailboxRole) -> Need {
    if matches!(action, Action::ReadChronology | Action::NameStaff) {
        return Need::OwnCertificate(match serves {
            MailboxRole::Duty => DESK,
            MailboxRole::Manager | MailboxRole::Deputy => MANAGERS,
            MailboxRole::Lead => LEADS,
            MailboxRole::HeadOfService | MailboxRole::Director => SENIORS,
        });
    }
    if matches!(action, Action::SetSignificance) {
        return Need::OwnCertificate(match serves {
            MailboxRole::Duty => WEIGHERS,
            MailboxRole::Manager | MailboxRole::Deputy => MANAGERS,
            MailboxRole::Lead => LEADS,
            MailboxRole::HeadOfService | MailboxRole::Director => &[],
        });
    }
    match (need(action), serves) {
        (Need::SystemOr(_), MailboxRole::Duty) => Need::SystemOr(DESK),
        (Need::Person(_), MailboxRole::Duty) => Need::Person(DESK),
        (Need::SystemOr(_), MailboxRole::Manager | MailboxRole::Deputy) => Need::SystemOr(MANAGERS),
        (Need::Person(_), MailboxRole::Manager | MailboxRole::Deputy) => Need::Person(MANAGERS),
        (Need::SystemOr(_) | Need::Person(_), MailboxRole::Lead) => Need::OwnCertificate(LEADS),
        (
            Need::SystemOr(_) | Need::Person(_),
            MailboxRole::HeadOfService | MailboxRole::Director,
        ) => Need::OwnCertificate(SENIORS),
        (
            need,
            MailboxRole::Duty
            | MailboxRole::Manager
            | MailboxRole::Lead
            | MailboxRole::HeadOfService
            | MailboxRole::Director
            | MailboxRole::Deputy,
        ) => need,
    }
}

/// Whether a person with these roles may answer at a mailbox that serves these people.
#[must_use]
pub fn may_serve(serves: MailboxRole, roles: &[Role]) -> bool {
    match need_at(Action::Acknowledge, serves) {
        Need::Person(able) | Need::OwnCertificate(able) => able.iter().any(|it| roles.contains(it)),
        Need::Member | Need::SystemOr(_) | Need::Hub(_) => false,
    }
}

/// Gives leave for `action` on something that belongs to `owner` (the agency whose alert, mailbox or directory
/// part it is; `None` where the action has no owner), or says why not.
///
/// # Errors
/// [`Denied`], with the reason a refusal entry records.
pub fn permit(
    principal: &Principal,
    action: Action,
    owner: Option<&AgencyCode>,
) -> Result<Permit, Denied> {
    permit_by(principal, (action, need(action)), owner)
}

/// As [`permit`], for a mailbox of `owner` that serves these people.
///
/// # Errors
/// [`Denied`], with the reason a refusal entry records.
pub fn permit_at(
    principal: &Principal,
    action: Action,
    (owner, serves): (&AgencyCode, MailboxRole),
) -> Result<Permit, Denied> {
    permit_by(principal, (action, need_at(action, serves)), Some(owner))
}

/// The caller as the directory knows it now. A stream lives long: a person put out of action, a role that was taken
/// away or a system that was removed ends what it may receive.
///
/// # Errors
/// [`Denied::CallerUnknown`].
pub fn as_known_now(principal: &Principal, directory: &Directory) -> Result<Principal, Denied> {
    let person_of = |agency: &AgencyCode, person: &Person| {
        let entry = directory.active_user(agency, &person.user).ok_or(Denied::CallerUnknown)?;
        Ok(Person { user: person.user.clone(), roles: entry.roles.clone() })
    };
    let mut known = principal.clone();
    match &mut known {
        Principal::System { agency, system, person, .. } => {
            let found = directory.agencies.get(agency);
            if !found.is_some_and(|found| found.systems.contains(system)) {
                return Err(Denied::CallerUnknown);
            }
            if let Some(person) = person {
                *person = person_of(agency, person)?;
            }
        }
        Principal::User { agency, person, .. } => *person = person_of(agency, person)?,
        Principal::Hub(_) => {}
    }
    Ok(known)
}

fn permit_by(
    principal: &Principal,
    (action, need): (Action, Need),
    owner: Option<&AgencyCode>,
) -> Result<Permit, Denied> {
    // Before the object is looked at: who may never do this hears so whatever it asks for, and learns nothing.
    role_used(principal, &self::need(action))?;
    if let (Some(owner), Some(agency)) = (owner, principal.agency())
        && owner != agency
    {
        return Err(Denied::OtherAgency);
    }
    let role = role_used(principal, &need)?;
    Ok(Permit {
        actor: Actor::of(principal, role),
        action,
        agency: owner.or_else(|| principal.agency()).cloned(),
    })
}

/// Gives leave to send an alert of the caller's own agency.
///
/// Whom a system names as the sender is a claim of the alert: where that person may not send, the system acts
/// alone, and an urgent alert is not held up by it (domain 3.2).
///
/// # Errors
/// [`Denied`], as [`permit`].
pub fn permit_to_send(principal: &Principal) -> Result<Permit, Denied> {
    permit_to_send_as(principal, Action::SubmitAlert)
}

/// As [`permit_to_send`], for an alert that corrects one of the agency's.
///
/// # Errors
/// [`Denied`], as [`permit`].
pub fn permit_to_correct(principal: &Principal) -> Result<Permit, Denied> {
    permit_to_send_as(principal, Action::CorrectAlert)
}

fn permit_to_send_as(principal: &Principal, action: Action) -> Result<Permit, Denied> {
    let ask = |caller: &Principal| permit(caller, action, caller.agency());
    match (ask(principal), principal) {
        (Err(_), Principal::System { agency, system, person: Some(_), fingerprint }) => {
            ask(&Principal::System {
                agency: agency.clone(),
                system: system.clone(),
                person: None,
                fingerprint: *fingerprint,
            })
        }
        (asked, _) => asked,
    }
}

/// Whether the caller, who may see the own agency's alerts, may see this one: where it is kept from somebody, only its
/// author and the safeguarding lead (domain 5.7, 6). The system that sent it in its author's name sees it when it names that
/// author again, and no other system does.
#[must_use]
pub fn may_see_sent(principal: &Principal, alert: &AlertRecord) -> bool {
    if alert.conflicts.is_none() && alert.shown == ShownTo::Readers {
        return true;
    }
    let is_its_system = match principal {
        Principal::System { system, .. } => alert.sender_system.as_ref() == Some(system),
        Principal::User { .. } => true,
        Principal::Hub(_) => false,
    };
    let is_author = match &alert.author {
        Some(author) => principal.person().is_some_and(|person| person.user == *author),
        None => principal.person().is_none(),
    };
    let is_author = is_its_system && is_author;
    is_author || principal.holds(Role::SafeguardingLead)
}

/// Gives leave to set or lift an entry of the protected-subject register: to F, M and C (domain 3.4).
///
/// # Errors
/// [`Denied`], as [`permit`].
pub fn permit_to_flag(principal: &Principal, directory: &Directory) -> Result<Permit, Denied> {
    let permit = permit(principal, Action::FlagSubject, principal.agency())?;
    let agency = principal.agency().and_then(|code| directory.agencies.get(code));
    match agency.is_some_and(|agency| matches!(agency.letter, Letter::F | Letter::M | Letter::C)) {
        true => Ok(permit),
        false => Err(Denied::Role),
    }
}

/// Whether somebody of the agency may say that the alert tells of another event (domain 5.9): of the one that sent it, or
/// of the front door where that was handed it.
#[must_use]
pub fn may_split(agency: &AgencyCode, record: &AlertRecord, directory: &Directory) -> bool {
    let is_front_door = directory.agencies.get(agency).is_some_and(|it| it.letter == Letter::C);
    let was_handed = record.deliveries.iter().any(|delivery| {
        delivery.sequence.is_some() && delivery.mailbox.agency_code() == agency.as_str()
    });
    record.sender == *agency || (is_front_door && was_handed)
}

/// Whether the caller may ever say how much an alert says about a person: of the front door's two desks (domain 3.12).
/// At which mailbox is asked with [`permit_at`].
///
/// # Errors
/// [`Denied`], as [`permit`].
pub fn permit_to_weigh(principal: &Principal) -> Result<Permit, Denied> {
    let permit = permit(principal, Action::SetSignificance, principal.agency())?;
    match principal.agency().is_some_and(super::partners::is_front_door) {
        true => Ok(permit),
        false => Err(Denied::Role),
    }
}

/// What of the audit log somebody reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// All of it.
    Everything,
    /// What a conflict of interest has changed in the alerts that the own agency has.
    Conflicts,
}

/// Gives leave to read the log: all of it to the host's reviewers, of conflicts of interest to the designated officers too
/// (domain 5.7, 5). `host` is the reviewers' agency.
///
/// # Errors
/// [`Denied`], as [`permit`].
pub fn permit_to_read_audit(
    principal: &Principal,
    host: Option<&AgencyCode>,
) -> Result<(Permit, Reading), Denied> {
    let is_officers = |agency: &AgencyCode| agency.as_str() == super::partners::LADO;
    match principal.agency().filter(|agency| is_officers(agency)) {
        Some(own) => {
            let permit = permit(principal, Action::ReadConflicts, Some(own))?;
            Ok((permit, Reading::Conflicts))
        }
        None => Ok((permit(principal, Action::ReadAudit, host)?, Reading::Everything)),
    }
}

/// Whose approval a call brings: a duty manager's, with the own certificate (domain 2.2), never whom a message names.
#[must_use]
pub fn approver(principal: &Principal) -> Option<&UserId> {
    by_own_certificate(principal, Role::DutyManager)
}

/// Who decides on a referral with this call: a decision maker, with the own certificate (domain 2.2).
#[must_use]
pub fn decision_maker(principal: &Principal) -> Option<&UserId> {
    by_own_certificate(principal, Role::DecisionMaker)
}

fn by_own_certificate(principal: &Principal, role: Role) -> Option<&UserId> {
    match principal {
        Principal::User { person, .. } if principal.holds(role) => Some(&person.user),
        Principal::User { .. } | Principal::System { .. } | Principal::Hub(_) => None,
    }
}

/// Leave to record that `principal` came in, or was refused something. Carries no writes.
#[must_use]
pub fn refusal(principal: &Principal) -> Permit {
    Permit {
        actor: Actor::of(principal, None),
        action: Action::RecordRefusal,
        agency: principal.agency().cloned(),
    }
}

/// Leave to record that a caller without a verified name was refused: by the hub, with the certificate that was
/// shown, if any. Carries no writes.
#[must_use]
pub fn stranger(certificate: Option<[u8; 32]>) -> Permit {
    let mut actor = Actor::of(&Principal::Hub(Driver::Operator), None);
    actor.fingerprint = certificate;
    Permit { actor, action: Action::RecordRefusal, agency: None }
}

fn role_used(principal: &Principal, need: &Need) -> Result<Option<Role>, Denied> {
    match (need, principal) {
        (Need::Hub(drivers), Principal::Hub(driver)) if drivers.contains(driver) => Ok(None),
        (Need::Hub(_), _) | (_, Principal::Hub(_)) => Err(Denied::Role),
        (Need::Member, _) => Ok(None),
        (Need::SystemOr(_), Principal::System { person: None, .. }) => Ok(None),
        (Need::SystemOr(roles) | Need::Person(roles), _) => person_role(principal, roles),
        (Need::OwnCertificate(_), Principal::System { .. }) => Err(Denied::OwnCertificate),
        (Need::OwnCertificate(roles), Principal::User { .. }) => person_role(principal, roles),
    }
}

fn person_role(principal: &Principal, roles: &[Role]) -> Result<Option<Role>, Denied> {
    let Some(person) = principal.person() else { return Err(Denied::PersonNeeded) };
    if let Some(role) = roles.iter().copied().find(|role| principal.holds(*role)) {
        return Ok(Some(role));
    }
    // Holding it without an own certificate is another refusal than not holding it at all.
    if roles.iter().any(|role| person.roles.contains(role)) {
        return Err(Denied::OwnCertificate);
    }
    Err(Denied::Role)
}

#[cfg(test)]
mod tests;
