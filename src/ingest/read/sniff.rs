//! The first pass over a file: its digest, what kind of bytes it has, and how its text is encoded.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use sha2::{Digest, Sha256};

use super::RefusedCause;

/// What the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Text,
    Zip,
    /// Compound file: XLS, or an encrypted XLSX.
    Cfb,
    Parquet,
}

/// What a first pass over a file found; with it the file can be read.
#[derive(Debug)]
pub struct Sniffed {
    pub(super) sha256: String,
    pub(super) container: Container,
    pub(super) encoding: &'static Encoding,
}

impl Sniffed {
    /// The SHA-256 of the file's bytes in hex, by which a file is known.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// Bytes looked at for magic numbers.
const HEAD: usize = 4096;

/// Reads a file once.
pub(super) fn sniff(path: &Path) -> Result<Sniffed, RefusedCause> {
    let mut file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(RefusedCause::Io("是文件夹".to_owned()));
    }
    let mut digest = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 20];
    let mut head: Vec<u8> = Vec::new();
    let mut utf8 = Utf8Count::default();
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        let bytes = &buffer[..count];
        digest.update(bytes);
        if head.len() < HEAD {
            head.extend_from_slice(&bytes[..count.min(HEAD - head.len())]);
        }
        if container(&head).is_ok_and(|one| one == Container::Text) {
            utf8.feed(bytes);
        }
    }
    utf8.finish();
    if head.is_empty() {
        return Err(RefusedCause::Empty);
    }
    let container = container(&head)?;
    let encoding = encoding(&head, &utf8);
    Ok(Sniffed {
        sha256: digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        container,
        encoding,
    })
}

fn container(head: &[u8]) -> Result<Container, RefusedCause> {
    const UNSUPPORTED: [(&[u8], &str); 7] = [
        (b"%PDF", "PDF文件"),
        (b"Rar!", "RAR压缩包，请先解压"),
        (b"7z\xBC\xAF", "7z压缩包，请先解压"),
        (b"\x1F\x8B", "gzip压缩包，请先解压"),
        (b"\x89PNG", "图片"),
        (b"\xFF\xD8\xFF", "图片"),
        (b"{\\rtf", "RTF文档"),
    ];
    if let Some((_, what)) = UNSUPPORTED
        .iter()
        .find(|(magic, _)| head.starts_with(magic))
    {
        return Err(RefusedCause::Unsupported((*what).to_owned()));
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Ok(Container::Zip)
    } else if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        Ok(Container::Cfb)
    } else if head.starts_with(b"PAR1") {
        Ok(Container::Parquet)
    } else if head.contains(&0) && utf16(head).is_none() {
        Err(RefusedCause::Unsupported(
            "不是文本，也不是表格文件".to_owned(),
        ))
    } else {
        Ok(Container::Text)
    }
}

/// UTF-16 by its mark, or by a zero in every other byte of ASCII text.
fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    if head.starts_with(b"\xFF\xFE") {
        return Some(UTF_16LE);
    }
    if head.starts_with(b"\xFE\xFF") {
        return Some(UTF_16BE);
    }
    let zeros = |odd: usize| {
        head.iter()
            .skip(odd)
            .step_by(2)
            .take(200)
            .filter(|byte| **byte == 0)
            .count()
    };
    match (zeros(0), zeros(1)) {
        (0, high) if high > 10 => Some(UTF_16LE),
        (high, 0) if high > 10 => Some(UTF_16BE),
        _ => None,
    }
}

fn encoding(head: &[u8], utf8: &Utf8Count) -> &'static Encoding {
    if let Some(wide) = utf16(head) {
        wide
    } else if head.starts_with(b"\xEF\xBB\xBF")
        || utf8.errors == 0
        || utf8.errors * 10 < utf8.characters
    {
        UTF_8
    } else {
        GB18030
    }
}

/// Well-formed multi-byte characters and errors of a stream read as UTF-8. Text in GB18030 has errors nearly everywhere; UTF-8 with a few
/// broken bytes has few.
#[derive(Debug, Default)]
struct Utf8Count {
    characters: u64,
    errors: u64,
    carry: Vec<u8>,
}

impl Utf8Count {
    /// Errors, or characters, after which the rest of the stream is not looked at: the answer will not change.
    const ENOUGH: u64 = 20_000;

    fn feed(&mut self, bytes: &[u8]) {
        let is_settled = self.errors > Self::ENOUGH && self.errors > self.characters
            || self.characters > 50 * Self::ENOUGH && self.errors * 100 < self.characters;
        if is_settled {
            return;
        }
        if self.carry.is_empty() {
            self.scan(bytes);
        } else {
            let mut joined = std::mem::take(&mut self.carry);
            joined.extend_from_slice(bytes);
            self.scan(&joined);
        }
    }

    fn scan(&mut self, mut bytes: &[u8]) {
        loop {
            match simdutf8::compat::from_utf8(bytes) {
                Ok(text) => {
                    self.count(text.as_bytes());
                    return;
                }
                Err(error) => {
                    let (valid, rest) = bytes.split_at(error.valid_up_to());
                    self.count(valid);
                    let Some(length) = error.error_len() else {
                        self.carry = rest.to_vec();
                        return;
                    };
                    self.errors += 1;
                    bytes = &rest[length..];
                }
            }
        }
    }

    fn count(&mut self, valid: &[u8]) {
        self.characters += valid.iter().filter(|byte| **byte >= 0xC0).count() as u64;
    }

    fn finish(&mut self) {
        self.errors += u64::from(!self.carry.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding_of(bytes: &[u8]) -> &'static str {
        let mut utf8 = Utf8Count::default();
        // In pieces of 5 bytes: characters are cut.
        bytes.chunks(5).for_each(|piece| utf8.feed(piece));
        utf8.finish();
        encoding(bytes, &utf8).name()
    }

    #[test]
    fn encodings_are_told_by_the_whole_stream() {
        let text = "行政相对人名称,处罚决定日期\n江州示例有限公司,2026-01-05\n";
        assert_eq!(encoding_of(text.as_bytes()), "UTF-8");
        assert_eq!(
            encoding_of(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()),
            "UTF-8"
        );
        assert_eq!(encoding_of(&GB18030.encode(text).0), "gb18030");
        assert_eq!(encoding_of(b"a,b\n1,2\n"), "UTF-8");
        let mut broken = text.repeat(3).into_bytes();
        broken.extend_from_slice(b"\xFF,x\n");
        assert_eq!(
            encoding_of(&broken),
            "UTF-8",
            "one bad byte does not make it GB18030"
        );
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(
            encoding_of(&[b"\xFF\xFE".as_slice(), &wide].concat()),
            "UTF-16LE"
        );
    }

    #[test]
    fn containers_are_told_by_their_first_bytes() {
        assert_eq!(container(b"PK\x03\x04rest").ok(), Some(Container::Zip));
        assert_eq!(
            container(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1").ok(),
            Some(Container::Cfb)
        );
        assert_eq!(container(b"PAR1").ok(), Some(Container::Parquet));
        assert_eq!(
            container("名称,日期".as_bytes()).ok(),
            Some(Container::Text)
        );
        assert!(matches!(
            container(b"%PDF-1.4"),
            Err(RefusedCause::Unsupported(_))
        ));
        assert!(matches!(
            container(b"\x01\x02\x00\x03"),
            Err(RefusedCause::Unsupported(_))
        ));
    }
}
