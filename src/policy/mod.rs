//! Decisions: who may do what, where an alert goes, what may be shared and in which copy.
