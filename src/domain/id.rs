//! Names of things: agencies, mailboxes, people, alerts, positions. Valid by construction.

use std::fmt;

use smol_str::SmolStr;

use super::error::ParseError;

/// Defines a validated text identifier: a newtype over a short string with a bounded character set. Cheap to clone.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $field:literal, $max:literal, $rule:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(SmolStr);

        impl $name {
            /// The longest accepted value, in bytes.
            pub const LEN_MAX: usize = $max;

            /// Borrows the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseError;

            fn try_from(raw: String) -> Result<Self, Self::Error> {
                Self::try_from(raw.as_str())
            }
        }

        impl TryFrom<&str> for $name {
            type Error = ParseError;

            fn try_from(raw: &str) -> Result<Self, Self::Error> {
                let allowed: fn(u8) -> bool = $allowed;
                let well_formed = raw.len() <= Self::LEN_MAX && raw.bytes().all(allowed);
                match (raw.is_empty(), well_formed) {
                    (true, _) => Err(ParseError::missing($field)),
                    (false, true) => Ok(Self(SmolStr::new(raw))),
                    (false, false) => Err(ParseError::malformed($field, $rule)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// An agency's code, e.g. `WUTH-AED`, `LA-341`, `SCH-900101` (domain 2.1).
    AgencyCode, "agency", 32, "1-32 of [A-Z0-9-]",
    |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-'
);

text_id!(
    /// A mailbox: the agency's code alone for its duty inbox, or `CODE/name` for another of its
    /// inboxes, e.g. `CADT/lead`.
    MailboxId, "mailbox", 64, "1-64 of [A-Za-z0-9/-]",
    |b| b.is_ascii_alphanumeric() || b == b'-' || b == b'/'
);

text_id!(
    /// A person's opaque id, given by the directory, e.g. `u-1001`. Never a name.
    UserId, "user", 64, "1-64 of [a-z0-9-]",
    |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'
);

text_id!(
    /// The name of an agency's system in its certificate, e.g. `ehr`.
    SystemName, "system", 64, "1-64 of [a-z0-9-]",
    |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'
);

text_id!(
    /// A sender's own key for one submission; unique per agency for 30 days (domain 3.2).
    IdempotencyKey, "idempotency_key", 64, "1-64 of printable ASCII without spaces",
    |b| b.is_ascii_graphic()
);

/// What an agency calls an episode, as the hub keeps it: HMAC-SHA-256 under a key of its own. The text, which a person
/// chose, is in the sealed alert alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EpisodeReference([u8; 32]);

impl EpisodeReference {
    /// Takes the 32 bytes as they are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Borrows the 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What a person may be found again by, as the hub keeps it: the first half of an HMAC-SHA-256 under a key of its own
/// over one piece of what is known of the person. Tells nothing to whoever has not got the master key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MentionToken([u8; 16]);

impl MentionToken {
    /// Takes the 16 bytes as they are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Borrows the 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl MailboxId {
    /// The duty inbox of an agency.
    #[must_use]
    pub fn duty(agency: &AgencyCode) -> Self {
        Self(agency.0.clone())
    }

    /// The code of the agency the mailbox belongs to.
    #[must_use]
    pub fn agency_code(&self) -> &str {
        let end = self.0.bytes().position(|byte| byte == b'/');
        end.and_then(|end| self.0.get(..end)).unwrap_or(&self.0)
    }
}

/// Defines a 16-byte identifier (UUIDv7, made by `env`).
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// Takes the 16 bytes as they are.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(uuid::Uuid::from_bytes(bytes))
            }

            /// Borrows the 16 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Reads exactly 16 bytes.
            ///
            /// # Errors
            /// Malformed when the length is not 16.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, ParseError> {
                uuid::Uuid::from_slice(bytes)
                    .map(Self)
                    .map_err(|_not_16| ParseError::malformed($field, "16 bytes"))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = ParseError;

            fn try_from(raw: &str) -> Result<Self, Self::Error> {
                if raw.is_empty() {
                    return Err(ParseError::missing($field));
                }
                uuid::Uuid::try_parse(raw)
                    .map(Self)
                    .map_err(|_not_uuid| ParseError::malformed($field, "a UUID"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

uuid_id!(
    /// One alert.
    AlertId, "alert_id"
);
uuid_id!(
    /// A group of alerts about one episode; equal to the id of its first alert.
    EpisodeId, "episode_id"
);
uuid_id!(
    /// One audit event.
    EventId, "event_id"
);
uuid_id!(
    /// A random reference to one person in one alert; says nothing about who it is.
    SubjectRef, "subject_ref"
);
uuid_id!(
    /// One proposed change of the directory that waits for a second person.
    ProposalId, "proposal_id"
);

impl From<AlertId> for EpisodeId {
    fn from(first: AlertId) -> Self {
        Self(first.0)
    }
}

impl EpisodeId {
    /// The alert that opened the episode.
    #[must_use]
    pub const fn first_alert(self) -> AlertId {
        AlertId(self.0)
    }
}

/// One delivery of an alert: the alert and a number from 0 within it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeliveryId {
    /// The alert delivered.
    pub alert: AlertId,
    /// Its number among the alert's deliveries, from 0 in the order they were decided.
    pub number: u32,
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.alert, self.number)
    }
}

impl TryFrom<&str> for DeliveryId {
    type Error = ParseError;

    fn try_from(raw: &str) -> Result<Self, Self::Error> {
        let malformed = || ParseError::malformed("delivery_id", "ALERT-ID.NUMBER");
        let (alert, number) = raw.split_once('.').ok_or_else(malformed)?;
        let alert = AlertId::try_from(alert).map_err(|_inner| malformed())?;
        let number = number.parse().map_err(|_inner| malformed())?;
        Ok(Self { alert, number })
    }
}

/// The logical sequence number of a commit, from 0, contiguous. Also the index of its leaf in the audit
/// tree. Never a byte offset; never leaves the store and the audit log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Position(pub u64);

impl Position {
    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
