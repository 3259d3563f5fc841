//! Statutes, articles and documents against the register.

use std::ops::Range;

use super::super::diagnostic::{Diagnostic, nearest};
use super::super::load::Loaded;
use super::super::model::{Condition, InForce, Row};
use super::super::register::{Lookup, Register};
use super::rows::at_row;
use super::{Check, Found, Workspace};
use crate::record::short_title;

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "RULE-L01",
        title: "unknown statute",
        doc: "The register (`statutes/*.toml`) has no text of this title or number: no record can be matched to it.",
        good: "cited = \"水污染防治法83\"",
        bad: "cited = \"水污梁防治法83\"",
        run: Some(cited),
    },
    Check {
        code: "RULE-L02",
        title: "article beyond the last",
        doc: "The text has fewer articles. An unknown number of articles refuses nothing.",
        good: "cited = \"水污染防治法83\"",
        bad: "cited = \"水污染防治法183\"",
        run: None,
    },
    Check {
        code: "RULE-L03",
        title: "basis not in force",
        doc: "The document that makes the scheme law, or a statute that a row speaks of, is in force on none of the days \
              that the version can see. An unknown day refuses nothing.",
        good: "basis = [\"示例办法\"]",
        bad: "basis = [\"旧示例办法\"]",
        run: Some(bases),
    },
    Check {
        code: "RULE-P03",
        title: "document not in the register (note)",
        doc: "A basis that is not in the register cannot be checked for its days in force.",
        good: "basis = [\"示例办法\"]",
        bad: "basis = [\"示例办法\", \"示例通知\"]",
        run: Some(unregistered),
    },
];

/// Years before the first day in force whose records a version can see.
const LOOK_BACK_MONTHS: i32 = 12 * 5;

/// A statute that some day of the version's sight has in force, else the nearest version, else nothing.
fn seen<'r>(register: &'r Register, name: &str, in_force: &InForce, back: i32) -> Lookup<'r> {
    let first = in_force.from.plus_months(-back);
    let last = in_force.to.unwrap_or(crate::record::Day::LONG_TERM);
    let mut nearest = Lookup::Unknown;
    let months = (first.epoch()..=last.epoch())
        .step_by(28)
        .map(crate::record::Day::from_epoch);
    for day in months.chain([in_force.from, last]) {
        match register.find(name, day) {
            found @ Lookup::Found(_) => return found,
            Lookup::Unknown => return Lookup::Unknown,
            other @ Lookup::NotInForce(_) => nearest = other,
        }
    }
    nearest
}

fn cited(workspace: &Workspace<'_>, found: &mut Found) {
    let Some(register) = &workspace.register else {
        return;
    };
    for loaded in &workspace.schemes {
        for row in loaded
            .scheme
            .indicators
            .iter()
            .flat_map(|indicator| &indicator.rows)
        {
            for condition in &row.conditions {
                let Condition::Cited(patterns) = condition else {
                    continue;
                };
                for pattern in patterns {
                    found.extend(statute(
                        register,
                        loaded,
                        row,
                        &pattern.statute,
                        &pattern.articles,
                    ));
                }
            }
        }
    }
}

fn statute(
    register: &Register,
    loaded: &Loaded,
    row: &Row,
    name: &str,
    articles: &[u16],
) -> Option<Diagnostic> {
    let say = |code, title: String, why: String| at_row(loaded, row, "cited", code, title, why);
    match seen(register, name, &loaded.scheme.in_force, LOOK_BACK_MONTHS) {
        Lookup::Unknown => {
            let titles: Vec<String> = register
                .statutes()
                .iter()
                .map(|statute| short_title(&statute.title))
                .collect();
            let problem = say(
                "RULE-L01",
                format!("unknown statute \"{name}\""),
                "not in the register".to_owned(),
            );
            match nearest(name, titles.iter().map(String::as_str)) {
                Some(near) => problem.map(|d| d.hint(format!("did you mean \"{near}\"?"))),
                None => problem,
            }
        }
        Lookup::NotInForce(text) => say(
            "RULE-L03",
            format!(
                "\"{}\" is in force on no day that this row can see",
                text.title
            ),
            format!(
                "records decided within five years before {} and later",
                loaded.scheme.in_force.from
            ),
        ),
        Lookup::Found(text) => {
            let versions = register.statutes().iter();
            let same =
                versions.filter(|other| short_title(&other.title) == short_title(&text.title));
            let same: Vec<_> = same.collect();
            let beyond = articles.iter().find(|article| {
                !same.is_empty() && same.iter().all(|s| s.has_article(**article) == Some(false))
            })?;
            let last = text
                .articles
                .map_or_else(String::new, |n| format!("it has {n} articles"));
            say(
                "RULE-L02",
                format!("\"{}\" has no article {beyond}", text.title),
                last,
            )
        }
    }
}

/// The document of a basis, without the article that may follow: 《…》, a number ending in 号, or a title.
fn document(basis: &str) -> &str {
    let basis = basis.trim();
    if let Some(rest) = basis.strip_prefix('《')
        && let Some((title, _)) = rest.split_once('》')
    {
        return title;
    }
    if let Some(at) = basis.find('号')
        && basis[..at].contains(['〔', '[', '第', '令'])
    {
        return &basis[..at + '号'.len_utf8()];
    }
    let end = basis
        .find([' ', '　', '（', '(', '：', '第'])
        .unwrap_or(basis.len());
    &basis[..end]
}

fn scheme_bases(loaded: &Loaded) -> impl Iterator<Item = (&str, Range<usize>)> {
    let span = loaded.spans.of("scheme.basis");
    let bases = loaded.scheme.basis.iter();
    bases.map(move |basis| (document(&basis.0), span.clone()))
}

fn bases(workspace: &Workspace<'_>, found: &mut Found) {
    let Some(register) = &workspace.register else {
        return;
    };
    for loaded in &workspace.schemes {
        for (name, span) in scheme_bases(loaded) {
            if let Lookup::NotInForce(text) = seen(register, name, &loaded.scheme.in_force, 0) {
                let title = format!("\"{}\" is in force on no day of this version", text.title);
                let why = format!("the version begins on {}", loaded.scheme.in_force.from);
                let hint = text
                    .replaced_by
                    .as_ref()
                    .map(|by| format!("it was replaced by {by}"));
                let problem = Diagnostic::error("RULE-L03", &loaded.scheme.file, span, title, why);
                found.push(match hint {
                    Some(hint) => problem.hint(hint),
                    None => problem,
                });
            }
        }
    }
}

fn unregistered(workspace: &Workspace<'_>, found: &mut Found) {
    let Some(register) = &workspace.register else {
        return;
    };
    for loaded in &workspace.schemes {
        for (name, span) in scheme_bases(loaded) {
            if register.find(name, loaded.scheme.in_force.from) == Lookup::Unknown {
                let title = format!("\"{name}\" is not in the register");
                let why = "its days in force are not checked";
                found.push(Diagnostic::note(
                    "RULE-P03",
                    &loaded.scheme.file,
                    span,
                    title,
                    why,
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn a_basis_names_its_document_first() {
        assert_eq!(document("渝环规〔2021〕7号 第十条"), "渝环规〔2021〕7号");
        assert_eq!(document("《环境保护法》第五十四条"), "环境保护法");
        assert_eq!(document("科学技术进步法 68"), "科学技术进步法");
        assert_eq!(document("重庆市社会信用条例"), "重庆市社会信用条例");
    }
}
