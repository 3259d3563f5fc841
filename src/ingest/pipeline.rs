//! The way of a set of files through the rooms of ingest, and the reconciliation at its end.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::record::{Day, Event, License, Penalty, RecordKind, SubjectKind, leading};
use crate::store::{InputFile, Sought, StoreError, Table, Versions};

use super::accept::{self, Accepted, Draft, Memo};
use super::check::{self, Finding, K01, K02, RowView, Severity};
use super::dedupe::{self, Candidate, Resolved};
use super::outcome::{CheckContext, CheckedRow, Disposition, IngestError, IngestOutcome, Known};
use super::purged;
use super::quarantine::{self, Found};
use super::read::{Refused, SourceFile, SourceRow};
use super::subjects::{Said, Subjects};

/// Rows that one thread checks at least with one [`Memo`].
const ROWS_OF_A_MEMO: usize = 512;

/// A row after the checks.
pub(super) struct Judged {
    /// Its file, sheet and row among the files in hand.
    file: usize,
    sheet: usize,
    at: usize,
    pub(super) row: CheckedRow,
    /// What the row says it is about, where it does.
    subject_kind: Option<SubjectKind>,
    pub(super) findings: Vec<(Finding, String)>,
    pub(super) accepted: Option<Accepted>,
}

impl Judged {
    /// The row as quality figures need it, and its findings with the cells from which nobody can be known.
    fn told(mut self, files: &[SourceFile]) -> (CheckedRow, Option<Found>) {
        self.row.codes = self.findings.iter().map(|(one, _)| one.code).collect();
        let is_warning = |one: &Finding| one.severity == Severity::Warning;
        self.row.warned = self.findings.iter().any(|(one, _)| is_warning(one));
        if self.findings.is_empty() {
            return (self.row, None);
        }
        let raw = if purged::is_purged(&self.findings) {
            "{}".to_owned()
        } else {
            let row = &files[self.file].sheets[self.sheet].rows[self.at];
            quarantine::masked_json(&row.values, self.subject_kind, &self.findings)
        };
        let found = Found {
            file: self.row.file.clone(),
            sha256: self.row.file_sha256.clone(),
            sheet: self.row.sheet.clone(),
            row_no: self.row.row_no,
            source_unit: self.row.source_unit.clone(),
            raw,
            findings: self.findings,
        };
        (self.row, Some(found))
    }
}

