//! Mailboxes: handing out, confirming, opening, acknowledging, declining, reading what was answered, giving up what was
//! recalled.
//!
//! Owns what a recipient does with its deliveries. Does not decide who receives an alert (see
//! [`crate::policy`]) nor what happens when nobody answers (see [`crate::escalation`]).
//!
//! A delivery may be handed out more than once; an acknowledgement is final. Leases only save work: without
//! them every delivery would still arrive at least once and in order within its episode. Nothing leaves
//! before the entry that says so is durable.

mod answer;
mod chronology;
mod copy;
mod failure;
mod hand_out;
mod hand_over;
mod kept;
mod list;
mod name_staff;
mod outstanding;
mod recall;
mod significance;
mod words;

use std::sync::Arc;
use std::time::Duration;

pub use answer::{Acknowledged, Answer, CONFIRM_MAX};
pub use chronology::{About, Chronology, LINES_MAX, Line, LineKey};
pub use copy::{Called, Copy};
pub use hand_out::{Batch, Item, Stream, Tombstone, cursor};
pub use hand_over::HandedOver;
pub use list::{Known, PAGE_MAX, Page, Row};
pub use name_staff::StaffUser;
pub use words::Answers;

use crate::audit::Audit;
use crate::crypto::{SealError, Sealer};
use crate::denylist::DenyError;
use crate::domain::delivery::TransitionError;
use crate::domain::{AgencyCode, AlertId, AlertRecord, ErrorKind, MailboxId, Principal};
use crate::env::Env;
use crate::policy::Clocks;
use crate::policy::access::{self, Action, Denied, Permit};
pub use crate::policy::chronology::Extent;
use crate::store::{CommitError, Store, StoreError};
use crate::wake::Wake;

/// How many times a use case loads and decides again after a conflict.
const ATTEMPTS_MAX: u32 = 16;

/// Bounds of handing out. Values come from the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Deliveries in one hand-out commit, at most 256.
    pub hand_out_max: usize,
    /// How long a handed-out delivery is left in peace before it is sent again.
    pub lease: Duration,
    /// The longest time between two sendings of the same delivery.
    pub backoff_max: Duration,
}

impl Default for Limits {
    /// 64 deliveries, 30 s, 10 min.
    fn default() -> Self {
        Self {
            hand_out_max: 64,
            lease: Duration::from_secs(30),
            backoff_max: Duration::from_secs(600),
        }
    }
}

/// The mailboxes of every agency.
pub struct Mailboxes {
    store: Arc<dyn Store>,
    env: Env,
    sealer: Arc<Sealer>,
    wake: Arc<dyn Wake>,
    audit: Arc<Audit>,
    limits: Limits,
    clocks: Clocks,
    outstanding: outstanding::Outstanding,
    shown: list::Shown,
}

