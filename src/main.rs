//! The `xinheng` program: parse the command line, call one room, turn the result into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    xinheng::cli::main()
}
