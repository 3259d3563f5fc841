//! The way of a set of files through the rooms of ingest, and the reconciliation at its end.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use crate::record::{Day, Event, License, Penalty, RecordKind};
use crate::store::{InputFile, KnownVersion, StoreError, Table};

use super::accept::{self, Accepted, Draft};
use super::check::{self, Finding, K01, K02, RowView, Severity};
use super::dedupe::{self, Candidate, Resolved};
use super::outcome::{CheckContext, CheckedRow, Disposition, IngestError, IngestOutcome, Known};
use super::purged;
use super::quarantine::{self, Found};
use super::read::{Refused, SourceFile, SourceRow};
use super::subjects::{SubjectRow, Subjects};

/// A row after the checks.
pub(super) struct Judged {
    /// Its file, sheet and row among the files in hand.
    file: usize,
    sheet: usize,
    at: usize,
    pub(super) row: CheckedRow,
    pub(super) findings: Vec<(Finding, String)>,
    pub(super) accepted: Option<Accepted>,
}

/// Takes files to records. The result depends on what the files say, not on their order or on threads.
///
/// `refused` are the files that could not be read at all (see [`refused_file`]); they are passed on into the counts.
///
/// # Errors
/// The store cannot be read, or rows do not add up (a bug of ours).
pub fn ingest_files(
    mut files: Vec<SourceFile>,
    refused: Vec<InputFile>,
    known: &dyn Known,
    ctx: &CheckContext<'_>,
) -> Result<IngestOutcome, IngestError> {
    files.sort_by(|a, b| (&a.sha256, &a.name).cmp(&(&b.sha256, &b.name)));
    let mut judged: Vec<Judged> = Vec::new();
    // A file that is read again is judged as of the day it came: the wait was not its sender's.
    let before = known.received_before()?;
    let received: Vec<Day> = files
        .iter()
        .map(|file| before.get(&file.sha256).copied().unwrap_or(ctx.received))
        .collect();
    for (index, file) in files.iter().enumerate() {
        for sheet in 0..file.sheets.len() {
            let rows: Vec<Judged> = (0..file.sheets[sheet].rows.len())
                .into_par_iter()
                .map(|at| judge(&files, (index, sheet, at), received[index], ctx))
                .collect();
            judged.extend(rows);
        }
    }
    let mut records = Records::default();
    purged::screen(&mut judged, known)?;
    let subjects = subjects(&judged, known, ctx)?;
    for kind in [RecordKind::Penalty, RecordKind::License, RecordKind::Event] {
        place(kind, &files, &mut judged, known, ctx, &mut records)?;
    }
    records.sort();
    let counts = reconcile(&files, &judged, refused, ctx)?;
    judged.sort_by(|a, b| {
        let key = |one: &Judged| (one.row.file.clone(), one.file);
        key(a).cmp(&key(b))
    });
    let mut checked = Vec::with_capacity(judged.len());
    let mut found = Vec::new();
    for mut one in judged {
        one.row.codes = one
            .findings
            .iter()
            .map(|(finding, _)| finding.code)
            .collect();
        let is_warning = |finding: &Finding| finding.severity == Severity::Warning;
        one.row.warned = one.findings.iter().any(|(finding, _)| is_warning(finding));
        if !one.findings.is_empty() {
            found.push(Found {
                file: one.row.file.clone(),
                sha256: files[one.file].sha256.clone(),
                sheet: one.row.sheet.clone(),
                row_no: one.row.row_no,
                source_unit: one.row.source_unit.clone(),
                raw: if purged::is_purged(&one.findings) {
                    "{}".to_owned()
                } else {
                    quarantine::masked_json(&view(
                        &files[one.file].sheets[one.sheet].rows[one.at],
                        received[one.file],
                        ctx,
                    ))
                },
                findings: one.findings,
            });
        }
        checked.push(one.row);
    }
    Ok(IngestOutcome {
        penalties: records.penalties,
        licenses: records.licenses,
        events: records.events,
        subjects: subjects.batch(ctx.buckets)?,
        quarantine: quarantine::batch(&found, ctx.batch_id)?,
        checked,
        files: counts,
    })
}

/// The entry of a file that was refused whole.
pub fn refused_file(refused: &Refused, sha256: &str, reading_digest: &str) -> InputFile {
    InputFile {
        file: refused.file.clone(),
        sha256: sha256.to_owned(),
        standards_digest: reading_digest.to_owned(),
        refused: Some(format!("{}：{refused}", refused.code())),
        ..InputFile::default()
    }
}

/// A row as the checks see it.
fn view<'a>(row: &'a SourceRow, received: Day, ctx: &CheckContext<'a>) -> RowView<'a> {
    RowView::new(
        row,
        row.values.mapping().layout(),
        received,
        ctx.calendar,
        ctx.source_unit,
    )
}

