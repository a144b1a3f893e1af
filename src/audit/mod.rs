//! The audit log: recorded, integrated, published.
