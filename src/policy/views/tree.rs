//! An alert's bytes as a tree of the contract's fields, and back.
//!
//! Decoding follows the protobuf rules a receiver would: the last value of a singular field counts, singular
//! messages merge. A field the table does not know is not in the tree, so it cannot reach a copy.

use super::table::{self, Field, Message, Shape};

/// The bytes are not a message of the contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Malformed;

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) message: &'static Message,
    pub(super) items: Vec<Item>,
}

/// One value of one field.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) field: &'static Field,
    pub(super) content: Content,
}

/// What a field holds.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Also booleans and enums.
    Varint(u64),
    Fixed32([u8; 4]),
    Fixed64([u8; 8]),
    /// Text or bytes.
    Bytes(Vec<u8>),
    Node(Node),
}

impl Node {
    /// Decodes `bytes` as `message`.
    pub(super) fn decode(message: &'static Message, bytes: &[u8]) -> Result<Self, Malformed> {
        let mut node = Self { message, items: Vec::new() };
        node.merge(bytes)?;
        Ok(node)
    }

    fn merge(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut input = Input(bytes);
        while !input.0.is_empty() {
            let (number, wire) = input.tag()?;
            match self.message.field(number) {
                Some(field) => self.take(field, wire, &mut input)?,
                None => input.skip(wire, 0)?,
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        field: &'static Field,
        wire: u8,
        input: &mut Input<'_>,
    ) -> Result<(), Malformed> {
        match (field.shape, wire) {
            (Shape::Varint | Shape::Enum, 0) => {
                let value = input.varint()?;
                self.put(field, Content::Varint(value));
            }
            (Shape::Varint | Shape::Enum, 2) if field.repeated => {
                let mut packed = Input(input.slice()?);
                while !packed.0.is_empty() {
                    let value = packed.varint()?;
                    self.put(field, Content::Varint(value));
                }
            }
            (Shape::Fixed32, 5) => {
                let value = input.array()?;
                self.put(field, Content::Fixed32(value));
            }
            (Shape::Fixed64, 1) => {
                let value = input.array()?;
                self.put(field, Content::Fixed64(value));
            }
            (Shape::Text, 2) => {
                let value = std::str::from_utf8(input.slice()?).ok().ok_or(Malformed)?;
                self.put(field, Content::of_text(value));
            }
            (Shape::Bytes, 2) => {
                let value = input.slice()?.to_vec();
                self.put(field, Content::Bytes(value));
            }
            (Shape::Message(index), 2) => {
                let value = input.slice()?;
                self.put_message(field, index, value)?;
            }
            _ => return Err(Malformed),
        }
        Ok(())
    }

    fn put_message(
        &mut self,
        field: &'static Field,
        index: usize,
        bytes: &[u8],
    ) -> Result<(), Malformed> {
        if !field.repeated
            && let Some(Item { content: Content::Node(node), .. }) =
                self.items.iter_mut().find(|item| item.field.number == field.number)
        {
            return node.merge(bytes);
        }
        let message = table::message(index).ok_or(Malformed)?;
        let node = Self::decode(message, bytes)?;
        self.items.push(Item { field, content: Content::Node(node) });
        Ok(())
    }

    fn put(&mut self, field: &'static Field, content: Content) {
        if !field.repeated {
            self.items.retain(|item| item.field.number != field.number);
        }
        self.items.push(Item { field, content });
    }

    /// Every value of a field, in order.
    pub(super) fn all(&self, number: u32) -> impl Iterator<Item = &Content> {
        self.items.iter().filter(move |item| item.field.number == number).map(|item| &item.content)
    }

    /// Every message of a field, in order.
    pub(super) fn nodes(&self, number: u32) -> impl Iterator<Item = &Self> {
        self.all(number).filter_map(Content::node)
    }

    /// The message of a singular field.
    pub(super) fn node(&self, number: u32) -> Option<&Self> {
        self.nodes(number).next()
    }

    /// The text of a singular field; empty when absent or not UTF-8.
    pub(super) fn text(&self, number: u32) -> &str {
        self.all(number).filter_map(Content::text).next().unwrap_or_default()
    }

    /// The values of an enum field; those beyond 32 bits are left out.
    pub(super) fn values(&self, number: u32) -> impl Iterator<Item = i32> {
        self.all(number).filter_map(Content::value)
    }

    /// The value of a singular enum; 0 (UNSPECIFIED) when absent.
    pub(super) fn value(&self, number: u32) -> i32 {
        self.values(number).last().unwrap_or_default()
    }

    /// Whether a boolean is set.
    pub(super) fn is_true(&self, number: u32) -> bool {
        self.value(number) != 0
    }

    /// The message's bytes: fields in ascending order, lists of numbers packed.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for field in self.message.fields {
            let mut packed = Vec::new();
            for content in self.all(field.number) {
                match content {
                    Content::Varint(value) if field.repeated => put_varint(&mut packed, *value),
                    Content::Varint(value) => {
                        put_tag(&mut out, field.number, 0);
                        put_varint(&mut out, *value);
                    }
                    Content::Fixed32(value) => {
                        put_tag(&mut out, field.number, 5);
                        out.extend_from_slice(value);
                    }
                    Content::Fixed64(value) => {
                        put_tag(&mut out, field.number, 1);
                        out.extend_from_slice(value);
                    }
                    Content::Bytes(value) => put_slice(&mut out, field.number, value),
                    Content::Node(node) => put_slice(&mut out, field.number, &node.encode()),
                }
            }
            if !packed.is_empty() {
                put_slice(&mut out, field.number, &packed);
            }
        }
        out
    }
}

