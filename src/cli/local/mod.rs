//! Hubs and agencies of one's own on this machine: what `demo` and `bench` stand on.
//!
//! Owns a directory with certificates, keys and a partnership ([`Home`]), and processes of this program on it
//! ([`HubProcess`], [`Clients`]). What is played or measured on them is not decided here.

mod home;
mod processes;

pub(crate) use home::{Home, Keeper};
pub(crate) use processes::{Answer, Clients, HubProcess, HubSettings, Server};