/// Takes files to records. The result depends on what the files say, not on their order or on threads.
///
/// What the rows say of their subjects is added to `subjects`. Rows may come in several calls, if those of a decision come in
/// one.
///
/// # Errors
/// The store cannot be read, or rows do not add up (a bug of ours).
pub fn ingest_files(
    mut files: Vec<SourceFile>,
    known: &dyn Known,
    subjects: &mut Subjects,
    ctx: &CheckContext<'_>,
) -> Result<IngestOutcome, IngestError> {
    files.sort_by(|a, b| (&a.sha256, &a.name).cmp(&(&b.sha256, &b.name)));
    let sheets = files.iter().flat_map(|file| &file.sheets);
    let rows = sheets.map(|sheet| sheet.rows.len()).sum();
    let mut judged: Vec<Judged> = Vec::with_capacity(rows);
    // A file that is read again is judged as of the day it came: the wait was not its sender's.
    let received: Vec<Day> = files
        .iter()
        .map(|file| known.received_before(&file.sha256).unwrap_or(ctx.received))
        .collect();
    for (index, file) in files.iter().enumerate() {
        let (name, sha256): (Arc<str>, Arc<str>) =
            (file.name.as_str().into(), file.sha256.as_str().into());
        for (sheet, of) in file.sheets.iter().enumerate() {
            let place = Place {
                file: index,
                sheet,
                file_name: name.clone(),
                sha256: sha256.clone(),
                sheet_name: of.name.as_str().into(),
                received: received[index],
            };
            judged.par_extend(
                of.rows
                    .par_iter()
                    .with_min_len(ROWS_OF_A_MEMO)
                    .enumerate()
                    .map_init(Memo::default, |memo, row| judge(&place, row, ctx, memo)),
            );
        }
    }
    let mut records = Records::default();
    purged::screen(&mut judged, known)?;
    add_subjects(&judged, subjects, ctx);
    let entries = Entries::take_from(&mut judged);
    for (kind, entries) in [
        (RecordKind::Penalty, entries.penalties),
        (RecordKind::License, entries.licenses),
        (RecordKind::Event, entries.events),
    ] {
        place(kind, entries, &files, &mut judged, known, ctx, &mut records)?;
    }
    records.sort();
    let counts = reconcile(&files, &judged, ctx)?;
    judged.sort_by(|a, b| (&a.row.file, a.file).cmp(&(&b.row.file, b.file)));
    let (checked, found): (Vec<CheckedRow>, Vec<Option<Found>>) =
        judged.into_par_iter().map(|one| one.told(&files)).unzip();
    let found: Vec<Found> = found.into_iter().flatten().collect();
    let quarantine = quarantine::batch(&found, ctx.batch_id)?;
    // Freeing many small texts takes time that every thread can share.
    found.into_par_iter().for_each(drop);
    let sheets = files.into_iter().flat_map(|file| file.sheets);
    sheets.for_each(|sheet| sheet.rows.into_par_iter().for_each(drop));
    Ok(IngestOutcome {
        penalties: records.penalties,
        licenses: records.licenses,
        events: records.events,
        quarantine,
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

/// Where rows stand: a sheet of a file in hand.
struct Place {
    file: usize,
    sheet: usize,
    file_name: Arc<str>,
    sha256: Arc<str>,
    sheet_name: Arc<str>,
    received: Day,
}

/// Checks one row and makes its record.
fn judge(
    place: &Place,
    (at, row): (usize, &SourceRow),
    ctx: &CheckContext<'_>,
    memo: &mut Memo,
) -> Judged {
    let received = place.received;
    let view = view(row, received, ctx);
    let mut findings = check::check_row(&view);
    let is_error = |one: &Finding| one.severity == Severity::Error;
    let mut accepted = None;
    if !findings.iter().any(is_error) {
        match accept::accept(&view, ctx, memo) {
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
        file: place.file,
        sheet: place.sheet,
        at,
        row: CheckedRow {
            file: place.file_name.clone(),
            file_sha256: place.sha256.clone(),
            sheet: place.sheet_name.clone(),
            row_no: row.row_no,
            kind: view.layout.kind,
            source_unit: accept::source_unit(&view),
            received_on: received,
            decided_on: view.decided_on(),
            disposition: Disposition::Quarantined,
            late: view.timeliness().late(),
            codes: Vec::new(),
            warned: false,
            required_cells,
            complete_cells,
        },
        subject_kind: view.subject_kind,
        findings,
        accepted,
    }
}

/// Adds what the accepted rows say of their subjects.
fn add_subjects(judged: &[Judged], subjects: &mut Subjects, ctx: &CheckContext<'_>) {
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
            &Said {
                name: &subject.name,
                kind: subject.kind.zh(),
                uscc: subject.uscc.as_deref(),
                org_code: subject.org_code.as_deref(),
                registration_no: subject.registration_no.as_deref(),
                region,
                same_as: None,
                name_decided_on: one.row.decided_on.unwrap_or(ctx.received),
                minor: subject.minor,
            },
        );
    }
}

/// Bucket, subject, day, record and version.
type Key<'a> = (i32, &'a str, Day, &'a str, &'a str);

/// Sorts by the key. Most comparisons end at the bucket and the first letters of the subject, which stand beside each record.
fn sort_by_key<T: Send + Sync>(records: &mut Vec<Box<T>>, key: fn(&T) -> Key<'_>) {
    let first = |record: Box<T>| {
        let (bucket, subject, ..) = key(&record);
        ((bucket, leading(subject)), record)
    };
    let mut sorted: Vec<_> = records.drain(..).map(first).collect();
    sorted.par_sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| key(one).cmp(&key(other))));
    records.extend(sorted.into_iter().map(|(_, record)| record));
}

