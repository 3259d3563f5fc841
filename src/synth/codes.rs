//! Fictional identifiers with valid check digits.
//!
//! The number ranges are chosen so that no real body or person has them: subject parts `MAY…`, `MAX…` are far beyond
//! those issued so far, and citizen numbers join a Chongqing region code (in use since 1997) with births before 1973.

use crate::record::{CitizenId, OrgCode, RegistrationNo, Uscc};

use super::places::PLACES;

/// GB 32100 charset; also the letters used in subject parts here, so that both standards accept them.
const CHARSET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// 31⁵: how many codes share one three-letter head.
const PER_HEAD: u64 = 28_629_151;

/// How many subjects can have distinct codes.
pub(crate) const MAX_SUBJECTS: u64 = PER_HEAD * 5;

/// A one-to-one map of `0..modulus` that leaves no order to see; `factor` must share no divisor with `modulus`.
fn shuffle(index: u64, modulus: u64, factor: u64, offset: u64) -> u64 {
    let product = u128::from(index % modulus) * u128::from(factor) + u128::from(offset);
    (product % u128::from(modulus)) as u64
}

/// Appends `count` charset digits of `value`.
fn push_base31(text: &mut String, mut value: u64, count: usize) {
    let mut digits = [0u8; 8];
    for digit in digits.iter_mut().take(count).rev() {
        *digit = CHARSET[(value % 31) as usize];
        value /= 31;
    }
    text.extend(digits[..count].iter().map(|digit| char::from(*digit)));
}

/// Head (2 characters), region and subject part of 8, completed with both check characters.
fn uscc(head: &str, region: &str, body: &str) -> String {
    let mut code = String::with_capacity(18);
    code.push_str(head);
    code.push_str(region);
    code.push_str(body);
    code.extend(OrgCode::compute_check(body));
    let check = Uscc::compute_check(&code);
    code.extend(check);
    code
}

/// The code of subject `index`; `head` is its department and class, e.g. `91`.
pub(crate) fn subject_uscc(head: &str, region: &str, index: u64, seed: u64) -> String {
    let number = shuffle(index, MAX_SUBJECTS, 982_451_653, seed % MAX_SUBJECTS);
    let third = [b'Y', b'X', b'W', b'U', b'T'][(number / PER_HEAD) as usize];
    let mut body = String::with_capacity(8);
    body.push_str("MA");
    body.push(char::from(third));
    push_base31(&mut body, number % PER_HEAD, 5);
    uscc(head, region, &body)
}

/// The code of an organ: department 1, class 1.
pub(crate) fn organ_uscc(region: &str, number: u64) -> String {
    let mut body = String::with_capacity(8);
    body.push_str("MBX");
    push_base31(&mut body, shuffle(number, PER_HEAD, 7_919, 104_729), 5);
    uscc("11", region, &body)
}

/// How many subjects can have a registration number of their own: the prime below 10⁷.
pub(crate) const REGISTRATION_NUMBERS: u64 = 9_999_991;

/// A 15-digit registration number (GS 15) of subject `index`, which is below [`REGISTRATION_NUMBERS`].
pub(crate) fn registration_no(region: &str, index: u64) -> String {
    let mut number = format!(
        "{region}{:08}",
        90_000_000 + shuffle(index, REGISTRATION_NUMBERS, 7_919, 17)
    );
    let check = RegistrationNo::compute_check(&number);
    number.extend(check);
    number
}

/// First possible birth day used, 1950-01-01, as days since 1970-01-01.
const FIRST_BIRTH: i32 = -7305;
/// Number of birth days used (to 1972-12-31).
const BIRTH_DAYS: u64 = 8401;

/// A citizen number of fictional person `index`; sequence numbers 900–999 only.
pub(crate) fn citizen_id(index: u64) -> String {
    let people = 38 * BIRTH_DAYS * 100;
    let number = shuffle(index, people, 982_451_653, 60_013);
    let region = PLACES[1 + (number % 38) as usize].code;
    let day = (number / 38 % BIRTH_DAYS) as i32;
    let sequence = 900 + number / 38 / BIRTH_DAYS;
    citizen_id_of(
        region,
        crate::record::Day::from_epoch(FIRST_BIRTH + day),
        sequence,
    )
}

/// A citizen number from its parts.
pub(crate) fn citizen_id_of(region: &str, birth: crate::record::Day, sequence: u64) -> String {
    let (year, month, day) = birth.ymd();
    let mut number = format!("{region}{year:04}{month:02}{day:02}{sequence:03}");
    let check = CitizenId::compute_check(&number);
    number.extend(check);
    number
}

/// `code` with a wrong check character of its subject part and a right one of its own.
pub(crate) fn uscc_with_wrong_org_check(code: &str) -> String {
    let wrong = if code.get(16..17) == Some("3") {
        '4'
    } else {
        '3'
    };
    let mut out = format!("{}{wrong}", &code[..16]);
    let check = Uscc::compute_check(&out);
    out.extend(check);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_valid() {
        let mut seen = std::collections::BTreeSet::new();
        for index in 0..3000 {
            let code = subject_uscc("91", "500112", index, 7);
            assert!(Uscc::parse(&code).is_ok(), "{code}");
            assert!(OrgCode::parse(&code[8..17]).is_ok(), "{code}");
            assert!(seen.insert(code));
            let number = citizen_id(index);
            assert!(CitizenId::parse(&number).is_ok(), "{number}");
            assert!(seen.insert(number));
            let registered = registration_no("500112", index);
            assert!(RegistrationNo::parse(&registered).is_ok(), "{registered}");
            assert!(seen.insert(registered));
        }
        let wrong = uscc_with_wrong_org_check(&subject_uscc("91", "500112", 1, 7));
        assert!(Uscc::parse(&wrong).is_ok_and(|code| !code.embedded_org_code_ok()));
    }
}
