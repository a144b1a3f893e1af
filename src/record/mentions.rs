//! Who is mentioned in an alert, sealed, and the claims that two mentions are one person.
//!
//! Owns the stored form of [`Mentions`] and the way there and back. Names, numbers and dates are content: they are sealed
//! under the alert's data key like its body, and gone when that is destroyed; then nobody is matched with the alert any
//! more. Links and flags stand beside in the clear: references, codes and times.

use prost::Message as _;

use super::encode::{Encode, Encoder};
use super::error::RecordError;
use super::{field, pb};
use crate::crypto::{DataKey, SealError, Sealed, Sealer};
use crate::domain::alert::SealedConflicts;
use crate::domain::identity::{
    Flagged, IdentityFacts, Link, LinkStep, MentionedPerson, Mentions, Tally,
};
use crate::domain::{AlertId, AlertRecord, Redacted, Timestamp, UserId};

/// The plain form is a multiple of this, in bytes; a length of padding below it is one byte.
const BLOCK_BYTES: usize = 128;

/// Seals who is mentioned; none where nobody is.
///
/// # Errors
/// Never for what fits into an alert; sealing is fallible in its library.
pub fn seal_mentions(
    sealer: &Sealer,
    (key, alert): (&DataKey, AlertId),
    mentions: &Mentions,
) -> Result<Option<SealedConflicts>, SealError> {
    if mentions.people.is_empty() {
        return Ok(None);
    }
    let Sealed { nonce, ciphertext, .. } =
        sealer.seal_mentions(key, alert, &padded(mentions.into()).encode_to_vec())?;
    Ok(Some(SealedConflicts { nonce, ciphertext }))
}

/// Opens who is mentioned; nobody where nobody can be matched.
///
/// # Errors
/// When the alert's key was destroyed or cannot be read, or the bytes are not what was sealed for this alert.
pub fn open_mentions(sealer: &Sealer, record: &AlertRecord) -> Result<Mentions, SealError> {
    let Some(SealedConflicts { nonce, ciphertext }) = record.mentions.clone() else {
        return Ok(Mentions::default());
    };
    let body = record.body.as_ref().ok_or(SealError::Shredded)?;
    let sealed = Sealed { key: body.key.clone(), nonce, ciphertext };
    let opened = sealer.open_mentions(record.id, &sealed)?;
    decode(&opened).map_err(|_not_ours| SealError::Unopened)
}

fn decode(bytes: &[u8]) -> Result<Mentions, RecordError> {
    let raw = pb::Mentions::decode(bytes)
        .map_err(|source| RecordError::Unreadable { record: "Mentions", source })?;
    raw.try_into()
}

/// With zeros up to the next whole block. The padding's tag and length are two bytes.
fn padded(raw: pb::Mentions) -> pb::Mentions {
    let length = raw.encoded_len().saturating_add(2);
    let padding = length.next_multiple_of(BLOCK_BYTES).saturating_sub(length);
    pb::Mentions { padding: Some(vec![0; padding]), ..raw }
}

fn plain(text: &Redacted<String>) -> String {
    text.expose().clone()
}

impl From<&Mentions> for pb::Mentions {
    fn from(mentions: &Mentions) -> Self {
        let Tally { started, category, abuse, about, partner, is_named } = &mentions.tally;
        Self {
            people: mentions.people.iter().map(pb::MentionedPerson::from).collect(),
            started: started.as_millis(),
            category: category.map(|category| category.code()),
            abuse: abuse.iter().map(|abuse| abuse.code()).collect(),
            about: *about,
            partner: *partner,
            is_named: *is_named,
            padding: None,
        }
    }
}

impl TryFrom<pb::Mentions> for Mentions {
    type Error = RecordError;

    fn try_from(raw: pb::Mentions) -> Result<Self, Self::Error> {
        let people: Result<_, _> = raw.people.into_iter().map(MentionedPerson::try_from).collect();
        let tally = Tally {
            started: Timestamp::from_millis(raw.started),
            category: field::optional_code("Mentions.category", raw.category)?,
            abuse: field::codes("Mentions.abuse", raw.abuse)?,
            about: raw.about,
            partner: raw.partner,
            is_named: raw.is_named,
        };
        Ok(Self { people: people?, tally })
    }
}

impl From<&MentionedPerson> for pb::MentionedPerson {
    fn from(person: &MentionedPerson) -> Self {
        let who = &person.identity;
        let all = |texts: &[Redacted<String>]| texts.iter().map(plain).collect();
        Self {
            index: person.index,
            nhs_number: who.nhs_number.as_ref().map(plain),
            nhs_verified: person.nhs_verified,
            protected: who.protected,
            family: who.family.as_ref().map(plain),
            given: who.given.as_ref().map(plain),
            aliases: all(&who.aliases),
            uprn: who.uprn.as_ref().map(plain),
            postcode: who.postcode.as_ref().map(plain),
            phones: all(&who.phones),
            sex: who.sex,
            born: person.born.map(|born| born.expose().to_string()),
            born_in: person.born_in.map(|year| i32::from(*year.expose())),
            school: person.school.as_ref().map(plain),
            safe: person.safe,
            expected: person.expected.map(|expected| expected.expose().to_string()),
            mother: person.mother.as_deref().map(|mother| Box::new(mother.into())),
            of_several: person.of_several,
        }
    }
}

