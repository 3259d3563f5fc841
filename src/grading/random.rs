//! Random schemes and random records for property tests, from a seed.

use crate::record::{Day, EventKind, Fen, PenaltyKind, PenaltyKinds, Points, SubjectKind};
use crate::rules::model as m;

pub(crate) use records::records;
pub(crate) use rng::Rng;
pub(crate) use two_regimes::TwoRegimes;

mod records;
mod rng;
mod two_regimes;

const CLASSES: [&str; 7] = [
    "environment.water.discharge",
    "environment.water.permit",
    "environment.air.dust",
    "environment.waste",
    "research.plagiarism",
    "food.label",
    "",
];
const PATTERNS: [&str; 6] = [
    "environment.*",
    "environment.water.*",
    "environment.air.dust",
    "environment.waste",
    "research.*",
    "food.*",
];
const KINDS: [PenaltyKind; 5] = [
    PenaltyKind::Warning,
    PenaltyKind::Criticism,
    PenaltyKind::Fine,
    PenaltyKind::ConfiscateIncome,
    PenaltyKind::StopProduction,
];
const AUTHORITIES: [&str; 3] = ["梧州区生态环境局", "青川区生态环境局", "市科学技术局"];
const REGIONS: [&str; 3] = ["500112", "500151", "510100"];
const STATUTES: [&str; 3] = ["大气污染防治法", "水污染防治法", "科学技术进步法"];
const LEVELS: [&str; 3] = ["较轻", "较重", "严重"];
const ROLES: [&str; 2] = ["申请人", "依托单位"];
const LISTS: [&str; 2] = ["严重失信主体名单", "环保黑名单"];
const WORDS: [&str; 3] = ["情节严重", "首次", "拒不改正"];
const TEXTS: [&str; 5] = [
    "情节严重，拒不改正",
    "未达到情节严重程度",
    "首次违法",
    "一般情形",
    "",
];
const EVENT_KINDS: [EventKind; 16] = [
    EventKind::Repair,
    EventKind::Revocation,
    EventKind::Correction,
    EventKind::Objection,
    EventKind::ObjectionClosed,
    EventKind::Rectified,
    EventKind::Roster,
    EventKind::ResearchMisconduct,
    EventKind::EnvironmentIncident,
    EventKind::PublishedGrade,
    EventKind::Listed,
    EventKind::Delisted,
    EventKind::Commitment,
    EventKind::CommitmentBroken,
    EventKind::Honour,
    EventKind::Closed,
];

/// First day of the random world.
pub(crate) fn origin() -> Day {
    Day::from_ymd(2024, 1, 1).unwrap()
}

fn status(rng: &mut Rng) -> m::Status {
    if rng.chance(80) {
        m::Status::Verified
    } else {
        m::Status::Provisional("未核实".to_owned())
    }
}

fn months(rng: &mut Rng) -> u16 {
    *rng.pick(&[1, 3, 6, 12, 24])
}

fn interval<T>(rng: &mut Rng, low: T, high: T) -> m::Interval<T> {
    let lower = match rng.below(3) {
        0 => m::Bound::Unbounded,
        1 => m::Bound::Included(low),
        _ => m::Bound::Excluded(low),
    };
    let upper = match rng.below(3) {
        0 => m::Bound::Unbounded,
        1 => m::Bound::Included(high),
        _ => m::Bound::Excluded(high),
    };
    m::Interval { lower, upper }
}

fn kinds(rng: &mut Rng) -> PenaltyKinds {
    rng.some(&KINDS).into_iter().collect()
}

fn texts(rng: &mut Rng, all: &[&str]) -> Vec<String> {
    rng.some(all).into_iter().map(str::to_owned).collect()
}

