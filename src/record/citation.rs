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
    let (mut total, mut digit) = (0u32, 0u32);
    for c in text.chars() {
        match c {
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
        if total > 99_999 {
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

/// Every provision that a free text cites: `《大气污染防治法》第九十九条第（一）项、第一百条`, `食品安全法/第九章法律责任/
/// 第一百二十四条/第一款,…`, `依据行政处罚法第三十二条`. In the order of the text, without repetitions.
pub fn parse_citations(text: &str) -> Vec<Citation> {
    let mut found: Vec<Citation> = Vec::new();
    let mut statute = String::new();
    let mut open: Option<Citation> = None;
    let mut rest = text;
    let mut name_start = 0usize;
    let push = |open: &mut Option<Citation>, found: &mut Vec<Citation>| {
        if let Some(citation) = open.take()
            && !found.contains(&citation)
        {
            found.push(citation);
        }
    };
    let mut consumed = 0usize;
    while let Some(c) = rest.chars().next() {
        if c == '《' {
            push(&mut open, &mut found);
            let end = rest.find('》').unwrap_or(rest.len());
            statute = short_title(&rest['《'.len_utf8()..end]);
            let next = (end + '》'.len_utf8()).min(rest.len());
            consumed += next;
            rest = &rest[next..];
            name_start = consumed;
            if !statute.is_empty() {
                open = Some(Citation {
                    statute: statute.clone(),
                    article: None,
                    paragraph: None,
                    item: None,
                });
            }
            continue;
        }
        if c == '第'
            && let Some((number, unit, after)) = provision(rest)
        {
            // A title without 《》 stands directly before its first 第.
            if let Some(title) = bare_title(&text[name_start..consumed])
                && title != statute
            {
                push(&mut open, &mut found);
                statute = title;
            }
            if !statute.is_empty() {
                match unit {
                    '条' => {
                        if open.as_ref().is_some_and(|o| o.article.is_some()) {
                            push(&mut open, &mut found);
                        }
                        open = Some(Citation {
                            statute: statute.clone(),
                            article: Some(number),
                            paragraph: None,
                            item: None,
                        });
                    }
                    '款' | '项' => next_part(&mut open, &mut found, unit, number),
                    _ => {}
                }
            }
            consumed += rest.len() - after.len();
            rest = after;
            name_start = consumed;
            continue;
        }
        consumed += c.len_utf8();
        rest = &rest[c.len_utf8()..];
    }
    if open.is_none()
        && found.is_empty()
        && let Some(title) = bare_title(text)
    {
        open = Some(Citation {
            statute: title,
            article: None,
            paragraph: None,
            item: None,
        });
    }
    push(&mut open, &mut found);
    found
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
    let ends = [
        "法", "法典", "条例", "规定", "办法", "细则", "准则", "规则", "决定", "通则", "规范",
    ];
    (title.chars().count() >= 2 && ends.iter().any(|e| title.ends_with(e))).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        parse_citations(text)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn styles_really_met() {
        assert_eq!(
            shown("《中华人民共和国大气污染防治法》第九十九条第（一）项"),
            ["大气污染防治法第99条第1项"]
        );
        assert_eq!(
            shown(
                "中华人民共和国食品安全法/第九章法律责任/第一百二十四条/第一款,中华人民共和国行政处罚法/第四章行政处罚的管辖和适用/第三十二条/第一款"
            ),
            ["食品安全法第124条第1款", "行政处罚法第32条第1款"]
        );
        assert_eq!(
            shown("依据《水污染防治法》第八十三条第二项、第八十四条第一款的规定"),
            ["水污染防治法第83条第2项", "水污染防治法第84条第1款"]
        );
        assert_eq!(
            shown("根据生态环境法典第1097条第二款"),
            ["生态环境法典第1097条第2款"]
        );
        assert_eq!(
            shown("医疗器械监督管理条例(2017修正)/第七章法律责任/第六十六条/第1款"),
            ["医疗器械监督管理条例第66条第1款"]
        );
        assert_eq!(
            shown("《招标投标法》第五十三条、《招标投标法实施条例》第六十七条"),
            ["招标投标法第53条", "招标投标法实施条例第67条"]
        );
        assert_eq!(shown("无"), Vec::<String>::new());
    }

    #[test]
    fn the_stored_form_reads_back() {
        for text in [
            "大气污染防治法第99条第1款第2项",
            "行政处罚法",
            "生态环境法典第1097条",
        ] {
            assert_eq!(
                text.parse::<Citation>().map(|c| c.to_string()).as_deref(),
                Ok(text)
            );
        }
        assert!("第99条".parse::<Citation>().is_err());
    }

    #[test]
    fn numbers() {
        assert_eq!(chinese_number("一百二十四"), Some(124));
        assert_eq!(chinese_number("十"), Some(10));
        assert_eq!(chinese_number("一千零九十七"), Some(1097));
        assert_eq!(chinese_number("1097"), Some(1097));
        assert_eq!(chinese_number("二〇"), Some(2));
    }
}
