//! Taking over indicators of a higher tier, by id, grades translated by name.

use super::super::diagnostic::{Diagnostic, nearest};
use super::super::model::{Band, Effect, Indicator, Status, Test};
use super::{Inherits, Loaded};

/// Copies inherited indicators into each scheme, the higher tier first; one of the same id in the lower tier takes its
/// place. A scheme can hand on what it took over itself.
pub(in super::super) fn resolve(schemes: &mut [Loaded], problems: &mut Vec<Diagnostic>) {
    let mut waiting: Vec<usize> = (0..schemes.len())
        .filter(|&place| schemes[place].inherits.is_some())
        .collect();
    loop {
        let ready: Vec<usize> = waiting
            .iter()
            .copied()
            .filter(|&place| {
                let from = parent(&schemes[place]);
                !waiting.iter().any(|&other| schemes[other].name() == from)
            })
            .collect();
        if ready.is_empty() {
            break;
        }
        waiting.retain(|place| !ready.contains(place));
        for place in ready {
            resolve_one(schemes, place, problems);
        }
    }
    for place in waiting {
        let loaded = &schemes[place];
        let Some(inherits) = &loaded.inherits else {
            continue;
        };
        let title = format!("{} inherits in a circle", loaded.name());
        let why = format!(
            "following `inherits` from {} leads back here",
            inherits.from
        );
        let span = inherits.from_span.clone();
        problems.push(
            Diagnostic::error("RULE-I05", &loaded.scheme.file, span, title, why).hint(
                "inherit from a higher tier: nation, then province or municipality, then district",
            ),
        );
    }
}

fn parent(loaded: &Loaded) -> String {
    let inherits = loaded.inherits.as_ref();
    inherits.map_or_else(String::new, |inherits| inherits.from.clone())
}

fn resolve_one(schemes: &mut [Loaded], place: usize, problems: &mut Vec<Diagnostic>) {
    let Some(inherits) = schemes[place].inherits.clone() else {
        return;
    };
    let higher = schemes.iter().find(|l| l.name() == inherits.from);
    let Some(higher) = higher else {
        let names: Vec<String> = schemes.iter().map(Loaded::name).collect();
        let near = nearest(&inherits.from, names.iter().map(String::as_str));
        let hint = near.map_or_else(
            || "name the file without .toml: environment/national-2013".to_owned(),
            |near| format!("did you mean \"{near}\"?"),
        );
        problems.push(
            Diagnostic::error(
                "RULE-I01",
                &schemes[place].scheme.file,
                inherits.from_span.clone(),
                format!("there is no scheme \"{}\" to inherit from", inherits.from),
                "not in the pack",
            )
            .hint(hint),
        );
        return;
    };
    let (indicators, bands) = (
        higher.scheme.indicators.clone(),
        higher.scheme.bands.clone(),
    );
    take(
        &mut schemes[place],
        &inherits,
        &indicators,
        &bands,
        problems,
    );
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
        copy.inherited_from
            .get_or_insert_with(|| format!("{}.toml", inherits.from));
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