/// Checks one row and makes its record.
fn judge(
    files: &[SourceFile],
    (file, sheet, at): (usize, usize, usize),
    received: Day,
    ctx: &CheckContext<'_>,
) -> Judged {
    let row = &files[file].sheets[sheet].rows[at];
    let view = view(row, received, ctx);
    let mut findings = check::check_row(&view);
    let is_error = |one: &Finding| one.severity == Severity::Error;
    let mut accepted = None;
    if !findings.iter().any(is_error) {
        match accept::accept(&view, ctx) {
            Ok((record, note)) => {
                findings.extend(note);
                accepted = Some(record);
            }
            Err(finding) => findings.push(finding),
        }
    }
    let findings: Vec<(Finding, String)> = findings
        .into_iter()
        .map(|finding| {
            let column = finding
                .field
                .map_or("", |field| view.name(field))
                .to_owned();
            (finding, column)
        })
        .collect();
    let (required_cells, complete_cells) = check::completeness(&view);
    Judged {
        file,
        sheet,
        at,
        row: CheckedRow {
            file: files[file].name.clone(),
            file_sha256: files[file].sha256.clone(),
            sheet: files[file].sheets[sheet].name.clone(),
            row_no: row.row_no,
            kind: view.layout.kind,
            source_unit: accept::source_unit(&view),
            received_on: received,
            decided_on: view.decided_on(),
            disposition: Disposition::Quarantined,
            late: check::judge_timeliness(&view).late(),
            codes: Vec::new(),
            warned: false,
            required_cells,
            complete_cells,
        },
        findings,
        accepted,
    }
}

/// Old and new subjects.
fn subjects(
    judged: &[Judged],
    known: &dyn Known,
    ctx: &CheckContext<'_>,
) -> Result<Subjects, IngestError> {
    let mut subjects = match known.subjects()? {
        Some(batch) => Subjects::of(&batch)?,
        None => Subjects::default(),
    };
    for one in judged {
        let Some(accepted) = &one.accepted else {
            continue;
        };
        let subject = &accepted.subject;
        let region = match &accepted.draft {
            Draft::Penalty(record) => &record.region,
            Draft::License(record) => &record.region,
            Draft::Event(record) => &record.region,
        };
        subjects.add(
            subject.id.as_str(),
            SubjectRow {
                name: subject.name.clone(),
                kind: subject.kind.zh().to_owned(),
                uscc: subject.uscc.clone(),
                org_code: subject.org_code.clone(),
                registration_no: subject.registration_no.clone(),
                region: region.clone(),
                same_as: None,
                name_decided_on: one.row.decided_on.unwrap_or(ctx.received),
                minor: subject.minor,
            },
        );
    }
    subjects.link();
    Ok(subjects)
}

/// The records of a night.
#[derive(Default)]
struct Records {
    penalties: Vec<Penalty>,
    licenses: Vec<License>,
    events: Vec<Event>,
}

impl Records {
    /// Brings the records into the order of the store, which no order of files or threads changes.
    fn sort(&mut self) {
        type Key<'a> = (i32, &'a str, Day, &'a str, &'a str);
        fn penalty(one: &Penalty) -> Key<'_> {
            (
                one.bucket,
                &one.subject_id,
                one.decided_on,
                &one.record_id,
                &one.version_key,
            )
        }
        fn license(one: &License) -> Key<'_> {
            (
                one.bucket,
                &one.subject_id,
                one.decided_on,
                &one.record_id,
                &one.version_key,
            )
        }
        fn event(one: &Event) -> Key<'_> {
            (
                one.bucket,
                &one.subject_id,
                one.occurred_on,
                &one.record_id,
                &one.version_key,
            )
        }
        self.penalties.sort_by(|a, b| penalty(a).cmp(&penalty(b)));
        self.licenses.sort_by(|a, b| license(a).cmp(&license(b)));
        self.events.sort_by(|a, b| event(a).cmp(&event(b)));
    }
}

/// A candidate of one table: the row that it comes from (an own record or the row's revocation) and its draft.
struct Entry {
    judged: usize,
    is_own: bool,
    draft: Draft,
    sha256: usize,
    part_key: String,
    sent_at: Option<String>,
}

impl Entry {
    fn decision_id(&self) -> &str {
        self.draft.decision_id()
    }

    fn digest(&self) -> &str {
        match &self.draft {
            Draft::Penalty(record) => &record.content_digest,
            Draft::License(record) => &record.content_digest,
            Draft::Event(record) => &record.content_digest,
        }
    }
}

/// Places the records of one kind among the versions of their decisions.
fn place(
    kind: RecordKind,
    files: &[SourceFile],
    judged: &mut [Judged],
    known: &dyn Known,
    ctx: &CheckContext<'_>,
    records: &mut Records,
) -> Result<(), IngestError> {
    let entries = entries(kind, judged);
    let versions = known_versions(kind, &entries, known)?;
    let candidates: Vec<Candidate<'_>> = entries
        .iter()
        .map(|entry| Candidate {
            decision_id: entry.decision_id(),
            sha256: &files[entry.sha256].sha256,
            part_key: &entry.part_key,
            digest: entry.digest(),
            sent_at: entry.sent_at.as_deref(),
        })
        .collect();
    let resolved = dedupe::resolve(&candidates, ctx.received, &|decision| {
        versions.get(decision).map_or(&[], Vec::as_slice)
    });
    drop(candidates);
    write_back(&entries, &resolved, judged);
    for version in resolved.versions {
        let Some(entry) = entries.get(version.candidate) else {
            continue;
        };
        match entry.draft.clone() {
            Draft::Penalty(mut record) => {
                record.part_no = version.part_no;
                record.record_id = version.record_id;
                record.version_key = version.version_key;
                records.penalties.push(*record);
            }
            Draft::License(mut record) => {
                record.part_no = version.part_no;
                record.record_id = version.record_id;
                record.version_key = version.version_key;
                records.licenses.push(*record);
            }
            Draft::Event(mut record) => {
                record.part_no = version.part_no;
                record.record_id = version.record_id;
                record.version_key = version.version_key;
                records.events.push(*record);
            }
        }
    }
    Ok(())
}

