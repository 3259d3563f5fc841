//! 统一社会信用代码, GB 32100-2015.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::org_code::OrgCode;
use super::{PROVINCES, first_outside, province_of};

/// What the data standard writes for an 个体工商户 that has no code: 17 zeros and X (发改办财金〔2018〕424号, annex).
///
/// It is not a code: [`Uscc::parse`] refuses it, and whoever may accept it compares first.
pub const PLACEHOLDER_USCC: &str = "00000000000000000X";

/// Digits and letters without I, O, S, V, Z; the place is the value.
///
/// The organisation code inside has another table (all letters), so one letter has two values.
const CHARSET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// 3 to the power of the place, modulo 31.
const WEIGHTS: [u32; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];

/// Registering department (place 1) and the classes (place 2) it may give.
const CLASSES: [(char, &str); 12] = [
    ('1', "1239"),   // 机构编制
    ('2', "19"),     // 外交
    ('3', "123459"), // 司法行政
    ('4', "19"),     // 文化
    ('5', "1239"),   // 民政
    ('6', "129"),    // 旅游
    ('7', "129"),    // 宗教
    ('8', "19"),     // 工会
    ('9', "1239"),   // 工商
    ('A', "19"),     // 中央军委改革和编制办公室
    ('N', "1239"),   // 农业
    ('Y', "1"),      // 其他
];

/// The region that stands for the whole country.
const NATIONAL_REGION: &str = "100000";

/// A 统一社会信用代码 whose length, characters, check character, department, class and region are right.
///
/// The check character of the organisation code inside is not part of this: see [`Uscc::embedded_org_code_ok`].
#[derive(Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Uscc(String);

/// Which rule of GB 32100-2015 a text breaks; the first broken one, in this order.
#[derive(Debug, Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UsccError {
    /// Not 18 characters.
    #[error("read a unified social credit code of {found} characters instead of 18")]
    Length {
        /// Number of characters found.
        found: usize,
    },
    /// A character outside the 31 of the standard.
    #[error("read a unified social credit code with the character {found:?} at place {place}")]
    Charset {
        /// The character.
        found: char,
        /// Its place, from 1.
        place: usize,
    },
    /// The 18th character does not follow from the other 17.
    #[error("check a unified social credit code: the check character should be {expected}")]
    CheckDigit {
        /// The character that would be right.
        expected: char,
    },
    /// The check character is right, but a part is impossible.
    #[error("read a unified social credit code: {0}")]
    Structure(UsccStructure),
}

/// The impossible part of a code.
#[derive(Debug, Clone, Copy, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UsccStructure {
    /// Place 1 names no department.
    #[error("no registering department {0}")]
    Department(char),
    /// Place 2 is no class of the department of place 1.
    #[error("department {department} has no class {class}")]
    Class {
        /// Place 1.
        department: char,
        /// Place 2.
        class: char,
    },
    /// Places 3–8 are no region of GB/T 2260.
    #[error("no such region")]
    Region,
    /// Places 9–17 are all zero.
    #[error("the subject part is all zeros")]
    Subject,
}

impl Uscc {
    /// Reads a code exactly as the standard prints it: 18 characters, capital letters, no spaces.
    pub fn parse(text: &str) -> Result<Uscc, UsccError> {
        if let [body @ .., last] = text.as_bytes()
            && let Some(check) = Uscc::check_value(body)
            && value(char::from(*last)) == Some(check)
        {
            structure(text).map_err(UsccError::Structure)?;
            return Ok(Uscc(text.to_owned()));
        }
        let found = text.chars().count();
        if found != 18 {
            return Err(UsccError::Length { found });
        }
        if let Some((found, place)) = first_outside(text, |_, c| value(c).is_some()) {
            return Err(UsccError::Charset { found, place });
        }
        let (Some(body), Some(last)) = (text.get(..17), text.chars().next_back()) else {
            return Err(UsccError::Length { found });
        };
        match Uscc::compute_check(body) {
            Some(expected) if expected == last => {}
            Some(expected) => return Err(UsccError::CheckDigit { expected }),
            None => return Err(UsccError::Length { found }),
        }
        structure(text).map_err(UsccError::Structure)?;
        Ok(Uscc(text.to_owned()))
    }

    /// The value of the check character of the first 17 characters; `None` if they are not 17 characters of the standard.
    fn check_value(body: &[u8]) -> Option<u32> {
        if body.len() != WEIGHTS.len() {
            return None;
        }
        let mut sum = 0;
        for (byte, weight) in body.iter().zip(WEIGHTS) {
            sum += value(char::from(*byte))? * weight;
        }
        Some((31 - sum % 31) % 31)
    }

