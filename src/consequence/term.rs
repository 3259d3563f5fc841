//! Reading a ban from the text of a decision: whether it is imposed, for how long, from when.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::grading::stands_unnegated;
use crate::record::{Day, chinese_number};

/// Words with which a decision bars someone.
const BANS: [&str; 10] = [
    "禁止",
    "取消",
    "不得再次申请",
    "不得申请",
    "不得参与",
    "不得参加",
    "不得作为",
    "不得从事",
    "不受理",
    "限制从业",
];
/// Finds whether any of [`BANS`] occurs: most decisions hold none of them. `None` where it cannot be built.
static ANY_BAN: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(BANS).ok());

/// A denial that stands before a ban word with an auxiliary between.
const REFUSALS: [&str; 5] = ["不予", "未予", "未作出", "不作", "解除"];

/// How long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Months(u16),
    /// Only a span is named: least and most months.
    Span(u16, u16),
    Permanent,
}

/// A ban that a document imposes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ban {
    pub(super) length: Option<Length>,
    pub(super) starts_on: Option<Day>,
    pub(super) ends_on: Option<Day>,
}

/// The first ban that the text imposes, read sentence by sentence (`；`, `。`).
pub(super) fn read_ban(text: &str, decided_on: Day) -> Option<Ban> {
    if ANY_BAN.as_ref().is_some_and(|bans| !bans.is_match(text)) {
        return None;
    }
    let sentence = text.split(['；', ';', '。', '\n']).find(|s| bars(s))?;
    let days = dates(sentence);
    let mut ban = Ban {
        length: length(sentence),
        ..Ban::default()
    };
    let from = sentence.find('自').map(|at| &sentence[at..]);
    if let Some(from) = from {
        ban.starts_on = match dates(from).first() {
            Some((day, _)) => Some(*day),
            None if from.contains("作出之日")
                || from.contains("处罚之日")
                || from.contains("决定之日") =>
            {
                Some(decided_on)
            }
            None => None,
        };
    }
    if let [(first, end), (last, _), ..] = days.as_slice()
        && sentence[*end..].starts_with(['至', '到', '-', '—'])
    {
        (ban.starts_on, ban.ends_on) = (Some(*first), Some(*last));
    } else if let (Some(start), Some(Length::Months(months))) = (ban.starts_on, ban.length) {
        ban.ends_on = Some(start.plus_months(i32::from(months)));
    }
    Some(ban)
}

fn bars(sentence: &str) -> bool {
    BANS.iter().any(|word| {
        stands_unnegated(sentence, word)
            && sentence
                .match_indices(word)
                .any(|(at, _)| !REFUSALS.iter().any(|r| sentence[..at].ends_with(r)))
    })
}

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || "零〇一二两三四五六七八九十百".contains(c)
}

/// A run of numerals at the start → value, rest.
fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c| !is_numeral(c)).unwrap_or(text.len());
    Some((chinese_number(&text[..end])?, &text[end..]))
}

/// `一年`, `六个月` at the start → months, rest. Years of dates are no lengths.
fn months(text: &str) -> Option<(u16, &str)> {
    let (value, rest) = number(text)?;
    let (factor, rest) = match rest.strip_prefix('年') {
        Some(rest) => (12, rest),
        None => (1, rest.strip_prefix("个月")?),
    };
    let total = u16::try_from(value.checked_mul(factor)?).ok()?;
    (1..=600).contains(&total).then_some((total, rest))
}

fn length(sentence: &str) -> Option<Length> {
    if stands_unnegated(sentence, "终身") || stands_unnegated(sentence, "永久") {
        return Some(Length::Permanent);
    }
    let mut previous = ' ';
    for (at, c) in sentence.char_indices() {
        let starts = is_numeral(c) && !is_numeral(previous) && previous != '第' && previous != '年';
        previous = c;
        if !starts {
            continue;
        }
        let text = &sentence[at..];
        if let Some((first, rest)) = months(text) {
            let rest = rest.strip_prefix("以上").unwrap_or(rest);
            let rest = rest.strip_prefix(['至', '到', '-', '—']).unwrap_or(rest);
            return match months(rest) {
                Some((last, _)) if last > first => Some(Length::Span(first, last)),
                _ => Some(Length::Months(first)),
            };
        }
        // 一至三年
        if let Some((first, rest)) = number(text)
            && let Some(rest) = rest.strip_prefix(['至', '到', '-', '—'])
            && let Some((last, _)) = months(rest)
            && let Some((count, _)) = number(rest)
            && let (Ok(first), Ok(count)) = (u16::try_from(first), u16::try_from(count))
            && count > first
            && first <= 50
        {
            let unit = last / count;
            return Some(Length::Span(first * unit, last));
        }
    }
    None
}

/// Every `2026年10月20日`, `二〇二六年…` not among them, with the byte after it.
pub(super) fn dates(text: &str) -> Vec<(Day, usize)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('年') {
        let Some(year) = at
            .checked_sub(4)
            .and_then(|from| text.get(from..at))
            .and_then(|y| y.parse::<i32>().ok())
        else {
            continue;
        };
        let rest = &text[at + '年'.len_utf8()..];
        let date = number(rest).and_then(|(month, rest)| {
            let (day, rest) = number(rest.strip_prefix('月')?)?;
            let rest = rest.strip_prefix('日')?;
            Some((Day::from_ymd(year, month, day)?, text.len() - rest.len()))
        });
        found.extend(date);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Ban> {
        read_ban(text, "2026-06-03".parse().unwrap())
    }

    #[test]
    fn lengths_and_starts_as_decisions_print_them() {
        let day = |text: &str| Some(text.parse::<Day>().unwrap());
        let ban = read("罚款85000元；取消其一年内参加依法必须进行招标的项目的投标资格").unwrap();
        assert_eq!(
            (ban.length, ban.starts_on),
            (Some(Length::Months(12)), None)
        );
        let ban = read("取消其一年至三年内参加依法必须进行招标的项目的投标资格").unwrap();
        assert_eq!(ban.length, Some(Length::Span(12, 36)));
        assert_eq!(
            read("在一至三年内禁止参加政府采购活动").unwrap().length,
            Some(Length::Span(12, 36))
        );
        let ban = read("自本决定作出之日起十年内禁止从事生态环境监测业务").unwrap();
        assert_eq!(
            (ban.length, ban.ends_on),
            (Some(Length::Months(120)), day("2036-06-03"))
        );
        let ban = read("罚款200000元，自2026年10月20日起三年内不得再次申请排污许可证").unwrap();
        assert_eq!(
            (ban.starts_on, ban.ends_on),
            (day("2026-10-20"), day("2029-10-20"))
        );
        let ban = read("自2028年2月29日至2029年2月28日禁止参加政府采购活动").unwrap();
        assert_eq!(
            (ban.starts_on, ban.ends_on),
            (day("2028-02-29"), day("2029-02-28"))
        );
        let ban = read("自2028年2月29日起一年内禁止参加政府采购活动").unwrap();
        assert_eq!(ban.ends_on, day("2029-02-28"));
        assert_eq!(
            read("终身禁止从事").unwrap().length,
            Some(Length::Permanent)
        );
    }

    #[test]
    fn no_ban_no_reading() {
        assert_eq!(read("罚款120000元"), None);
        assert_eq!(read("不予取消投标资格；罚款三年"), None);
        assert_eq!(read("限制生产一个月"), None);
    }
}
