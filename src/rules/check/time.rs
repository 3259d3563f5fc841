//! Versions of one scheme follow each other; time runs from a day that the record carries.

use super::super::diagnostic::Diagnostic;
use super::super::load::Loaded;
use super::super::model::{Anchor, RecordSel, Validity};
use super::cover::kinds;
use super::rows::at_row;
use super::{Check, Found, Workspace};

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "RULE-T01",
        title: "versions overlap",
        doc: "On some day two versions of one scheme would be in force.",
        good: "[scheme.in_force]\nfrom = 2024-01-01",
        bad: "[scheme.in_force]\nfrom = 2023-12-31",
        run: Some(|workspace, found| neighbours(workspace, found, "RULE-T01")),
    },
    Check {
        code: "RULE-T02",
        title: "gap between versions",
        doc: "On some day between two versions of one scheme none would be in force.",
        good: "[scheme.in_force]\nfrom = 2024-01-01",
        bad: "[scheme.in_force]\nfrom = 2024-02-01",
        run: Some(|workspace, found| neighbours(workspace, found, "RULE-T02")),
    },
    Check {
        code: "RULE-T03",
        title: "time from a day that the record lacks",
        doc: "Penalties and licenses carry 有效期至, events a last day and a term; a term `from-record` needs one of the \
              latter, or `else n months`.",
        good: "exempts = \"warning\"\nsource = \"示例办法 第十二条\"",
        bad: "exempts = \"warning\"\nvalid = \"from-record\"\nsource = \"示例办法 第十二条\"",
        run: Some(anchors),
    },
];

fn neighbours(workspace: &Workspace<'_>, found: &mut Found, code: &'static str) {
    let mut sorted: Vec<&Loaded> = workspace.schemes.iter().collect();
    sorted.sort_by_key(|l| {
        (
            l.scheme.id.clone(),
            l.scheme.in_force.from,
            l.scheme.version.clone(),
        )
    });
    for pair in sorted.windows(2) {
        let (before, after) = (&pair[0].scheme, &pair[1].scheme);
        if before.id != after.id {
            continue;
        }
        let (starts, name) = (after.in_force.from, pair[0].name());
        let span = pair[1].spans.of("scheme.in_force.from");
        let finding = match before.in_force.to {
            None => Some((
                "RULE-T01",
                format!("{name} has no last day and {} begins", pair[1].name()),
                format!("from {starts} both would be in force"),
                format!("let {name} end on {}", starts.plus_days(-1)),
            )),
            Some(ends) if ends >= starts => Some((
                "RULE-T01",
                format!("{name} ends on {ends}, after {} begins", pair[1].name()),
                format!("from {starts} to {ends} both would be in force"),
                format!("begin on {}", ends.plus_days(1)),
            )),
            Some(ends) if ends.plus_days(1) < starts => Some((
                "RULE-T02",
                format!(
                    "no version of {} after {ends} and before {starts}",
                    before.id
                ),
                format!("{name} ends on {ends}"),
                format!(
                    "begin on {}, or say in `status` of `to` why there is none",
                    ends.plus_days(1)
                ),
            )),
            Some(_) => None,
        };
        if let Some((of, title, why, hint)) = finding
            && of == code
        {
            found.push(Diagnostic::error(code, &after.file, span, title, why).hint(hint));
        }
    }
}

fn anchors(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        for row in loaded
            .scheme
            .indicators
            .iter()
            .flat_map(|indicator| &indicator.rows)
        {
            let only_events = kinds(row)
                .iter()
                .all(|kind| matches!(kind, RecordSel::Event(_)));
            if let Validity::FromRecord {
                default_months: None,
                ..
            } = row.validity
                && !only_events
            {
                let title = format!("row \"{}\" takes its term from the record", row.id);
                let why = "penalties and licenses carry no term".to_owned();
                let hint = "valid = \"from-record, else 36 months\"";
                let problem = at_row(loaded, row, "valid", "RULE-T03", title, why);
                found.extend(problem.map(|d| d.hint(hint)));
            }
        }
        for indicator in &loaded.scheme.indicators {
            let instant = |kind: &RecordSel| {
                use crate::record::EventKind as E;
                matches!(
                    kind,
                    RecordSel::Event(E::Repair | E::Rectified | E::Revocation | E::Closed)
                )
            };
            let carries = |kind: &RecordSel| match indicator.anchor {
                Anchor::DecidedOn | Anchor::Published => true,
                Anchor::ValidUntil => !instant(kind),
                Anchor::ValidFrom => *kind == RecordSel::License,
                Anchor::Rectified => *kind != RecordSel::License && !instant(kind),
            };
            let lacks = |row| !kinds(row).iter().any(carries);
            if indicator.rows.iter().any(lacks) {
                let path = format!("indicator.{}.anchor", indicator.id);
                let path = if loaded.spans.has(&path) {
                    path
                } else {
                    "time.anchor".to_owned()
                };
                let (from, why) = match indicator.anchor {
                    Anchor::ValidFrom => (
                        "day its records take effect",
                        "only licenses carry 有效期自",
                    ),
                    Anchor::Rectified => (
                        "rectification of its records",
                        "these records are not rectified",
                    ),
                    Anchor::DecidedOn | Anchor::Published | Anchor::ValidUntil => {
                        ("end of its records", "these events have no end")
                    }
                };
                let title = format!("indicator \"{}\" counts from the {from}", indicator.id);
                let span = loaded.spans.of(&path);
                found.push(Diagnostic::error(
                    "RULE-T03",
                    &loaded.scheme.file,
                    span,
                    title,
                    why,
                ));
            }
        }
    }
}
