//! How far long work is: a bar on a terminal, a plain line now and then otherwise. On stderr, like everything but results.

use std::cell::Cell;
use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use super::say;

/// Plain lines per piece of work, at most.
const LINES: usize = 4;

/// Progress of one piece of work.
pub(super) struct Progress {
    what: &'static str,
    bar: Option<ProgressBar>,
    said: Cell<usize>,
}

impl Progress {
    /// Nothing is shown before the first step.
    pub(super) fn new(what: &'static str) -> Progress {
        Progress {
            what,
            bar: std::io::stderr().is_terminal().then(|| bar(what)),
            said: Cell::new(0),
        }
    }

    /// So many steps of so many are done.
    pub(super) fn at(&self, done: usize, all: usize) {
        match &self.bar {
            Some(bar) => {
                bar.set_length(all as u64);
                bar.set_position(done as u64);
            }
            None => {
                if let Some(line) = due(done, all, self.said.get()) {
                    self.said.set(line);
                    say(&format!("{}: {done} of {all}", self.what));
                }
            }
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The number of the line that is due after `done` of `all` steps, when `said` were printed. Short work has none.
fn due(done: usize, all: usize, said: usize) -> Option<usize> {
    if all < LINES {
        return None;
    }
    let line = done * LINES / all;
    (line > said).then_some(line)
}

fn bar(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} {elapsed}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(what);
    bar
}

#[cfg(test)]
mod tests {
    use super::due;

    #[test]
    fn long_work_says_a_line_per_quarter_and_short_work_none() {
        let mut said = 0;
        let lines: Vec<usize> = (1..=64)
            .filter(|done| match due(*done, 64, said) {
                Some(line) => {
                    said = line;
                    true
                }
                None => false,
            })
            .collect();
        assert_eq!(lines, [16, 32, 48, 64]);
        assert!((1..=2).all(|done| due(done, 2, 0).is_none()));
    }
}
