//! The stored form of every commit and entry.
