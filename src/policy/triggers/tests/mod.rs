//! The table `tests/tables/triggers.txt`, line by line, and what must hold for every history.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic")]

mod properties;
mod table;
mod words;
