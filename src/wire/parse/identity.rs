//! Who a person is, for matching: what is usable of what was given. What is not is told where the person is read.

use super::format::{self, Postcode};
use super::reader::Reader;
use crate::domain::Redacted;
use crate::domain::identity::IdentityFacts;
use crate::wire::v1;

/// More names and phones than a person has are not compared.
const MANY: usize = 10;

pub(super) fn identity(reader: &Reader, raw: &v1::Person) -> IdentityFacts {
    let text = |text: &str| {
        let text = text.trim();
        (!text.is_empty() && text.len() <= 280).then(|| Redacted::new(text.to_owned()))
    };
    let nhs =
        format::is_nhs_number(&raw.nhs_number, reader.scheme).then(|| digits(&raw.nhs_number));
    let home = home(raw);
    let postcode = home.and_then(|home| postcode(&home.postcode, reader));
    let uprn = home.filter(|home| format::is_uprn(&home.uprn));
    let uprn = uprn.map(|home| home.uprn.trim_start_matches('0').to_owned());
    let phones = raw.phones.iter().filter(|phone| format::is_phone(&phone.number)).take(MANY);
    IdentityFacts {
        nhs_number: nhs.map(Redacted::new),
        protected: raw.protected_identity,
        family: text(&raw.family_name),
        given: raw.given_names.first().and_then(|name| text(name)),
        aliases: raw.also_known_as.iter().take(MANY).filter_map(|name| text(name)).collect(),
        uprn: uprn.map(Redacted::new),
        postcode: postcode.map(Redacted::new),
        phones: phones.map(|phone| Redacted::new(phone.number.clone())).collect(),
        sex: u32::try_from(raw.sex).ok().filter(|sex| *sex != 0),
    }
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// The open home or placement; never a SAFE address.
fn home(raw: &v1::Person) -> Option<&v1::Address> {
    let is_of = |address: &&v1::Address, kind: v1::AddressType| {
        address.r#type == i32::from(kind) && !address.closed
    };
    let kinds = [v1::AddressType::Home, v1::AddressType::Placement];
    kinds.into_iter().find_map(|kind| raw.addresses.iter().find(|address| is_of(address, kind)))
}

/// In capitals with one space before the last three; a pseudo-code is nobody's home.
fn postcode(raw: &str, reader: &Reader) -> Option<String> {
    match format::postcode(raw, reader.scheme)? {
        Postcode::Pseudo => None,
        Postcode::District(_) => {
            let letters = raw.chars().filter(|letter| !letter.is_whitespace());
            let letters: String = letters.flat_map(char::to_uppercase).collect();
            let (outward, inward) = letters.split_at_checked(letters.len().checked_sub(3)?)?;
            Some(format!("{outward} {inward}"))
        }
    }
}
