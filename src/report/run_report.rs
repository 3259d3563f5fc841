//! The night on one page: files, findings, grades, changes, measures, data quality, and what did not run.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use minijinja::context;
use serde_json::{Value, json};

use super::ReportError;
use super::checklist::Listed;
use super::labels::{code_zh, state_zh};
use super::out::Sources;
use super::rows::Rows;
use super::subject_html::{CSS, page_value, render};
use super::svg::{bars, share_bar};
use super::tally::{SOON, SchemeTally, Tally};
use crate::grading::changes::Cause;
use crate::ingest::check::reference;
use crate::quality::{Metric, QualityLine, Sums, totals};
use crate::record::Day;
use crate::store::{InputFile, Table};

const TEMPLATE: &str = include_str!("templates/run.html");
/// Changes and pages listed; the others are counted.
const LISTED: usize = 200;
/// Source units shown.
const UNITS: usize = 40;
/// Check codes shown.
const CODES: usize = 15;

/// The other files of the night.
pub(super) struct Written<'a> {
    /// Name and file of each subject's page.
    pub pages: &'a [(String, String)],
    pub left_out: usize,
    pub volumes: &'a [String],
    pub listed: Listed,
}

/// The run report.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn run_report_html(
    sources: &Sources<'_>,
    tally: &Tally,
    written: &Written<'_>,
) -> Result<String, ReportError> {
    let night = sources.night;
    let run = &night.run;
    let files: Vec<Value> = run.inputs.iter().map(file).collect();
    let sum = |pick: fn(&InputFile) -> u64| run.inputs.iter().map(pick).sum::<u64>();
    let total = json!({
        "rows_read": sum(|f| f.rows_read), "accepted": sum(|f| f.accepted), "duplicate": sum(|f| f.duplicate),
        "superseded": sum(|f| f.superseded), "quarantined": sum(|f| f.quarantined), "skipped": sum(|f| f.skipped),
    });
    let quality = quality(sources)?;
    let changes = Changes::read(sources)?;
    let schemes: Vec<Value> = tally
        .schemes
        .iter()
        .map(|(scheme, counts)| {
            let title = night.title(scheme);
            let mut rows: Vec<(String, u64)> = counts
                .grades
                .iter()
                .map(|((_, grade), n)| (grade.clone(), *n))
                .collect();
            rows.push(("未评级".to_owned(), counts.not_rated()));
            json!({
                "title": title, "id": scheme, "basis": night.scheme(scheme).basis, "chart": bars("各等级主体数", &rows),
                "rated": counts.rated(), "provisional": counts.provisional, "soon": counts.soon,
                "unrated": counts.unrated.iter().map(|(why, n)| json!({ "why": why, "count": n })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let measures = table_of(&tally.measures);
    let reasons: Vec<(String, u64)> = tally
        .reasons
        .iter()
        .filter(|((state, _), _)| state != "proposed")
        .map(|((state, code), n)| (format!("{}·{}", state_zh(state), code_zh(code)), *n))
        .collect();
    let incentives: Vec<Value> = tally
        .incentives
        .iter()
        .map(|((name, state), n)| json!({ "name": name, "state": state_zh(state), "count": n }))
        .collect();
    let flags: Vec<Value> = tally
        .supervision
        .iter()
        .map(|((scheme, flag), n)| json!({ "scheme": night.title(scheme), "flag": flag, "count": n }))
        .collect();
    let mut provisional: Vec<Value> = Vec::new();
    for scheme in &night.words.active {
        let label = night.scheme(scheme);
        for (what, why) in &label.provisional {
            provisional.push(json!({ "scheme": label.title, "what": what, "why": why }));
        }
    }
    let codes: Vec<(String, u64)> = sources
        .findings
        .iter()
        .take(CODES)
        .map(|(code, n)| {
            let title = reference()
                .iter()
                .find(|d| d.code == *code)
                .map_or("", |d| d.title);
            (format!("{title} {code}"), *n)
        })
        .collect();
    let coverage = coverage(sources, tally, written, &quality);
    let pages: Vec<Value> = written
        .pages
        .iter()
        .take(LISTED)
        .map(|(name, file)| json!({ "file": file, "name": name }))
        .collect();
    let rated: u64 = tally.schemes.values().map(SchemeTally::rated).sum();
    let not_rated: u64 = tally.schemes.values().map(SchemeTally::not_rated).sum();
    let provisional_grades: u64 = tally.schemes.values().map(|s| s.provisional).sum();
    render(
        "run.html",
        TEMPLATE,
        context! {
            css => CSS, as_of => night.as_of.zh(), received_on => run.received_on.map(Day::zh).unwrap_or_default(),
            run_id => &run.run_id, kind => &run.kind, rules_digest => &run.rules_digest,
            list_edition => &night.words.list_edition, files => page_value(&files), total => page_value(&total),
            findings_chart => bars("核查发现（按代码，一行可有多项）", &codes), findings => !codes.is_empty(),
            subjects => tally.subjects, rated => rated, not_rated => not_rated, provisional_grades => provisional_grades,
            proposed => tally.of_state("proposed"), review => tally.of_state("needs_review"),
            excluded => tally.of_state("excluded"), soon => SOON,
            schemes => page_value(&schemes), first => sources.before.is_none(), changed => changes.total,
            moves => page_value(&changes.moves), changes => page_value(&changes.listed),
            measures => page_value(&measures), reasons_chart => bars("未建议采取的原因（条）", &reasons),
            incentives => page_value(&incentives), flags => page_value(&flags), quality => page_value(&quality.shown), units_left_off => quality.left_off,
            metrics => page_value(&Metric::ALL.map(Metric::zh)),
            formulas => page_value(&Metric::ALL.map(|m| format!("{}＝{}", m.zh(), m.formula()))),
            provisional => page_value(&provisional), coverage => page_value(&coverage),
            pages => page_value(&pages), page_count => written.pages.len(), volumes => page_value(&written.volumes),
            only_changed => written.listed == Listed::Changed,
        },
    )
}

fn file(f: &InputFile) -> Value {
    let parts = f.accepted + f.duplicate + f.superseded + f.quarantined + f.skipped;
    json!({
        "file": f.file, "layout": f.layout, "sha": f.sha256.get(..12), "rows_read": f.rows_read,
        "accepted": f.accepted, "duplicate": f.duplicate, "superseded": f.superseded,
        "quarantined": f.quarantined, "skipped": f.skipped, "refused": f.refused, "agrees": parts == f.rows_read,
    })
}

/// Measures by name, with a column per state.
fn table_of(counts: &BTreeMap<(String, String), u64>) -> Vec<Value> {
    let mut names: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    for ((state, name), n) in counts {
        let at = match state.as_str() {
            "proposed" => 0,
            "needs_review" => 1,
            _ => 2,
        };
        names.entry(name).or_default()[at] += n;
    }
    names
        .into_iter()
        .map(
            |(name, n)| json!({ "name": name, "proposed": n[0], "review": n[1], "excluded": n[2] }),
        )
        .collect()
}

/// What moved since the last night.
struct Changes {
    total: u64,
    /// Scheme, from, to, cause with their counts.
    moves: Vec<Value>,
    listed: Vec<Value>,
}

impl Changes {
    fn read(sources: &Sources<'_>) -> Result<Changes, ReportError> {
        let night = sources.night;
        let mut counts: BTreeMap<[String; 4], u64> = BTreeMap::new();
        let mut first: Vec<[String; 6]> = Vec::new();
        let mut total = 0;
        sources
            .snapshot
            .stream(Table::GradeChanges, None, &mut |batch| {
                let c = Rows(&batch);
                for i in (0..c.len()).filter(|i| c.str(*i, "run_id") == night.run.run_id) {
                    let id = c.text(i, "subject_id");
                    if !night.shows(&id) {
                        continue;
                    }
                    total += 1;
                    let cause = c.str(i, "cause");
                    let cause = Cause::ALL
                        .iter()
                        .find(|k| k.name() == cause)
                        .map_or("", |k| k.zh());
                    let [scheme, from, to] =
                        ["scheme", "from_grade", "to_grade"].map(|n| c.text(i, n));
                    let named = |grade: String| {
                        if grade.is_empty() {
                            "无".to_owned()
                        } else {
                            grade
                        }
                    };
                    let (from, to) = (named(from), named(to));
                    let key = [scheme.clone(), from.clone(), to.clone(), cause.to_owned()];
                    *counts.entry(key).or_default() += 1;
                    if first.len() < LISTED {
                        first.push([scheme, id, from, to, cause.to_owned(), c.text(i, "detail")]);
                    }
                }
                Ok(())
            })?;
        let ids: BTreeSet<&str> = first.iter().map(|c| c[1].as_str()).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let named = sources.snapshot.read_subjects_columns(
            Table::Subjects,
            &ids,
            None,
            &["subject_id", "name"],
        )?;
        let rows = Rows(&named);
        let names: BTreeMap<&str, &str> = (0..rows.len())
            .map(|i| (rows.str(i, "subject_id"), rows.str(i, "name")))
            .collect();
        Ok(Changes {
            total,
            moves: counts
                .iter()
                .map(|([scheme, from, to, cause], n)| {
                    json!({ "scheme": night.title(scheme), "from": from, "to": to, "cause": cause, "count": n })
                })
                .collect(),
            listed: first
                .iter()
                .map(|[scheme, id, from, to, cause, detail]| {
                    json!({
                        "scheme": night.title(scheme), "name": names.get(id.as_str()).copied().unwrap_or(id),
                        "id": id, "from": from, "to": to, "cause": cause, "detail": detail,
                    })
                })
                .collect(),
        })
    }
}

/// The quality figures of the night.
struct Figures {
    /// The sum, then a line per source unit and month, worst first.
    shown: Vec<Value>,
    left_off: usize,
    /// Units that reported before but not tonight.
    absent: Vec<String>,
    /// Rows whose timeliness could not be judged.
    unjudged: i64,
}

fn quality(sources: &Sources<'_>) -> Result<Figures, ReportError> {
    let run_id = &sources.night.run.run_id;
    // The table has some thousand rows a night: batches without a row of this night are looked at and let go.
    let mut tonight: Vec<(RecordBatch, BooleanArray)> = Vec::new();
    let mut units: BTreeSet<String> = BTreeSet::new();
    sources
        .snapshot
        .stream(Table::Quality, None, &mut |batch| {
            let rows = Rows(&batch);
            for row in 0..rows.len() {
                let unit = rows.str(row, "source_unit");
                if !units.contains(unit) {
                    units.insert(unit.to_owned());
                }
            }
            let of_run: BooleanArray = (0..rows.len())
                .map(|row| Some(rows.str(row, "batch_id") == run_id))
                .collect();
            if of_run.true_count() > 0 {
                tonight.push((batch, of_run));
            }
            Ok(())
        })?;
    let mut sums = Sums::default();
    for (batch, of_run) in tonight {
        sums.add(&filter_record_batch(&batch, &of_run)?, None)?;
    }
    let mut lines: BTreeMap<(String, String), Vec<QualityLine>> = BTreeMap::new();
    for line in sums.lines() {
        let key = (line.unit_shown().to_owned(), line.month.clone());
        lines.entry(key).or_default().push(line);
    }
    let here: BTreeSet<&str> = lines.keys().map(|k| k.0.as_str()).collect();
    let absent = units
        .iter()
        .filter(|unit| !unit.is_empty() && !here.contains(unit.as_str()))
        .cloned()
        .collect();
    // Worst first, so that a long list of units need not be read to its end.
    let mut ranked: Vec<(&(String, String), &Vec<QualityLine>)> = lines.iter().collect();
    ranked.sort_by_key(|(key, lines)| {
        let short = |metric: Metric| {
            let line = lines.iter().find(|l| l.metric == metric);
            line.map_or(0, |l| l.denominator - l.numerator)
        };
        let missing = short(Metric::Compliant) + short(Metric::InTime);
        (std::cmp::Reverse(missing), (*key).clone())
    });
    let total = totals(&lines.values().flatten().cloned().collect::<Vec<_>>());
    let months: BTreeSet<&str> = total.iter().map(|l| l.month.as_str()).collect();
    let mut shown: Vec<Value> = months
        .iter()
        .map(|month| {
            let of: Vec<QualityLine> = total
                .iter()
                .filter(|l| l.month == *month)
                .cloned()
                .collect();
            quality_line("全部单位", month, &of)
        })
        .collect();
    shown.extend(
        ranked
            .iter()
            .take(UNITS)
            .map(|((unit, month), lines)| quality_line(unit, month, lines)),
    );
    Ok(Figures {
        left_off: lines.len().saturating_sub(UNITS),
        unjudged: total
            .iter()
            .filter(|l| l.metric == Metric::TimeUnknown)
            .map(|l| l.numerator)
            .sum(),
        shown,
        absent,
    })
}

fn quality_line(unit: &str, month: &str, lines: &[QualityLine]) -> Value {
    let cells: Vec<Value> = Metric::ALL
        .iter()
        .map(|metric| {
            let Some(line) = lines.iter().find(|l| l.metric == *metric) else {
                return json!({ "text": "—", "bar": "", "of": "" });
            };
            let good = matches!(
                metric,
                Metric::Compliant | Metric::Complete | Metric::InTime
            );
            let bar = match line.value() {
                Some(share) if good => share_bar(share, true),
                _ => String::new(),
            };
            let of = match line.denominator {
                0 => String::new(),
                all => format!("{}/{all}", line.numerator),
            };
            json!({
                "text": line.percent(), "bar": bar, "of": of, "bad": !good && line.numerator > 0,
                "none": line.numerator == 0 && line.denominator > 0 && !good,
            })
        })
        .collect();
    json!({ "unit": unit, "month": month, "cells": cells })
}

/// What did not run, did not arrive or could not be rated: three different states, each said.
fn coverage(
    sources: &Sources<'_>,
    tally: &Tally,
    written: &Written<'_>,
    quality: &Figures,
) -> Vec<Value> {
    let night = sources.night;
    let mut lines: Vec<Value> = Vec::new();
    let mut say = |what: &str, state: &str, detail: String, bad: bool| {
        lines.push(json!({ "what": what, "state": state, "detail": detail, "bad": bad }));
    };
    if night.run.inputs.is_empty() {
        say(
            "接收文件",
            "没有新文件",
            "本期没有接收新文件，结果来自存储中已有的记录".to_owned(),
            true,
        );
    }
    let refused: Vec<&str> = night
        .run
        .inputs
        .iter()
        .filter(|f| f.refused.is_some())
        .map(|f| f.file.as_str())
        .collect();
    match refused.as_slice() {
        [] => say("整份拒收的文件", "无", String::new(), false),
        some => say(
            "整份拒收的文件",
            &format!("{} 份", some.len()),
            some.join("、"),
            true,
        ),
    }
    match quality.absent.as_slice() {
        [] => say("以往报送、本期未报送的单位", "无", String::new(), false),
        units => say(
            "以往报送、本期未报送的单位",
            &format!("{} 个", units.len()),
            units.join("、"),
            true,
        ),
    }
    for scheme in &night.words.active {
        let label = night.title(scheme);
        match tally.schemes.get(scheme) {
            None => say(
                label,
                "没有评价对象",
                "没有主体在参评名录上或者有范围内的记录；名录未到时也是如此".to_owned(),
                true,
            ),
            Some(counts) => say(
                label,
                &format!("评级 {}，未评级 {}", counts.rated(), counts.not_rated()),
                "未评级的原因见第二部分；未评级不等于没有违法记录".to_owned(),
                false,
            ),
        }
    }
    let unknown = quality.unjudged;
    say(
        "报送时效核查",
        &if unknown == 0 {
            "已全部判断".to_owned()
        } else {
            format!("{unknown} 行未能判断")
        },
        if unknown == 0 {
            String::new()
        } else {
            "缺少有关年份的工作日历".to_owned()
        },
        unknown > 0,
    );
    let assumed: u64 = tally
        .reasons
        .iter()
        .filter(|((_, code), _)| code == "LIST_ROW_ASSUMED")
        .map(|(_, n)| n)
        .sum();
    say(
        "清单条目核对",
        &format!("{assumed} 条候选未能核对"),
        format!(
            "{} 的条目未取得公布文本，有关措施只列“待复核”",
            night.words.list_edition
        ),
        assumed > 0,
    );
    match sources.before {
        Some(_) => say("与上期比较", "已比较", String::new(), false),
        None => say(
            "与上期比较",
            "未比较",
            "首期运行，或者上期的表已清理".to_owned(),
            true,
        ),
    }
    match written.left_out {
        0 => say(
            "变化主体的页面",
            &format!("{} 页，全部写出", written.pages.len()),
            String::new(),
            false,
        ),
        left => say(
            "变化主体的页面",
            &format!("{} 页，另有 {left} 个主体未写页面", written.pages.len()),
            "可用 xinheng checklist --subject 主体标识 --format html 单独生成".to_owned(),
            true,
        ),
    }
    lines
}
