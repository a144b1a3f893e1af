//! What a partner does from a shell: send, correct, recall, disagree, receive, take, decline, follow up, and check the hub.
//!
//! On top of the typed client only: every command here could be written by a partner, and shows how.

mod copy;
mod on_behalf;
mod partnership;
mod receipts;
mod rota;
mod state;
mod words;

pub(crate) mod acknowledge;
pub(crate) mod answers;
pub(crate) mod audit;
pub(crate) mod chronology;
pub(crate) mod close;
pub(crate) mod consent;
pub(crate) mod correct;
pub(crate) mod decline;
pub(crate) mod directory;
pub(crate) mod disagree;
pub(crate) mod hand_over;
pub(crate) mod identity;
pub(crate) mod inbox;
pub(crate) mod name_staff;
pub(crate) mod recall;
pub(crate) mod report;
pub(crate) mod send;
pub(crate) mod status;
