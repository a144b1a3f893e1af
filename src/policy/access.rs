//! Who may do what: the only maker of a [`Permit`].
//!
//! Deny by default. A permit names the principal, the action and the agency acted for; a commit carries one,
//! and the store refuses writes that its action does not allow. Roles and what they may do: domain 2.2; who
//! needs an own certificate: architecture invariant 15.
//!
//! A mailbox is opened by whom it serves (domain 2.2, 5.7): the duty inbox by the agency's system and anybody on
//! duty; the manager's by the system and a duty manager; a lead's by a safeguarding lead with an own certificate and
//! by no system, because what comes there in the place of a closed general inbox must not come back to it; the head
//! of service's and the director's by a senior on call with an own certificate.

use crate::domain::codes::code_list;
use crate::domain::directory::{Directory, MailboxRole};
use crate::domain::event::Actor;
use crate::domain::principal::{Driver, Person, Principal, Role};
use crate::domain::{AgencyCode, ErrorKind, UserId};

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
        /// Say that nothing more is done with a delivery that was recalled.
        ConfirmRecall = 15 => "confirm recall",
        /// Read checkpoints and proofs of the audit tree: any agency, each is a witness.
        Witness = 20 => "witness",
        /// Read audit entries.
        ReadAudit = 21 => "read audit",
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
const SENDERS: &[Role] =
    &[Role::Sender, Role::DutyReceiver, Role::DutyManager, Role::DecisionMaker];

const fn need(action: Action) -> Need {
    match action {
        Action::Hello | Action::Witness | Action::ReadDirectory => Need::Member,
        // Whoever may send may correct and recall at once, whatever the reason (domain 2.2): a mistake that put data
        // before the wrong people does not wait for a manager.
        Action::SubmitAlert | Action::CorrectAlert | Action::RecallAlert | Action::ReadStatus => {
            Need::SystemOr(SENDERS)
        }
        Action::Receive | Action::ListMailbox | Action::ConfirmRecall => Need::SystemOr(DUTY),
        Action::ReportOpened | Action::Acknowledge | Action::Decline => Need::Person(DUTY),
        Action::ReadAudit => Need::OwnCertificate(&[Role::IgReviewer]),
        Action::ChangeDirectory | Action::ProposeRoles | Action::ApproveRoles => {
            Need::OwnCertificate(&[Role::DirectoryAdmin])
        }
        // Of the host: the directory gives the role to nobody else (domain 2.2).
        Action::ProposePartnership | Action::ApprovePartnership => {
            Need::OwnCertificate(&[Role::PolicyOwner])
        }
        Action::Escalate => Need::Hub(&[Driver::Escalation]),
        Action::Purge => Need::Hub(&[Driver::Retention]),
        Action::LoadDirectory => Need::Hub(&[Driver::Operator]),
        Action::RecordHubEvent => Need::Hub(Driver::ALL),
        Action::RecordRefusal => Need::Member,
    }
}