impl Content {
    pub(super) const fn node(&self) -> Option<&Node> {
        match self {
            Self::Node(node) => Some(node),
            Self::Varint(_) | Self::Fixed32(_) | Self::Fixed64(_) | Self::Bytes(_) => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            Self::Varint(_) | Self::Fixed32(_) | Self::Fixed64(_) | Self::Node(_) => None,
        }
    }

    /// An enum's value.
    pub(super) fn value(&self) -> Option<i32> {
        match self {
            Self::Varint(value) => i32::try_from(value.cast_signed()).ok(),
            Self::Fixed32(_) | Self::Fixed64(_) | Self::Bytes(_) | Self::Node(_) => None,
        }
    }

    /// A signed number in the plain encoding (`int64`).
    pub(super) const fn signed(&self) -> Option<i64> {
        match self {
            Self::Varint(value) => Some(value.cast_signed()),
            Self::Fixed32(_) | Self::Fixed64(_) | Self::Bytes(_) | Self::Node(_) => None,
        }
    }

    /// A signed number in the zigzag encoding (`sint32`).
    pub(super) fn zigzag(&self) -> Option<i64> {
        match self {
            Self::Varint(value) => {
                let magnitude = (value >> 1).cast_signed();
                Some(if value & 1 == 0 { magnitude } else { !magnitude })
            }
            Self::Fixed32(_) | Self::Fixed64(_) | Self::Bytes(_) | Self::Node(_) => None,
        }
    }

    /// An enum's value as a field holds it.
    pub(super) fn of_value(value: i32) -> Self {
        Self::Varint(i64::from(value).cast_unsigned())
    }

    /// Text as a field holds it.
    pub(super) fn of_text(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    const GROUP_DEPTH_MAX: u8 = 32;

    fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.0.split_first().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).ok_or(Malformed)?;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    fn tag(&mut self) -> Result<(u32, u8), Malformed> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().ok_or(Malformed)?;
        let wire = u8::try_from(tag & 7).ok().ok_or(Malformed)?;
        if number == 0 { Err(Malformed) } else { Ok((number, wire)) }
    }

    fn slice(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.varint()?).ok().ok_or(Malformed)?;
        let (value, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(value)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (value, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*value)
    }

    fn skip(&mut self, wire: u8, depth: u8) -> Result<(), Malformed> {
        match wire {
            0 => self.varint().map(drop),
            1 => self.array::<8>().map(drop),
            2 => self.slice().map(drop),
            3 if depth < Self::GROUP_DEPTH_MAX => loop {
                match self.tag()? {
                    (_, 4) => break Ok(()),
                    (_, inner) => self.skip(inner, depth.saturating_add(1))?,
                }
            },
            5 => self.array::<4>().map(drop),
            _ => Err(Malformed),
        }
    }
}

pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_bits(value) | 0x80);
        value >>= 7;
    }
    out.push(low_bits(value));
}

fn low_bits(value: u64) -> u8 {
    u8::try_from(value & 0x7f).unwrap_or_default()
}

pub(super) fn put_tag(out: &mut Vec<u8>, number: u32, wire: u8) {
    put_varint(out, u64::from(number) << 3 | u64::from(wire));
}

pub(super) fn put_slice(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    put_tag(out, number, 2);
    put_varint(out, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    out.extend_from_slice(bytes);
}

/// How many bytes a number takes.
pub(super) fn varint_len(value: usize) -> usize {
    let bits = usize::BITS.saturating_sub(value.leading_zeros()).max(1);
    usize::try_from(bits.div_ceil(7)).unwrap_or(usize::MAX)
}
