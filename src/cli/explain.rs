//! `xinheng explain`: why a subject has its grade, in three depths, on any day.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueEnum;

use super::view::{View, log};
use super::{Outcome, deliver, say};
use crate::grading::explain::{Explanation, explain, render};
use crate::record::Day;
use crate::run::{Replay, canonical_subject, open, subject_input, unknown_subject};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Depth {
    Line,
    Table,
    Trace,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// Explain a subject's grades so that they can be added up by hand
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// 统一社会信用代码, `org:…`, `reg:…` or `p:…`
    subject: String,
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Explain as this run did: its rules, its days, the records that it saw [default: the newest run]
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Only this scheme
    #[arg(long, value_name = "ID")]
    scheme: Option<String>,
    /// [default: the run's as-of day]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Only records received by this day [default: as in the run]
    #[arg(long, value_name = "DATE")]
    known_at: Option<Day>,
    #[arg(long, value_enum, default_value = "table")]
    depth: Depth,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[arg(long, value_enum, default_value = "public")]
    view: View,
}

pub(super) fn run(args: &Args) -> Outcome {
    let newest = open(&args.store)?;
    let replay = Replay::of(&newest, args.run.as_deref(), args.as_of, args.known_at)?;
    let internal = log(
        args.view,
        &args.store,
        &newest,
        "explain",
        &args.subject,
        "",
    )?;
    let (view, house, as_of) = (replay.view(&newest), &replay.house, replay.as_of);
    let named: Vec<String> = args.scheme.iter().cloned().collect();
    let schemes = house.schemes(&named, as_of)?;
    let subject = canonical_subject(view, &args.subject)?;
    let owned = subject_input(view, &BTreeSet::from([subject.clone()]), replay.known_at)?;
    let rows = crate::report::Rows(&owned.subjects);
    if rows.is_empty() || (!internal && (0..rows.len()).any(|i| rows.flag(i, "minor"))) {
        return Err(unknown_subject(view, &args.subject));
    }
    let grading =
        crate::grading::Grading::new(&schemes, &house.rules.publicity, &house.rules.digest, as_of)?;
    let found = explain(&owned.input(), &grading, &subject, None)?;
    if found.is_empty() {
        say(&format!(
            "no scheme speaks of {}; `xinheng checklist --subject {}` shows measures and records",
            args.subject, args.subject
        ));
    }
    let text = match args.format {
        Format::Table => as_text(&found, args.depth, &replay),
        Format::Json => {
            let all: Vec<_> = found.iter().map(|e| as_json(e, &replay)).collect();
            format!("{:#}\n", serde_json::Value::from(all))
        }
    };
    deliver(&text, None)?;
    Ok(0)
}

/// The explanations, then what they rest on.
fn as_text(found: &[Explanation], depth: Depth, replay: &Replay) -> String {
    let depth = match depth {
        Depth::Line => render::Depth::Line,
        Depth::Table => render::Depth::Table,
        Depth::Trace => render::Depth::Trace,
    };
    let mut texts: Vec<String> = found.iter().map(|e| render::text(e, depth)).collect();
    if texts.is_empty() {
        // No grade is an answer too, and not that of a clean record.
        texts.push(format!(
            "截至{}，没有评价方案涉及该主体，因而没有等级；这不表示没有违法记录。",
            replay.as_of.zh()
        ));
    }
    format!(
        "{}\n依据：运行{}的规则包 {}；评价日{}；数据：{}\n",
        texts.join("\n").trim_end(),
        replay.run.run_id,
        replay.house.rules.digest,
        replay.as_of.zh(),
        replay.data
    )
}

/// An explanation with what it rests on.
fn as_json(explanation: &Explanation, replay: &Replay) -> serde_json::Value {
    let mut value = render::json(explanation);
    value["run_id"] = replay.run.run_id.as_str().into();
    value["rules_digest"] = replay.house.rules.digest.as_str().into();
    value["known_at"] = replay.known_at.map(|day| day.to_string()).into();
    value["data"] = replay.data.as_str().into();
    value
}
