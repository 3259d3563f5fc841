//! Runs of equal subjects over the four tables, with aliases (`subjects.same_as`) folded into their canonical subject.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use arrow::array::Array as _;

use super::GradingError;
use super::columns::{Source, Subjects, Table, Text, table_name};
use crate::record::leading;

/// Everything of one canonical subject: row ranges per table.
#[derive(Clone, Debug)]
pub(crate) struct Group<'a> {
    pub(crate) subject: &'a str,
    pub(crate) bucket: i32,
    /// Its row of the subjects table.
    pub(crate) subjects_row: Option<usize>,
    /// Its own run in penalties, licenses, events.
    main: [Range<usize>; Table::COUNT],
    /// Runs of its aliases.
    aliases: Vec<(Table, Range<usize>)>,
}

impl<'a> Group<'a> {
    fn new(subject: &'a str, bucket: i32) -> Self {
        Self {
            subject,
            bucket,
            subjects_row: None,
            main: [const { 0..0 }; Table::COUNT],
            aliases: Vec::new(),
        }
    }

    /// Rows of this subject in one table, run by run, the canonical id's own first.
    pub(crate) fn runs(&self, table: Table) -> impl Iterator<Item = Range<usize>> + '_ {
        let own = self.main[table as usize].clone();
        let joined = self.aliases.iter().filter(move |(t, _)| *t == table);
        std::iter::once(own).chain(joined.map(|(_, range)| range.clone()))
    }

    /// Row numbers of this subject in one table, the canonical id's own first.
    pub(crate) fn rows(&self, table: Table) -> impl Iterator<Item = usize> + '_ {
        // Nearly all subjects have no aliases and are walked through as a range.
        let own = self.main[table as usize].clone();
        let joined = self.aliases.iter().filter(move |(t, _)| *t == table);
        own.chain(joined.flat_map(|(_, range)| range.clone()))
    }

    /// How many rows this subject has in one table.
    pub(crate) fn count(&self, table: Table) -> usize {
        let joined = self.aliases.iter().filter(|(t, _)| *t == table);
        self.main[table as usize].len() + joined.map(|(_, range)| range.len()).sum::<usize>()
    }
}

/// One run of equal subjects in one table.
struct Run<'a> {
    bucket: i32,
    leading: u128,
    subject: &'a str,
    range: Range<usize>,
}

impl Run<'_> {
    /// By bucket, then by subject; the first bytes mostly decide.
    fn order(&self, other: &Run<'_>) -> Ordering {
        let key = |run: &Run<'_>| (run.bucket, run.leading);
        key(self)
            .cmp(&key(other))
            .then_with(|| self.subject.cmp(other.subject))
    }
}