impl TryFrom<pb::MentionedPerson> for MentionedPerson {
    type Error = RecordError;

    fn try_from(raw: pb::MentionedPerson) -> Result<Self, Self::Error> {
        let born = raw.born.and_then(|born| born.parse().ok());
        let born_in = raw.born_in.and_then(|year| i16::try_from(year).ok());
        let expected = raw.expected.and_then(|expected| expected.parse().ok());
        let mother = raw.mother.map(|mother| Self::try_from(*mother)).transpose()?;
        let all = |texts: Vec<String>| texts.into_iter().map(Redacted::new).collect();
        Ok(Self {
            index: raw.index,
            identity: IdentityFacts {
                nhs_number: raw.nhs_number.map(Redacted::new),
                protected: raw.protected,
                family: raw.family.map(Redacted::new),
                given: raw.given.map(Redacted::new),
                aliases: all(raw.aliases),
                uprn: raw.uprn.map(Redacted::new),
                postcode: raw.postcode.map(Redacted::new),
                phones: all(raw.phones),
                sex: raw.sex,
            },
            nhs_verified: raw.nhs_verified,
            born: born.map(Redacted::new),
            born_in: born_in.map(Redacted::new),
            school: raw.school.map(Redacted::new),
            safe: raw.safe,
            expected: expected.map(Redacted::new),
            mother: mother.map(Box::new),
            of_several: raw.of_several,
        })
    }
}

impl Encode for Link {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, self.mention);
        to.bytes(2, self.other.as_bytes());
        to.code(3, self.other_mention);
        to.code(4, self.rule.code());
        to.code(5, self.class.code());
        to.codes(6, self.evidence.iter().map(|evidence| evidence.code()));
        to.code(7, self.state.code());
        to.optional_text(8, self.by.as_ref().map(UserId::as_str));
        to.instant(9, self.at.as_millis());
        to.each(10, &self.earlier);
    }
}

impl Encode for LinkStep {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, self.state.code());
        to.optional_text(2, self.by.as_ref().map(UserId::as_str));
        to.instant(3, self.at.as_millis());
    }
}

impl TryFrom<pb::LinkStep> for LinkStep {
    type Error = RecordError;

    fn try_from(raw: pb::LinkStep) -> Result<Self, Self::Error> {
        Ok(Self {
            state: field::code("LinkStep.state", raw.state)?,
            by: field::optional_text("LinkStep.by", raw.by)?,
            at: Timestamp::from_millis(raw.at),
        })
    }
}

impl TryFrom<pb::Link> for Link {
    type Error = RecordError;

    fn try_from(raw: pb::Link) -> Result<Self, Self::Error> {
        Ok(Self {
            mention: raw.mention,
            other: field::id("Link.other", &raw.other, AlertId::from_bytes)?,
            other_mention: raw.other_mention,
            rule: field::code("Link.rule", raw.rule)?,
            class: field::code("Link.class", raw.class)?,
            evidence: field::codes("Link.evidence", raw.evidence)?,
            state: field::code("Link.state", raw.state)?,
            by: field::optional_text("Link.by", raw.by)?,
            at: Timestamp::from_millis(raw.at),
            earlier: raw.earlier.into_iter().map(LinkStep::try_from).collect::<Result<_, _>>()?,
        })
    }
}

impl Encode for Flagged {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, self.mention);
        to.code(2, self.flag.code());
        to.text(3, self.by.as_str());
        to.instant(4, self.at.as_millis());
    }
}

impl TryFrom<pb::Flagged> for Flagged {
    type Error = RecordError;

    fn try_from(raw: pb::Flagged) -> Result<Self, Self::Error> {
        Ok(Self {
            mention: raw.mention,
            flag: field::code("Flagged.flag", raw.flag)?,
            by: field::text("Flagged.by", raw.by)?,
            at: Timestamp::from_millis(raw.at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_before_birth_is_kept_with_its_date_and_its_mother() {
        let day = |text: &str| Some(Redacted::new(text.parse().unwrap()));
        let mother = MentionedPerson {
            index: 7,
            born: day("1994-07-21"),
            nhs_verified: true,
            ..MentionedPerson::default()
        };
        let child = MentionedPerson {
            index: 3,
            expected: day("2027-02-10"),
            mother: Some(Box::new(mother)),
            of_several: true,
            ..MentionedPerson::default()
        };
        let kept = Mentions { people: vec![child], ..Mentions::default() };

        let bytes = padded((&kept).into()).encode_to_vec();

        assert_eq!(decode(&bytes).unwrap(), kept);
        assert_eq!(bytes.len() % BLOCK_BYTES, 0);
    }
}
