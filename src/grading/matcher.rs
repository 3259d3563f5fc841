//! Matching: for each field, each distinct value has a bitset of the rows that it does not rule out; the rows that match
//! a record are the AND of one bitset per field. Text conditions are evaluated once per distinct text.

use super::GradingError;
use super::codes::{Codes, intern_all, intern_lists, intern_text};
use super::columns::{Source, Table};
use super::compile::subject_bit;
use super::open::{Matches, Open, and_not};
use super::program::{Condition, KIND_EVENT, KIND_LICENSE, KIND_PENALTY, Program, Span};
use super::words::stands_unnegated;
use crate::record::{Citation, EventKind, PenaltyKind, SubjectKind};
use crate::rules::model::ClassPattern;

type Bits = Vec<u64>;

/// Fields that a condition can speak of, each with its own table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Kind,
    Violation,
    PenaltyKinds,
    Fine,
    Confiscated,
    Authority,
    Cited,
    SubjectKind,
    Region,
    Severity,
    Role,
    List,
    Term,
    Words,
    Linked,
}

fn field_of(condition: &Condition) -> Field {
    match condition {
        Condition::Kind(_) => Field::Kind,
        Condition::Violation(_) => Field::Violation,
        Condition::PenaltyAny(_) | Condition::PenaltyOnly(_) | Condition::PenaltyNone(_) => {
            Field::PenaltyKinds
        }
        Condition::Fine(_) => Field::Fine,
        Condition::Confiscated(_) => Field::Confiscated,
        Condition::Authority(_) => Field::Authority,
        Condition::Cited(_) => Field::Cited,
        Condition::SubjectKind(_) => Field::SubjectKind,
        Condition::Region(_) => Field::Region,
        Condition::Severity(_) => Field::Severity,
        Condition::Role(_) => Field::Role,
        Condition::List(_) => Field::List,
        Condition::Term(_) => Field::Term,
        Condition::Words(_) => Field::Words,
        Condition::Linked => Field::Linked,
    }
}

/// Distinct conditions of one field, each with the rows that carry it.
type Plan = Vec<(Condition, Bits)>;

/// A field of numbers: the bounds at which the truth of a condition changes, and the bitset of each stretch between
/// them. Code 0 = no number. Nothing here depends on records.
struct Stretches {
    cuts: Vec<i64>,
    bits: Bits,
}

/// The conditions of a program arranged by field. Row ids past `Program::rows` are scopes, one per version.
pub(crate) struct Matcher {
    rows: usize,
    words: usize,
    plans: Vec<(Field, Plan)>,
    /// Rows of each version, its scope row apart, and its scope.
    scopes: Vec<(Bits, usize, Vec<String>)>,
    stretches: Vec<(Field, Stretches)>,
}

impl Matcher {
    pub(crate) fn new(program: &Program) -> Self {
        let count = program.rows.len() + program.versions.len();
        let words = count.div_ceil(64).max(1);
        let mut plans: Vec<(Field, Plan)> = Vec::new();
        for (index, row) in program.rows.iter().enumerate() {
            for condition in &row.conditions {
                let field = field_of(condition);
                let at = plans
                    .iter()
                    .position(|(f, _)| *f == field)
                    .unwrap_or_else(|| {
                        plans.push((field, Vec::new()));
                        plans.len() - 1
                    });
                let plan = &mut plans[at].1;
                match plan.iter_mut().find(|(c, _)| c == condition) {
                    Some((_, bits)) => set(bits, index),
                    None => {
                        let mut bits = vec![0; words];
                        set(&mut bits, index);
                        plan.push((condition.clone(), bits));
                    }
                }
            }
        }
        let scopes = program.versions.iter().enumerate().map(|(v, version)| {
            let mut bits = vec![0; words];
            (version.rows.0..version.rows.1).for_each(|row| set(&mut bits, row));
            (bits, program.rows.len() + v, version.scope.clone())
        });
        let numbers = plans
            .iter()
            .filter(|(field, _)| matches!(field, Field::Fine | Field::Confiscated | Field::Term));
        let stretches = numbers
            .map(|(field, plan)| (*field, Stretches::of(plan, words)))
            .collect();
        Self {
            rows: program.rows.len(),
            words,
            scopes: scopes.collect(),
            plans,
            stretches,
        }
    }

    /// Row id of the scope of a version among matches.
    pub(crate) fn scope_row(&self, version: usize) -> usize {
        self.rows + version
    }

