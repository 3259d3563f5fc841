//! Random records.

use super::{
    AUTHORITIES, CLASSES, EVENT_KINDS, KINDS, LEVELS, LISTS, REGIONS, ROLES, Rng, STATUTES, TEXTS,
    origin,
};
use crate::grading::testing::{Cell, Cells, Rows, cells, text};
use crate::record::{Day, EventKind};

/// Random rows of a few subjects: penalties in cases and parts, events before and after their records, aliases.
pub(crate) fn records(rng: &mut Rng, subjects: usize, per_subject: usize, buckets: usize) -> Rows {
    let mut rows = Rows::default();
    let mut serial = 0;
    for number in 0..subjects {
        let person = rng.chance(20);
        let id = if person {
            format!("p:{number:04}")
        } else {
            format!("91500000MA{number:08}")
        };
        let alias = (!person && rng.chance(25)).then(|| format!("org:MA{number:07}"));
        let kind = if person {
            "自然人"
        } else {
            "法人及非法人组织"
        };
        let bucket = Cell::Int((number % buckets) as i64);
        for (id, same_as) in [(Some(id.clone()), None), (alias.clone(), Some(id.clone()))] {
            let Some(id) = id.filter(|_| rng.chance(90) || same_as.is_some()) else {
                continue;
            };
            let mut row = cells([
                ("subject_id", text(id)),
                ("name", text(format!("主体{number}"))),
                ("kind", text(kind)),
                ("region", text(*rng.pick(&["500112", ""]))),
                ("bucket", bucket.clone()),
            ]);
            if let Some(same_as) = same_as {
                row.insert("same_as", text(same_as));
            }
            rows.subjects.push(row);
        }
        for _ in 0..rng.below(per_subject + 1) {
            serial += 1;
            let own = if let Some(alias) = &alias
                && rng.chance(40)
            {
                alias.clone()
            } else {
                id.clone()
            };
            // A record of another subject that an event links to this one.
            let owner = rng.chance(15).then(|| format!("p:9{:03}", rng.below(2)));
            let document = format!("渝测罚〔2025〕{}号", rng.below(5));
            let day = origin().plus_days(rng.below(1_000) as i32);
            let mut row = cells([
                ("record_id", text(format!("r{:03}", serial * 37 % 1000))),
                ("decision_id", text(format!("d{serial}"))),
                ("version_key", text("1")),
                ("subject_id", text(own)),
                (
                    "subject_name",
                    text(format!("主体{number}{}", rng.pick(&["", "有限公司"]))),
                ),
                ("subject_kind", text(kind)),
                ("authority", text(*rng.pick(&AUTHORITIES))),
                ("region", text(*rng.pick(&REGIONS))),
                ("bucket", bucket.clone()),
            ]);
            if rng.chance(85) {
                row.insert("document_no", text(document.clone()));
            }
            let later = day.plus_days(rng.below(700) as i32);
            row.insert(
                "received_on",
                Cell::Day(day.plus_days(rng.below(60) as i32)),
            );
            if rng.chance(50) {
                let sent = day.plus_days(rng.below(80) as i32 - 10);
                row.insert("sent_at", text(format!("{sent}T08:00:00")));
            }
            match rng.below(100) {
                0..=44 => {
                    row.insert("case_id", text(document));
                    row.insert("violation", text(*rng.pick(&CLASSES)));
                    row.insert("content", text(*rng.pick(&TEXTS)));
                    row.insert("facts", text(*rng.pick(&TEXTS)));
                    row.insert("decided_on", Cell::Day(day));
                    let names = rng
                        .some(&KINDS)
                        .into_iter()
                        .map(|k| k.zh().to_owned())
                        .collect();
                    row.insert("penalty_kinds", Cell::Texts(names));
                    let cited = (0..rng.below(3))
                        .map(|_| format!("{}第{}条", rng.pick(&STATUTES), 1 + rng.below(4)));
                    row.insert("citations", Cell::Texts(cited.collect()));
                    if rng.chance(60) {
                        row.insert("fine_fen", Cell::Int(rng.below(19) as i64 * 500_000));
                    }
                    if rng.chance(20) {
                        row.insert("confiscated_fen", Cell::Int(rng.below(8) as i64 * 500_000));
                    }
                    if rng.chance(40) {
                        row.insert("valid_until", Cell::Day(later));
                    }
                    if rng.chance(10) {
                        row.insert("simple_procedure", Cell::Flag(true));
                    }
                    put(row, &owner, &mut rows.penalties, &mut rows.linked_penalties);
                }
                45..=49 => {
                    row.insert("decided_on", Cell::Day(day));
                    if rng.chance(70) {
                        row.insert("valid_from", Cell::Day(later));
                    }
                    rows.licenses.push(row);
                }
                _ => {
                    let kind = match rng.below(10) {
                        0..=2 => EventKind::Roster,
                        3 => EventKind::Listed,
                        4 => EventKind::Delisted,
                        5 => EventKind::Repair,
                        6 => EventKind::PublishedGrade,
                        _ => *rng.pick(&EVENT_KINDS),
                    };
                    row.insert("event_kind", text(kind.zh()));
                    row.insert("occurred_on", Cell::Day(day));
                    row.insert("detail", text(*rng.pick(&TEXTS)));
                    if rng.chance(50) {
                        row.insert("violation", text(*rng.pick(&CLASSES)));
                    }
                    if rng.chance(40) {
                        row.insert(
                            "ends_on",
                            Cell::Day(if rng.chance(10) {
                                Day::LONG_TERM
                            } else {
                                later
                            }),
                        );
                    }
                    if rng.chance(40) {
                        row.insert("term_months", Cell::Int(*rng.pick(&[0, 6, 12, 36])));
                    }
                    if rng.chance(50) {
                        let level = if rng.chance(70) {
                            *rng.pick(&LEVELS)
                        } else {
                            *rng.pick(&["A", "不良", "3", "0.5"])
                        };
                        row.insert("level", text(level));
                        row.insert("role", text(*rng.pick(&ROLES)));
                    }
                    let ours = kind == EventKind::PublishedGrade && rng.chance(70);
                    let list = if kind == EventKind::Roster || ours {
                        *rng.pick(&["test/s0", "方案test/s1", "test/s2-1", "参评企业"])
                    } else {
                        *rng.pick(&LISTS)
                    };
                    row.insert("list_or_scheme", text(list));
                    if rng.chance(15) {
                        let several = format!(
                            "渝测罚〔2025〕{}号；渝测罚[2025]{}号",
                            rng.below(5),
                            rng.below(5)
                        );
                        row.insert("document_no", text(several));
                    }
                    put(row, &owner, &mut rows.events, &mut rows.linked_events);
                }
            }
        }
    }
    rows
}

fn put(mut row: Cells, owner: &Option<String>, own: &mut Vec<Cells>, linked: &mut Vec<Cells>) {
    match owner {
        None => own.push(row),
        Some(owner) => {
            row.insert("linked_from", text(owner.clone()));
            linked.push(row);
        }
    }
}
