//! The hint that a mailbox has news.
