//! The directory: who takes part, with which systems, people, roles, inboxes, phones, rotas and areas.
//!
//! Owns the file of the first start, the changes an agency makes of its own part, the two-person changes of roles and
//! of the partnership itself, and the answer to "who calls", asked for every call. Does not decide who may change what (see
//! [`crate::policy::access`]) nor who is on duty for an alert (policy, from the rota).
//!
//! The directory is one value with a version. Every change is a commit that expects the version it was decided
//! on; a change that lost a race is decided again on the new one. What is refused is recorded.

mod change;
mod draft;
mod file;
mod partnership;
mod resolve;
mod rules;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use change::DirectoryChange;
pub use draft::{AgencyDraft, MailboxDraft, PersonDraft, RangeDraft, SchoolDraft, SlotDraft};
pub use file::{FILE_BYTES_MAX, FileError, PartFile, parse};
pub use partnership::PartnershipDraft;
pub use resolve::{ResolveError, resolve};
pub use rules::{
    AGENCIES_MAX, FIRST_PEOPLE_MAX, PARTNERSHIP_PROPOSALS_MAX, PHONE_CHARACTERS_MAX, PROPOSALS_MAX,
    ROTA_DAYS_MAX, ROTA_SLOTS_MAX, Refused, SCHOOLS_MAX, SYSTEMS_MAX, TEXT_CHARACTERS_MAX,
    USERS_MAX,
};

use change::{ChangeError, Changed, Happened};

use crate::audit::Audit;
pub use crate::audit::{Caller, Peer};
use crate::domain::directory::{
    self as model, Agency, AgencyType, Mailbox, MailboxRole, PartnershipProposal, RoleProposal,
};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::ProposalId;
use crate::domain::principal::{Driver, Role};
use crate::domain::{
    AgencyCode, ErrorKind, Letter, MailboxId, ParseError, Principal, Timestamp, UserId,
};
use crate::env::Env;
use crate::policy::access::{self, Action, Denied, Permit};
use crate::policy::escalation;
pub use crate::policy::escalation::Duty;
use crate::store::{Commit, CommitError, Expect, Store, StoreError, Write};

/// How many times a change is decided again after another one came first.
const ATTEMPTS_MAX: u32 = 8;

/// Keeps the directory.
pub struct Directory {
    store: Arc<dyn Store>,
    env: Env,
    audit: Arc<Audit>,
}

/// What a caller may know of the directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryView {
    /// The version it was read at.
    pub version: u64,
    /// The caller's own agency: everything.
    pub own: Agency,
    /// Other agencies' duty inboxes that the caller may know.
    pub known: Vec<KnownAgency>,
    /// Postcode districts and their areas.
    pub areas: BTreeMap<String, AgencyCode>,
    /// Who is on duty at each inbox of the caller's agency that has a rota.
    pub duty: BTreeMap<MailboxId, Duty>,
}

/// Another agency as a caller may know it: its name and its duty inbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownAgency {
    /// Its code.
    pub code: AgencyCode,
    /// Its name.
    pub name: String,
    /// What kind of body it is.
    pub kind: AgencyType,
    /// Its duty inbox, without the rota.
    pub duty: Mailbox,
}

/// What became of the directory file at a start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loaded {
    /// The store was empty; the file is the directory now.
    FromFile,
    /// The store has a directory; the file was not looked at.
    AlreadyThere,
}

impl Directory {
    /// Puts the service together.
    #[must_use]
    pub const fn new(store: Arc<dyn Store>, env: Env, audit: Arc<Audit>) -> Self {
        Self { store, env, audit }
    }

    /// Takes the directory from the text of a file if the store has none yet.
    ///
    /// # Errors
    /// When the file breaks a rule, or the store cannot record it. Then the store still has none.
    pub async fn load_if_empty(&self, text: &str) -> Result<Loaded, DirectoryError> {
        if self.store.directory().version != 0 {
            return Ok(Loaded::AlreadyThere);
        }
        let directory = parse(text)?;
        let permit =
            access::permit(&Principal::Hub(Driver::Operator), Action::LoadDirectory, None)?;
        let happened = vec![Happened::new(EventKind::DirectoryChanged, "DIRECTORY_LOADED")];
        let changed = Changed { directory, happened };
        match self.commit(&permit, self.env.now(), changed).await {
            Ok(_version) => Ok(Loaded::FromFile),
            // Another start was faster; its directory stands.
            Err(DirectoryError::Conflict) => Ok(Loaded::AlreadyThere),
            Err(error) => Err(error),
        }
    }

