//! Revocation lists: read, their signature checked at once, and judged by their age (domain 2.3).
//!
//! webpki is told to ignore the age of a list, because it knows only valid and expired; the grace is ours.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateRevocationListDer;
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

use super::clock::instant;
use super::events::Freshness;
use super::files::LoadError;
use super::identity::{Fingerprint, Serial};

/// How long before its end a list is called for: 7 days (domain 2.3).
const EXPIRING: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The grace asked for is over 7 days (domain 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the grace of a revocation list is at most 7 days")]
pub struct GraceTooLong;

/// What happens when a revocation list runs out.
///
/// From `next_update` on, for the time of the grace, the last good list serves and every connection raises an alarm;
/// from `next_update` + grace on, new connections are refused. A revoked certificate is refused at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevocationRules {
    grace: Duration,
}

impl RevocationRules {
    /// The longest grace: 7 days (domain 2.3).
    pub const GRACE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

    /// Sets the grace, 0 to 7 days.
    ///
    /// # Errors
    /// [`GraceTooLong`] above [`Self::GRACE_MAX`].
    pub fn new(grace: Duration) -> Result<Self, GraceTooLong> {
        if grace <= Self::GRACE_MAX { Ok(Self { grace }) } else { Err(GraceTooLong) }
    }

    /// The grace.
    #[must_use]
    pub fn grace(self) -> Duration {
        self.grace
    }

    /// Judges a list that ends at `next_update`.
    #[must_use]
    pub fn freshness(self, next_update: SystemTime, now: SystemTime) -> Freshness {
        let expiring_from = next_update.checked_sub(EXPIRING).unwrap_or(SystemTime::UNIX_EPOCH);
        if now < expiring_from {
            Freshness::Fresh
        } else if now < next_update {
            Freshness::Expiring
        } else if now < self.grace_until(next_update) {
            Freshness::Grace
        } else {
            Freshness::Lapsed
        }
    }

    /// The first instant at which new connections are refused.
    #[must_use]
    pub fn grace_until(self, next_update: SystemTime) -> SystemTime {
        next_update.checked_add(self.grace).unwrap_or(next_update)
    }
}

/// A grace of 24 hours (domain 2.3).
impl Default for RevocationRules {
    fn default() -> Self {
        Self { grace: Duration::from_secs(24 * 60 * 60) }
    }
}

/// An authority whose clients are accepted.
#[derive(Debug, Clone)]
pub(crate) struct TrustedAuthority {
    /// The name, as DER; no two authorities share one.
    pub(crate) name: Vec<u8>,
    /// Hash of name and public key: the same for a certificate made anew over the same key.
    pub(crate) id: Fingerprint,
    pub(crate) revocations: RevocationList,
}

/// One authority's list, its signature checked.
#[derive(Debug, Clone)]
pub(crate) struct RevocationList {
    pub(crate) next_update: SystemTime,
    this_update: SystemTime,
    number: Option<Vec<u8>>,
    pub(crate) revoked: HashSet<Serial>,
}

impl RevocationList {
    /// Whether `self` was issued before `other`: by number where both have one, else by date.
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        match (&self.number, &other.number) {
            (Some(ours), Some(theirs)) => (ours.len(), ours) < (theirs.len(), theirs),
            (Some(_) | None, Some(_) | None) => self.this_update < other.this_update,
        }
    }
}

/// Brings every authority together with its list.
pub(crate) fn pair(
    authorities: &[impl AsRef<[u8]>],
    lists: &[CertificateRevocationListDer<'static>],
) -> Result<Vec<TrustedAuthority>, LoadError> {
    let certificates: Vec<X509Certificate<'_>> =
        authorities.iter().map(|der| authority(der.as_ref())).collect::<Result<_, _>>()?;
    let mut found: Vec<TrustedAuthority> = Vec::new();
    for list in lists {
        let list = parse_list(list)?;
        let name = list.issuer().as_raw();
        let mut named =
            certificates.iter().filter(|certificate| certificate.subject().as_raw() == name);
        let signer = named.next().ok_or(LoadError::StrayRevocationList)?;
        if named.next().is_some() {
            return Err(LoadError::SameAuthorityName);
        }
        // What went wrong inside the signature check is of no use to an operator.
        list.verify_signature(signer.public_key()).ok().ok_or(LoadError::UnsignedRevocationList)?;
        if found.iter().any(|earlier| earlier.name == name) {
            return Err(LoadError::TwoRevocationLists);
        }
        found.push(TrustedAuthority {
            name: name.to_vec(),
            id: Fingerprint::of(&[name, signer.public_key().raw].concat()),
            revocations: read_list(&list)?,
        });
    }
    let covered = |certificate: &X509Certificate<'_>| {
        found.iter().any(|authority| authority.name == certificate.subject().as_raw())
    };
    if certificates.iter().all(covered) { Ok(found) } else { Err(LoadError::NoRevocationList) }
}