/// The candidates of one table, in the order of the rows.
fn entries(kind: RecordKind, judged: &mut [Judged]) -> Vec<Entry> {
    let mut out = Vec::new();
    for (index, one) in judged.iter_mut().enumerate() {
        let Some(accepted) = &mut one.accepted else {
            continue;
        };
        let mut push = |draft: Draft, is_own: bool, part_key: &str| {
            out.push(Entry {
                judged: index,
                is_own,
                draft,
                sha256: one.file,
                part_key: part_key.to_owned(),
                sent_at: accepted.sent_at.clone(),
            });
        };
        if one.row.kind == kind {
            push(accepted.draft.clone(), true, &accepted.part_key);
        }
        if kind == RecordKind::Event
            && let Some(event) = accepted.revocation.take()
        {
            push(Draft::Event(event), false, "");
        }
    }
    out
}

/// What the store knows of the decisions in hand.
fn known_versions(
    kind: RecordKind,
    entries: &[Entry],
    known: &dyn Known,
) -> Result<HashMap<String, Vec<KnownVersion>>, StoreError> {
    let table = table_of(kind);
    let buckets: BTreeSet<u32> = entries.iter().map(|entry| entry.draft.bucket()).collect();
    let decisions: BTreeSet<&str> = entries.iter().map(Entry::decision_id).collect();
    known.versions(table, &buckets, &decisions)
}

/// The table of a kind of record.
pub(super) fn table_of(kind: RecordKind) -> Table {
    match kind {
        RecordKind::Penalty => Table::Penalties,
        RecordKind::License => Table::Licenses,
        RecordKind::Event => Table::Events,
    }
}

/// Tells the rows what became of them. The revocation of a version A row follows its row and is not counted.
fn write_back(entries: &[Entry], resolved: &Resolved, judged: &mut [Judged]) {
    for (index, entry) in entries.iter().enumerate() {
        if !entry.is_own {
            continue;
        }
        let one = &mut judged[entry.judged];
        one.row.disposition = resolved.dispositions[index];
        if one.row.disposition == Disposition::Duplicate {
            let note = Finding::note(
                K01,
                None::<crate::standard::Field>,
                "与已有记录内容相同，未重复入库。请勿重复报送",
            );
            one.findings.push((note, String::new()));
        }
        if resolved.rivals.contains(&index) {
            let warning = Finding::warning(
                K02,
                None::<crate::standard::Field>,
                "同一决定以相同的报送时间报送了不同内容，系统已按确定次序选取一版。请核实决定书，报送更正后的版本并注明更新时间",
            );
            one.findings.push((warning, String::new()));
        }
    }
}

/// Rows read = accepted + duplicate + superseded + quarantined + skipped, for every file.
fn reconcile(
    files: &[SourceFile],
    judged: &[Judged],
    refused: Vec<InputFile>,
    ctx: &CheckContext<'_>,
) -> Result<Vec<InputFile>, IngestError> {
    let mut counts: BTreeMap<usize, InputFile> = files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            let entry = InputFile {
                file: file.name.clone(),
                sha256: file.sha256.clone(),
                standards_digest: ctx.reading_digest.to_owned(),
                rows_read: file.rows_read(),
                skipped: file.rows_skipped(),
                layout: file.layouts(),
                ..InputFile::default()
            };
            (index, entry)
        })
        .collect();
    for one in judged {
        if let Some(entry) = counts.get_mut(&one.file) {
            match one.row.disposition {
                Disposition::Accepted | Disposition::Corrected => entry.accepted += 1,
                Disposition::Duplicate => entry.duplicate += 1,
                Disposition::Superseded => entry.superseded += 1,
                Disposition::Quarantined => entry.quarantined += 1,
            }
        }
    }
    let mut out: Vec<InputFile> = counts.into_values().chain(refused).collect();
    for entry in &out {
        let accounted =
            entry.accepted + entry.duplicate + entry.superseded + entry.quarantined + entry.skipped;
        if entry.refused.is_none() && accounted != entry.rows_read {
            return Err(IngestError::Reconciliation {
                file: entry.file.clone(),
                rows_read: entry.rows_read,
                accounted,
            });
        }
    }
    out.sort_by(|a, b| (&a.file, &a.sha256).cmp(&(&b.file, &b.sha256)));
    Ok(out)
}
