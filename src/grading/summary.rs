//! Rows with tests: what a row says of all its records together, of the time known, and of earlier grades.

use super::cycle::Past;
use super::hit::{NEVER, period_of, plus_months};
use super::program::{Amount, Program, Row, Span, Test};
use super::verdict::{Dossier, Fate, Status};

/// One 分 is a hundredth of a ten-thousandth 万元: raw numbers of events times this are 分.
const FEN_PER_RAW: i64 = 100;
/// Ratios are in millionths.
const MILLION: i128 = 1_000_000;
/// Raw numbers have four decimals.
const RAW: i128 = 10_000;

impl Dossier<'_> {
    /// Decides every row with tests: its carrier stands or not, and the records under it count or not. `at` is the day
    /// to which terms are counted: the last cycle end while grades are frozen.
    pub(crate) fn settle_summaries(
        &self,
        program: &Program,
        at: impl Fn(&Row) -> i32,
        past: &Past<'_>,
        fates: &mut [Fate],
    ) {
        for carrier in 0..self.hits.len() {
            let hit = &self.hits[carrier];
            if !hit.summary || fates[carrier].status == Status::Absent {
                continue;
            }
            let row = &program.rows[hit.rule];
            let members: Vec<usize> = (0..self.hits.len())
                .filter(|&h| {
                    let other = &self.hits[h];
                    other.rule == hit.rule && !other.summary && fates[h].status == Status::Live
                })
                .collect();
            let mut times = 1;
            let day = at(row);
            let holds = row.tests.iter().all(|test| match test {
                Test::Clean {
                    months,
                    times: most,
                    after,
                } => {
                    let since = self.clean_since(&members, *after, fates);
                    times = terms(since, *months, *most, day);
                    times > 0
                }
                other => self.test_holds(other, &members, day, past, fates),
            });
            fates[carrier].times = times;
            if !holds {
                fates[carrier].status = Status::Absent;
            }
            for &member in &members {
                fates[member].status = Status::Tallied;
                fates[member].counts = holds;
            }
        }
    }

    fn test_holds(
        &self,
        test: &Test,
        members: &[usize],
        day: i32,
        past: &Past<'_>,
        fates: &[Fate],
    ) -> bool {
        match test {
            Test::Amount(amount, span) => span.holds(self.amount(*amount, members)),
            Test::Running(months, span) => {
                let mut periods: Vec<i32> = members
                    .iter()
                    .map(|&hit| period_of(self.hits[hit].facts.decided, *months))
                    .collect();
                periods.sort_unstable();
                periods.dedup();
                span.holds(longest(&periods))
            }
            Test::Ratio { of, per, low, high } => {
                let facts = self.hits.iter().zip(fates).filter(|(hit, fate)| {
                    hit.rule == *per && !hit.summary && fate.status == Status::Live
                });
                let latest = facts.max_by_key(|(hit, _)| (hit.facts.decided, hit.facts.record_id));
                let number = latest.map_or(0, |(hit, _)| hit.figures[0]);
                let amount = i128::from(self.amount(*of, members));
                let (above, below) = match of {
                    Amount::Count | Amount::Cases => (amount * RAW, i128::from(number)),
                    Amount::Fines | Amount::Confiscated => {
                        (amount, i128::from(number) * i128::from(FEN_PER_RAW))
                    }
                };
                let exceeds = |(bound, included): (i64, bool), sign: i128| {
                    let difference = (above * MILLION - i128::from(bound) * below) * sign;
                    difference > 0 || (included && difference == 0)
                };
                below > 0
                    && low.is_none_or(|end| exceeds(end, 1))
                    && high.is_none_or(|end| exceeds(end, -1))
            }
            Test::Known(span) => span.holds(i64::from(months_between(self.known_from(), day))),
            Test::Was {
                grades,
                cycles,
                span,
                running,
            } => span.holds(was(past, grades, *cycles, *running)),
            // Decided by the caller, who needs to know how often it holds.
            Test::Clean { .. } => true,
        }
    }

    fn amount(&self, amount: Amount, members: &[usize]) -> i64 {
        let sum = |figure: usize| {
            members.iter().fold(0i64, |sum, &hit| {
                sum.saturating_add(self.hits[hit].figures[figure])
            })
        };
        match amount {
            Amount::Count => members.len() as i64,
            Amount::Cases => {
                let mut cases: Vec<_> = members
                    .iter()
                    .map(|&hit| self.hits[hit].facts.case.text())
                    .collect();
                cases.sort_unstable();
                cases.dedup();
                cases.len() as i64
            }
            Amount::Fines => sum(0),
            Amount::Confiscated => sum(1),
        }
    }

    /// The day after which a clean term runs: the last record, or what follows it; `NEVER` where nothing began.
    fn clean_since(&self, members: &[usize], after: Option<usize>, fates: &[Fate]) -> i32 {
        let last = members.iter().map(|&hit| self.hits[hit].anchor).max();
        let Some(after) = after else {
            return last.unwrap_or_else(|| self.known_from());
        };
        let begun = self.hits.iter().zip(fates).filter(|(hit, fate)| {
            hit.rule == after
                && !hit.summary
                && fate.status == Status::Live
                && last.is_none_or(|last| hit.facts.decided >= last)
        });
        begun
            .map(|(hit, _)| hit.facts.decided)
            .min()
            .unwrap_or(NEVER)
    }

    /// Days on which a test can change its answer, apart from those of its records.
    pub(crate) fn test_breakpoints(&self, rule: usize, test: &Test, found: &mut Vec<i32>) {
        match test {
            Test::Known(Span { low, high }) => {
                let known = self.known_from();
                for edge in [*low, high.saturating_add(1)] {
                    if let Ok(months) = i32::try_from(edge)
                        && known != NEVER
                        && months.abs() < 12_000
                    {
                        found.push(plus_months(known, months));
                    }
                }
            }
            Test::Clean {
                months,
                times,
                after,
            } => {
                let mut begins = vec![self.known_from()];
                for hit in self.hits.iter().filter(|hit| !hit.summary) {
                    if hit.rule == rule {
                        begins.push(hit.anchor);
                    }
                    if Some(hit.rule) == *after {
                        begins.push(hit.facts.decided);
                    }
                }
                let times = i32::try_from(*times).unwrap_or(1);
                for since in begins.into_iter().filter(|since| *since != NEVER) {
                    found.extend((1..=times).map(|n| plus_months(since, months * n) + 1));
                }
            }
            _ => {}
        }
    }
}

