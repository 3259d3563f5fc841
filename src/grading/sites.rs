//! Sites graded apart: the result of each site from its own records, and the worst of them for the subject.

use super::GradingError;
use super::cycle::Past;
use super::program::{Effect, Program, Version};
use super::verdict::{Dossier, Scratch, Status, Verdict};

impl Dossier<'_> {
    /// The result on a day, given the grades at the cycle ends before it. Where sites are graded apart, the worst of them.
    pub(crate) fn given(
        &self,
        program: &Program,
        day: i32,
        past: &Past<'_>,
        scratch: &mut Scratch,
    ) -> Result<Option<Verdict>, GradingError> {
        let Some(together) = self.given_at(program, (day, None), past, scratch)? else {
            return Ok(None);
        };
        let rules = &program.versions[together.version];
        let sites = match rules.by_site && together.rated {
            true => self.sites(program, &together),
            false => Vec::new(),
        };
        if sites.len() < 2 {
            return Ok(Some(together));
        }
        scratch.recycle(together);
        let mut worst: Option<Verdict> = None;
        for site in sites {
            let Some(mut apart) = self.given_at(program, (day, Some(site)), past, scratch)? else {
                continue;
            };
            apart.site = Some(site);
            match &worst {
                Some(bad) if bad.badness(rules) >= apart.badness(rules) => scratch.recycle(apart),
                _ => {
                    if let Some(better) = worst.replace(apart) {
                        scratch.recycle(better);
                    }
                }
            }
        }
        Ok(worst)
    }

    /// One hit of each site that has something to say, by region.
    fn sites(&self, program: &Program, verdict: &Verdict) -> Vec<usize> {
        let says = |hit: usize| {
            !self.hits[hit].summary
                && matches!(
                    verdict.fates[hit].status,
                    Status::Live | Status::Cleared | Status::Tallied
                )
                && !matches!(
                    program.rows[self.hits[hit].rule].effect,
                    Effect::Exempt | Effect::Fact
                )
        };
        let mut sites: Vec<usize> = (0..self.hits.len()).filter(|&hit| says(hit)).collect();
        sites.sort_by_key(|&hit| self.hits[hit].facts.region);
        sites.dedup_by_key(|hit| self.hits[*hit].facts.region);
        sites
    }
}

impl Verdict {
    /// How bad the result is, in a scheme's own direction.
    fn badness(&self, rules: &Version) -> (bool, Option<usize>, Option<i64>) {
        let accumulate = rules.score.as_ref().is_some_and(|score| score.accumulate);
        let score = self
            .score
            .map(|score| if accumulate { score } else { -score });
        (self.rated, self.band, score)
    }
}
