//! Deadlines and the acknowledgement ladder.