/// The records of a night.
#[derive(Default)]
#[expect(
    clippy::vec_box,
    reason = "sorting moves pointers, not records of 700 bytes"
)]
struct Records {
    penalties: Vec<Box<Penalty>>,
    licenses: Vec<Box<License>>,
    events: Vec<Box<Event>>,
}

impl Records {
    /// Brings the records into the order of the store, which no order of files or threads changes.
    fn sort(&mut self) {
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
        sort_by_key(&mut self.penalties, penalty);
        sort_by_key(&mut self.licenses, license);
        sort_by_key(&mut self.events, event);
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

/// The candidates of each table, in the order of the rows.
#[derive(Default)]
struct Entries {
    penalties: Vec<Entry>,
    licenses: Vec<Entry>,
    events: Vec<Entry>,
}

impl Entries {
    /// Takes the records out of the rows.
    fn take_from(judged: &mut [Judged]) -> Entries {
        let mut out = Entries::default();
        for (index, one) in judged.iter_mut().enumerate() {
            let Some(accepted) = one.accepted.take() else {
                continue;
            };
            let entry = |draft, is_own, part_key, sent_at| Entry {
                judged: index,
                is_own,
                draft,
                sha256: one.file,
                part_key,
                sent_at,
            };
            if let Some(event) = accepted.revocation {
                let draft = Draft::Event(event);
                let sent_at = accepted.sent_at.clone();
                out.events.push(entry(draft, false, String::new(), sent_at));
            }
            let entries = match one.row.kind {
                RecordKind::Penalty => &mut out.penalties,
                RecordKind::License => &mut out.licenses,
                RecordKind::Event => &mut out.events,
            };
            entries.push(entry(
                accepted.draft,
                true,
                accepted.part_key,
                accepted.sent_at,
            ));
        }
        out
    }
}

/// Places the records of one kind among the versions of their decisions.
fn place(
    kind: RecordKind,
    entries: Vec<Entry>,
    files: &[SourceFile],
    judged: &mut [Judged],
    known: &dyn Known,
    ctx: &CheckContext<'_>,
    records: &mut Records,
) -> Result<(), IngestError> {
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
    // A row may stand in several versions of its decision.
    let mut uses = vec![0_u32; entries.len()];
    for version in &resolved.versions {
        uses[version.candidate] += 1;
    }
    let mut drafts: Vec<Option<Draft>> = entries.into_iter().map(|one| Some(one.draft)).collect();
    for version in resolved.versions {
        let left = &mut uses[version.candidate];
        *left -= 1;
        let draft = &mut drafts[version.candidate];
        let draft = if *left == 0 {
            draft.take()
        } else {
            draft.clone()
        };
        match draft {
            Some(Draft::Penalty(mut record)) => {
                record.part_no = version.part_no;
                record.record_id = version.record_id;
                record.version_key = version.version_key;
                records.penalties.push(record);
            }
            Some(Draft::License(mut record)) => {
                record.part_no = version.part_no;
                record.record_id = version.record_id;
                record.version_key = version.version_key;
                records.licenses.push(record);
            }
            Some(Draft::Event(mut record)) => {
                record.part_no = version.part_no;
                record.record_id = version.record_id;
                record.version_key = version.version_key;
                records.events.push(record);
            }
            None => {}
        }
    }
    Ok(())
}

/// What the store knows of the decisions in hand.
fn known_versions(
    kind: RecordKind,
    entries: &[Entry],
    known: &dyn Known,
) -> Result<Versions, StoreError> {
    let sought: Sought<'_> = entries
        .iter()
        .map(|entry| {
            let of = (entry.draft.bucket(), entry.draft.subject_id());
            (entry.decision_id(), of)
        })
        .collect();
    known.versions(table_of(kind), &sought)
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
    let mut out: Vec<InputFile> = counts.into_values().collect();
    for entry in &out {
        let accounted =
            entry.accepted + entry.duplicate + entry.superseded + entry.quarantined + entry.skipped;
        if accounted != entry.rows_read {
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
