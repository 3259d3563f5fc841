//! A lower tier against the higher one from which it inherits.

use super::super::diagnostic::Diagnostic;
use super::super::load::Loaded;
use super::super::model::{Effect, Indicator, Row};
use super::cover::covers;
use super::{Check, Found, Workspace};

pub(super) const CHECKS: &[Check] = &[Check {
    code: "RULE-I04",
    title: "a lower tier relaxes a higher one without a basis of its own",
    doc: "A lower tier may tighten freely. Where it replaces an inherited row or indicator by one that weighs less or \
          speaks of fewer records, its indicator names its own `basis`.",
    good: "[[indicator]]\nid = \"direct\"\ntitle = \"直接定级\"",
    bad: "[[indicator]]\nid = \"vetoes\"\ntitle = \"一票否决\"\n\n[[indicator.row]]\nid = \"closed\"\npenalty = \"责令关闭\"\n\
          ceiling = \"B\"\nsource = \"示例办法 第四条\"\n\n[[indicator]]\nid = \"direct\"\ntitle = \"直接定级\"",
    run: Some(relaxed),
}];

fn relaxed(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        let Some(inherits) = &loaded.inherits else {
            continue;
        };
        let Some(higher) = workspace.schemes.iter().find(|l| l.name() == inherits.from) else {
            continue;
        };
        let parts = higher.scheme.indicators.iter();
        for part in parts.filter(|i| inherits.parts.iter().any(|(id, _)| *id == i.id)) {
            relaxed_rows(loaded, higher, part, found);
        }
    }
}

fn relaxed_rows(loaded: &Loaded, higher: &Loaded, part: &Indicator, found: &mut Found) {
    let own_part = loaded.spans.has(&format!("indicator.{}", part.id));
    for row in &part.rows {
        let all = loaded.scheme.indicators.iter();
        let mut own = all.flat_map(|i| i.rows.iter().map(move |r| (i, r)));
        let own = own.find(|(_, r)| r.id == row.id && loaded.spans.has(&format!("row.{}", r.id)));
        let (place, lighter) = match own {
            Some((indicator, mine)) => {
                let based = format!("indicator.{}.basis", indicator.id);
                if loaded.spans.has(&based) {
                    continue;
                }
                (
                    format!("row.{}.id", mine.id),
                    lighter(loaded, higher, mine, row),
                )
            }
            // The whole indicator was replaced and the row left out.
            None if own_part && !loaded.spans.has(&format!("indicator.{}.basis", part.id)) => {
                (format!("indicator.{}.id", part.id), true)
            }
            None => continue,
        };
        if lighter {
            let title = format!("row \"{}\" of {} is relaxed", row.id, higher.name());
            let why = "weighs less, or speaks of fewer records, than in the higher tier";
            let span = loaded.spans.of(&place);
            found.push(
                Diagnostic::error("RULE-I04", &loaded.scheme.file, span, title, why)
                    .hint("give the indicator the `basis` that allows it"),
            );
        }
    }
}

/// Whether a row weighs less than the one it replaces, or does not reach all of its records.
fn lighter(loaded: &Loaded, higher: &Loaded, own: &Row, theirs: &Row) -> bool {
    let by_grade = |index: usize| {
        let grade = higher.scheme.bands.get(index).map(|band| &band.grade);
        loaded
            .scheme
            .bands
            .iter()
            .position(|band| Some(&band.grade) == grade)
    };
    let as_heavy = match (&own.effect, &theirs.effect) {
        (Effect::Points(a), Effect::Points(b)) => a >= b,
        (Effect::Bonus(a), Effect::Bonus(b)) => a <= b,
        (Effect::Move(a), Effect::Move(b)) => a >= b,
        (Effect::Grade(a), Effect::Grade(b) | Effect::Ceiling(b))
        | (Effect::Ceiling(a), Effect::Ceiling(b)) => by_grade(*b).is_some_and(|b| *a >= b),
        (Effect::Floor(a), Effect::Floor(b)) => by_grade(*b).is_some_and(|b| *a >= b),
        (Effect::Flag(a), Effect::Flag(b)) => a == b,
        (Effect::Fact, Effect::Fact) => true,
        (Effect::Exempt, Effect::Exempt) => {
            own.exempts.iter().all(|id| theirs.exempts.contains(id))
        }
        _ => false,
    };
    let reach = matches!(
        own.effect,
        Effect::Bonus(_) | Effect::Floor(_) | Effect::Exempt
    ) || covers(own, theirs);
    !as_heavy || !reach || own.tests != theirs.tests
}
