//! What a check found.

use std::fmt;

use crate::standard::Field;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The row is quarantined.
    Error,
    /// The row is accepted; its source unit should look.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The letter in the tables: E, W, I.
    pub const fn letter(self) -> &'static str {
        match self {
            Severity::Error => "E",
            Severity::Warning => "W",
            Severity::Note => "I",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letter())
    }
}

/// One reason why a row is refused or deserves a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The code, e.g. `SGS-U02`; each is documented in [`super::reference`].
    pub code: &'static str,
    /// How bad it is here; a limit known only from memory never rejects on its own.
    pub severity: Severity,
    /// The column, when the finding is about one.
    pub field: Option<Field>,
    /// Chinese: what is wrong and what to do. Never holds a personal number or name.
    pub message: String,
}

impl Finding {
    /// A reason to quarantine the row.
    pub(in crate::ingest) fn error(
        code: &'static str,
        field: impl Into<Option<Field>>,
        message: impl Into<String>,
    ) -> Finding {
        Finding::new(code, Severity::Error, field, message)
    }

    /// A warning.
    pub(in crate::ingest) fn warning(
        code: &'static str,
        field: impl Into<Option<Field>>,
        message: impl Into<String>,
    ) -> Finding {
        Finding::new(code, Severity::Warning, field, message)
    }

    /// A note.
    pub(in crate::ingest) fn note(
        code: &'static str,
        field: impl Into<Option<Field>>,
        message: impl Into<String>,
    ) -> Finding {
        Finding::new(code, Severity::Note, field, message)
    }

    /// An error when the rule behind it is verified, else a warning.
    pub(in crate::ingest) fn by_trust(
        code: &'static str,
        is_verified: bool,
        field: impl Into<Option<Field>>,
        message: impl Into<String>,
    ) -> Finding {
        let severity = if is_verified {
            Severity::Error
        } else {
            Severity::Warning
        };
        Finding::new(code, severity, field, message)
    }

    fn new(
        code: &'static str,
        severity: Severity,
        field: impl Into<Option<Field>>,
        message: impl Into<String>,
    ) -> Finding {
        Finding {
            code,
            severity,
            field: field.into(),
            message: message.into(),
        }
    }
}
