//! Bands tile the scores, best first, also between whole numbers.

use super::super::diagnostic::Diagnostic;
use super::super::load::Loaded;
use super::super::model::{Band, Bound, Direction, Effect, Interval, ScoreRule};
use super::{Check, Found, Workspace};
use crate::record::Points;

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "RULE-B01",
        title: "bands overlap",
        doc: "A score would have two grades. 以上 and 以下 include the number (民法典 1259), so published tables such as \
              65–79 / 41–65 overlap; the file must decide.",
        good: "range = \"[80,100)\"",
        bad: "range = \"[80,100]\"",
        run: Some(|workspace, found| tiles(workspace, found, "RULE-B01")),
    },
    Check {
        code: "RULE-B02",
        title: "hole between bands",
        doc: "A score would have no grade. Scores have four decimals: 80–99 and 100–108 leave 99.5 without a grade. The \
              bands reach from `min` to `max`.",
        good: "range = \"[60,80)\"",
        bad: "range = \"[60,79]\"",
        run: Some(|workspace, found| tiles(workspace, found, "RULE-B02")),
    },
    Check {
        code: "RULE-B03",
        title: "bands out of order",
        doc: "Bands stand best first: grades are moved, capped and compared by this order.",
        good: "range = \"[100,108]\"\n\n[[band]]\ngrade = \"B\"\nname = \"环保良好\"\nrange = \"[80,100)\"",
        bad: "range = \"[80,100)\"\n\n[[band]]\ngrade = \"B\"\nname = \"环保良好\"\nrange = \"[100,108]\"",
        run: Some(|workspace, found| tiles(workspace, found, "RULE-B03")),
    },
];

/// First and last score of a range in raw points (ten-thousandths), closed.
pub(super) fn ticks(range: &Interval<Points>) -> (i64, i64) {
    let low = match range.lower {
        Bound::Unbounded => i64::MIN,
        Bound::Included(p) => p.raw(),
        Bound::Excluded(p) => p.raw().saturating_add(1),
    };
    let high = match range.upper {
        Bound::Unbounded => i64::MAX,
        Bound::Included(p) => p.raw(),
        Bound::Excluded(p) => p.raw().saturating_sub(1),
    };
    (low, high)
}

struct Ranged<'s> {
    band: &'s Band,
    index: usize,
    low: i64,
    high: i64,
}

fn tiles(workspace: &Workspace<'_>, found: &mut Found, code: &'static str) {
    for loaded in &workspace.schemes {
        let Some(score) = &loaded.scheme.score else {
            continue;
        };
        let bands = loaded.scheme.bands.iter().enumerate();
        let ranged = bands.filter_map(|(index, band)| {
            let (low, high) = ticks(band.range.as_ref()?);
            Some(Ranged {
                band,
                index,
                low,
                high,
            })
        });
        let ranged: Vec<Ranged<'_>> = ranged.collect();
        if ranged.len() == loaded.scheme.bands.len() && !ranged.is_empty() {
            match code {
                "RULE-B03" => order(loaded, score, &ranged, found),
                _ => joints(loaded, score, ranged, found, code),
            }
        }
    }
}

fn joints(
    loaded: &Loaded,
    score: &ScoreRule,
    mut ranged: Vec<Ranged<'_>>,
    found: &mut Found,
    code: &'static str,
) {
    ranged.sort_by_key(|r| (r.low, r.high));
    let mut say =
        |at: &Ranged<'_>, code_of: &'static str, title: String, why: String, hint: &str| {
            if code_of == code {
                let span = loaded.spans.of(&format!("band.{}.range", at.index));
                let file = &loaded.scheme.file;
                found.push(Diagnostic::error(code, file, span, title, why).hint(hint));
            }
        };
    for pair in ranged.windows(2) {
        let (below, above) = (&pair[0], &pair[1]);
        let (a, b) = (&below.band.grade, &above.band.grade);
        if above.low <= below.high {
            let shared = span_text(above.low, below.high.min(above.high));
            let title = format!("grades {a} and {b} overlap");
            let hint = "let one end be `)` or `(`, and say in `basis` or `status` who decided";
            say(
                below,
                "RULE-B01",
                title,
                format!("{shared} belongs to both"),
                hint,
            );
        } else if below
            .high
            .checked_add(1)
            .is_some_and(|next| next < above.low)
        {
            let gap = span_text(below.high + 1, above.low - 1);
            let title = format!("no grade between {a} and {b}");
            let hint = "let the lower range end where the upper begins: [60,80) then [80,100)";
            say(
                below,
                "RULE-B02",
                title,
                format!("{gap} has no grade"),
                hint,
            );
        }
    }
    let (min, max) = reach(loaded, score);
    if let Some(first) = ranged.first()
        && first.low > min
    {
        let gap = span_text(min, first.low - 1);
        let title = "no grade at the lower end".to_owned();
        say(
            first,
            "RULE-B02",
            title,
            format!("{gap} has no grade"),
            "begin at `min` of [score]",
        );
    }
    if let Some(last) = ranged.iter().max_by_key(|r| r.high)
        && last.high < max
    {
        let gap = span_text(last.high + 1, max);
        let title = "no grade at the upper end".to_owned();
        say(
            last,
            "RULE-B02",
            title,
            format!("{gap} has no grade"),
            "end at `max` of [score]",
        );
    }
}

/// Lowest and highest score that can occur.
fn reach(loaded: &Loaded, score: &ScoreRule) -> (i64, i64) {
    let rows = || {
        loaded
            .scheme
            .indicators
            .iter()
            .flat_map(|indicator| &indicator.rows)
    };
    let bonus = rows().any(|row| matches!(row.effect, Effect::Bonus(_)));
    let start = score.start.raw();
    let open = |end: i64, is_end_of_start: bool| {
        if is_end_of_start && !bonus {
            start
        } else {
            end
        }
    };
    let deduct = score.direction == Direction::Deduct;
    let min = score
        .min
        .map_or_else(|| open(i64::MIN, !deduct), Points::raw);
    let max = score
        .max
        .map_or_else(|| open(i64::MAX, deduct), Points::raw);
    (min, max)
}

fn order(loaded: &Loaded, score: &ScoreRule, ranged: &[Ranged<'_>], found: &mut Found) {
    for pair in ranged.windows(2) {
        let (better, worse) = (&pair[0], &pair[1]);
        let (right, wanted) = match score.direction {
            Direction::Deduct => (worse.low < better.low, "lower"),
            Direction::Accumulate => (worse.low > better.low, "higher"),
        };
        if !right {
            let span = loaded.spans.of(&format!("band.{}.range", worse.index));
            let title = format!(
                "grade {} stands after {}",
                worse.band.grade, better.band.grade
            );
            let why = format!("bands stand best first; a worse one has {wanted} scores here");
            found.push(
                Diagnostic::error("RULE-B03", &loaded.scheme.file, span, title, why)
                    .hint("put the bands in order, best first"),
            );
        }
    }
}

/// Scores from raw points, both ends included.
pub(super) fn span_text(low: i64, high: i64) -> String {
    let show = |raw: i64| Points::from_raw(raw).to_string();
    match (low, high) {
        (i64::MIN, high) => format!("everything up to {}", show(high)),
        (low, i64::MAX) => format!("everything from {}", show(low)),
        (low, high) if low == high => show(low),
        (low, high) => format!("{} to {}", show(low), show(high)),
    }
}