fn authority(der: &[u8]) -> Result<X509Certificate<'_>, LoadError> {
    let (rest, certificate) =
        X509Certificate::from_der(der).ok().ok_or(LoadError::NotAnAuthority)?;
    let signs = certificate
        .key_usage()
        .ok()
        .flatten()
        .is_none_or(|usage| usage.value.key_cert_sign() && usage.value.crl_sign());
    if rest.is_empty() && certificate.is_ca() && signs {
        Ok(certificate)
    } else {
        Err(LoadError::NotAnAuthority)
    }
}

fn parse_list<'a>(
    der: &'a CertificateRevocationListDer<'_>,
) -> Result<CertificateRevocationList<'a>, LoadError> {
    match CertificateRevocationList::from_der(der.as_ref()) {
        Ok(([], list)) => Ok(list),
        Ok(_) | Err(_) => Err(LoadError::UnsignedRevocationList),
    }
}

fn read_list(list: &CertificateRevocationList<'_>) -> Result<RevocationList, LoadError> {
    let next_update = list.next_update().ok_or(LoadError::EndlessRevocationList)?;
    let revoked = list.iter_revoked_certificates();
    Ok(RevocationList {
        next_update: instant(next_update.timestamp()),
        this_update: instant(list.last_update().timestamp()),
        number: list.crl_number().map(|number| number.to_bytes_be()),
        revoked: revoked.map(|entry| Serial::from_bytes(entry.raw_serial())).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT_UPDATE: u64 = 1_800_000_000;
    const DAY: u64 = 24 * 60 * 60;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap()
    }

    fn freshness(rules: RevocationRules, now: SystemTime) -> Freshness {
        rules.freshness(at(NEXT_UPDATE), now)
    }

    #[test]
    fn a_list_is_called_for_from_exactly_seven_days_before_its_end() {
        let rules = RevocationRules::default();
        let week_before = NEXT_UPDATE.checked_sub(7 * DAY).unwrap();

        assert_eq!(freshness(rules, at(week_before.checked_sub(1).unwrap())), Freshness::Fresh);
        assert_eq!(freshness(rules, at(week_before)), Freshness::Expiring);
    }

    #[test]
    fn the_grace_runs_from_the_end_of_the_list_for_exactly_its_length() {
        let rules = RevocationRules::default();
        let nanosecond = Duration::from_nanos(1);
        let end = at(NEXT_UPDATE);
        let grace_end = end.checked_add(Duration::from_secs(DAY)).unwrap();

        assert_eq!(freshness(rules, end.checked_sub(nanosecond).unwrap()), Freshness::Expiring);
        assert_eq!(freshness(rules, end), Freshness::Grace);
        assert_eq!(freshness(rules, grace_end.checked_sub(nanosecond).unwrap()), Freshness::Grace);
        assert_eq!(freshness(rules, grace_end), Freshness::Lapsed);
    }

    #[test]
    fn a_grace_of_seven_days_is_the_longest_and_none_is_allowed() {
        let week = Duration::from_secs(7 * DAY);

        assert!(RevocationRules::new(week).is_ok());
        assert_eq!(
            RevocationRules::new(week.checked_add(Duration::from_nanos(1)).unwrap()),
            Err(GraceTooLong)
        );
        let none = RevocationRules::new(Duration::ZERO).unwrap();
        assert_eq!(freshness(none, at(NEXT_UPDATE)), Freshness::Lapsed);
    }

    #[test]
    fn lists_are_ordered_by_number_and_without_numbers_by_date() {
        let list = |number: Option<&[u8]>, date: u64| RevocationList {
            next_update: at(NEXT_UPDATE),
            this_update: at(date),
            number: number.map(<[u8]>::to_vec),
            revoked: HashSet::new(),
        };

        assert!(list(Some(&[9]), 2).is_older_than(&list(Some(&[1, 0]), 1)));
        assert!(!list(Some(&[1, 0]), 1).is_older_than(&list(Some(&[9]), 2)));
        assert!(!list(Some(&[9]), 1).is_older_than(&list(Some(&[9]), 1)));
        assert!(list(None, 1).is_older_than(&list(Some(&[1]), 2)));
    }
}