/// Who may do an action at a mailbox that serves these people.
const fn need_at(action: Action, serves: MailboxRole) -> Need {
    match (need(action), serves) {
        (Need::SystemOr(_), MailboxRole::Duty) => Need::SystemOr(DESK),
        (Need::Person(_), MailboxRole::Duty) => Need::Person(DESK),
        (Need::SystemOr(_), MailboxRole::Manager) => Need::SystemOr(MANAGERS),
        (Need::Person(_), MailboxRole::Manager) => Need::Person(MANAGERS),
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
            | MailboxRole::Director,
        ) => need,
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
mod tests {
    use super::*;
    use crate::domain::SystemName;
    use crate::domain::principal::Person;

    fn agency(code: &str) -> AgencyCode {
        AgencyCode::try_from(code).unwrap()
    }

    fn person(roles: &[Role]) -> Person {
        Person { user: UserId::try_from("u-1").unwrap(), roles: roles.to_vec() }
    }

    fn system(code: &str, named: Option<&[Role]>) -> Principal {
        Principal::System {
            agency: agency(code),
            system: SystemName::try_from("ehr").unwrap(),
            person: named.map(person),
            fingerprint: [7; 32],
        }
    }

    fn user(code: &str, roles: &[Role]) -> Principal {
        Principal::User { agency: agency(code), person: person(roles), fingerprint: [8; 32] }
    }

    #[test]
    fn a_system_may_submit_for_its_own_agency_and_not_for_another() {
        let caller = system("MERPOL", None);

        assert!(permit(&caller, Action::SubmitAlert, Some(&agency("MERPOL"))).is_ok());

        let refused = permit(&caller, Action::SubmitAlert, Some(&agency("CADT"))).unwrap_err();
        assert_eq!(refused, Denied::OtherAgency);
        assert_eq!(refused.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_role_that_may_never_do_it_hears_so_whosever_the_object_is() {
        let analyst = user("CADT", &[Role::Analyst]);

        for owner in ["CADT", "EDT"] {
            let refused = permit(&analyst, Action::Acknowledge, Some(&agency(owner))).unwrap_err();
            assert_eq!(refused, Denied::Role, "{owner}");
        }
    }

    #[test]
    fn a_named_sender_without_a_senders_role_does_not_hold_the_alert_up() {
        let named = |roles: &[Role]| permit_to_send(&system("WUTH-AED", Some(roles)));

        for roles in [&[Role::SafeguardingLead][..], &[Role::Analyst], &[]] {
            let permit = named(roles).unwrap();
            assert_eq!((&permit.actor().user, permit.actor().role), (&None, None), "{roles:?}");
        }
        let sender = named(&[Role::Sender]).unwrap();
        assert_eq!(sender.actor().role, Some(Role::Sender));
        assert!(sender.actor().user.is_some());
        let own = permit_to_send(&user("WUTH-AED", &[Role::Analyst]));
        assert_eq!(own.unwrap_err(), Denied::Role, "the person's own certificate is no claim");
    }

    #[test]
    fn acknowledging_needs_a_named_person_of_duty() {
        let own = agency("EDT");
        let ask = |caller| permit(&caller, Action::Acknowledge, Some(&own)).map(|_| ());

        assert_eq!(ask(system("EDT", None)), Err(Denied::PersonNeeded));
        assert_eq!(ask(system("EDT", Some(&[Role::Analyst]))), Err(Denied::Role));
        assert_eq!(ask(system("EDT", Some(&[Role::DutyReceiver]))), Ok(()));
        assert_eq!(ask(user("EDT", &[Role::SafeguardingLead])), Ok(()));
    }

    #[test]
    fn a_mailbox_is_opened_by_whom_it_serves_and_by_nobody_else() {
        use MailboxRole::{Director, Duty, HeadOfService, Lead, Manager};
        let own = agency("CADT");
        let all = &[Role::DutyReceiver, Role::DutyManager, Role::SafeguardingLead][..];
        let system_ = system("CADT", None);
        let receiver = system("CADT", Some(&[Role::DutyReceiver]));
        let manager = system("CADT", Some(&[Role::DutyManager]));
        let asserted = system("CADT", Some(all));
        let lead = user("CADT", &[Role::SafeguardingLead]);
        let senior = user("CADT", &[Role::SeniorOnCall]);
        //                   system receiver manager asserted lead  senior
        let table = [
            (Duty, Action::Receive, [true, true, true, true, true, false]),
            (Duty, Action::Acknowledge, [false, true, true, true, true, false]),
            (Manager, Action::Receive, [true, false, true, true, false, false]),
            (Manager, Action::Acknowledge, [false, false, true, true, false, false]),
            (Lead, Action::Receive, [false, false, false, false, true, false]),
            (Lead, Action::ListMailbox, [false, false, false, false, true, false]),
            (Lead, Action::ReportOpened, [false, false, false, false, true, false]),
            (Lead, Action::Acknowledge, [false, false, false, false, true, false]),
            (Lead, Action::Decline, [false, false, false, false, true, false]),
            (HeadOfService, Action::Receive, [false, false, false, false, false, true]),
            (HeadOfService, Action::Acknowledge, [false, false, false, false, false, true]),
            (Director, Action::Receive, [false, false, false, false, false, true]),
            (Director, Action::Acknowledge, [false, false, false, false, false, true]),
        ];
        let callers = [system_, receiver, manager, asserted, lead, senior];
        for (serves, action, expected) in table {
            for (caller, expected) in callers.iter().zip(expected) {
                let leave = permit_at(caller, action, (&own, serves));
                assert_eq!(leave.is_ok(), expected, "{action} at {serves} by {caller:?}");
            }
        }
        let other = user("FSU", &[Role::SafeguardingLead]);
        let refused = permit_at(&other, Action::Receive, (&own, Lead)).unwrap_err();
        assert_eq!(refused, Denied::OtherAgency);
    }

    #[test]
    fn only_a_duty_manager_with_an_own_certificate_approves() {
        let manager = user("CADT", &[Role::DutyManager]);

        assert_eq!(approver(&manager).map(UserId::as_str), Some("u-1"));
        assert_eq!(approver(&user("CADT", &[Role::Sender])), None);
        assert_eq!(approver(&system("CADT", Some(&[Role::DutyManager]))), None);
    }

    #[test]
    fn a_caller_is_what_the_directory_says_now() {
        use crate::domain::directory::UserEntry;
        let mut directory = crate::policy::fixtures::directory();
        let cadt = directory.agencies.get_mut(&agency("CADT")).unwrap();
        let lead = user("CADT", &[Role::SafeguardingLead]);
        let id = UserId::try_from("u-1").unwrap();
        let entry = |active| UserEntry { roles: vec![Role::DutyReceiver], active };
        cadt.users.insert(id.clone(), entry(true));
        cadt.systems = vec![SystemName::try_from("ehr").unwrap()];

        let now = as_known_now(&lead, &directory).unwrap();
        let named = as_known_now(&system("CADT", Some(&[Role::DutyManager])), &directory).unwrap();
        directory.agencies.get_mut(&agency("CADT")).unwrap().users.insert(id, entry(false));

        assert_eq!(now.person().unwrap().roles, [Role::DutyReceiver]);
        assert_eq!(named.person().unwrap().roles, [Role::DutyReceiver]);
        assert_eq!(as_known_now(&lead, &directory), Err(Denied::CallerUnknown));
        assert!(as_known_now(&system("CADT", None), &directory).is_ok());
        assert_eq!(as_known_now(&system("FSU", None), &directory), Err(Denied::CallerUnknown));
    }

    #[test]
    fn a_lead_named_by_a_system_does_not_count_as_a_lead() {
        let caller = system("EDT", Some(&[Role::SafeguardingLead]));

        let refused = permit(&caller, Action::Acknowledge, Some(&agency("EDT"))).unwrap_err();

        assert_eq!(refused, Denied::OwnCertificate);
    }

    #[test]
    fn another_agencys_mailbox_is_like_none_and_tells_nothing_of_whom_it_serves() {
        let desk = user("EDT", &[Role::DutyReceiver, Role::DutyManager]);
        let analyst = user("EDT", &[Role::Analyst]);

        for serves in [MailboxRole::Duty, MailboxRole::Lead, MailboxRole::Director] {
            let ask = |caller| permit_at(caller, Action::Receive, (&agency("CADT"), serves));

            assert_eq!(ask(&desk).unwrap_err(), Denied::OtherAgency);
            assert_eq!(ask(&analyst).unwrap_err(), Denied::Role, "who may never do this hears so");
        }
    }

    #[test]
    fn audit_entries_are_read_with_an_own_certificate_only() {
        let ig = agency("HUB-IG");
        let named = system("HUB-IG", Some(&[Role::IgReviewer]));

        assert_eq!(
            permit(&named, Action::ReadAudit, Some(&ig)).unwrap_err(),
            Denied::OwnCertificate
        );
        assert!(permit(&user("HUB-IG", &[Role::IgReviewer]), Action::ReadAudit, Some(&ig)).is_ok());
        assert_eq!(
            permit(&user("HUB-IG", &[Role::SysAdmin]), Action::ReadAudit, Some(&ig)).unwrap_err(),
            Denied::Role
        );
    }

    #[test]
    fn the_partnership_is_changed_by_policy_owners_with_an_own_certificate_and_by_no_admin() {
        let host = agency("HUB-IG");
        for action in [Action::ProposePartnership, Action::ApprovePartnership] {
            let ask = |caller| permit(&caller, action, Some(&host)).map(|_| ());

            assert_eq!(ask(user("HUB-IG", &[Role::PolicyOwner])), Ok(()));
            assert_eq!(ask(user("HUB-IG", &[Role::DirectoryAdmin])), Err(Denied::Role));
            assert_eq!(ask(user("HUB-IG", &[Role::SysAdmin])), Err(Denied::Role));
            let named = system("HUB-IG", Some(&[Role::PolicyOwner]));
            assert_eq!(ask(named), Err(Denied::OwnCertificate));
        }
    }

    #[test]
    fn nobody_outside_the_hub_may_act_as_its_drivers() {
        for action in [Action::Escalate, Action::Purge, Action::LoadDirectory] {
            assert_eq!(permit(&user("CADT", Role::ALL), action, None).unwrap_err(), Denied::Role);
        }
        let driver = Principal::Hub(Driver::Escalation);
        assert!(permit(&driver, Action::Escalate, None).is_ok());
        assert_eq!(permit(&driver, Action::SubmitAlert, None).unwrap_err(), Denied::Role);
        assert_eq!(permit(&driver, Action::LoadDirectory, None).unwrap_err(), Denied::Role);
    }

    #[test]
    fn the_actor_of_an_entry_is_taken_from_the_principal() {
        let permit = permit(&user("CADT", &[Role::DutyManager]), Action::Decline, None).unwrap();

        assert_eq!(permit.actor().agency, Some(agency("CADT")));
        assert_eq!(permit.actor().role, Some(Role::DutyManager));
        assert_eq!(permit.agency(), Some(&agency("CADT")));
    }
}