/// Groups the rows of a bucket (or of several) by canonical subject, in (bucket, subject) order. Without the subjects of which
/// `wanted` says that nobody wants them; it may be asked before the rows of aliases have joined theirs.
///
/// # Errors
/// When rows are not sorted by (bucket, subject) or aliases form a circle.
pub(crate) fn groups<'a>(
    sources: &[Source<'a>],
    subjects: &Subjects<'a>,
    wanted: impl Fn(&Group<'a>) -> bool,
) -> Result<Vec<Group<'a>>, GradingError> {
    let canonical = aliases(subjects)?;
    let mut lanes = Vec::with_capacity(sources.len() + 1);
    for source in sources {
        let bucket = |row| source.bucket(row);
        lanes.push(runs(
            source.len,
            source.subject_id,
            bucket,
            table_name(source.table),
        )?);
    }
    let bucket = |row| subjects.bucket(row);
    lanes.push(runs(subjects.len, subjects.subject_id, bucket, "subjects")?);

    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut joined: Vec<(&'a str, i32, Table, Range<usize>)> = Vec::new();
    let last = sources.len();
    let mut at = [0usize; Table::COUNT + 1];
    let standing_for: BTreeSet<&str> = canonical.values().copied().collect();
    // The lanes whose next run is of the least subject.
    let mut holding: Vec<usize> = Vec::new();
    loop {
        let mut least: Option<&Run<'a>> = None;
        for lane in 0..=last {
            let Some(run) = lanes[lane].get(at[lane]) else {
                continue;
            };
            match least.map_or(Ordering::Less, |least| run.order(least)) {
                Ordering::Less => {
                    least = Some(run);
                    holding.clear();
                    holding.push(lane);
                }
                Ordering::Equal => holding.push(lane),
                Ordering::Greater => {}
            }
        }
        let Some(&Run {
            bucket, subject, ..
        }) = least
        else {
            break;
        };
        let target = canonical.get(subject).copied();
        let mut group = Group::new(subject, bucket);
        for &lane in &holding {
            let run = &lanes[lane][at[lane]];
            at[lane] += 1;
            let table = Table::at(lane).filter(|_| lane < last);
            match (table, target) {
                (Some(table), None) => group.main[table as usize] = run.range.clone(),
                (Some(table), Some(to)) => joined.push((to, bucket, table, run.range.clone())),
                (None, _) => group.subjects_row = Some(run.range.start),
            }
        }
        if target.is_none() && (wanted(&group) || standing_for.contains(subject)) {
            groups.push(group);
        }
    }
    attach(&mut groups, joined);
    Ok(groups)
}

/// Puts runs of aliases to their canonical subject, which may have no run of its own here.
fn attach<'a>(groups: &mut Vec<Group<'a>>, mut joined: Vec<(&'a str, i32, Table, Range<usize>)>) {
    if joined.is_empty() {
        return;
    }
    joined.sort_by(|a, b| (a.0, a.2, a.3.start).cmp(&(b.0, b.2, b.3.start)));
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    let wanted: BTreeSet<&str> = joined.iter().map(|j| j.0).collect();
    for (index, group) in groups.iter().enumerate() {
        if wanted.contains(group.subject) {
            place.insert(group.subject, index);
        }
    }
    for (subject, bucket, table, range) in joined {
        let index = *place.entry(subject).or_insert_with(|| {
            groups.push(Group::new(subject, bucket));
            groups.len() - 1
        });
        groups[index].aliases.push((table, range));
    }
    groups.sort_by(|a, b| (a.bucket, a.subject).cmp(&(b.bucket, b.subject)));
}

/// alias → canonical, chains followed to their end.
pub(crate) fn aliases<'a>(
    subjects: &Subjects<'a>,
) -> Result<BTreeMap<&'a str, &'a str>, GradingError> {
    let mut direct: BTreeMap<&str, &str> = BTreeMap::new();
    for row in 0..subjects.len {
        if let (Some(id), Some(same)) = (subjects.subject_id.get(row), subjects.same_as.get(row))
            && !same.is_empty()
            && same != id
        {
            direct.insert(id, same);
        }
    }
    let mut resolved = BTreeMap::new();
    for (&alias, &first) in &direct {
        let mut end = first;
        let mut steps = 0;
        while let Some(&next) = direct.get(end) {
            end = next;
            steps += 1;
            if steps > direct.len() {
                return Err(GradingError::AliasCircle {
                    subject: alias.to_owned(),
                });
            }
        }
        resolved.insert(alias, end);
    }
    Ok(resolved)
}

fn runs<'a>(
    len: usize,
    subject: Text<'a>,
    bucket: impl Fn(usize) -> i32,
    table: &'static str,
) -> Result<Vec<Run<'a>>, GradingError> {
    let mut found: Vec<Run<'a>> = Vec::new();
    // Rows with one key of a dictionary are of one subject: texts are looked at where the key changes.
    let keys = match subject {
        Text::Coded(keys, _) if keys.null_count() == 0 => Some(keys.values()),
        _ => None,
    };
    let mut row = 0;
    while row < len {
        let of_row = bucket(row);
        let mut end = row + 1;
        if let Some(keys) = keys {
            let same = |next: &usize| keys[*next] == keys[row] && bucket(*next) == of_row;
            end += (end..len).take_while(same).count();
        }
        let subject = subject.or_empty(row);
        let run = Run {
            bucket: of_row,
            leading: leading(subject),
            subject,
            range: row..end,
        };
        let order = found.last().map_or(Ordering::Less, |last| last.order(&run));
        match (order, found.last_mut()) {
            (Ordering::Equal, Some(last)) => last.range.end = end,
            (Ordering::Greater, _) => return Err(GradingError::NotSorted { table, row }),
            _ => found.push(run),
        }
        row = end;
    }
    Ok(found)
}
