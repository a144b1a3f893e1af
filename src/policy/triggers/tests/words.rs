//! The words of the table.

use jiff::civil::{Date, DateTime};

use super::super::{Contact, Link, Past, What};
use crate::calendar;
use crate::domain::submission::{AbuseType, MissingCategory};
use crate::domain::{AlertId, EpisodeId, Timestamp};

/// An event with what the table says of it besides.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) past: Past,
    /// It was told of and is no longer there.
    pub(super) is_gone: bool,
    /// A human has said that it is another event.
    pub(super) is_split: bool,
}

/// `Thu 2026-11-19 02:15` or `2026-11-19`, which is that noon.
pub(super) fn instant(text: &str) -> Timestamp {
    let words: Vec<&str> =
        text.split(' ').filter(|word| word.starts_with(['2', '0', '1'])).collect();
    let local: DateTime = match words.as_slice() {
        [date] => format!("{date}T12:00").parse().unwrap(),
        [date, time] => format!("{date}T{time}").parse().unwrap(),
        _ => panic!("a date and perhaps a time: {text}"),
    };
    calendar::instant(local).unwrap().into()
}

pub(super) fn date(text: &str) -> Option<Date> {
    (text != "-").then(|| text.parse().unwrap_or_else(|_| panic!("a date or -: {text}")))
}

pub(super) fn id(number: u8) -> AlertId {
    AlertId::from_bytes([number; 16])
}

/// `MISSING 2026-08-21 00:00 possible of A; …`, numbered from 1.
pub(super) fn events(text: &str) -> Vec<Word> {
    text.split(';').zip(1..).map(|(item, number)| event(item.trim(), number)).collect()
}

pub(super) fn event(text: &str, number: u8) -> Word {
    let (kind, rest) = text.split_once(' ').unwrap_or_else(|| panic!("a kind and a date: {text}"));
    let mut when = Vec::new();
    let (mut link, mut episode) = (Link::Confirmed, EpisodeId::from(id(number)));
    let (mut is_gone, mut is_split, mut is_open) = (false, false, true);
    let mut words = rest.split(' ');
    while let Some(word) = words.next() {
        match word {
            "possible" => link = Link::Possible,
            "strong" => link = Link::Strong,
            "gone" => is_gone = true,
            "split" => is_split = true,
            "ended" => is_open = false,
            "of" => {
                let name = words.next().unwrap().as_bytes()[0];
                episode = EpisodeId::from(id(name));
            }
            time => when.push(time),
        }
    }
    let missing = |category| What::Missing { category, is_open };
    let what = match kind {
        "MISSING" => missing(MissingCategory::Missing),
        "NO_APPARENT_RISK" => missing(MissingCategory::NoApparentRisk),
        "AWAY_FROM_PLACEMENT" => missing(MissingCategory::AwayFromPlacement),
        "ATTENDANCE" => What::Attendance,
        "DV" => What::DomesticAbuse { abuse: vec![AbuseType::Physical] },
        "CONTACT" => What::Contact(Contact::Undecided),
        "NO_REFERRAL" => What::Contact(Contact::NoReferral),
        "REFERRAL" => What::Contact(Contact::Referral),
        other => panic!("unknown kind {other}"),
    };
    let started = instant(&when.join(" "));
    let past = Past { alert: id(number), episode, started, what, link };
    Word { past, is_gone, is_split }
}
