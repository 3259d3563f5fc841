//! Who a record speaks of: the subject's key and the bucket that the key falls into.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::digest::hex;
use super::ident::{OrgCode, Uscc};
use super::key::PseudonymKey;

/// Buckets of the record tables.
pub const DEFAULT_BUCKETS: u32 = 64;

/// The key of a subject, a function of the row alone: the 18-character code, else `org:` + 9, else `reg:` + number;
/// for 自然人 `p:` + hex HMAC-SM3 of type and number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubjectId(String);

impl SubjectId {
    pub fn from_uscc(code: &Uscc) -> SubjectId {
        SubjectId(code.as_str().to_owned())
    }

    pub fn from_org(code: &OrgCode) -> SubjectId {
        SubjectId(format!("org:{}", code.as_str()))
    }

    /// 工商注册号 as written (checked before).
    pub fn from_registration(number: &str) -> SubjectId {
        SubjectId(format!("reg:{number}"))
    }

    /// A natural person, pseudonymised; `number` in its widened, upper-case form.
    pub fn person(key: &PseudonymKey, id_type: &str, number: &str) -> SubjectId {
        let mac = key.hmac_sm3(&[id_type.as_bytes(), number.as_bytes()]);
        SubjectId(format!("p:{}", hex(&mac)))
    }

    /// A key read back from a table; only its shape is checked.
    pub fn parse(text: &str) -> Option<SubjectId> {
        let ok = match text.split_once(':') {
            Some(("p", mac)) => mac.len() == 64 && mac.bytes().all(|b| b.is_ascii_hexdigit()),
            Some(("org", code)) => code.len() == 9,
            Some(("reg", number)) => !number.is_empty(),
            Some(_) => false,
            None => text.len() == 18 && text.bytes().all(|b| b.is_ascii_alphanumeric()),
        };
        ok.then(|| SubjectId(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_person(&self) -> bool {
        self.0.starts_with("p:")
    }

    pub fn bucket(&self, buckets: u32) -> u32 {
        bucket_of(&self.0, buckets)
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The bucket of a subject key: FNV-1a of the organisation code (positions 9–17 of the 18, or after `org:`), of the
/// whole key otherwise, so that both keys of one body fall together.
pub fn bucket_of(id: &str, buckets: u32) -> u32 {
    let part = match id.strip_prefix("org:") {
        Some(code) => code,
        None if id.len() == 18 && !id.contains(':') && id.is_ascii() => &id[8..17],
        None => id,
    };
    let hash = part.bytes().fold(2_166_136_261u32, |h, b| {
        (h ^ u32::from(b)).wrapping_mul(16_777_619)
    });
    (hash ^ (hash >> 15)) % buckets.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_keys_of_a_body_share_a_bucket() {
        assert_eq!(
            bucket_of("914403001922038216", 64),
            bucket_of("org:192203821", 64)
        );
    }

    #[test]
    fn a_person_is_never_the_number() {
        let key = PseudonymKey::new(&[7; 32]).unwrap();
        let id = SubjectId::person(&key, "身份证", "11010519491231002X");
        assert!(id.is_person() && !id.as_str().contains("1949"));
        assert!(SubjectId::parse(id.as_str()).is_some());
    }
}
