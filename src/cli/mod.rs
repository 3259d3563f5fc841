//! The command line: one small file per subcommand, which parses, calls and prints.
//!
//! Owns: flags, exit codes, what goes to stdout (results) and stderr (everything else).
//! Does not own: any decision. May never know: how a room works inside.

mod checklist;
mod deliver;
mod docs;
mod explain;
mod grade;
mod ingest;
mod key;
mod progress;
mod purge;
mod quality;
mod query;
mod rules;
mod rules_diff;
mod rules_schema;
mod run;
mod simulate;
mod synth;
mod today;
mod verify;
mod view;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::deliver::{deliver, print, stream};
use crate::run::RunError;

/// 信衡: credit grades, supervision flags and lawful measures from 双公示 records.
#[derive(Parser, Debug)]
#[command(name = "xinheng", version, about, max_term_width = 110)]
struct Cli {
    /// File with the pseudonym key of natural persons (at least 32 bytes, mode 0600)
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "XINHENG_KEY_FILE",
        hide_env_values = true
    )]
    key_file: Option<PathBuf>,
    /// Worker threads; results do not depend on it [default: all cores]
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Run(run::Args),
    Ingest(ingest::Args),
    Quality(quality::Args),
    Grade(grade::Args),
    Explain(explain::Args),
    Checklist(checklist::Args),
    Query(query::Args),
    Simulate(simulate::Args),
    Rules(rules::Args),
    Synth(synth::Args),
    Verify(verify::Args),
    Purge(purge::Args),
    #[command(hide = true)]
    Docs(docs::Args),
}

/// What a subcommand gives back: 0 done, 3 a file was refused.
type Outcome = Result<u8, RunError>;

/// Parses, runs, prints errors; the exit code says whose matter an error is.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(threads) = cli.threads {
        // A second initialisation cannot happen here; if it did, the default pool would serve.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .build_global();
    }
    let key = cli.key_file.as_deref();
    let outcome = match &cli.command {
        Command::Run(args) => run::run(args, key),
        Command::Ingest(args) => ingest::run(args, key),
        Command::Quality(args) => quality::run(args),
        Command::Grade(args) => grade::run(args, key),
        Command::Explain(args) => explain::run(args),
        Command::Checklist(args) => checklist::run(args),
        Command::Query(args) => query::run(args),
        Command::Simulate(args) => simulate::run(args),
        Command::Rules(args) => rules::run(args),
        Command::Synth(args) => synth::run(args, key),
        Command::Verify(args) => verify::run(args),
        Command::Purge(args) => purge::run(args, key),
        Command::Docs(args) => docs::run(args),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            say(&format!("xinheng: failed to {error}"));
            let mut cause = std::error::Error::source(&error);
            let mut said = error.to_string();
            while let Some(inner) = cause {
                let text = inner.to_string();
                if !said.contains(&text) {
                    say(&format!("  because: {text}"));
                    said = text;
                }
                cause = inner.source();
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Progress goes to stderr, one plain line each. Nobody may be listening any more: no night ends for that.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