    /// The directory as it stands.
    #[must_use]
    pub fn current(&self) -> Arc<model::Directory> {
        self.store.directory()
    }

    /// Finds out who calls, by the directory as it stands now.
    ///
    /// # Errors
    /// [`ResolveError`]; the edge records it with [`Audit::refuse_peer`].
    pub fn resolve(&self, peer: &Peer) -> Result<Principal, ResolveError> {
        resolve(peer, &self.store.directory())
    }

    /// Reads what the caller's agency may know.
    ///
    /// # Errors
    /// Not permitted.
    pub async fn read(&self, caller: &Principal) -> Result<DirectoryView, DirectoryError> {
        self.permitted(caller, Action::ReadDirectory).await?;
        let directory = self.store.directory();
        let own = caller.agency().and_then(|code| directory.agencies.get(code));
        let own = own.ok_or(DirectoryError::NotFound)?;
        let others = directory.agencies.values().filter(|other| other.code != own.code);
        Ok(DirectoryView {
            version: directory.version,
            own: own.clone(),
            known: others.filter(|other| may_know(own, other)).filter_map(known).collect(),
            areas: directory.areas.clone(),
            duty: self.duty_of(own),
        })
    }

    /// Who is on duty now and next, by the rotas of an agency.
    fn duty_of(&self, agency: &Agency) -> BTreeMap<MailboxId, Duty> {
        let now = self.env.now();
        let with_rota = agency.mailboxes.iter().filter(|mailbox| !mailbox.rota.is_empty());
        with_rota.map(|it| (it.id.clone(), escalation::duty(agency, it, now))).collect()
    }

    /// Changes the caller's own part. With an `expected` version it is refused as a conflict unless the directory
    /// is at that version; without one it is decided on whatever stands. Returns the new version.
    ///
    /// # Errors
    /// [`DirectoryError`]; a refusal is recorded.
    pub async fn change(
        &self,
        caller: &Principal,
        expected: Option<u64>,
        change: &DirectoryChange,
    ) -> Result<u64, DirectoryError> {
        for _ in 0..ATTEMPTS_MAX {
            let permit = self.permitted(caller, Action::ChangeDirectory).await?;
            let own = permit.agency().ok_or(DirectoryError::NotFound)?.clone();
            let directory = self.store.directory();
            if expected.is_some_and(|expected| expected != directory.version) {
                return Err(DirectoryError::Conflict);
            }
            let changed = change::apply(change, &directory, &own);
            let changed = self.decided(caller, changed).await?;
            match self.commit(&permit, self.env.now(), changed).await {
                Err(DirectoryError::Conflict) => {}
                done => return done,
            }
        }
        Err(DirectoryError::Conflict)
    }

    /// Puts the roles a person shall hold before a second person. A newer proposal about the same person replaces
    /// the older.
    ///
    /// # Errors
    /// [`DirectoryError`]; a refusal is recorded.
    pub async fn propose_roles(
        &self,
        caller: &Principal,
        user: &UserId,
        roles: &[Role],
    ) -> Result<RoleProposal, DirectoryError> {
        for _ in 0..ATTEMPTS_MAX {
            let permit = self.permitted(caller, Action::ProposeRoles).await?;
            let now = self.env.now();
            let own = permit.agency().ok_or(DirectoryError::NotFound)?;
            let proposer = acting(&permit)?;
            let id = self.env.ids(now).proposal();
            let proposal = change::proposal(id, (own, proposer), (user, roles), now);
            let changed = change::propose(proposal.clone(), &self.store.directory());
            let changed = self.decided(caller, changed).await?;
            match self.commit(&permit, now, changed).await {
                Err(DirectoryError::Conflict) => {}
                done => return done.map(|_version| proposal),
            }
        }
        Err(DirectoryError::Conflict)
    }

    /// Carries out a waiting change of roles; the caller is neither who proposed it nor whom it is about.
    ///
    /// # Errors
    /// [`DirectoryError`]; a refusal is recorded.
    pub async fn approve_roles(
        &self,
        caller: &Principal,
        proposal: ProposalId,
    ) -> Result<RoleProposal, DirectoryError> {
        for _ in 0..ATTEMPTS_MAX {
            let permit = self.permitted(caller, Action::ApproveRoles).await?;
            let own = permit.agency().ok_or(DirectoryError::NotFound)?;
            let approver = acting(&permit)?;
            let approved = change::approve(proposal, &self.store.directory(), own, approver);
            let (changed, approved) = self.decided(caller, approved).await?;
            match self.commit(&permit, self.env.now(), changed).await {
                Err(DirectoryError::Conflict) => {}
                done => return done.map(|_version| approved),
            }
        }
        Err(DirectoryError::Conflict)
    }

