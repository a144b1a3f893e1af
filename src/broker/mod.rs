//! Accepting an alert: decide, record, commit.
