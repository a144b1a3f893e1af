//! Values with their units and bounds.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::domain::Span;

/// Defines a whole number of something, at least `MIN` and at most `MAX`.
macro_rules! unit {
    ($(#[$doc:meta])* $name:ident, $unit:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub struct $name<const MIN: u32, const MAX: u32>(u32);

        impl<const MIN: u32, const MAX: u32> $name<MIN, MAX> {
            /// The value, if within the bounds.
            #[must_use]
            pub const fn new(value: u32) -> Option<Self> {
                if MIN <= value && value <= MAX { Some(Self(value)) } else { None }
            }

            /// A default, within the bounds at compile time.
            pub(super) const fn default_of<const VALUE: u32>() -> Self {
                const { assert!(MIN <= VALUE && VALUE <= MAX) };
                Self(VALUE)
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0
            }
        }

        impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for $name<MIN, MAX> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let found = i64::deserialize(deserializer)?;
                u32::try_from(found).ok().and_then(Self::new).ok_or_else(|| {
                    serde::de::Error::custom(format_args!(
                        "must be {MIN} to {MAX}{}", $unit
                    ))
                })
            }
        }
    };
}

unit!(
    /// Elapsed seconds.
    Seconds, " seconds"
);
unit!(
    /// Elapsed minutes.
    Minutes, " minutes"
);
unit!(
    /// Elapsed hours.
    Hours, " hours"
);
unit!(
    /// Days by the calendar, each from midnight to midnight, London time.
    Days, " days"
);
unit!(
    /// Minutes of office time (domain 5.5).
    WorkingMinutes, " working minutes"
);
unit!(
    /// Working days (domain 5.5).
    WorkingDays, " working days"
);
unit!(
    /// Bytes.
    Bytes, " bytes"
);
unit!(
    /// How many.
    Count, ""
);

impl<const MIN: u32, const MAX: u32> Seconds<MIN, MAX> {
    /// As a standard duration, for what runs on monotonic time.
    #[must_use]
    pub const fn to_std(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl<const MIN: u32, const MAX: u32> Hours<MIN, MAX> {
    /// As a standard duration.
    #[must_use]
    pub const fn to_std(self) -> Duration {
        Duration::from_secs((self.0 as u64).saturating_mul(3_600))
    }
}

impl<const MIN: u32, const MAX: u32> Minutes<MIN, MAX> {
    /// As a span of hub time.
    #[must_use]
    pub const fn to_span(self) -> Span {
        Span::minutes(self.0 as i64)
    }
}

impl<const MIN: u32, const MAX: u32> Count<MIN, MAX> {
    /// For what is counted in memory.
    #[must_use]
    pub const fn to_usize(self) -> usize {
        self.0 as usize
    }
}

impl<const MIN: u32, const MAX: u32> Bytes<MIN, MAX> {
    /// For what lies in memory.
    #[must_use]
    pub const fn to_usize(self) -> usize {
        self.0 as usize
    }
}

/// An address and port to listen on; port 0 lets the machine choose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListenAddress(SocketAddr);

impl ListenAddress {
    /// Any address.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self(address)
    }

    /// The address and port.
    #[must_use]
    pub const fn get(self) -> SocketAddr {
        self.0
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = &'static str;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse().map(Self).map_err(|_not_one| Self::RULE)
    }
}

impl ListenAddress {
    pub(super) const RULE: &'static str = "an IP address and a port, e.g. \"0.0.0.0:8443\"";
}

/// An address of this machine alone: what listens there has no TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoopbackAddress(SocketAddr);

impl LoopbackAddress {
    /// The address, if it is a loopback address.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Option<Self> {
        if address.ip().is_loopback() { Some(Self(address)) } else { None }
    }

    /// The address and port.
    #[must_use]
    pub const fn get(self) -> SocketAddr {
        self.0
    }

    pub(super) const RULE: &'static str = "a loopback address and a port, e.g. \"127.0.0.1:8080\"";
}

impl TryFrom<String> for LoopbackAddress {
    type Error = &'static str;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse().ok().and_then(Self::new).ok_or(Self::RULE)
    }
}

/// The hub's name in its certificates and in the audit log's origin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HubName(String);

impl TryFrom<String> for HubName {
    type Error = &'static str;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        let well_formed = (1..=64).contains(&raw.len()) && raw.bytes().all(is_name_byte);
        if well_formed { Ok(Self(raw)) } else { Err("1-64 of [a-z0-9-]") }
    }
}

/// The trust domain of every certificate's SPIFFE name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustDomain(String);

impl TryFrom<String> for TrustDomain {
    type Error = &'static str;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        let well_formed = (1..=255).contains(&raw.len())
            && raw.bytes().all(|byte| is_name_byte(byte) || byte == b'.');
        if well_formed { Ok(Self(raw)) } else { Err("1-255 of [a-z0-9.-]") }
    }
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// Reads a type from its text and says its rule when that fails.
macro_rules! from_text {
    ($($name:ident),+) => {
        $(impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::try_from(String::deserialize(deserializer)?)
                    .map_err(|rule| serde::de::Error::custom(format_args!("must be {rule}")))
            }
        })+
    };
}

from_text!(ListenAddress, LoopbackAddress, HubName, TrustDomain);

/// Shows and lends a type's text.
macro_rules! as_text {
    ($($name:ident),+) => {
        $(impl $name {
            /// Borrows the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        })+
    };
}

as_text!(HubName, TrustDomain);
