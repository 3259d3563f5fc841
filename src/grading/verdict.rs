//! From the hits of one subject under one scheme to the result on one day, in the order of the rule language:
//! exceptions, time, repair, states without a grade; what stands then becomes a grade in [`super::points`].

use super::GradingError;
use super::cycle::{Freeze, Past};
use super::fold::{Loss, Share};
use super::hit::{End, Hit, NEVER};
use super::program::{Effect, Family, Program, Repair, Row, Version};

/// All that grading knows of one subject under one scheme.
#[derive(Clone)]
pub(crate) struct Dossier<'a> {
    pub(crate) family: &'a Family,
    /// By (row's version and indicator, decided_on, record id, row order).
    pub(crate) hits: Vec<Hit<'a>>,
    /// First day on which a record lies inside the scheme's scope, `NEVER` without one.
    pub(crate) in_scope_from: i32,
    /// First and last days on the scheme's roster.
    pub(crate) roster: Vec<(i32, i32)>,
    /// The same days with the level of the entry.
    pub(crate) levels: Vec<(i32, i32, &'a str)>,
    /// Grades as published for the scheme, with their days.
    pub(crate) published: Vec<(i32, &'a str)>,
    /// First and last days of 关停.
    pub(crate) closed: Vec<(i32, i32)>,
    /// Bit of the subject's kind.
    pub(crate) kind: u8,
}

/// Where a hit stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not known on that day, or its state conditions do not hold: no evidence.
    Absent,
    /// Removed by the row.
    Exempted(usize),
    /// Of another site than the one looked at.
    Elsewhere,
    NotYet,
    /// Waits for the next cycle end.
    Frozen(i32),
    Ended(End),
    Repaired,
    /// Points cleared by repair, grade kept.
    Cleared,
    /// Looked at together with others.
    Tallied,
    Live,
}

/// What became of a hit on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) status: Status,
    /// Signed raw points that reached the score.
    pub(crate) counted: i64,
    /// Has an effect on the result.
    pub(crate) counts: bool,
    /// How often the effect comes.
    pub(crate) times: i64,
    pub(crate) loss: Loss,
}

/// Why the result is what it is; hits and bands by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    NoVersion,
    OffRoster,
    RosterOver(i32),
    Closed(i32),
    NothingCounted,
    Default,
    Score,
    Direct(usize),
    Ceiling(usize),
    Floor(usize),
    Moved(usize),
    /// Held back from this better band by the grade before.
    HeldBack(usize),
    Class(usize),
    BestClass,
    Kept,
    FlagsOnly,
}

/// The result on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) day: i32,
    /// Version whose bands and score apply (or would apply).
    pub(crate) version: usize,
    pub(crate) rated: bool,
    pub(crate) score: Option<i64>,
    /// Score before clamping.
    pub(crate) unclamped: Option<i64>,
    pub(crate) band: Option<usize>,
    pub(crate) ground: Ground,
    /// A hit of the site that gives the result, where sites are graded apart.
    pub(crate) site: Option<usize>,
    /// Per hit.
    pub(crate) fates: Vec<Fate>,
}

impl Verdict {
    fn unrated(day: i32, version: usize, ground: Ground, fates: Vec<Fate>) -> Self {
        Self {
            day,
            version,
            rated: false,
            score: None,
            unclamped: None,
            band: None,
            ground,
            site: None,
            fates,
        }
    }
}

impl Fate {
    const ABSENT: Self = Self {
        status: Status::Absent,
        counted: 0,
        counts: false,
        times: 1,
        loss: Loss::None,
    };
}

/// Buffers that judgements leave for the next.
#[derive(Default)]
pub(crate) struct Scratch {
    fates: Vec<Vec<Fate>>,
    pub(super) points: Vec<Share>,
    pub(super) shares: Vec<Share>,
    pub(crate) days: Vec<i32>,
}

impl Scratch {
    /// Takes back what a verdict held.
    pub(crate) fn recycle(&mut self, verdict: Verdict) {
        self.fates.push(verdict.fates);
    }
}

/// The grade part of a verdict.
pub(super) struct Graded {
    pub(super) score: Option<(i64, i64)>,
    pub(super) band: Option<usize>,
    pub(super) ground: Ground,
}

impl<'a> Dossier<'a> {
    /// An empty dossier.
    pub(crate) fn new(family: &'a Family) -> Self {
        Self {
            family,
            hits: Vec::new(),
            in_scope_from: NEVER,
            roster: Vec::new(),
            levels: Vec::new(),
            published: Vec::new(),
            closed: Vec::new(),
            kind: 0,
        }
    }

