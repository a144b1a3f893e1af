//! Goes over the fields of a message without reading what they hold.

use std::ops::Range;

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// The length-delimited fields of a message – messages, texts, bytes – by number and place, in order. Bytes that are no
/// message end the list.
pub(super) const fn of(message: &[u8]) -> Fields<'_> {
    Fields { message, rest: message }
}

/// The fields of a message.
pub(super) struct Fields<'a> {
    message: &'a [u8],
    rest: &'a [u8],
}

impl Iterator for Fields<'_> {
    type Item = (u32, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (number, wire_type) = decode_key(&mut self.rest).ok()?;
            if wire_type != WireType::LengthDelimited {
                skip_field(wire_type, number, &mut self.rest, DecodeContext::default()).ok()?;
                continue;
            }
            let length = usize::try_from(decode_varint(&mut self.rest).ok()?).ok()?;
            let begin = self.message.len().saturating_sub(self.rest.len());
            self.rest = self.rest.get(length..)?;
            return Some((number, begin..begin.saturating_add(length)));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_by_number_and_place_and_what_is_no_message_ends_them() {
        // Field 1: a number; field 2: three bytes; field 3: none; field 2 again, cut off.
        let message = [0x08, 0x96, 0x01, 0x12, 0x03, 1, 2, 3, 0x1A, 0x00, 0x12, 0x05, 1];

        let found: Vec<_> = of(&message).collect();

        assert_eq!(found, [(2, 5..8), (3, 10..10)]);
        assert_eq!(of(&[0xFF; 20]).count(), 0);
        assert_eq!(of(&[]).count(), 0);
    }
}
