//! Who stands in a certificate, before the directory has said who that is.

use crate::domain::principal::{Person, Principal};
use crate::domain::{AgencyCode, SystemName, UserId};

/// Who stands in a verified certificate, and whom the call names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// The agency of the certificate.
    pub agency: AgencyCode,
    /// The system or person of the certificate.
    pub caller: Caller,
    /// SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
    /// The person on whose behalf a system says it acts.
    pub named: Option<UserId>,
}

/// The bearer of a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Caller {
    /// A system of the agency.
    System(SystemName),
    /// A person of the agency.
    User(UserId),
}

impl Peer {
    /// The caller as a refusal entry names it: by the certificate alone, without any role. Whom a system names
    /// is left out: the directory does not know that person.
    pub(super) fn unresolved(&self) -> Principal {
        let (agency, fingerprint) = (self.agency.clone(), self.fingerprint);
        match &self.caller {
            Caller::System(system) => {
                let (system, person) = (system.clone(), None);
                Principal::System { agency, system, person, fingerprint }
            }
            Caller::User(user) => {
                let person = Person { user: user.clone(), roles: Vec::new() };
                Principal::User { agency, person, fingerprint }
            }
        }
    }
}
