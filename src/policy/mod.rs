//! Decisions: who may do what, where an alert goes, what may be shared and in which copy, what happens when
//! nobody answers. Pure: everything it needs is handed in, the time too.

pub mod access;
pub mod views;
