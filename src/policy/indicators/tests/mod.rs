//! The table `tests/tables/indicators.txt`, line by line, and what must hold for every figure.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic")]

mod properties;
mod table;
mod words;
