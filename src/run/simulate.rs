//! Two rule packs over a whole store, some buckets at a time; nothing is written.

use super::walk::{Step, of_a_night, walk};
use super::{House, RunError};
use crate::grading::Grading;
use crate::record::Day;
use crate::simulate::{Comparison, Movers, PackFacts, Part, Simulation, compare};
use crate::store::Snapshot;

/// Grades what a store holds under two packs and compares the results. Of every part of the store only counts and
/// movers are kept, many movers on the disk.
///
/// # Errors
/// A damaged store, movers that cannot wait on the disk, or columns that disagree (a bug).
pub fn simulate(
    view: &Snapshot,
    old: &House,
    new: &House,
    as_of: Day,
    known_at: Option<Day>,
) -> Result<Simulation, RunError> {
    let packs = Comparison::new(side(old, as_of)?, side(new, as_of)?);
    let (mut all, mut movers) = (Part::default(), Movers::default());
    walk(
        view,
        known_at,
        &of_a_night,
        |owned| Ok(compare(&owned.input(), &packs)?),
        &mut |step: Step<Part>| {
            if let Step::Part(mut part) = step {
                movers.add(part.take_movers())?;
                all.merge(part);
            }
            Ok(())
        },
    )?;
    Ok(Simulation::of(
        packs,
        all,
        movers,
        known_at,
        notes(old, new),
    ))
}

fn side(house: &House, as_of: Day) -> Result<(PackFacts, Grading<'_>), RunError> {
    let schemes = house.rules.active_schemes(as_of);
    let facts = PackFacts::of(&schemes, &house.rules.digest);
    let grading = Grading::new(&schemes, &house.rules.publicity, &house.rules.digest, as_of)?;
    Ok((facts, grading))
}

/// Parts of the packs that differ and that a comparison of grades cannot show.
fn notes(old: &House, new: &House) -> Vec<String> {
    let differs = |folder: &str| {
        let files = |house: &House| -> Vec<(String, String)> {
            let named = house.rules.files.iter();
            let below = named.filter(|(name, _)| name.starts_with(folder));
            below
                .map(|(name, text)| (name.clone(), text.clone()))
                .collect()
        };
        files(old) != files(new)
    };
    let said = [
        (
            "classification/",
            "违法行为分类规则（classification/）不同：已入库记录的类别按入库时的规则确定，本模拟不重新分类。",
        ),
        (
            "standards/",
            "数据标准（standards/）不同：本模拟不重新读取和核查原始文件。",
        ),
        (
            "measures/",
            "措施规则（measures/）不同：本模拟只比较等级、标记和得分，不比较措施清单。",
        ),
        (
            "incentives/",
            "激励规则（incentives/）不同：本模拟只比较等级、标记和得分，不比较激励。",
        ),
    ];
    let found = said.iter().filter(|(folder, _)| differs(folder));
    found.map(|(_, note)| (*note).to_owned()).collect()
}
