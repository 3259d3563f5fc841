//! 处罚依据: which article of which statute a decision cites.

use std::fmt;
use std::str::FromStr;

/// One cited provision. The statute by its short title: without 《》, 中华人民共和国 and a year in brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Citation {
    pub statute: String,
    /// 条
    pub article: Option<u16>,
    /// 款
    pub paragraph: Option<u16>,
    /// 项
    pub item: Option<u16>,
}

/// Not a citation in the stored form.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a citation of the form 法名第N条: {0:?}")]
pub struct CitationError(pub String);

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.statute)?;
        for (number, unit) in [
            (self.article, '条'),
            (self.paragraph, '款'),
            (self.item, '项'),
        ] {
            if let Some(number) = number {
                write!(f, "第{number}{unit}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Citation {
    type Err = CitationError;

    /// Reads the stored form `大气污染防治法第99条第1款第2项`.
    fn from_str(text: &str) -> Result<Citation, CitationError> {
        let start = text
            .char_indices()
            .find(|(i, c)| *c == '第' && provision(&text[*i..]).is_some())
            .map_or(text.len(), |(i, _)| i);
        let statute = &text[..start];
        if statute.is_empty() {
            return Err(CitationError(text.to_owned()));
        }
        let mut citation = Citation {
            statute: statute.to_owned(),
            article: None,
            paragraph: None,
            item: None,
        };
        let mut rest = &text[start..];
        while let Some((number, unit, after)) = provision(rest) {
            citation.set(unit, number);
            rest = after;
        }
        if rest.is_empty() {
            Ok(citation)
        } else {
            Err(CitationError(text.to_owned()))
        }
    }
}

impl Citation {
    fn set(&mut self, unit: char, number: u16) {
        match unit {
            '条' => self.article = Some(number),
            '款' => self.paragraph = Some(number),
            '项' => self.item = Some(number),
            _ => {}
        }
    }
}

/// `第九十九条…`, `第99条…`, `第（一）项…` at the start → number, unit, rest. 章 and 节 are read too.
fn provision(text: &str) -> Option<(u16, char, &str)> {
    let rest = text.strip_prefix('第')?;
    let rest = rest.trim_start_matches(['（', '(', ' ']);
    let end = rest.find(|c: char| !is_numeral(c))?;
    if end == 0 {
        return None;
    }
    let number = u16::try_from(chinese_number(&rest[..end])?).ok()?;
    let rest = rest[end..].trim_start_matches(['）', ')', ' ']);
    let unit = rest.chars().next()?;
    matches!(unit, '条' | '款' | '项' | '章' | '节')
        .then(|| (number, unit, &rest[unit.len_utf8()..]))
}

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit()
        || matches!(
            c,
            '零' | '〇'
                | '一'
                | '二'
                | '两'
                | '三'
                | '四'
                | '五'
                | '六'
                | '七'
                | '八'
                | '九'
                | '十'
                | '百'
                | '千'
        )
}

/// `一百二十四` or `124`; `None` for anything else or above 99,999.
pub fn chinese_number(text: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return (text.len() <= 5).then(|| text.parse().ok()).flatten();
    }
    // 二〇二一: digits by position, without 十百千.
    let by_position = !text.contains(['十', '百', '千']);
    let (mut total, mut digit) = (0u32, 0u32);
    for c in text.chars() {
        match c {
            '零' | '〇' if by_position => digit *= 10,
            '零' | '〇' => {}
            '十' => (total, digit) = (total + digit.max(1) * 10, 0),
            '百' => (total, digit) = (total + digit * 100, 0),
            '千' => (total, digit) = (total + digit * 1000, 0),
            c => {
                let value = "一二三四五六七八九".chars().position(|n| n == c);
                let value = value.or((c == '两').then_some(1)).or_else(|| {
                    c.to_digit(10)
                        .map(|d| d as usize)
                        .and_then(|d| d.checked_sub(1))
                });
                digit = digit * if digit > 0 { 10 } else { 1 } + u32::try_from(value? + 1).ok()?;
            }
        }
        if total > 99_999 || digit > 99_999 {
            return None;
        }
    }
    Some(total + digit)
}