fn condition(rng: &mut Rng) -> m::Condition {
    use m::Condition as C;
    match rng.below(18) {
        17 => C::Linked,
        0 | 1 => C::Violation(
            rng.some(&PATTERNS)
                .into_iter()
                .map(|p| m::ClassPattern(p.to_owned()))
                .collect(),
        ),
        2 => C::PenaltyAny(kinds(rng)),
        3 => C::PenaltyOnly(kinds(rng)),
        4 => C::PenaltyNone(kinds(rng)),
        5 | 6 => {
            let low = rng.below(6) as i64 * 1_000_000;
            C::Fine(interval(rng, Fen(low), Fen(low + 3_000_000)))
        }
        7 => C::Confiscated(interval(rng, Fen(1_000_000), Fen(3_000_000))),
        8 => C::Authority(texts(rng, &["梧州", "生态环境局", "科学"])),
        9 => C::Cited(vec![m::CitedPattern {
            statute: (*rng.pick(&STATUTES)).to_owned(),
            articles: if rng.chance(50) {
                Vec::new()
            } else {
                vec![1, 2]
            },
        }]),
        10 => C::SubjectKind(rng.some(&[
            SubjectKind::Entity,
            SubjectKind::Person,
            SubjectKind::IndividualBusiness,
        ])),
        11 => C::Region(texts(rng, &["5001", "500112", "51"])),
        12 => C::Severity(texts(rng, &LEVELS)),
        13 => {
            if rng.chance(50) {
                C::Role(texts(rng, &ROLES))
            } else {
                C::List(texts(rng, &LISTS))
            }
        }
        14 if rng.chance(40) => C::Level(texts(rng, &LEVELS)),
        14 => C::TermMonths(interval(rng, 6, 36)),
        15 => C::Words(texts(rng, &WORDS)),
        _ => C::State(rng.some(&[
            m::StateSel::Repaired,
            m::StateSel::NotRepaired,
            m::StateSel::Rectified,
            m::StateSel::NotRectified,
            m::StateSel::UnderObjection,
        ])),
    }
}

fn effect(rng: &mut Rng, bands: usize) -> m::Effect {
    let points = |rng: &mut Rng| {
        Points::from_raw(*rng.pick(&[0, 1_000, 5_000, 10_000, 30_000, 55_000, 250_000]))
    };
    match rng.below(13) {
        0..=5 => m::Effect::Points(points(rng)),
        6 => m::Effect::Bonus(points(rng)),
        7 if bands > 0 => m::Effect::Grade(rng.below(bands)),
        8 if bands > 0 => m::Effect::Ceiling(rng.below(bands)),
        9 => m::Effect::Move(*rng.pick(&[-1, 1, 2])),
        10 => m::Effect::Exempt,
        12 if rng.chance(50) => m::Effect::Fact,
        11 if bands > 0 => m::Effect::Floor(rng.below(bands)),
        _ => m::Effect::Flag((*rng.pick(&["ban:apply", "ban:review", "关注"])).to_owned()),
    }
}

fn whole(rng: &mut Rng) -> m::Interval<i64> {
    let low = rng.below(4) as i64;
    let high = low + rng.below(3) as i64;
    interval(rng, low, high)
}

fn test(rng: &mut Rng, bands: usize, earlier: &[String]) -> m::Test {
    use m::Test as T;
    let period = *rng.pick(&[
        m::Period::Month,
        m::Period::Quarter,
        m::Period::HalfYear,
        m::Period::Year,
    ]);
    match rng.below(11) {
        0 | 1 => T::Count(whole(rng)),
        2 => T::Cases(whole(rng)),
        3 => T::Fines(interval(rng, Fen(1_000_000), Fen(9_000_000))),
        4 => T::Confiscated(interval(rng, Fen(500_000), Fen(3_000_000))),
        5 => T::Running {
            unit: period,
            range: whole(rng),
        },
        6 if !earlier.is_empty() => T::Ratio {
            of: *rng.pick(&[
                m::Amount::Count,
                m::Amount::Cases,
                m::Amount::Fines,
                m::Amount::Confiscated,
            ]),
            per: rng.pick(earlier).clone(),
            range: interval(rng, m::Rate(250_000), m::Rate(1_500_000)),
        },
        7 | 8 => T::Clean {
            months: months(rng),
            times: *rng.pick(&[1, 1, 3]),
            after: (!earlier.is_empty() && rng.chance(30)).then(|| rng.pick(earlier).clone()),
        },
        9 => {
            let low = rng.below(12) as i64;
            T::Known(interval(rng, low, low + 9))
        }
        _ if bands > 0 => T::Was {
            grades: rng.some(&(0..bands).collect::<Vec<_>>()),
            cycles: 1 + rng.below(3) as u16,
            range: whole(rng),
            running: rng.chance(40),
        },
        _ => T::Count(whole(rng)),
    }
}