    /// Matches every record of a table. Most records are of a class or a kind that no rule speaks of; the other fields are
    /// looked at in the rest alone.
    pub(crate) fn run(&self, source: &Source<'_>) -> Result<Matches, GradingError> {
        let mut base = self.side(source.table.is_linked());
        clear_from(&mut base, self.rows + self.scopes.len());
        let mut open = Open::of(
            source.len,
            &base,
            // Few events are of a kind that rules speak of; all others are of one kind.
            &[self.kind_table(source), self.scope_table(source)?],
        );
        let mut texts: Option<&Plan> = None;
        for (field, plan) in &self.plans {
            match field {
                Field::Words => texts = Some(plan),
                // With the scopes, see `scope_table`; see `kind_table`; see `side`.
                Field::Violation | Field::Kind | Field::Linked => {}
                _ => {
                    let (codes, bits) = self.table(*field, plan, source, &open.records)?;
                    open.meet(&codes, &bits);
                }
            }
        }
        for (condition, carriers) in texts.into_iter().flatten() {
            open.meet_words(carriers, |record| words_hold(condition, source, record));
        }
        Ok(open.matches(source.len))
    }

    /// Codes of a field and the bitset of each code.
    fn table<'a>(
        &self,
        field: Field,
        plan: &Plan,
        source: &Source<'a>,
        records: &[u32],
    ) -> Result<(Codes<'a>, Bits), GradingError> {
        let records = || records.iter().map(|record| *record as usize);
        let need = |absent: bool, column: &str| {
            if absent && source.len > 0 && applies(field, source.table) {
                let table = super::columns::table_name(source.table);
                return Err(GradingError::MissingColumn {
                    table,
                    column: column.to_owned(),
                });
            }
            Ok(())
        };
        let texts = |column| intern_text(column, records());
        Ok(match field {
            Field::PenaltyKinds => {
                need(source.penalty_kinds.lists.is_none(), "penalty_kinds")?;
                let (codes, sets) = intern_lists(&source.penalty_kinds, records());
                let masks: Vec<u16> = sets
                    .iter()
                    .map(|set| penalty_mask(set))
                    .collect::<Result<_, _>>()?;
                (
                    codes,
                    self.evaluate(plan, &masks, |c, mask| penalties_hold(c, *mask)),
                )
            }
            Field::Cited => {
                need(source.citations.lists.is_none(), "citations")?;
                let (codes, sets) = intern_lists(&source.citations, records());
                let cited: Vec<Vec<Citation>> = sets
                    .iter()
                    .map(|set| set.iter().filter_map(|text| text.parse().ok()).collect())
                    .collect();
                (
                    codes,
                    self.evaluate(plan, &cited, |c, list| cited_holds(c, list)),
                )
            }
            Field::Fine => self.numbers(field, records().map(|row| Source::int(source.fine, row))),
            Field::Confiscated => self.numbers(
                field,
                records().map(|row| Source::int(source.confiscated, row)),
            ),
            Field::Term => self.numbers(
                field,
                records().map(|row| Source::int(source.term_months, row)),
            ),
            Field::SubjectKind => {
                let (codes, values) = texts(source.subject_kind);
                (
                    codes,
                    self.evaluate(plan, &values, |c, v| subject_holds(c, *v)),
                )
            }
            Field::Authority => {
                let (codes, values) = texts(source.authority);
                (
                    codes,
                    self.evaluate(plan, &values, |c, v| text_holds(c, *v)),
                )
            }
            Field::Region => {
                let (codes, values) = texts(source.region);
                (
                    codes,
                    self.evaluate(plan, &values, |c, v| text_holds(c, *v)),
                )
            }
            Field::Severity => {
                let (codes, values) = texts(source.level);
                (
                    codes,
                    self.evaluate(plan, &values, |c, v| text_holds(c, *v)),
                )
            }
            Field::Role => {
                let (codes, values) = texts(source.role);
                (
                    codes,
                    self.evaluate(plan, &values, |c, v| text_holds(c, *v)),
                )
            }
            Field::List => {
                let (codes, values) = texts(source.list);
                (
                    codes,
                    self.evaluate(plan, &values, |c, v| text_holds(c, *v)),
                )
            }
            // Evaluated elsewhere, see `run`.
            Field::Words | Field::Violation | Field::Kind | Field::Linked => {
                (Codes::constant(0), vec![!0; self.words])
            }
        })
    }

    /// What a record is: a penalty, a license, or an event of some kind.
    fn kind_table<'a>(&self, source: &Source<'a>) -> (Codes<'a>, Bits) {
        let plan = self.plans.iter().find(|(field, _)| *field == Field::Kind);
        let (codes, values) = if source.table.holds_events() {
            intern_all(source.event_kind, source.len)
        } else {
            (Codes::constant(0), vec![None])
        };
        let bits = match plan {
            Some((_, plan)) => self.evaluate(plan, &values, |c, v| kind_holds(c, source.table, *v)),
            None => vec![!0; values.len() * self.words],
        };
        (codes, bits)
    }

    /// The classes of violation: the rows' own conditions, and the scope of each version ANDed to its rows. Licenses
    /// and events without a class are inside wherever a row matches them.
    fn scope_table<'a>(&self, source: &Source<'a>) -> Result<(Codes<'a>, Bits), GradingError> {
        if source.table.kind() == Table::Penalties && source.violation.is_absent() && source.len > 0
        {
            return Err(GradingError::MissingColumn {
                table: "penalties",
                column: "violation".to_owned(),
            });
        }
        let (codes, values) = intern_all(source.violation, source.len);
        let plan = self
            .plans
            .iter()
            .find(|(field, _)| *field == Field::Violation);
        let mut bits = match plan {
            Some((_, plan)) => self.evaluate(plan, &values, |c, v| violation_holds(c, *v)),
            None => vec![!0u64; values.len() * self.words],
        };
        for (code, value) in values.iter().enumerate() {
            let class = value.unwrap_or("");
            let slot = &mut bits[code * self.words..(code + 1) * self.words];
            for (rows, scope_row, scope) in &self.scopes {
                let inside = !class.is_empty() && covered(scope, class);
                if !inside {
                    slot[scope_row / 64] &= !(1 << (scope_row % 64));
                }
                let classless = class.is_empty() && source.table.kind() != Table::Penalties;
                if !inside && !classless {
                    and_not(slot, rows);
                }
            }
        }
        Ok((codes, bits))
    }

    /// The rows that may speak of own records, or of linked ones. Linked records bring no subject into a scope by
    /// themselves.
    fn side(&self, linked: bool) -> Bits {
        let plan = self.plans.iter().find(|(field, _)| *field == Field::Linked);
        let mut bits = vec![0; self.words];
        if let Some((_, carriers)) = plan.and_then(|(_, plan)| plan.first()) {
            bits.copy_from_slice(carriers);
        }
        if !linked {
            bits.iter_mut().for_each(|word| *word = !*word);
        }
        bits
    }

    fn evaluate<V>(
        &self,
        plan: &Plan,
        values: &[V],
        holds: impl Fn(&Condition, &V) -> bool,
    ) -> Bits {
        evaluate(plan, self.words, values, holds)
    }

    /// Numbers are coded by the stretch that they fall into.
    fn numbers(
        &self,
        field: Field,
        values: impl Iterator<Item = Option<i64>>,
    ) -> (Codes<'static>, Bits) {
        let Some((_, of)) = self.stretches.iter().find(|(one, _)| *one == field) else {
            return (Codes::constant(0), vec![!0; self.words]);
        };
        let code = |value: Option<i64>| {
            value.map_or(0, |v| 1 + of.cuts.partition_point(|cut| *cut <= v) as u32)
        };
        (Codes::from_rows(values.map(code)), of.bits.clone())
    }
}

