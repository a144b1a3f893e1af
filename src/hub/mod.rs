//! Builds everything, owns tasks, shuts down in order.