fn row(rng: &mut Rng, id: String, bands: usize, earlier: &[String], facts: &[String]) -> m::Row {
    let mut conditions: Vec<m::Condition> = (0..rng.below(3)).map(|_| condition(rng)).collect();
    if rng.chance(8) {
        conditions.push(m::Condition::Linked);
    }
    if rng.chance(60) {
        let mut selected = vec![m::RecordSel::Penalty];
        if rng.chance(50) {
            let kind = if rng.chance(25) {
                EventKind::Listed
            } else {
                *rng.pick(&EVENT_KINDS)
            };
            selected = vec![m::RecordSel::Event(kind)];
            if rng.chance(30) {
                selected.push(m::RecordSel::Penalty);
            }
            if rng.chance(20) {
                selected.push(m::RecordSel::License);
            }
        }
        conditions.push(m::Condition::Kind(selected));
    }
    let exempts = if !earlier.is_empty() && rng.chance(15) {
        rng.some(earlier)
    } else {
        Vec::new()
    };
    let mut tests = Vec::new();
    let effect = effect(rng, bands);
    let plain = exempts.is_empty() && !matches!(effect, m::Effect::Exempt | m::Effect::Fact);
    if plain && rng.chance(20) {
        tests.push(test(rng, bands, facts));
        if rng.chance(20) {
            tests.push(test(rng, bands, facts));
        }
        // One row speaks of one clean term.
        let clean = |test: &m::Test| matches!(test, m::Test::Clean { .. });
        if tests.iter().all(clean) {
            tests.truncate(1);
        }
    }
    m::Row {
        id,
        title: None,
        conditions,
        tests,
        effect,
        validity: match rng.below(4) {
            0 => m::Validity::Months {
                months: months(rng),
                delay_days: *rng.pick(&[0, 15]),
                first_day_counts: rng.chance(50),
            },
            1 => m::Validity::FromRecord {
                default_months: if rng.chance(50) {
                    Some(months(rng))
                } else {
                    None
                },
                first_day_counts: rng.chance(50),
            },
            _ => m::Validity::Unlimited,
        },
        at_least: rng.chance(10),
        status: status(rng),
        source: "测试来源".to_owned(),
        exempts,
        line: 1,
    }
}

fn join(rng: &mut Rng) -> m::Join {
    let folds = [m::Fold::Sum, m::Fold::Max, m::Fold::First];
    let keys = [m::Key::Record, m::Key::Case, m::Key::Month, m::Key::Subject];
    m::Join {
        within: if rng.chance(60) {
            Some((*rng.pick(&keys), *rng.pick(&folds)))
        } else {
            None
        },
        across: *rng.pick(&folds),
    }
}

fn bands(rng: &mut Rng, score: Option<&m::ScoreRule>) -> Vec<m::Band> {
    let names = [("A", "诚信"), ("B", "良好"), ("C", "警示"), ("D", "不良")];
    let count = if score.is_none() && rng.chance(15) {
        0
    } else {
        2 + rng.below(3)
    };
    let cuts: Vec<Points> = (1..count)
        .map(|i| Points::from_raw(1_000_000 - 55_000 * (i as i64) * (i as i64)))
        .collect();
    let up = score.is_some_and(|s| s.direction == m::Direction::Accumulate);
    (0..count)
        .map(|i| {
            // Best first: high scores when deducting, low scores when accumulating.
            let at = if up { count - 1 - i } else { i };
            let upper = if at == 0 {
                m::Bound::Unbounded
            } else {
                m::Bound::Excluded(cuts[at - 1])
            };
            let lower = if at == count - 1 {
                m::Bound::Unbounded
            } else {
                m::Bound::Included(cuts[at])
            };
            m::Band {
                grade: names[i].0.to_owned(),
                name: names[i].1.to_owned(),
                colour: None,
                range: score.map(|_| m::Interval { lower, upper }),
                basis: m::Basis("测试办法".to_owned()),
                status: status(rng),
            }
        })
        .collect()
}

