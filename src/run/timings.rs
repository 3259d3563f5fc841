//! Where the time of a grading went, for benches. No result depends on it.

use std::fmt;
use std::time::{Duration, Instant};

/// Wall-clock time of the steps of a grading, and of its work the time of all threads together. The next buckets are read and
/// results are written meanwhile, so the steps overlap and add up to more than the whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// Decoding the input tables and finding the rows in force.
    pub read: Duration,
    /// Threads' time in grades, evidence and consequences.
    pub work: Duration,
    /// The part of `work` that went into grades and their evidence.
    pub grading: Duration,
    /// The part that went into measures, supervision, incentives.
    pub consequences: Duration,
    /// Comparing with the last night and explaining what moved.
    pub changes: Duration,
    /// Result tables, digests, commit.
    pub write: Duration,
}

impl Timings {
    /// Runs a step and adds its time to the reading.
    pub(super) fn read<T>(&mut self, step: impl FnOnce() -> T) -> T {
        timed(&mut self.read, step)
    }

    /// Runs a step and adds its time to the changes.
    pub(super) fn changes<T>(&mut self, step: impl FnOnce() -> T) -> T {
        timed(&mut self.changes, step)
    }

    /// Runs a step and adds its time to the writing.
    pub(super) fn write<T>(&mut self, step: impl FnOnce() -> T) -> T {
        timed(&mut self.write, step)
    }

    /// Adds the times of other steps.
    pub(super) fn add(&mut self, other: &Timings) {
        self.read += other.read;
        self.work += other.work;
        self.grading += other.grading;
        self.consequences += other.consequences;
        self.changes += other.changes;
        self.write += other.write;
    }
}

/// Runs a step and adds its time to a sum.
pub(super) fn timed<T>(sum: &mut Duration, step: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = step();
    *sum += start.elapsed();
    done
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = |d: Duration| d.as_secs_f64();
        write!(
            f,
            "read {:.3} s, work {:.3} s of all threads (grades and evidence {:.3} s, consequences {:.3} s), changes {:.3} s, write {:.3} s",
            s(self.read),
            s(self.work),
            s(self.grading),
            s(self.consequences),
            s(self.changes),
            s(self.write)
        )
    }
}
