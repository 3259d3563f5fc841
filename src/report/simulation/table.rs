//! A comparison for the terminal.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, Table, presets};

use super::super::ReportError;
use super::words;
use crate::simulate::{Group, SchemeShift, Simulation};

/// Movers listed; all of them stand in the workbook.
const LISTED: usize = 200;

/// The whole comparison as text with tables.
///
/// # Errors
/// Movers that waited on the disk cannot be read back.
pub fn simulation_table(simulation: &Simulation) -> Result<String, ReportError> {
    // Writing to a String cannot fail.
    let mut out = String::new();
    for (label, text) in words::cover(simulation) {
        let _ = writeln!(out, "{label}：{text}");
    }
    if !simulation.domains.is_empty() {
        let _ = writeln!(
            out,
            "\n按领域\n{}",
            groups("领域", &simulation.domains, "未载明")
        );
    }
    for scheme in &simulation.schemes {
        let _ = writeln!(out, "\n{}（{}）", scheme.title, scheme.id);
        let _ = writeln!(
            out,
            "等级迁移（行为原等级，列为新等级）\n{}",
            matrix(scheme, simulation)
        );
        let _ = writeln!(out, "指标\n{}", figures(scheme, simulation));
        if scheme.all.moved() > 0 {
            let _ = writeln!(
                out,
                "按地区\n{}",
                groups("地区", &scheme.districts, "未载明")
            );
            let _ = writeln!(
                out,
                "按主体类别\n{}",
                groups("主体类别", &scheme.kinds, "未载明")
            );
        }
    }
    if !simulation.rows.is_empty() {
        let _ = writeln!(out, "\n引起变动的规则行\n{}", rows(simulation));
    }
    if !simulation.movers.is_empty() {
        let _ = writeln!(out, "\n变动主体\n{}", movers(simulation)?);
        if simulation.movers.len() > LISTED as u64 {
            let all = simulation.movers.len();
            let _ = writeln!(out, "只列前{LISTED}项，共{all}项；全部见 --format xlsx。");
        }
    }
    Ok(out)
}

fn grid(header: impl IntoIterator<Item = String>) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    table.set_header(header.into_iter().collect::<Vec<_>>());
    table
}

fn right(text: &(impl ToString + ?Sized)) -> Cell {
    Cell::new(text.to_string()).set_alignment(CellAlignment::Right)
}

fn matrix(scheme: &SchemeShift, simulation: &Simulation) -> Table {
    let columns = scheme.all.columns();
    let title = |place: &&crate::simulate::Place| words::titled(place, scheme, simulation);
    let header = ["原＼新".to_owned()].into_iter();
    let mut table = grid(
        header
            .chain(columns.iter().map(title))
            .chain(["合计".to_owned()]),
    );
    for from in scheme.all.rows() {
        let counts: Vec<u64> = columns
            .iter()
            .map(|to| scheme.all.count(from, to))
            .collect();
        let mut cells = vec![Cell::new(title(&from))];
        cells.extend(counts.iter().map(|count| right(&count)));
        cells.push(right(&counts.iter().sum::<u64>()));
        table.add_row(cells);
    }
    table
}

fn figures(scheme: &SchemeShift, simulation: &Simulation) -> Table {
    let mut table = grid(["指标", "原规则", "新规则"].map(str::to_owned));
    for [label, old, new] in words::figures(scheme, simulation) {
        table.add_row([Cell::new(label), right(&old), right(&new)]);
    }
    table
}

fn groups(what: &str, groups: &[Group], blank: &str) -> Table {
    let head = words::GROUP_HEAD.iter().skip(1).map(|h| (*h).to_owned());
    let header = [what.to_owned()].into_iter().chain(head);
    let mut table = grid(header.chain(["流向".to_owned()]));
    for group in groups {
        let ([value, counts @ ..], flows) = words::group(group, blank);
        let mut cells = vec![Cell::new(value)];
        cells.extend(counts.into_iter().map(|count| right(&count)));
        cells.push(Cell::new(flows));
        table.add_row(cells);
    }
    table
}

fn rows(simulation: &Simulation) -> Table {
    let mut table = grid(["方案", "规则行", "变动结果"].map(str::to_owned));
    for (scheme, row, count) in &simulation.rows {
        table.add_row([Cell::new(scheme), Cell::new(row), right(&count)]);
    }
    table
}

fn movers(simulation: &Simulation) -> Result<Table, ReportError> {
    let header = [
        "方案",
        "主体",
        "主体标识",
        "变动",
        "原→新",
        "得分",
        "标记",
        "暂定",
        "引起变动的规则行",
    ];
    let mut table = grid(header.map(str::to_owned));
    for mover in simulation.movers.iter().take(LISTED) {
        let mover = &mover?;
        table.add_row([
            mover.scheme.clone(),
            mover.name.clone(),
            mover.subject_id.clone(),
            mover.movement.zh().to_owned(),
            format!("{} → {}", mover.from.zh(), mover.to.zh()),
            words::scores(mover),
            words::flags(mover),
            words::marks(mover).to_owned(),
            words::why(mover),
        ]);
    }
    Ok(table)
}
