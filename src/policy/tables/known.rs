//! The words about what is known of an alert's persons from before (domain 5.8).

use super::super::fixtures::*;
use super::super::triggers::{History, Link, MaracDates, NOTHING_KNOWN, Pair, Past, Repeats, What};
use crate::domain::submission::AbuseType;
use crate::domain::{AlertId, EpisodeId};

/// `DV 2026-03-01; DV 2026-06-01; a MARAC referral 2026-06-10`: of the confirmed pair of a notification.
pub(super) fn of(known: &str) -> Repeats {
    let mut pair = History::default();
    for (number, word) in (1..).zip(known.split(" and ").map(str::trim)) {
        let (what, day) = word.rsplit_once(' ').unwrap_or_else(|| panic!("what and when: {word}"));
        match what {
            "DV" => {
                let alert = AlertId::from_bytes([number; 16]);
                pair.events.push(Past {
                    alert,
                    episode: EpisodeId::from(alert),
                    started: at(&format!("{day}T20:00Z")),
                    what: What::DomesticAbuse { abuse: vec![AbuseType::Physical] },
                    link: Link::Confirmed,
                });
            }
            "MARAC_REFERRAL" => {
                let last_referral = Some(day.parse().unwrap());
                pair.marac = MaracDates { last_referral, last_meeting: None };
            }
            other => panic!("not a word of a pair: {other}"),
        }
    }
    Repeats { pair, parties: Pair::Confirmed, ..NOTHING_KNOWN.clone() }
}