    /// The changes of roles of the caller's agency that wait for a second person.
    ///
    /// # Errors
    /// Not permitted.
    pub async fn pending(&self, caller: &Principal) -> Result<Vec<RoleProposal>, DirectoryError> {
        let permit = self.permitted(caller, Action::ApproveRoles).await?;
        let directory = self.store.directory();
        let own = directory.proposals.iter().filter(|it| Some(&it.agency) == permit.agency());
        Ok(own.cloned().collect())
    }

    /// Puts a change of the partnership before a second person of the host. A newer proposal for the same agency,
    /// school or table replaces the older.
    ///
    /// # Errors
    /// [`DirectoryError`]; a refusal is recorded.
    pub async fn propose_partnership(
        &self,
        caller: &Principal,
        draft: &PartnershipDraft,
    ) -> Result<PartnershipProposal, DirectoryError> {
        for _ in 0..ATTEMPTS_MAX {
            let permit = self.permitted(caller, Action::ProposePartnership).await?;
            let now = self.env.now();
            let directory = self.store.directory();
            let change = self.decided(caller, partnership::read(draft, &directory)).await?;
            let proposal = PartnershipProposal {
                id: self.env.ids(now).proposal(),
                agency: permit.agency().ok_or(DirectoryError::NotFound)?.clone(),
                proposed_by: acting(&permit)?.clone(),
                proposed_at: now,
                change,
            };
            let changed = partnership::propose(proposal.clone(), &directory);
            let changed = self.decided(caller, changed).await?;
            match self.commit(&permit, now, changed).await {
                Err(DirectoryError::Conflict) => {}
                done => return done.map(|_version| proposal),
            }
        }
        Err(DirectoryError::Conflict)
    }

    /// Carries out a waiting change of the partnership; the caller is not who proposed it.
    ///
    /// # Errors
    /// [`DirectoryError`]; a refusal is recorded.
    pub async fn approve_partnership(
        &self,
        caller: &Principal,
        proposal: ProposalId,
    ) -> Result<PartnershipProposal, DirectoryError> {
        for _ in 0..ATTEMPTS_MAX {
            let permit = self.permitted(caller, Action::ApprovePartnership).await?;
            let own = permit.agency().ok_or(DirectoryError::NotFound)?;
            let approver = (own, acting(&permit)?);
            let approved = partnership::approve(proposal, &self.store.directory(), approver);
            let (changed, approved) = self.decided(caller, approved).await?;
            match self.commit(&permit, self.env.now(), changed).await {
                Err(DirectoryError::Conflict) => {}
                done => return done.map(|_version| approved),
            }
        }
        Err(DirectoryError::Conflict)
    }

    /// The changes of the partnership that wait for a second person.
    ///
    /// # Errors
    /// Not permitted.
    pub async fn pending_partnership(
        &self,
        caller: &Principal,
    ) -> Result<Vec<PartnershipProposal>, DirectoryError> {
        self.permitted(caller, Action::ApprovePartnership).await?;
        Ok(self.store.directory().partnership_proposals.clone())
    }

    /// Leave to act on the caller's own agency; a refusal is recorded.
    async fn permitted(
        &self,
        caller: &Principal,
        action: Action,
    ) -> Result<Permit, DirectoryError> {
        match access::permit(caller, action, caller.agency()) {
            Ok(permit) => Ok(permit),
            Err(denied) => {
                self.audit.refuse(caller, denied.reason()).await?;
                Err(denied.into())
            }
        }
    }

    /// What was decided; a refusal is recorded.
    async fn decided<T>(
        &self,
        caller: &Principal,
        decided: Result<T, ChangeError>,
    ) -> Result<T, DirectoryError> {
        let error = match decided {
            Ok(decided) => return Ok(decided),
            Err(ChangeError::NotFound) => DirectoryError::NotFound,
            Err(ChangeError::Refused(refused)) => DirectoryError::Refused(refused),
            Err(ChangeError::Rota(refused, fault)) => DirectoryError::Rota { refused, fault },
            // What cannot be read was not decided on.
            Err(ChangeError::Malformed(faults)) => return Err(DirectoryError::Malformed(faults)),
        };
        self.audit.refuse(caller, error.reason()).await?;
        Err(error)
    }

