//! Taking over indicators of a higher tier, by id, grades translated by name.

use std::collections::BTreeMap;

use super::super::diagnostic::{Diagnostic, nearest};
use super::super::model::{Band, Effect, Indicator, Status, Test};
use super::{Inherits, Loaded};

/// Copies inherited indicators into each scheme; one of the same id in the lower tier takes its place.
pub(in super::super) fn resolve(schemes: &mut [Loaded], problems: &mut Vec<Diagnostic>) {
    let originals: BTreeMap<String, (Vec<Indicator>, Vec<Band>)> = schemes
        .iter()
        .map(|l| {
            (
                l.name(),
                (l.scheme.indicators.clone(), l.scheme.bands.clone()),
            )
        })
        .collect();
    for loaded in schemes {
        let Some(inherits) = loaded.inherits.clone() else {
            continue;
        };
        let Some((indicators, bands)) = originals.get(&inherits.from) else {
            let near = nearest(&inherits.from, originals.keys().map(String::as_str));
            let hint = near.map_or_else(
                || "name the file without .toml: environment/national-2013".to_owned(),
                |near| format!("did you mean \"{near}\"?"),
            );
            problems.push(
                Diagnostic::error(
                    "RULE-I01",
                    &loaded.scheme.file,
                    inherits.from_span.clone(),
                    format!("there is no scheme \"{}\" to inherit from", inherits.from),
                    "not in the pack",
                )
                .hint(hint),
            );
            continue;
        };
        take(loaded, &inherits, indicators, bands, problems);
    }
}

fn take(
    loaded: &mut Loaded,
    inherits: &Inherits,
    indicators: &[Indicator],
    bands: &[Band],
    problems: &mut Vec<Diagnostic>,
) {
    for (part, span) in &inherits.parts {
        let Some(found) = indicators.iter().find(|indicator| indicator.id == *part) else {
            let title = format!("{} has no indicator \"{part}\"", inherits.from);
            let near = nearest(part, indicators.iter().map(|i| i.id.as_str()));
            let problem = Diagnostic::error(
                "RULE-I02",
                &loaded.scheme.file,
                span.clone(),
                title,
                "not there",
            );
            problems.push(match near {
                Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
                None => problem,
            });
            continue;
        };
        if loaded.scheme.indicators.iter().any(|own| own.id == *part) {
            continue;
        }
        let mut copy = found.clone();
        if inherits.status != Status::Verified {
            copy.status = inherits.status.clone();
        }
        let own_groups = &loaded.scheme.group_caps;
        copy.group = copy
            .group
            .filter(|group| own_groups.iter().any(|(g, _)| g == group));
        let own_rows: Vec<String> = (loaded.scheme.indicators.iter())
            .flat_map(|indicator| indicator.rows.iter().map(|row| row.id.clone()))
            .collect();
        // A row of the same id in the lower tier takes the place of the inherited one.
        copy.rows.retain(|row| !own_rows.contains(&row.id));
        let own_bands = &loaded.scheme.bands;
        let own_band = |band: usize| {
            let grade = bands.get(band).map(|b| &b.grade);
            own_bands.iter().position(|own| Some(&own.grade) == grade)
        };
        for row in &mut copy.rows {
            for test in &mut row.tests {
                if let Test::Was { grades, .. } = test {
                    // A grade that this scheme does not give was never given by it.
                    *grades = grades.iter().filter_map(|band| own_band(*band)).collect();
                }
            }
            let (Effect::Grade(band) | Effect::Ceiling(band) | Effect::Floor(band)) =
                &mut row.effect
            else {
                continue;
            };
            let grade = bands.get(*band).map_or("", |b| b.grade.as_str());
            match loaded
                .scheme
                .bands
                .iter()
                .position(|own| own.grade == grade)
            {
                Some(index) => *band = index,
                None => problems.push(Diagnostic::error(
                    "RULE-I03",
                    &loaded.scheme.file,
                    span.clone(),
                    format!("row \"{}\" of {part} gives grade \"{grade}\"", row.id),
                    "this scheme has no such grade",
                )),
            }
        }
        loaded.scheme.indicators.push(copy);
    }
}
