//! The key that turns identity numbers of natural persons into pseudonyms.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sm3::Sm3;

use super::digest::hex;

/// At least 32 secret bytes, kept outside the store.
#[derive(Clone)]
pub struct PseudonymKey(Hmac<Sm3>);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("use a pseudonym key of {0} bytes: at least 32 are needed")]
pub struct KeyTooShort(pub usize);

impl PseudonymKey {
    pub fn new(bytes: &[u8]) -> Result<PseudonymKey, KeyTooShort> {
        if bytes.len() < 32 {
            return Err(KeyTooShort(bytes.len()));
        }
        // HMAC takes keys of any length, so the second failure never happens.
        <Hmac<Sm3> as KeyInit>::new_from_slice(bytes)
            .map(PseudonymKey)
            .map_err(|_| KeyTooShort(bytes.len()))
    }

    /// HMAC-SM3 (GM/T 0004) over length-prefixed parts.
    pub fn hmac_sm3(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// What the store remembers of the key: it tells keys apart and gives none away.
    pub fn fingerprint(&self) -> String {
        hex(&self.hmac_sm3(&[b"xinheng key fingerprint"]))[..32].to_owned()
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_need_32_bytes_and_show_nothing() {
        assert_eq!(PseudonymKey::new(&[1; 31]).unwrap_err(), KeyTooShort(31));
        let key = PseudonymKey::new(&[65; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "PseudonymKey(…)");
        let other = PseudonymKey::new(&[66; 32]).unwrap();
        assert_ne!(key.fingerprint(), other.fingerprint());
        assert_ne!(key.hmac_sm3(&[b"ab", b"c"]), key.hmac_sm3(&[b"a", b"bc"]));
    }
}