/// The short title: no brackets, no 中华人民共和国, no (2017修正), no blanks.
pub fn short_title(title: &str) -> String {
    let title = title
        .trim()
        .trim_start_matches('《')
        .trim_end_matches('》')
        .trim();
    let mut out = String::with_capacity(title.len());
    let mut depth = 0;
    for c in title.chars() {
        match c {
            '(' | '（' | '〔' => depth += 1,
            ')' | '）' | '〕' => depth -= i32::from(depth > 0),
            c if depth == 0 && !c.is_whitespace() => out.push(c),
            _ => {}
        }
    }
    out.strip_prefix("中华人民共和国")
        .map(str::to_owned)
        .unwrap_or(out)
}

/// `第一款`, `第（一）、（三）项`, `第二至四项`, `第八十三、八十四条` at the start → numbers, unit, rest.
fn provisions(text: &str) -> Option<(Vec<u16>, char, &str)> {
    if let Some((number, unit, rest)) = provision(text) {
        let mut numbers = vec![number];
        let mut rest = rest;
        // 第（一）项、（二）项
        while unit == '项'
            && let Some((next, after)) = bracketed_item(rest)
        {
            numbers.push(next);
            rest = after;
        }
        return Some((numbers, unit, rest));
    }
    let mut rest = text.strip_prefix('第')?;
    let mut numbers: Vec<u16> = Vec::new();
    let mut range = false;
    loop {
        let (number, after) = numeral(rest)?;
        if range {
            let from = numbers.last().copied()?;
            if number <= from || number - from > 60 {
                return None;
            }
            numbers.extend(from + 1..=number);
        } else {
            numbers.push(number);
        }
        range = after.starts_with(['至', '到']);
        let next = after.trim_start_matches(['、', ',', '，', '和', '及', '或', '至', '到', ' ']);
        if next.starts_with(['条', '款', '项']) && next.len() == after.len() {
            let unit = next.chars().next()?;
            return Some((numbers, unit, &next[unit.len_utf8()..]));
        }
        rest = next;
    }
}

/// `、（二）项` → 2.
fn bracketed_item(text: &str) -> Option<(u16, &str)> {
    let rest = text.trim_start_matches(['、', ',', '，', '和', '及']);
    let (number, after) = rest
        .starts_with(['（', '('])
        .then(|| numeral(rest))
        .flatten()?;
    Some((number, after.strip_prefix('项')?))
}

/// A numeral, in brackets or not, at the start.
fn numeral(text: &str) -> Option<(u16, &str)> {
    let rest = text.trim_start_matches(['（', '(', ' ']);
    let end = rest.find(|c: char| !is_numeral(c)).unwrap_or(rest.len());
    let number = u16::try_from(chinese_number(&rest[..end])?).ok()?;
    Some((number, rest[end..].trim_start_matches(['）', ')', ' '])))
}

/// Every provision that a free text cites: `《大气污染防治法》第九十九条第（一）项、第一百条`, `食品安全法/第九章法律责任/
/// 第一百二十四条/第一款,…`, `依据行政处罚法第三十二条`. In the order of the text, without repetitions.
///
/// 本法, 该条例 and the like mean the statute named before; a provision without any statute is dropped. Chapter headings
/// are no statutes.
pub fn parse_citations(text: &str) -> Vec<Citation> {
    if text.contains(|c| matches!(c, '０'..='９')) {
        let plain: String = text.chars().map(ascii_digit).collect();
        return parse_citations(&plain);
    }
    let mut scan = Scan::default();
    // Where the stretch begins in which a bare title may stand, and whether it is a chapter's heading.
    let (mut at, mut stretch_from, mut heading) = (0usize, 0usize, false);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c == '《' {
            let end = title_end(rest);
            let title = short_title(&rest[c.len_utf8()..end]);
            if text[..at].ends_with("简称") {
                scan.aliases.push((title, scan.statute.clone()));
            } else {
                scan.name(title);
            }
            at = (at + end + '》'.len_utf8()).min(text.len());
            (stretch_from, heading) = (at, false);
        } else if c == '第'
            && let Some((numbers, unit, after)) = provisions(rest)
        {
            // A title without 《》 stands directly before its first 第.
            let stretch = &text[stretch_from..at];
            let stretch = if heading {
                after_separator(stretch)
            } else {
                Some(stretch)
            };
            if let Some(title) = stretch.and_then(bare_title)
                && title != scan.statute
            {
                scan.flush();
                scan.statute = title;
            }
            for number in numbers {
                scan.cite(unit, number);
            }
            at = text.len() - after.len();
            (stretch_from, heading) = (at, matches!(unit, '章' | '节'));
        } else {
            at += c.len_utf8();
        }
    }
    if scan.open.is_none()
        && scan.found.is_empty()
        && let Some(title) = bare_title(text)
    {
        scan.name(title);
    }
    scan.flush();
    scan.found
}

