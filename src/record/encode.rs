//! Writes the stored form straight into its bytes.
//!
//! What is stored is written for every alert and often, read seldom: so writing builds no message first. Owns how
//! protobuf is laid out, as far as the format uses it; the fields and their numbers stand beside each type. A test holds
//! every byte against what the generated types write.

use prost::bytes::Bytes;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

/// Says which fields it has.
pub(super) trait Encode {
    /// Writes the fields, in ascending order of their numbers.
    fn encode(&self, to: &mut Encoder);
}

/// The bytes of one message under way.
pub(super) struct Encoder(Vec<u8>);

/// The bytes of a message; `expected` is about how many there will be.
pub(super) fn encoded(message: &impl Encode, expected: usize) -> Vec<u8> {
    let mut encoder = Encoder(Vec::with_capacity(expected));
    message.encode(&mut encoder);
    encoder.0
}

/// The bytes of each of several messages, all in one buffer.
pub(super) fn each_apart(messages: &[impl Encode], expected: usize) -> impl Iterator<Item = Bytes> {
    let mut encoder = Encoder(Vec::with_capacity(expected));
    let mut begin = 0;
    let places: Vec<_> = messages
        .iter()
        .map(|message| {
            message.encode(&mut encoder);
            let end = encoder.0.len();
            std::mem::replace(&mut begin, end)..end
        })
        .collect();
    let all = Bytes::from(encoder.0);
    places.into_iter().map(move |place| all.slice(place))
}

impl Encoder {
    /// A number; absent when 0.
    pub(super) fn number(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.given_number(field, value);
        }
    }

    /// A number with presence.
    pub(super) fn optional(&mut self, field: u32, value: Option<u64>) {
        if let Some(value) = value {
            self.given_number(field, value);
        }
    }

    /// The number of a value of a code list; absent when 0.
    pub(super) fn code(&mut self, field: u32, code: u32) {
        self.number(field, u64::from(code));
    }

    /// The number of a value of a code list, with presence.
    pub(super) fn optional_code(&mut self, field: u32, code: Option<u32>) {
        self.optional(field, code.map(u64::from));
    }

    /// Milliseconds; absent when 0.
    pub(super) fn instant(&mut self, field: u32, millis: i64) {
        self.number(field, millis.cast_unsigned());
    }

    /// True, or absent.
    pub(super) fn flag(&mut self, field: u32, value: bool) {
        self.number(field, u64::from(value));
    }

    /// A text; absent when empty.
    pub(super) fn text(&mut self, field: u32, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    /// A text with presence.
    pub(super) fn optional_text(&mut self, field: u32, text: Option<&str>) {
        if let Some(text) = text {
            self.given(field, text.as_bytes());
        }
    }

    /// Bytes; absent when empty.
    pub(super) fn bytes(&mut self, field: u32, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.given(field, bytes);
        }
    }

    /// Bytes that are there, even when empty: with presence, or one of several; also a message that is encoded already.
    pub(super) fn given(&mut self, field: u32, bytes: &[u8]) {
        self.length_delimited(field);
        encode_varint(wide(bytes.len()), &mut self.0);
        self.0.extend_from_slice(bytes);
    }

    /// Numbers of a code list, packed; absent when there is none.
    pub(super) fn codes(&mut self, field: u32, codes: impl ExactSizeIterator<Item = u32>) {
        if codes.len() > 0 {
            self.nested(field, |to| {
                codes.for_each(|code| encode_varint(u64::from(code), &mut to.0))
            });
        }
    }

    /// A message that is there.
    pub(super) fn one(&mut self, field: u32, message: &impl Encode) {
        self.nested(field, |to| message.encode(to));
    }

    /// A message, if there is one.
    pub(super) fn maybe(&mut self, field: u32, message: Option<&impl Encode>) {
        if let Some(message) = message {
            self.one(field, message);
        }
    }

    /// Several messages.
    pub(super) fn each<'a, M: Encode + 'a>(
        &mut self,
        field: u32,
        messages: impl IntoIterator<Item = &'a M>,
    ) {
        for message in messages {
            self.one(field, message);
        }
    }

    /// A message of these fields.
    pub(super) fn nested(&mut self, field: u32, content: impl FnOnce(&mut Self)) {
        self.length_delimited(field);
        // Most are short: one byte for the length, more only where it turns out to take them.
        let place = self.0.len();
        self.0.push(0);
        let begin = self.0.len();
        content(self);
        let end = self.0.len();
        let length = wide(end.saturating_sub(begin));
        let more = encoded_len_varint(length).saturating_sub(1);
        if more > 0 {
            self.0.resize(end.saturating_add(more), 0);
            self.0.copy_within(begin..end, begin.saturating_add(more));
        }
        if let Some(mut slot) = self.0.get_mut(place..begin.saturating_add(more)) {
            encode_varint(length, &mut slot);
        }
    }

    fn given_number(&mut self, field: u32, value: u64) {
        encode_key(field, WireType::Varint, &mut self.0);
        encode_varint(value, &mut self.0);
    }

    fn length_delimited(&mut self, field: u32) {
        encode_key(field, WireType::LengthDelimited, &mut self.0);
    }
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nested(usize);

    impl Encode for Nested {
        fn encode(&self, to: &mut Encoder) {
            to.nested(1, |to| to.bytes(1, &vec![7; self.0]));
        }
    }

    #[test]
    fn a_length_takes_as_many_bytes_as_it_needs_and_no_more() {
        for length in [0, 1, 124, 125, 126, 127, 128, 16_380, 16_383, 16_384, 2_097_200] {
            let inner = if length == 0 { Vec::new() } else { prefixed(&vec![7; length]) };

            let found = encoded(&Nested(length), 0);

            assert_eq!(found, prefixed(&inner), "{length}");
        }
    }

    /// Field 1 of these bytes, by prost.
    fn prefixed(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encode_key(1, WireType::LengthDelimited, &mut out);
        encode_varint(bytes.len() as u64, &mut out);
        out.extend_from_slice(bytes);
        out
    }
}