    async fn commit(
        &self,
        permit: &Permit,
        at: Timestamp,
        changed: Changed,
    ) -> Result<u64, DirectoryError> {
        let Changed { directory, happened } = changed;
        let (version, ids) = (directory.version, self.env.ids(at));
        let events = happened.into_iter().map(|happened| {
            let mut event = Event::new(ids.event(), happened.kind);
            event.reason = Some(happened.what.to_owned());
            event.mailbox = happened.mailbox;
            event.person = happened.person;
            event.roles = happened.roles;
            event.count = Some(version);
            event
        });
        let commit = Commit::new(permit, at, events.collect(), self.env.salt_seed())?
            .writing(vec![Write::Directory(Box::new(directory))])?
            .expecting(vec![Expect::DirectoryVersion(version.saturating_sub(1))]);
        match self.store.commit(commit).await {
            Ok(_committed) => Ok(version),
            Err(StoreError::Conflict) => Err(DirectoryError::Conflict),
            Err(source) => Err(source.into()),
        }
    }
}

fn acting(permit: &Permit) -> Result<&UserId, DirectoryError> {
    permit.actor().user.as_ref().ok_or(DirectoryError::Denied(Denied::PersonNeeded))
}

/// Whether people of `own` may see the duty inbox of `other`: those whom a sender can foresee (domain 5.3a).
fn may_know(own: &Agency, other: &Agency) -> bool {
    if own.organisation.is_some() && own.organisation == other.organisation {
        return true;
    }
    match other.letter {
        Letter::C | Letter::P | Letter::R => true,
        Letter::F | Letter::M => matches!(own.letter, Letter::P | Letter::F | Letter::M),
        Letter::CL
        | Letter::K
        | Letter::A
        | Letter::H1
        | Letter::H2
        | Letter::N
        | Letter::S
        | Letter::E
        | Letter::Y
        | Letter::L
        | Letter::X
        | Letter::D
        | Letter::Z
        | Letter::T
        | Letter::G => false,
    }
}

fn known(agency: &Agency) -> Option<KnownAgency> {
    let duty = Mailbox { rota: Vec::new(), ..agency.mailbox(MailboxRole::Duty)?.clone() };
    let (code, name, kind) = (agency.code.clone(), agency.name.clone(), agency.kind);
    Some(KnownAgency { code, name, kind, duty })
}

/// Why the directory could not do it.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The caller may not.
    #[error("not permitted")]
    Denied(#[from] Denied),
    /// The caller's agency has no such mailbox, person or waiting change.
    #[error("no such mailbox, person or change in this agency")]
    NotFound,
    /// The change cannot be read: everything that is wrong with it.
    #[error("the change cannot be read")]
    Malformed(Vec<ParseError>),
    /// The change breaks a rule.
    #[error("the change is refused: {0}")]
    Refused(Refused),
    /// A rota breaks a rule.
    #[error("the rota is refused: {refused}")]
    Rota {
        /// Which rule.
        refused: Refused,
        /// Where, and the rule in words.
        fault: ParseError,
    },
    /// Another change came first.
    #[error("the directory has changed")]
    Conflict,
    /// The file is not a directory.
    #[error("the directory file is refused")]
    File(#[from] FileError),
    /// The change and its permit do not fit: a fault of the hub.
    #[error("the commit is refused")]
    Commit(#[from] CommitError),
    /// The store refused.
    #[error("the store could not do it")]
    Store(#[from] StoreError),
}

impl DirectoryError {
    /// What kind of failure a caller sees.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => ErrorKind::NotFound,
            Self::Malformed(_) | Self::File(_) => ErrorKind::Invalid,
            Self::Refused(Refused::FrontDoorOnly) => ErrorKind::Denied,
            Self::Refused(_) | Self::Rota { .. } => ErrorKind::Precondition,
            Self::Conflict => ErrorKind::Conflict,
            Self::Commit(_) => ErrorKind::Internal,
            Self::Store(source) => source.kind(),
        }
    }

    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.reason(),
            Self::NotFound => "NOT_FOUND",
            Self::Malformed(_) => "MALFORMED",
            Self::File(_) => "DIRECTORY_FILE_INVALID",
            Self::Refused(refused) | Self::Rota { refused, .. } => refused.as_str(),
            Self::Conflict => "CONFLICT",
            Self::Commit(_) => "INTERNAL",
            Self::Store(source) => source.reason(),
        }
    }
}
