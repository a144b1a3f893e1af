//! StaySafe: the hub that carries safeguarding alerts between agencies.
//!
//! One package, layers checked by `tests/tidy.rs`. Start with [`domain`] for the words of the field and with
//! `docs/life-of-an-alert.md` for the path of one alert.

pub mod domain;

pub mod calendar;
pub mod merkle;
pub mod policy;

pub mod config;
pub mod crypto;
pub mod denylist;
pub mod env;
pub mod record;
pub mod store;
pub mod wake;

pub mod audit;
pub mod broker;
pub mod directory;
pub mod escalation;
pub mod identity;
pub mod mailbox;
pub mod repeats;
pub mod retention;

pub mod grpc;
pub mod sdk;
pub mod tls;
pub mod wire;

pub mod cli;
pub mod hub;
pub mod indicators;
pub mod telemetry;
