//! A text file as UTF-8, piece by piece.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use encoding_rs::{CoderResult, Decoder};

use super::RefusedCause;
use super::sniff::Sniffed;

/// Bytes decoded at a time.
const PIECE: usize = 256 * 1024;

/// A decoded text stream. Bytes without meaning read U+FFFD.
pub(super) struct Text {
    file: File,
    decoder: Decoder,
    bytes: Vec<u8>,
    /// Decoded text from `at` on has not been taken yet.
    pub(super) buffer: String,
    pub(super) at: usize,
    ended: bool,
    replaced: Rc<Cell<bool>>,
}

/// Opens a file under the encoding that was found; a byte order mark is dropped.
pub(super) fn open(path: &Path, found: &Sniffed) -> Result<Text, RefusedCause> {
    Ok(Text {
        file: File::open(path)?,
        decoder: found.encoding.new_decoder_with_bom_removal(),
        bytes: vec![0; PIECE],
        buffer: String::new(),
        at: 0,
        ended: false,
        replaced: Rc::default(),
    })
}

impl Text {
    /// Decodes one more piece behind the text that was not taken yet. False at the end of the file.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let count = self.file.read(&mut self.bytes)?;
        self.ended = count == 0;
        let mut taken = 0;
        loop {
            let room = self
                .decoder
                .max_utf8_buffer_length(count - taken)
                .unwrap_or(PIECE * 3);
            self.buffer.reserve(room);
            let (result, read, replaced) = self.decoder.decode_to_string(
                &self.bytes[taken..count],
                &mut self.buffer,
                self.ended,
            );
            taken += read;
            if replaced {
                self.replaced.set(true);
            }
            if result == CoderResult::InputEmpty {
                return Ok(!self.ended || !self.buffer.is_empty());
            }
        }
    }

    /// The first character that is no white space, without taking it; `None` when there is none.
    pub(super) fn first_char(&mut self) -> io::Result<Option<char>> {
        loop {
            let rest = &self.buffer[self.at..];
            let start = rest.len()
                - rest
                    .trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}')
                    .len();
            if let Some(c) = rest[start..].chars().next() {
                return Ok(Some(c));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Turns true when bytes without meaning were met.
    pub(super) fn replaced(&self) -> Rc<Cell<bool>> {
        self.replaced.clone()
    }

    /// Whether the whole file is in the buffer.
    pub(super) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// The text that was not taken yet.
    pub(super) fn rest(&self) -> &str {
        &self.buffer[self.at..]
    }
}

impl Read for Text {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.buffer.len() {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let rest = &self.buffer.as_bytes()[self.at..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}