    /// The check character of the first 17 characters; `None` if they are not 17 characters of the standard.
    pub fn compute_check(body: &str) -> Option<char> {
        let check = Uscc::check_value(body.as_bytes())?;
        CHARSET.get(check as usize).map(|b| char::from(*b))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 主体标识码, places 9–17: the organisation code with its check character (which may be wrong).
    pub fn org_code(&self) -> &str {
        self.0.get(8..17).unwrap_or_default()
    }

    /// 登记管理机关行政区划码, places 3–8, at the time of registration.
    pub fn region(&self) -> &str {
        self.0.get(2..8).unwrap_or_default()
    }

    /// Whether the code was given to an 个体工商户 (department 9, class 2).
    pub fn is_individual_business(&self) -> bool {
        self.0.starts_with("92")
    }

    /// Whether places 9–17 pass GB 11714 on their own. Some real codes fail, so it is a warning only.
    pub fn embedded_org_code_ok(&self) -> bool {
        OrgCode::parse(self.org_code()).is_ok()
    }

    /// The code that was meant by a badly typed one, if there is no doubt about it.
    ///
    /// Full-width and lower-case characters, spaces, hyphens and invisible marks are typing only. A letter that the
    /// standard leaves out is read as the digit it resembles (O as 0, I as 1, S as 5, Z as 2); since that is a guess,
    /// the organisation code inside must then be right as well. A code that is right already comes back as it is.
    pub fn repair(text: &str) -> Option<Uscc> {
        let mut guessed = false;
        let mut clean = String::with_capacity(18);
        for c in text.nfkc() {
            if c.is_whitespace() || c.is_control() || is_invisible(c) || is_hyphen(c) {
                continue;
            }
            let c = c.to_ascii_uppercase();
            let meant = match c {
                'O' => '0',
                'I' => '1',
                'S' => '5',
                'Z' => '2',
                other => other,
            };
            guessed |= meant != c;
            clean.push(meant);
            if clean.len() > 18 {
                return None;
            }
        }
        let code = Uscc::parse(&clean).ok()?;
        (!guessed || code.embedded_org_code_ok()).then_some(code)
    }
}

/// Of every ASCII character its place in [`CHARSET`], or [`NO_VALUE`].
const VALUES: [u8; 128] = {
    let mut values = [NO_VALUE; 128];
    let mut place = 0;
    while place < CHARSET.len() {
        values[CHARSET[place] as usize] = place as u8;
        place += 1;
    }
    values
};
const NO_VALUE: u8 = u8::MAX;

/// The value of a character in the check sum.
fn value(character: char) -> Option<u32> {
    let value = *VALUES.get(character as usize)?;
    (value != NO_VALUE).then_some(u32::from(value))
}

/// Checks department, class, region and subject part of 18 characters of the charset.
fn structure(code: &str) -> Result<(), UsccStructure> {
    let mut characters = code.chars();
    let department = characters.next().unwrap_or_default();
    let class = characters.next().unwrap_or_default();
    let Some((_, classes)) = CLASSES.iter().find(|(known, _)| *known == department) else {
        return Err(UsccStructure::Department(department));
    };
    if !classes.contains(class) {
        return Err(UsccStructure::Class { department, class });
    }
    let region = code.get(2..8).unwrap_or_default();
    let known = province_of(region).is_some_and(|province| PROVINCES.contains(&province));
    if region != NATIONAL_REGION && !known {
        return Err(UsccStructure::Region);
    }
    if code
        .get(8..17)
        .is_some_and(|part| part.bytes().all(|b| b == b'0'))
    {
        return Err(UsccStructure::Subject);
    }
    Ok(())
}

/// Zero-width characters and byte order marks that spreadsheets and web pages leave in cells.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uscc({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes printed in public sources (organs, universities, the standard's sample); only the check sums matter here.
    const PUBLISHED: [&str; 12] = [
        "914403001922038216",
        "9144030071526726XG",
        "91110108551385082Q",
        "911100007109250324",
        "12100000400000624D",
        "11100000000013039Y",
        "91350100M000100Y43",
        "91230500MA1B3N1N2M",
        "9144030010001686XA",
        "11420000MB15291767",
        "12100000400002259P",
        "11230500001755309F",
    ];