/// How many whole terms lie between a day and another, at most `most`.
fn terms(since: i32, months: i32, most: i64, day: i32) -> i64 {
    if since >= day {
        return 0;
    }
    let over = |n: &i64| i32::try_from(*n).is_ok_and(|n| plus_months(since, months * n) < day);
    (1..=most).take_while(over).last().unwrap_or(0)
}

/// Whole months from a day to another; 0 before it.
fn months_between(from: i32, day: i32) -> i32 {
    if from >= day {
        return 0;
    }
    let guess = period_of(day, 1) - period_of(from, 1);
    if plus_months(from, guess) <= day {
        guess
    } else {
        guess - 1
    }
}

/// The longest run of consecutive numbers among ascending ones.
fn longest(numbers: &[i32]) -> i64 {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    runs.map(|run| run.len() as i64).max().unwrap_or(0)
}

/// How many of the last ends had one of some grades, or the longest run of them.
fn was(past: &Past<'_>, grades: &[String], cycles: usize, running: bool) -> i64 {
    let seen =
        past.iter().rev().take(cycles).map(|(_, grade)| {
            grade.is_some_and(|grade| grades.iter().any(|wanted| wanted == grade))
        });
    if !running {
        return seen.filter(|hit| *hit).count() as i64;
    }
    let (mut best, mut run) = (0, 0);
    for hit in seen {
        run = if hit { run + 1 } else { 0 };
        best = best.max(run);
    }
    best
}