fn version(
    rng: &mut Rng,
    id: &str,
    version: &str,
    from: Day,
    to: Option<Day>,
    by: m::VersionBy,
    rows: usize,
) -> m::Scheme {
    let score = rng.chance(65).then(|| m::ScoreRule {
        start: Points::from_units(100),
        direction: if rng.chance(75) {
            m::Direction::Deduct
        } else {
            m::Direction::Accumulate
        },
        min: if rng.chance(50) {
            Some(Points::from_units(85))
        } else {
            None
        },
        max: if rng.chance(50) {
            Some(Points::from_units(104))
        } else {
            None
        },
        ledgers_apart: rng.chance(25),
        status: status(rng),
    });
    let cycle = rng.chance(35).then(|| m::Cycle {
        ends: rng
            .pick(&[
                vec![(12, 31)],
                vec![(2, 31), (8, 15)],
                vec![(3, 31), (6, 30), (9, 30), (12, 31)],
            ])
            .clone(),
        freeze: rng.chance(50),
        at_most_up: rng.chance(50).then_some(1),
        source: "测试办法".to_owned(),
        status: status(rng),
    });
    let bands = bands(rng, score.as_ref());
    let groups = ["甲组", "乙组"];
    let mut ids: Vec<String> = Vec::new();
    let mut facts: Vec<String> = Vec::new();
    let mut indicators = Vec::new();
    while ids.len() < rows {
        let mut own = Vec::new();
        for _ in 0..1 + rng.below(4) {
            let row = row(rng, format!("r{}", ids.len()), bands.len(), &ids, &facts);
            if row.effect == m::Effect::Fact {
                facts.push(row.id.clone());
            }
            ids.push(row.id.clone());
            own.push(row);
        }
        indicators.push(m::Indicator {
            id: format!("i{}", indicators.len()),
            title: "指标".to_owned(),
            group: if rng.chance(50) {
                Some((*rng.pick(&groups)).to_owned())
            } else {
                None
            },
            join: join(rng),
            window: match rng.below(6) {
                0 => m::Window::Rolling {
                    months: months(rng),
                },
                1 => m::Window::PreviousYear,
                2 => m::Window::CurrentYear,
                3 => m::Window::Calendar {
                    unit: *rng.pick(&[m::Period::Month, m::Period::Quarter, m::Period::HalfYear]),
                    back: rng.below(2) as u8,
                },
                _ => m::Window::Always,
            },
            anchor: match rng.below(12) {
                0 | 1 => m::Anchor::ValidUntil,
                2 => m::Anchor::ValidFrom,
                3 => m::Anchor::Rectified,
                4 => m::Anchor::Published,
                _ => m::Anchor::DecidedOn,
            },
            repair: *rng.pick(&[
                m::RepairEffect::Drop,
                m::RepairEffect::Keep,
                m::RepairEffect::ClearsPointsKeepsGrade,
                m::RepairEffect::Share,
            ]),
            repair_shares: vec![
                m::RepairShare {
                    within: *rng.pick(&[m::Delay::Days(60), m::Delay::Months(2)]),
                    gives_back: 100,
                },
                m::RepairShare {
                    within: *rng.pick(&[m::Delay::SameYear, m::Delay::NextYear, m::Delay::Any]),
                    gives_back: 40,
                },
            ],
            repaired_when_rectified: rng.chance(25),
            mid_cycle: rng.chance(25),
            cap: if rng.chance(40) {
                Some(Points::from_raw(42_500))
            } else {
                None
            },
            carry_over: rng.chance(25),
            rows: own,
            basis: m::Basis("测试办法第三条".to_owned()),
            status: status(rng),
            inherited_from: None,
        });
    }
    let default = !bands.is_empty() && rng.chance(60);
    m::Scheme {
        id: id.to_owned(),
        version: version.to_owned(),
        file: format!("{id}-{version}.toml"),
        title: format!("方案{id}"),
        domain: "environment".to_owned(),
        tier: m::Tier::Municipality,
        region: "500000".to_owned(),
        basis: vec![m::Basis("测试办法".to_owned())],
        in_force: m::InForce {
            from,
            to,
            status: status(rng),
        },
        version_by: by,
        records: m::RecordScope {
            violation: rng
                .some(&PATTERNS)
                .into_iter()
                .map(|p| m::ClassPattern(p.to_owned()))
                .collect(),
        },
        subjects: m::Population {
            by_site: rng.chance(20),
            kinds: rng.some(&[
                SubjectKind::Entity,
                SubjectKind::Entity,
                SubjectKind::Person,
            ]),
            roster: if rng.chance(40) {
                m::Roster::Required
            } else {
                m::Roster::AnyRecord
            },
            no_record: if default {
                m::NoRecord::DefaultGrade(rng.below(bands.len()))
            } else {
                m::NoRecord::NotRated
            },
            roster_name: if rng.chance(50) {
                Some("参评企业".to_owned())
            } else {
                None
            },
        },
        score,
        cycle,
        bands,
        group_caps: if rng.chance(60) {
            vec![("甲组".to_owned(), Points::from_raw(65_000))]
        } else {
            Vec::new()
        },
        indicators,
        supervision: Vec::new(),
        counts_past_publicity: if rng.chance(20) {
            Some(m::Basis("测试条例".to_owned()))
        } else {
            None
        },
    }
}

/// One to three schemes with about `rows` rows each, some in two versions.
pub(crate) fn schemes(rng: &mut Rng, rows: usize) -> Vec<m::Scheme> {
    let mut found = Vec::new();
    for family in 0..1 + rng.below(3) {
        let id = format!("test/s{family}");
        let by = if rng.chance(70) {
            m::VersionBy::AsOf
        } else {
            m::VersionBy::DecidedOn
        };
        let start = origin().plus_days(rng.below(300) as i32 - 200);
        if rng.chance(35) {
            let change = start.plus_days(200 + rng.below(500) as i32);
            found.push(version(
                rng,
                &id,
                "1",
                start,
                Some(change.plus_days(-1)),
                by,
                rows,
            ));
            let until = rng.chance(20).then(|| change.plus_days(400));
            found.push(version(rng, &id, "2", change, until, by, rows));
        } else {
            found.push(version(rng, &id, "1", start, None, by, rows));
        }
    }
    found
}