impl Stretches {
    fn of(plan: &Plan, words: usize) -> Stretches {
        let mut cuts: Vec<i64> = Vec::new();
        for (condition, _) in plan {
            if let Some(span) = span_of(condition) {
                cuts.push(span.low);
                cuts.extend(span.high.checked_add(1));
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut samples = vec![None, cuts.first().and_then(|first| first.checked_sub(1))];
        samples.extend(cuts.iter().map(|cut| Some(*cut)));
        let bits = evaluate(plan, words, &samples, |condition, sample| {
            match (span_of(condition), sample) {
                (Some(span), Some(value)) => span.holds(*value),
                _ => false,
            }
        });
        Stretches { cuts, bits }
    }
}

fn span_of(condition: &Condition) -> Option<&Span> {
    match condition {
        Condition::Fine(span) | Condition::Confiscated(span) | Condition::Term(span) => Some(span),
        _ => None,
    }
}

/// The bitset of each value: the rows that no condition of the plan rules out.
fn evaluate<V>(
    plan: &Plan,
    words: usize,
    values: &[V],
    holds: impl Fn(&Condition, &V) -> bool,
) -> Bits {
    let mut bits = vec![!0u64; values.len() * words];
    for (condition, rows) in plan {
        // Few words of a condition's rows are not zero.
        let carried: Vec<(usize, u64)> = (rows.iter().copied().enumerate())
            .filter(|(_, word)| *word != 0)
            .collect();
        for (code, value) in values.iter().enumerate() {
            if !holds(condition, value) {
                let slot = &mut bits[code * words..(code + 1) * words];
                for (at, word) in &carried {
                    slot[*at] &= !word;
                }
            }
        }
    }
    bits
}

/// Whether rows of a table can carry a field at all.
fn applies(field: Field, table: Table) -> bool {
    match field {
        Field::PenaltyKinds | Field::Cited => table.kind() == Table::Penalties,
        Field::Violation => table != Table::Licenses,
        _ => true,
    }
}

fn kind_holds(condition: &Condition, table: Table, event: Option<&str>) -> bool {
    let Condition::Kind(kinds) = condition else {
        return false;
    };
    let code = match table.kind() {
        Table::Penalties => KIND_PENALTY,
        Table::Licenses => KIND_LICENSE,
        _ => match event.and_then(EventKind::from_zh) {
            Some(kind) => KIND_EVENT + kind as u32,
            None => return false,
        },
    };
    kinds & (1 << code) != 0
}

fn violation_holds(condition: &Condition, class: Option<&str>) -> bool {
    match (condition, class) {
        (Condition::Violation(patterns), Some(class)) => covered(patterns, class),
        _ => false,
    }
}

fn covered(patterns: &[String], class: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| ClassPattern(pattern.clone()).covers(class))
}

fn penalty_mask(names: &[&str]) -> Result<u16, GradingError> {
    names.iter().try_fold(0, |mask, name| {
        let kind = PenaltyKind::from_zh(name).ok_or_else(|| GradingError::UnknownValue {
            table: "penalties",
            column: "penalty_kinds",
            value: (*name).to_owned(),
        })?;
        Ok(mask | 1 << (kind as u16))
    })
}

fn penalties_hold(condition: &Condition, mask: u16) -> bool {
    match condition {
        Condition::PenaltyAny(wanted) => mask & wanted != 0,
        Condition::PenaltyOnly(allowed) => mask != 0 && mask & !allowed == 0,
        Condition::PenaltyNone(barred) => mask & barred == 0,
        _ => false,
    }
}

fn cited_holds(condition: &Condition, citations: &[Citation]) -> bool {
    let Condition::Cited(patterns) = condition else {
        return false;
    };
    citations.iter().any(|citation| {
        patterns.iter().any(|(statute, articles)| {
            *statute == citation.statute
                && (articles.is_empty() || citation.article.is_some_and(|a| articles.contains(&a)))
        })
    })
}

fn subject_holds(condition: &Condition, kind: Option<&str>) -> bool {
    match (condition, kind.and_then(SubjectKind::from_zh)) {
        (Condition::SubjectKind(kinds), Some(kind)) => kinds & subject_bit(kind) != 0,
        _ => false,
    }
}

/// Conditions on one text: part of an authority's name, prefix of a region, whole level, role or list.
fn text_holds(condition: &Condition, text: Option<&str>) -> bool {
    let Some(text) = text else { return false };
    match condition {
        Condition::Authority(names) => names.iter().any(|name| text.contains(name.as_str())),
        Condition::Region(prefixes) => prefixes
            .iter()
            .any(|prefix| text.starts_with(prefix.as_str())),
        Condition::Severity(all) | Condition::Role(all) | Condition::List(all) => {
            all.iter().any(|one| one == text)
        }
        _ => false,
    }
}

fn words_hold(condition: &Condition, source: &Source<'_>, record: usize) -> bool {
    let Condition::Words(words) = condition else {
        return false;
    };
    let texts = [
        source.content.or_empty(record),
        source.facts.or_empty(record),
    ];
    words
        .iter()
        .any(|word| texts.iter().any(|text| stands_unnegated(text, word)))
}

fn set(bits: &mut [u64], index: usize) {
    bits[index / 64] |= 1 << (index % 64);
}

fn clear_from(bits: &mut [u64], count: usize) {
    for (word, slot) in bits.iter_mut().enumerate() {
        let start = word * 64;
        if start >= count {
            *slot = 0;
        } else if count - start < 64 {
            *slot &= (1u64 << (count - start)) - 1;
        }
    }
}