    /// Empties the dossier and keeps its buffers.
    pub(crate) fn clear(&mut self) {
        self.hits.clear();
        self.roster.clear();
        self.levels.clear();
        self.published.clear();
        self.closed.clear();
        (self.in_scope_from, self.kind) = (NEVER, 0);
    }

    /// The result on a day, with buffers from earlier judgements; `None` when the subject is no matter of this scheme then.
    ///
    /// # Errors
    /// When no band holds the score.
    pub(crate) fn on(
        &self,
        program: &Program,
        day: i32,
        scratch: &mut Scratch,
    ) -> Result<Option<Verdict>, GradingError> {
        if self.family.looks_back {
            let past = self.past(program, day, scratch)?;
            return self.given(program, day, &past, scratch);
        }
        self.given(program, day, &Past::new(), scratch)
    }

    /// The result on a day from the records of one site, named by a hit, or of all.
    pub(super) fn given_at(
        &self,
        program: &Program,
        (day, site): (i32, Option<usize>),
        past: &Past<'_>,
        scratch: &mut Scratch,
    ) -> Result<Option<Verdict>, GradingError> {
        let in_force = program.in_force(self.family, day);
        let Some(version) = in_force.or_else(|| program.nearest(self.family, day)) else {
            return Ok(None);
        };
        let rules = &program.versions[version];
        if rules.kinds & self.kind == 0 {
            return Ok(None);
        }
        let known = self.in_scope_from <= day;
        let on_roster = holding(&self.roster, day);
        let was_on_roster = self
            .roster
            .iter()
            .filter(|(from, _)| *from <= day)
            .map(|(_, until)| *until)
            .max();
        let listed = rules.roster_required && was_on_roster.is_some();
        if !known && !listed {
            return Ok(None);
        }
        let mut fates = scratch.fates.pop().unwrap_or_default();
        fates.clear();
        fates.resize(self.hits.len(), Fate::ABSENT);
        if in_force.is_some() {
            self.settle(program, version, (day, site), past, &mut fates);
        }
        let barred = match (in_force, holding(&self.closed, day)) {
            (None, _) => Some(Ground::NoVersion),
            (_, Some((from, _))) => Some(Ground::Closed(from)),
            _ if rules.roster_required && on_roster.is_none() => {
                Some(was_on_roster.map_or(Ground::OffRoster, Ground::RosterOver))
            }
            _ => None,
        };
        if let Some(ground) = barred {
            return Ok(Some(Verdict::unrated(day, version, ground, fates)));
        }
        self.rate(program, day, version, past, fates, scratch)
            .map(Some)
    }

    fn rate(
        &self,
        program: &Program,
        day: i32,
        version: usize,
        past: &Past<'_>,
        mut fates: Vec<Fate>,
        scratch: &mut Scratch,
    ) -> Result<Verdict, GradingError> {
        let rules = &program.versions[version];
        let matters = |hit: usize, status: Status| {
            let effect = &program.rows[self.hits[hit].rule].effect;
            matches!(status, Status::Live | Status::Cleared)
                && !matches!(effect, Effect::Exempt | Effect::Fact)
        };
        if !fates
            .iter()
            .enumerate()
            .any(|(hit, fate)| matters(hit, fate.status))
        {
            let mut verdict = Verdict::unrated(day, version, Ground::NothingCounted, fates);
            if let Some(band) = rules.no_record {
                verdict.rated = true;
                verdict.band = Some(band);
                verdict.ground = Ground::Default;
                hold_back(rules, past, &mut verdict);
            }
            self.settle_exceptions(program, &mut verdict.fates);
            return Ok(verdict);
        }
        let graded = self.grade(program, (rules, day), &mut fates, false, scratch)?;
        let mut verdict = Verdict {
            day,
            version,
            rated: true,
            score: graded.score.map(|(score, _)| score),
            unclamped: graded.score.map(|(_, raw)| raw),
            band: graded.band,
            ground: graded.ground,
            site: None,
            fates,
        };
        if verdict
            .fates
            .iter()
            .any(|fate| fate.status == Status::Cleared)
        {
            let kept = self.grade(
                program,
                (rules, day),
                &mut verdict.fates.clone(),
                true,
                scratch,
            )?;
            if kept.band > verdict.band {
                verdict.band = kept.band;
                verdict.ground = Ground::Kept;
            }
        }
        hold_back(rules, past, &mut verdict);
        self.settle_exceptions(program, &mut verdict.fates);
        Ok(verdict)
    }

    /// Exception rows that stand have had their effect.
    fn settle_exceptions(&self, program: &Program, fates: &mut [Fate]) {
        for (hit, fate) in self.hits.iter().zip(fates) {
            if matches!(program.rows[hit.rule].effect, Effect::Exempt | Effect::Fact) {
                fate.counts = fate.status == Status::Live;
            }
        }
    }

