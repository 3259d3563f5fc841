//! Rows of decisions that were purged stay out, and so do their cells.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::record::RecordKind;
use crate::standard::Field;
use crate::store::StoreError;

use super::accept::Draft;
use super::check::{Finding, K03};
use super::outcome::Known;
use super::pipeline::{Judged, table_of};

/// Quarantines the rows whose decision has a tombstone, under one finding and without a record; drops revocations
/// that rows report by their state and that were purged themselves.
pub(super) fn screen(judged: &mut [Judged], known: &dyn Known) -> Result<(), StoreError> {
    if !known.has_purged() {
        return Ok(());
    }
    for kind in [RecordKind::Penalty, RecordKind::License, RecordKind::Event] {
        let purged = {
            let drafts: Vec<&Draft> = judged
                .iter()
                .filter(|one| one.row.kind == kind)
                .filter_map(|one| Some(&one.accepted.as_ref()?.draft))
                .collect();
            reasons(kind, &drafts, known)?
        };
        for one in judged.iter_mut().filter(|one| one.row.kind == kind) {
            let reason = one
                .accepted
                .as_ref()
                .and_then(|accepted| purged.get(accepted.draft.decision_id()));
            if let Some(reason) = reason {
                one.findings = vec![(finding(reason), String::new())];
                one.accepted = None;
            }
        }
    }
    let revocation = |one: &Judged| -> Option<Draft> {
        let event = one.accepted.as_ref()?.revocation.as_ref()?;
        Some(Draft::Event(event.clone()))
    };
    let drafts: Vec<Draft> = judged.iter().filter_map(revocation).collect();
    let drafts: Vec<&Draft> = drafts.iter().collect();
    let purged = reasons(RecordKind::Event, &drafts, known)?;
    for one in judged.iter_mut() {
        if let Some(draft) = revocation(one)
            && purged.contains_key(draft.decision_id())
            && let Some(accepted) = &mut one.accepted
        {
            accepted.revocation = None;
        }
    }
    Ok(())
}

/// Whether the row was refused because its decision was purged: then its cells must not be kept.
pub(super) fn is_purged(findings: &[(Finding, String)]) -> bool {
    findings.iter().any(|(finding, _)| finding.code == K03)
}

fn reasons(
    kind: RecordKind,
    drafts: &[&Draft],
    known: &dyn Known,
) -> Result<HashMap<String, String>, StoreError> {
    let buckets: BTreeSet<u32> = drafts.iter().map(|draft| draft.bucket()).collect();
    let decisions: HashSet<&str> = drafts.iter().map(|draft| draft.decision_id()).collect();
    known.purged(table_of(kind), &buckets, &decisions)
}

fn finding(reason: &str) -> Finding {
    Finding::error(
        K03,
        None::<Field>,
        format!("该决定的记录已按规定清除，不再接收（清除原因：{reason}）。请勿再次报送"),
    )
}
