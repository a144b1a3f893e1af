//! From a certificate's names to a principal, per call.
//!
//! Pure. The certificate says which agency and which system or person; the directory says whether that agency
//! takes part, whether the system is registered, whether the person is active and in which roles.

use crate::audit::{Caller, Peer};
use crate::domain::codes::code_list;
use crate::domain::directory::Directory;
use crate::domain::principal::{Person, Principal};
use crate::domain::{ErrorKind, UserId};

code_list! {
    /// Why a caller is nobody to this hub.
    ResolveError {
        /// No agency of this code takes part.
        AgencyUnknown = 1 => "AGENCY_UNKNOWN",
        /// The agency has not registered this system.
        SystemUnknown = 2 => "SYSTEM_UNKNOWN",
        /// The person of the certificate is not an active person of the agency.
        UserUnknown = 3 => "USER_UNKNOWN",
        /// The person a system names is not an active person of the agency.
        PersonUnknown = 4 => "PERSON_UNKNOWN",
        /// A person's own certificate cannot speak for somebody else.
        PersonMismatch = 5 => "PERSON_MISMATCH",
    }
}

impl ResolveError {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        self.as_str()
    }

    /// What kind of failure the caller sees.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Self::AgencyUnknown | Self::SystemUnknown | Self::UserUnknown => {
                ErrorKind::Unauthenticated
            }
            Self::PersonUnknown | Self::PersonMismatch => ErrorKind::Denied,
        }
    }

    /// Why, for the caller; names nobody.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::AgencyUnknown => "the agency of this certificate does not take part",
            Self::SystemUnknown => "this system is not registered for its agency",
            Self::UserUnknown => "the person of this certificate is not active in the directory",
            Self::PersonUnknown => "the person named is not an active person of your agency",
            Self::PersonMismatch => "an own certificate speaks for its own person only",
        }
    }
}

impl std::error::Error for ResolveError {}

/// Finds out who calls, by the directory as it stands now.
///
/// # Errors
/// [`ResolveError`].
pub fn resolve(peer: &Peer, directory: &Directory) -> Result<Principal, ResolveError> {
    let agency = directory.agencies.get(&peer.agency).ok_or(ResolveError::AgencyUnknown)?;
    let person_of = |user: &UserId| {
        let entry = directory.active_user(&peer.agency, user)?;
        Some(Person { user: user.clone(), roles: entry.roles.clone() })
    };
    match &peer.caller {
        Caller::System(system) if agency.systems.contains(system) => {
            let named = peer.named.as_ref();
            let person =
                named.map(|user| person_of(user).ok_or(ResolveError::PersonUnknown)).transpose()?;
            Ok(Principal::System {
                agency: peer.agency.clone(),
                system: system.clone(),
                person,
                fingerprint: peer.fingerprint,
            })
        }
        Caller::System(_) => Err(ResolveError::SystemUnknown),
        Caller::User(user) => {
            let person = person_of(user).ok_or(ResolveError::UserUnknown)?;
            if peer.named.as_ref().is_some_and(|named| named != user) {
                return Err(ResolveError::PersonMismatch);
            }
            Ok(Principal::User {
                agency: peer.agency.clone(),
                person,
                fingerprint: peer.fingerprint,
            })
        }
    }
}
