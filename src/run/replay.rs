//! A past night again: its rules, its days and its records, as far as the store still has them.

use super::{House, RunError};
use crate::record::{Day, SubjectKind};
use crate::report::Rows;
use crate::store::{RunRecord, Snapshot, StoreError, Table};

/// Candidates named when a subject is not found.
const NAMED: usize = 5;
/// Longest chain of `same_as` that is followed; grading refuses circles.
const CHAIN: usize = 8;

/// What a result is replayed from.
pub struct Replay {
    /// The run whose rules are used.
    pub run: RunRecord,
    pub house: House,
    pub as_of: Day,
    /// Only records received by this day; `None` = every record in view.
    pub known_at: Option<Day>,
    /// The records as that run saw them; `None` = the newest state, cut by `known_at`.
    past: Option<Snapshot>,
    /// Which records are in view, in Chinese.
    pub data: String,
}

impl Replay {
    /// Replays a run (the newest when `None`), or its rules and records on other days.
    ///
    /// # Errors
    /// There is no such run, its rule pack is not in the store, or the store is damaged.
    pub fn of(
        snapshot: &Snapshot,
        run: Option<&str>,
        as_of: Option<Day>,
        known_at: Option<Day>,
    ) -> Result<Replay, RunError> {
        let newest = snapshot
            .last_run()
            .ok_or(RunError::Report(crate::report::ReportError::NoRun))?;
        let chosen = match run {
            Some(id) => find(&snapshot.runs()?, id)?,
            None => newest.clone(),
        };
        let house = archived(snapshot, &chosen)?;
        let mut known_at = known_at.or(chosen.known_at);
        let mut past = None;
        let mut state = String::new();
        if chosen.seq != newest.seq {
            match snapshot.at_run(chosen.seq) {
                Ok(then) => {
                    past = Some(then);
                    state = format!("运行{}时的存储", chosen.run_id);
                }
                // The files of that night are gone: the day on which its last records came stands for it.
                Err(StoreError::Vacuumed { .. }) => {
                    known_at = known_at.or(last_receipt(&snapshot.runs()?, chosen.seq));
                    state = format!("运行{}的文件已清理，按接收日还原", chosen.run_id);
                }
                Err(error) => return Err(error.into()),
            }
        }
        let received = known_at.map_or_else(
            || "已接收的全部记录".to_owned(),
            |day| format!("{}以前（含当日）接收的记录", day.zh()),
        );
        let data = if state.is_empty() {
            received
        } else {
            format!("{state}，{received}")
        };
        Ok(Replay {
            as_of: as_of.unwrap_or(chosen.as_of),
            run: chosen,
            house,
            known_at,
            past,
            data,
        })
    }

    /// The store to read records from.
    #[must_use]
    pub fn view<'a>(&'a self, newest: &'a Snapshot) -> &'a Snapshot {
        self.past.as_ref().unwrap_or(newest)
    }
}

fn find(runs: &[RunRecord], id: &str) -> Result<RunRecord, RunError> {
    if let Some(run) = runs.iter().find(|run| run.run_id == id) {
        return Ok(run.clone());
    }
    let newest: Vec<&str> = runs
        .iter()
        .rev()
        .take(NAMED)
        .map(|run| run.run_id.as_str())
        .collect();
    Err(RunError::Usage(format!(
        "find run {id:?}: the store has no such run; its newest are {}",
        newest.join(", ")
    )))
}

/// The pack that a run archived, loaded.
///
/// # Errors
/// The store has no such pack, or it is refused by this program.
pub fn archived(snapshot: &Snapshot, run: &RunRecord) -> Result<House, RunError> {
    House::archived(snapshot, &run.rules_digest)?.ok_or_else(|| {
        RunError::Usage(format!(
            "find the rules of run {}: the store holds no pack {}",
            run.run_id, run.rules_digest
        ))
    })
}

/// The last day on which a run up to `seq` received files.
fn last_receipt(runs: &[RunRecord], seq: u64) -> Option<Day> {
    let until = runs.iter().filter(|run| run.seq <= seq);
    until.filter_map(|run| run.received_on).max()
}

/// The subject that an id stands for: itself, or the one that `same_as` names.
///
/// # Errors
/// When the store is damaged.
pub fn canonical_subject(view: &Snapshot, id: &str) -> Result<String, RunError> {
    let mut id = id.to_owned();
    for _ in 0..CHAIN {
        let found = view.read_subjects(Table::Subjects, &[&id], None)?;
        let rows = Rows(&found);
        let next = (0..rows.len())
            .map(|row| rows.text(row, "same_as"))
            .find(|same| !same.is_empty() && *same != id);
        match next {
            Some(next) => id = next,
            None => break,
        }
    }
    Ok(id)
}

/// The error for an id that the store does not know: names the bodies whose name contains the text. Natural persons and
/// minors are never named. A damaged store is an error of its own.
#[must_use]
pub fn unknown_subject(view: &Snapshot, text: &str) -> RunError {
    let wanted = text.trim();
    let mut found = Vec::new();
    let mut look = |batch: arrow::array::RecordBatch| {
        let rows = Rows(&batch);
        for row in 0..rows.len() {
            let name = rows.text(row, "name");
            let person = rows.text(row, "kind") == SubjectKind::Person.zh();
            let hidden = person || rows.flag(row, "minor") || !rows.text(row, "same_as").is_empty();
            if !hidden && !wanted.is_empty() && name.contains(wanted) {
                found.push((rows.text(row, "subject_id"), name));
            }
        }
        Ok(())
    };
    if let Err(error) = view.stream(Table::Subjects, None, &mut look) {
        return error.into();
    }
    found.sort();
    found.dedup();
    let forms = "an 18-character code, org:…, reg:… or p:…";
    if found.is_empty() {
        return RunError::Usage(format!(
            "explain {text:?}: the store knows no such subject (or it is not public), and no body's name contains it; give {forms}"
        ));
    }
    let named: Vec<String> = found
        .iter()
        .take(NAMED)
        .map(|(id, name)| format!("{id} ({name})"))
        .collect();
    let more = match found.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    RunError::Usage(format!(
        "explain {text:?}: this is no subject id; bodies with such a name: {}{more}; give {forms}",
        named.join(", ")
    ))
}