fn ascii_digit(c: char) -> char {
    match c {
        '０'..='９' => char::from(b'0' + (u32::from(c) - u32::from('０')) as u8),
        c => c,
    }
}

/// Byte position of the 》 that closes the 《 at the start; nested titles are skipped.
fn title_end(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '《' => depth += 1,
            '》' if depth == 1 => return at,
            '》' => depth -= 1,
            _ => {}
        }
    }
    text.find('》').unwrap_or(text.len())
}

fn after_separator(text: &str) -> Option<&str> {
    let (at, c) = text
        .char_indices()
        .rfind(|(_, c)| matches!(c, ',' | '，' | ';' | '；' | '。' | '\n'))?;
    Some(&text[at + c.len_utf8()..])
}

/// What has been read so far.
#[derive(Default)]
struct Scan {
    found: Vec<Citation>,
    open: Option<Citation>,
    statute: String,
    /// (以下简称《…》) → its statute.
    aliases: Vec<(String, String)>,
}

impl Scan {
    fn flush(&mut self) {
        if let Some(citation) = self.open.take()
            && !self.found.contains(&citation)
        {
            self.found.push(citation);
        }
    }

    fn name(&mut self, title: String) {
        self.flush();
        let alias = self.aliases.iter().find(|(alias, _)| *alias == title);
        self.statute = alias.map_or(title, |(_, statute)| statute.clone());
        if !self.statute.is_empty() {
            self.open = Some(self.citation(None));
        }
    }

    fn cite(&mut self, unit: char, number: u16) {
        if self.statute.is_empty() {
            return;
        }
        match unit {
            '条' => {
                if self
                    .open
                    .as_ref()
                    .is_some_and(|open| open.article.is_some() || open.statute != self.statute)
                {
                    self.flush();
                }
                self.open = Some(self.citation(Some(number)));
            }
            '款' | '项' => next_part(&mut self.open, &mut self.found, unit, number),
            _ => {}
        }
    }

    fn citation(&self, article: Option<u16>) -> Citation {
        Citation {
            statute: self.statute.clone(),
            article,
            paragraph: None,
            item: None,
        }
    }
}

/// A second 款 or 项 of the same article is a provision of its own.
fn next_part(open: &mut Option<Citation>, found: &mut Vec<Citation>, unit: char, number: u16) {
    let Some(current) = open else { return };
    let taken = if unit == '款' {
        current.paragraph.is_some()
    } else {
        current.item.is_some()
    };
    if !taken {
        current.set(unit, number);
        return;
    }
    let mut next = current.clone();
    if unit == '款' {
        next.item = None;
    }
    next.set(unit, number);
    let done = std::mem::replace(current, next);
    if !found.contains(&done) {
        found.push(done);
    }
}

/// The title that ends a stretch of text: after the last separator or leading word, ending in 法, 条例, 规定, 办法 ….
fn bare_title(stretch: &str) -> Option<String> {
    let stretch = stretch.trim_end_matches(['/', ' ', '\t', '的', '：', ':']);
    let stretch = stretch
        .rsplit([',', '，', ';', '；', '。', '、', '\n'])
        .next()?;
    // 法名/第九章法律责任 — the title is what stands before the first slash.
    let stretch = stretch.split('/').next()?;
    let mut title = stretch;
    for word in [
        "依据",
        "根据",
        "依照",
        "按照",
        "违反了",
        "违反",
        "参照",
        "以及",
        "和",
        "及",
        "与",
    ] {
        if let Some(at) = title.rfind(word)
            && (at == 0 || word.chars().count() > 1)
        {
            title = &title[at + word.len()..];
        }
    }
    let title = short_title(title);
    // 本条例, 该法, 上述规定: the statute named before.
    if [
        "本", "该", "同", "此", "其", "上述", "前述", "前款", "有关", "相关", "下列", "以下",
    ]
    .iter()
    .any(|w| title.starts_with(w))
    {
        return None;
    }
    let ends = [
        "法", "法典", "条例", "规定", "办法", "细则", "准则", "规则", "决定", "通则", "规范",
    ];
    (title.chars().count() >= 2 && ends.iter().any(|e| title.ends_with(e))).then_some(title)
}

#[cfg(test)]
mod tests;
