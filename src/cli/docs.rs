//! `xinheng docs`: the generated references under `docs/`.

use super::{Outcome, deliver};

/// Print a generated reference
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[arg(value_enum)]
    which: Which,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Which {
    CheckCodes,
    RuleChecks,
    RuleKeys,
    Gates,
}

pub(super) fn run(args: &Args) -> Outcome {
    let text = match args.which {
        Which::CheckCodes => check_codes(),
        Which::RuleChecks => crate::rules::reference_markdown(),
        Which::RuleKeys => crate::rules::keys_markdown(),
        Which::Gates => crate::consequence::reference_markdown(),
    };
    deliver(&text, None)?;
    Ok(0)
}

/// The row checks, and why a whole file is refused.
fn check_codes() -> String {
    let mut text = String::from(
        "# 检查代码\n\n由程序登记表生成：`xinheng docs check-codes`。E：退回该行；W：接收并提示；I：记录。\n\n",
    );
    text.push_str(&crate::ingest::check::reference_markdown());
    text.push_str("\n## 整份拒收\n\n| 代码 | 原因 |\n|---|---|\n");
    for (code, reason) in crate::ingest::read::RefusedCause::MANUAL {
        text.push_str(&format!("| {code} | {reason} |\n"));
    }
    text
}
