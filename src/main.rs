//! The `staysafe` binary: the command line and nothing else.

use std::process::ExitCode;

/// An alert is a few hundred small strings that are made by one thread and often dropped by another, which the
/// system's allocator answers with locks: a quarter of the processor time of a submission (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    staysafe::cli::main()
}
