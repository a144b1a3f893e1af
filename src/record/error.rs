//! What can be wrong with stored bytes.

/// Stored bytes are not a record. Names the field, never its value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordError {
    /// The bytes do not follow the encoding at all.
    #[error("the bytes are not a {record}")]
    Unreadable {
        /// The message that was expected.
        record: &'static str,
        /// Where the encoding breaks.
        #[source]
        source: prost::DecodeError,
    },
    /// A newer program wrote the record.
    #[error("{field} is newer than this program reads")]
    Newer {
        /// The field.
        field: &'static str,
    },
    /// A field that every record has is not there.
    #[error("{field} is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A field breaks its rule.
    #[error("{field} must be {rule}")]
    Malformed {
        /// The field.
        field: &'static str,
        /// The rule in words.
        rule: &'static str,
    },
    /// A number is not in its code list: damage, or a newer program wrote it.
    #[error("{field} is not in the code list {list}")]
    UnknownCode {
        /// The field.
        field: &'static str,
        /// The code list.
        list: &'static str,
    },
}

impl RecordError {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "RECORD_UNREADABLE",
            Self::Newer { .. } => "RECORD_NEWER",
            Self::Missing { .. } => "RECORD_FIELD_MISSING",
            Self::Malformed { .. } => "RECORD_FIELD_MALFORMED",
            Self::UnknownCode { .. } => "RECORD_CODE_UNKNOWN",
        }
    }

    pub(super) const fn unreadable(record: &'static str, source: prost::DecodeError) -> Self {
        Self::Unreadable { record, source }
    }

    pub(super) const fn malformed(field: &'static str, rule: &'static str) -> Self {
        Self::Malformed { field, rule }
    }
}
