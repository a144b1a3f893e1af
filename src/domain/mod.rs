//! The words of the field, valid by construction. Pure: no I/O, no clock, no log.
//!
//! | word | meaning |
//! |---|---|
//! | alert, alert kind | what one agency tells others about a person at risk |
//! | subject | the person an alert is about |
//! | agency; principal | who takes part; who calls |
//! | mailbox | where deliveries for an agency wait; *inbox* on screens |
//! | delivery | one alert on its way to one mailbox: queued, delivered, confirmed, opened, acknowledged |
//! | sharing decision | outcome, row and basis for one alert and one recipient |
//! | receipt | a signed promise: *stored*, *delivered*, *taken* |
//! | entry, event | one leaf of the audit tree; the things one commit caused |
//! | deadline, tag | when something is due, and on whose authority |

pub(crate) mod codes;

pub mod after;
pub mod alert;
pub mod conflict;
pub mod consent;
pub mod counted;
pub mod deadline;
pub mod decision;
pub mod delivery;
pub mod directory;
pub mod disagreement;
pub mod error;
pub mod event;
pub mod id;
pub mod identity;
pub mod letter;
pub mod marac;
pub mod missing_episode;
pub mod place_of_safety;
pub mod principal;
pub mod receipt;
pub mod redacted;
pub mod referral;
pub mod rule;
pub mod stage;
pub mod submission;
pub mod time;

pub use after::{AfterSending, Recalled, SameEvent};
pub use alert::{AlertKind, AlertRecord, Priority, Risk};
pub use consent::ConsentChanged;
pub use deadline::{Deadline, DeadlineTag};
pub use delivery::{Delivery, DeliveryState};
pub use disagreement::{Disagreement, DisagreementStage};
pub use error::{ErrorKind, ParseError};
pub use event::{Event, EventKind};
pub use id::{
    AgencyCode, AlertId, DeliveryId, EpisodeId, EpisodeReference, EventId, IdempotencyKey,
    MailboxId, MentionToken, Position, SubjectRef, SystemName, UserId,
};
pub use letter::{Letter, LetterSet, SensitivityClass, View};
pub use missing_episode::{MissingEpisode, MissingNews};
pub use principal::{Principal, Role};
pub use redacted::Redacted;
pub use rule::Rule;
pub use stage::{Advice, Stage, Way};
pub use submission::Submission;
pub use time::{Span, Timestamp};