    #[test]
    fn published_codes_pass_with_their_organisation_codes() {
        for code in PUBLISHED {
            let parsed = Uscc::parse(code).unwrap();
            assert_eq!(parsed.as_str(), code);
            assert!(parsed.embedded_org_code_ok(), "{code}");
        }
    }

    #[test]
    fn wrong_check_characters_name_the_right_one() {
        for (code, expected) in [
            ("911100006605015136", 'R'),
            ("91110108592344655J", '9'),
            ("91110000MA12345678", '9'),
            ("111111111111111111", '5'),
            (PLACEHOLDER_USCC, '0'),
        ] {
            assert_eq!(
                Uscc::parse(code),
                Err(UsccError::CheckDigit { expected }),
                "{code}"
            );
        }
    }

    #[test]
    fn every_single_wrong_character_is_found() {
        let code = "91350100M000100Y43";
        for place in 0..18 {
            for other in CHARSET {
                let mut bytes = code.as_bytes().to_vec();
                if bytes[place] == *other {
                    continue;
                }
                bytes[place] = *other;
                let changed = String::from_utf8(bytes).unwrap();
                assert!(
                    matches!(Uscc::parse(&changed), Err(UsccError::CheckDigit { .. })),
                    "{changed}"
                );
            }
        }
    }

    #[test]
    fn length_and_charset_come_before_the_check() {
        assert_eq!(Uscc::parse(""), Err(UsccError::Length { found: 0 }));
        assert_eq!(
            Uscc::parse("9135010M000100Y43"),
            Err(UsccError::Length { found: 17 })
        );
        assert_eq!(
            Uscc::parse("91150425MAOMX52N1X"),
            Err(UsccError::Charset {
                found: 'O',
                place: 11
            })
        );
        assert_eq!(
            Uscc::parse("统一社会信用代码统一社会信用代码统一"),
            Err(UsccError::Charset {
                found: '统',
                place: 1
            })
        );
    }

    #[test]
    fn impossible_parts_are_refused_though_the_check_passes() {
        assert_eq!(
            Uscc::parse("000000000000000000"),
            Err(UsccError::Structure(UsccStructure::Department('0')))
        );
        let with_check = |body: &str| format!("{body}{}", Uscc::compute_check(body).unwrap());
        assert_eq!(
            Uscc::parse(&with_check("94350100M000100Y4")),
            Err(UsccError::Structure(UsccStructure::Class {
                department: '9',
                class: '4'
            }))
        );
        assert_eq!(
            Uscc::parse(&with_check("91990100M000100Y4")),
            Err(UsccError::Structure(UsccStructure::Region))
        );
        assert_eq!(
            Uscc::parse(&with_check("91350100000000000")),
            Err(UsccError::Structure(UsccStructure::Subject))
        );
    }

    #[test]
    fn parts_are_where_the_standard_puts_them() {
        let code = Uscc::parse("91350100M000100Y43").unwrap();
        assert_eq!(code.region(), "350100");
        assert_eq!(code.org_code(), "M000100Y4");
        assert!(!code.is_individual_business());
    }

    #[test]
    fn repair_undoes_typing_and_look_alike_letters() {
        for (typed, meant) in [
            ("91350100m000100y43", "91350100M000100Y43"),
            ("９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43"),
            (" 91350100 M000100Y-43\u{feff}", "91350100M000100Y43"),
            ("91150425MAOMX52N1X", "91150425MA0MX52N1X"),
            ("91520198MAAMOWECXQ", "91520198MAAM0WECXQ"),
            ("9I350I00MOOOIOOY43", "91350100M000100Y43"),
        ] {
            assert_eq!(
                Uscc::repair(typed).as_ref().map(Uscc::as_str),
                Some(meant),
                "{typed}"
            );
        }
        for hopeless in [
            "",
            "9.14403E+17",
            "91350100M000100Y44",
            "91350100M000100Y433",
            PLACEHOLDER_USCC,
        ] {
            assert_eq!(Uscc::repair(hopeless), None, "{hopeless}");
        }
    }

    #[test]
    fn a_guess_needs_the_organisation_code_too() {
        let body = "91350100M000100Y3"; // organisation code check should be 4
        let code = format!("{body}{}", Uscc::compute_check(body).unwrap());
        assert!(Uscc::parse(&code).is_ok_and(|code| !code.embedded_org_code_ok()));
        assert!(Uscc::repair(&code.to_lowercase()).is_some());
        assert_eq!(Uscc::repair(&code.replace('0', "O")), None);
    }
}
