//! The `staysafe` binary.

fn main() {}