/// Why a mailbox use case did not do it.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// The caller may not, or may not know of it.
    #[error("not permitted")]
    Denied(#[from] Denied),
    /// There is no such mailbox or delivery for this caller.
    #[error("no such mailbox or delivery")]
    NotFound,
    /// The delivery is not in a state that allows it.
    #[error("the delivery does not allow this now")]
    Transition(#[from] TransitionError),
    /// The cursor is not one this hub gave.
    #[error("the cursor is not one of this hub")]
    Cursor,
    /// Too many items in one call.
    #[error("too many items in one call")]
    TooMany,
    /// Who takes over from an agency that did not answer says how it was reached; who closes, what came of it.
    #[error("this answer needs a note")]
    NoteNeeded,
    /// The delivery was not recalled.
    #[error("the delivery was not recalled")]
    NotRecalled,
    /// The rota names nobody who comes next.
    #[error("the rota names nobody who comes next")]
    NobodyNext,
    /// The person does not serve this mailbox, or must not know of what is handed over.
    #[error("the person does not serve this mailbox")]
    NotOfThisDesk,
    /// Who is named is not a user of the agency that is asked about.
    #[error("not a user of the agency that is asked about")]
    NotOfTheAgency,
    /// It was said before who it is.
    #[error("it was said before who it is")]
    AlreadyNamed,
    /// Others kept changing the same deliveries.
    #[error("others keep changing these deliveries")]
    Busy,
    /// The store could not.
    #[error("the store could not")]
    Store(#[from] StoreError),
    /// The commit could not be made.
    #[error("the commit could not be made")]
    Commit(#[from] CommitError),
    /// A stored body does not open or cannot be cut.
    #[error("a stored body does not open")]
    Body,
    /// What a person wrote could not be sealed.
    #[error("the words of an answer could not be sealed")]
    Seal(#[from] SealError),
}

impl MailboxError {
    /// What kind of failure the caller sees.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => ErrorKind::NotFound,
            Self::Transition(_) | Self::NotRecalled | Self::NobodyNext | Self::AlreadyNamed => {
                ErrorKind::Precondition
            }
            Self::Cursor
            | Self::TooMany
            | Self::NoteNeeded
            | Self::NotOfThisDesk
            | Self::NotOfTheAgency => ErrorKind::Invalid,
            Self::Busy => ErrorKind::Conflict,
            Self::Store(source) => source.kind(),
            Self::Commit(_) | Self::Body | Self::Seal(_) => ErrorKind::Internal,
        }
    }

    /// Whether it is about one alert: then others can still be handed out.
    const fn concerns_one_alert(&self) -> bool {
        match self {
            Self::NotFound | Self::Body => true,
            Self::Store(source) => {
                !matches!(source, StoreError::Conflict) && !source.concerns_every_commit()
            }
            Self::Denied(_)
            | Self::Transition(_)
            | Self::Cursor
            | Self::TooMany
            | Self::NoteNeeded
            | Self::NobodyNext
            | Self::NotOfThisDesk
            | Self::NotOfTheAgency
            | Self::AlreadyNamed
            | Self::NotRecalled
            | Self::Busy
            | Self::Commit(_)
            | Self::Seal(_) => false,
        }
    }

    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.reason(),
            Self::NotFound => "NOT_FOUND",
            Self::Transition(transition) => transition.reason(),
            Self::Cursor => "CURSOR_INVALID",
            Self::TooMany => "TOO_MANY_ITEMS",
            Self::NoteNeeded => "NOTE_NEEDED",
            Self::NotRecalled => "NOT_RECALLED",
            Self::NobodyNext => "NOBODY_NEXT",
            Self::NotOfThisDesk => "NOT_OF_THIS_DESK",
            Self::NotOfTheAgency => "NOT_OF_THE_AGENCY",
            Self::AlreadyNamed => "ALREADY_NAMED",
            Self::Busy => "BUSY",
            Self::Store(source) => source.reason(),
            Self::Commit(_) => "COMMIT_REFUSED",
            Self::Body => "BODY_DAMAGED",
            Self::Seal(source) => source.reason(),
        }
    }
}

/// What the mailboxes are built from.
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Time and randomness.
    pub env: Env,
    /// Opens bodies.
    pub sealer: Arc<Sealer>,
    /// Says when a mailbox has news.
    pub wake: Arc<dyn Wake>,
    /// Records refusals.
    pub audit: Arc<Audit>,
    /// Bounds.
    pub limits: Limits,
    /// The local clocks: what an answer sets going.
    pub clocks: Clocks,
}

impl Mailboxes {
    /// Puts the mailboxes together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            store: parts.store,
            env: parts.env,
            sealer: parts.sealer,
            wake: parts.wake,
            audit: parts.audit,
            limits: parts.limits,
            clocks: parts.clocks,
            outstanding: outstanding::Outstanding::default(),
            shown: list::Shown::default(),
        }
    }

    /// Leave for `action` on `mailbox`, or a recorded refusal.
    ///
    /// A mailbox that does not exist and one of another agency are the same to the caller. The caller is asked anew
    /// each time, as the directory stands: a stream may have been opened long ago.
    async fn permit(
        &self,
        principal: &Principal,
        action: Action,
        mailbox: &MailboxId,
    ) -> Result<Permit, MailboxError> {
        let directory = self.store.directory();
        let owner = AgencyCode::try_from(mailbox.agency_code()).ok();
        let asked = match owner.zip(directory.mailbox(mailbox)) {
            Some((owner, known)) => access::as_known_now(principal, &directory)
                .and_then(|caller| access::permit_at(&caller, action, (&owner, known.role))),
            None => access::permit(principal, action, None).and(Err(Denied::OtherAgency)),
        };
        match asked {
            Ok(permit) => Ok(permit),
            Err(denied) => {
                self.audit.refuse(principal, denied.reason()).await?;
                Err(denied.into())
            }
        }
    }

    /// What came of a call; a delivery that is not the caller's, or is none, is a recorded refusal.
    async fn told<T>(
        &self,
        principal: &Principal,
        done: Result<T, MailboxError>,
    ) -> Result<T, MailboxError> {
        if matches!(done, Err(MailboxError::NotFound)) {
            self.audit.refuse(principal, "NOT_FOUND").await?;
        }
        done
    }

    async fn alert(&self, alert: AlertId) -> Result<Arc<AlertRecord>, MailboxError> {
        self.store.alert(alert).await?.ok_or(MailboxError::NotFound)
    }
}

impl From<DenyError> for MailboxError {
    fn from(error: DenyError) -> Self {
        match error {
            DenyError::Store(source) => source.into(),
            DenyError::Seal(source) => source.into(),
        }
    }
}