    /// Exceptions, time and repair: which hits stand on a day.
    fn settle(
        &self,
        program: &Program,
        version: usize,
        (day, site): (i32, Option<usize>),
        past: &Past<'_>,
        fates: &mut [Fate],
    ) {
        let freeze = program.freeze(version, day);
        for (hit, fate) in self.hits.iter().zip(fates.iter_mut()) {
            fate.status = self.status(program, (version, freeze), hit, day);
            let elsewhere = site.is_some_and(|site| {
                !hit.summary && hit.facts.region != self.hits[site].facts.region
            });
            if elsewhere && fate.status != Status::Absent {
                fate.status = Status::Elsewhere;
            }
        }
        for by in 0..self.hits.len() {
            let row = &program.rows[self.hits[by].rule];
            if row.exempts.is_empty() || fates[by].status == Status::Absent {
                continue;
            }
            let record = (self.hits[by].facts.table, self.hits[by].facts.row);
            for (hit, fate) in self.hits.iter().zip(fates.iter_mut()) {
                let removed =
                    (hit.facts.table, hit.facts.row) == record && row.exempts.contains(&hit.rule);
                if removed && !matches!(fate.status, Status::Absent | Status::Exempted(_)) {
                    fate.status = Status::Exempted(self.hits[by].rule);
                }
            }
        }
        if !self.family.summaries.is_empty() {
            let at = |row: &Row| match freeze {
                Some(freeze) if !mid_cycle(program, row) => freeze.since,
                _ => day,
            };
            self.settle_summaries(program, at, past, fates);
        }
    }

    /// Whether the subject's roster entry has one of some levels on a day.
    fn at_level(&self, wanted: &[String], day: i32) -> bool {
        self.levels.iter().any(|(from, until, level)| {
            *from <= day && (day <= *until || *until == NEVER) && wanted.iter().any(|w| w == level)
        })
    }

    fn status(
        &self,
        program: &Program,
        (version, freeze): (usize, Option<Freeze>),
        hit: &Hit<'_>,
        day: i32,
    ) -> Status {
        let row = &program.rows[hit.rule];
        let rules = &program.versions[row.version];
        let applies = if self.family.by_decision && !hit.summary {
            rules.from <= hit.facts.decided && rules.to.is_none_or(|to| hit.facts.decided <= to)
        } else {
            row.version == version
        };
        if !applies || hit.facts.decided > day || !(hit.summary || hit.state_holds(row, day)) {
            return Status::Absent;
        }
        if !row.levels.is_empty() && !self.at_level(&row.levels, day) {
            return Status::Absent;
        }
        if hit.summary {
            return Status::Live;
        }
        if day < hit.from {
            return Status::NotYet;
        }
        match freeze.filter(|_| !mid_cycle(program, row)) {
            None if day > hit.until => return Status::Ended(hit.end),
            None => {}
            Some(freeze) => {
                if hit.from > freeze.since {
                    return Status::Frozen(freeze.until);
                }
                if day > hit.lasting.0 {
                    return Status::Ended(hit.lasting.1);
                }
                if freeze.since > hit.window {
                    return Status::Ended(End::Window);
                }
            }
        }
        if hit.repaired > day {
            return Status::Live;
        }
        match rules.indicators[row.indicator].repair {
            Repair::Keep => Status::Live,
            Repair::Drop => Status::Repaired,
            Repair::ClearsPoints => Status::Cleared,
            Repair::Share if hit.left == 0 => Status::Repaired,
            Repair::Share => Status::Live,
        }
    }
}

fn mid_cycle(program: &Program, row: &Row) -> bool {
    program.versions[row.version].indicators[row.indicator].mid_cycle
}

/// At most so many grades better than at the last cycle end.
fn hold_back(rules: &Version, past: &Past<'_>, verdict: &mut Verdict) {
    let most = rules.cycle.as_ref().and_then(|cycle| cycle.at_most_up);
    let before = past.last().and_then(|(_, grade)| *grade);
    let (Some(most), Some(before), Some(band)) = (most, before, verdict.band) else {
        return;
    };
    let Some(before) = rules.bands.iter().position(|band| band.grade == before) else {
        return;
    };
    let limit = before.saturating_sub(most);
    if band < limit {
        verdict.band = Some(limit);
        verdict.ground = Ground::HeldBack(band);
    }
}

/// The period that holds a day, the earliest of several.
fn holding(periods: &[(i32, i32)], day: i32) -> Option<(i32, i32)> {
    periods
        .iter()
        .copied()
        .filter(|(from, until)| *from <= day && (day <= *until || *until == NEVER))
        .min()
}
