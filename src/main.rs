//! The `xinheng` program: parse the command line, call one room, turn the result into an exit code.

use std::process::ExitCode;

/// Rows are many small texts made by one thread and dropped by another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    xinheng::cli::main()
}
