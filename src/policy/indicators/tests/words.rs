//! The facts of the table.

use jiff::civil::{Date, DateTime};

use super::super::*;
use crate::calendar;
use crate::domain::{AlertId, EpisodeId, MailboxId, Position, Priority, Span, Timestamp};
use crate::policy::triggers::{Link, MaracRepeat};

/// No facts of any kind, and each kind told.
pub(super) fn none() -> Facts {
    Facts {
        pair_cases: Known::Facts(Vec::new()),
        assessments: Known::Facts(Vec::new()),
        contacts: Known::Facts(Vec::new()),
        attendances: Known::Facts(Vec::new()),
        episodes: Known::Facts(Vec::new()),
        operations: Known::Facts(Vec::new()),
        cafs: Known::Facts(Vec::new()),
        audits: Known::Facts(Vec::new()),
        acknowledgements: Known::Facts(Vec::new()),
        notifications: Known::Facts(Vec::new()),
        shares: Known::Facts(Vec::new()),
    }
}

/// `43 x REFERRAL assessed; 17 x REFERRAL`.
pub(super) fn facts(text: &str) -> Facts {
    let mut facts = none();
    let mut number = 0;
    for item in text.split(';').map(str::trim).filter(|item| *item != "-") {
        let (times, item) = match item.split_once(" x ") {
            Some((times, item)) => (times.parse::<u64>().unwrap(), item),
            None => (1, item),
        };
        for _ in 0..times {
            number += 1;
            put(&mut facts, item, number);
        }
    }
    facts
}

fn put(facts: &mut Facts, item: &str, number: u64) {
    let (kind, rest) = item.split_once(' ').unwrap_or((item, ""));
    let words = Words { rest, number };
    match kind {
        "CASE" => push(&mut facts.pair_cases, words.case()),
        "INITIAL" => push(&mut facts.assessments, words.assessment(AssessmentKind::Initial)),
        "CORE" => push(&mut facts.assessments, words.assessment(AssessmentKind::Core)),
        "SINGLE" => push(&mut facts.assessments, words.assessment(AssessmentKind::Single)),
        "REFERRAL" => push(&mut facts.contacts, words.contact(Some(true))),
        "CONTACT" => push(&mut facts.contacts, words.contact(Some(false))),
        "UNDECIDED" => push(&mut facts.contacts, words.contact(None)),
        "ATTENDED" => push(&mut facts.attendances, words.attendance()),
        "MISSING" => push(&mut facts.episodes, words.episode()),
        "OPERATION" => push(&mut facts.operations, words.operation()),
        "CAF" => push(&mut facts.cafs, CafRegistered { source: words.source(), on: words.day() }),
        "AUDIT" => push(&mut facts.audits, words.audit()),
        "ACK" => push(&mut facts.acknowledgements, words.acknowledgement()),
        "DV" => push(&mut facts.notifications, words.notification()),
        "SHARE" => push(&mut facts.shares, words.share()),
        other => panic!("unknown fact {other}"),
    }
}

fn push<T>(known: &mut Known<T>, fact: T) {
    let Known::Facts(facts) = known else { panic!("told") };
    facts.push(fact);
}

pub(super) fn instant(text: &str) -> Timestamp {
    let local: DateTime = text.replace(' ', "T").parse().unwrap();
    calendar::instant(local).unwrap().into()
}

pub(super) fn date(text: &str) -> Date {
    text.parse().unwrap_or_else(|_| panic!("a date: {text}"))
}

struct Words<'a> {
    rest: &'a str,
    number: u64,
}

impl Words<'_> {
    fn has(&self, word: &str) -> bool {
        self.rest.split(' ').any(|found| found == word)
    }

    fn after(&self, word: &str) -> Option<&str> {
        let mut words = self.rest.split(' ');
        words.find(|found| *found == word)?;
        words.next()
    }

    fn day(&self) -> Date {
        date(self.after("on").unwrap_or("2026-06-01"))
    }

    /// `told 2026-06-03`, or at once.
    fn day_told(&self, at: Timestamp) -> Date {
        self.after("told").map_or_else(|| calendar::local_date(at.to_jiff()), date)
    }

    /// To whom: `to CADT`, or to an inbox of its own.
    fn recipient(&self) -> MailboxId {
        let own = format!("AREA-{}", self.number);
        MailboxId::try_from(self.after("to").unwrap_or(&own)).unwrap()
    }

    /// `after 72 h`, as a span.
    fn hours(&self, word: &str) -> Option<Span> {
        let mut words = self.rest.split(' ').skip_while(|found| *found != word);
        words.next()?;
        let hours = words.find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
        Some(Span::hours(hours.parse().unwrap()))
    }

    fn source(&self) -> Source {
        let episode = if self.has("same") { self.number - 1 } else { self.number };
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&episode.to_be_bytes());
        let link = if self.has("unconfirmed") { Link::Possible } else { Link::Confirmed };
        let told_on = self.after("told").filter(|word| word.starts_with('2'));
        Source {
            entry: Position(self.number),
            episode: EpisodeId::from(AlertId::from_bytes(bytes)),
            event: AlertId::from_bytes(bytes),
            told_on: told_on.map_or_else(|| self.day(), date),
            link,
            is_training: self.has("training"),
            standing: match (self.has("recalled"), self.has("corrected")) {
                (true, _) => Standing::Recalled,
                (false, true) => Standing::Corrected,
                (false, false) => Standing::Stands,
            },
        }
    }

    fn case(&self) -> PairCase {
        let of = |word: &str| match (self.has("unknown"), self.has(word)) {
            (true, _) => MaracRepeat::Unknown,
            (false, true) => MaracRepeat::Repeat,
            (false, false) => MaracRepeat::NotRepeat,
        };
        let (current, legacy) = (of("current"), of("legacy"));
        PairCase { source: self.source(), heard_on: self.day(), current, legacy }
    }

    fn assessment(&self, kind: AssessmentKind) -> Assessment {
        let from = format!("{} 15:00", self.after("from").unwrap());
        let to = date(self.after("to").unwrap());
        let told_on = self.after("told").map_or(to, date);
        Assessment {
            source: Source { told_on, ..self.source() },
            kind,
            referred_at: instant(&from),
            started_at: instant(&from),
            completed_on: to,
        }
    }

    fn contact(&self, became_referral: Option<bool>) -> FrontDoorContact {
        // A Monday.
        let received_at = instant("2026-06-01 10:00");
        let hours = self.after("in").map(|hours| hours.parse::<u32>().unwrap());
        let answered = hours.map(|hours| {
            let at = calendar::working_hours(received_at.to_jiff(), hours).unwrap();
            Timestamp::from(at)
        });
        let assessed = self.has("assessed").then(|| {
            let day = self.after("assessed").filter(|word| word.starts_with('2'));
            day.map_or_else(|| date("2026-06-05"), date)
        });
        FrontDoorContact {
            source: self.source(),
            received_at,
            became_referral,
            is_rereferral: self.has("again"),
            assessment_started_on: assessed,
            referrer: if self.has("public") { Referrer::Public } else { Referrer::Professional },
            decided_at: answered,
            feedback_at: answered,
        }
    }

    fn attendance(&self) -> Attendance {
        let told = |word: &str| (!self.has("untold")).then(|| self.has(word));
        Attendance {
            source: self.source(),
            attended_on: self.day(),
            ages: match (self.has("16-17"), self.has("adult"), self.has("ageless")) {
                (true, ..) => AgeGroup::Of16To17,
                (false, true, _) => AgeGroup::Adult,
                (false, false, true) => AgeGroup::Unknown,
                (false, false, false) => AgeGroup::Under16,
            },
            offered: match (self.has("offered"), self.has("not-offered")) {
                (true, _) => Some(true),
                (false, true) => Some(false),
                (false, false) => None,
            },
            took_up: told("took-up"),
            engaged: told("engaged"),
            injury_admission: (!self.has("unclear"))
                .then(|| self.has("admitted") && self.has("injured")),
            resident: match (self.has("resident"), self.has("elsewhere")) {
                (true, _) => Some(true),
                (false, true) => Some(false),
                (false, false) => None,
            },
        }
    }

    fn episode(&self) -> MissingEpisode {
        let time = self.after("from").unwrap_or("10:00");
        let started_at = instant(&format!("{} {time}", self.day()));
        let ended_at = started_at.plus(self.hours("for").unwrap_or(Span::hours(3)));
        let how = match (self.has("cancelled"), self.has("deceased")) {
            (true, _) => MissingEnd::Cancelled,
            (false, true) => MissingEnd::Deceased,
            (false, false) => MissingEnd::Found,
        };
        let interview = Interview {
            offered_at: self.hours("offered").map(|span| ended_at.plus(span)),
            completed_at: self.hours("completed").map(|span| ended_at.plus(span)),
        };
        MissingEpisode {
            source: self.source(),
            started_at,
            ended: Some(Ended { at: ended_at, how, told_on: self.day_told(ended_at) }),
            turned_18: self.has("adult"),
            interview: (!self.has("untold")).then_some(interview),
        }
    }

    fn operation(&self) -> Operation {
        let numbers: Vec<u64> = self.rest.split(' ').map_while(|word| word.parse().ok()).collect();
        let [engaged, moved, powers_used] = numbers.as_slice() else { panic!("three numbers") };
        let (engaged, moved, powers_used) = (*engaged, *moved, *powers_used);
        Operation { source: self.source(), on: self.day(), engaged, moved, powers_used }
    }

    fn audit(&self) -> CafAudit {
        let rating = match self.rest.split(' ').next().unwrap() {
            "POOR" => CafRating::Poor,
            "ADEQUATE" => CafRating::Adequate,
            "GOOD" => CafRating::Good,
            "EXCELLENT" => CafRating::Excellent,
            other => panic!("unknown rating {other}"),
        };
        CafAudit { source: self.source(), audited_on: self.day(), rating }
    }

    fn acknowledgement(&self) -> Acknowledgement {
        let queued_at = instant("2026-06-01 10:00");
        // "Now" is noon on 1 April 2027.
        let minutes = if self.has("open") { 60 * 24 * 400 } else { 15 };
        let due = queued_at.plus(Span::minutes(minutes));
        let acknowledged_at = match (self.has("in"), self.has("late")) {
            (true, _) => Some(due),
            (false, true) => Some(due.plus(Span::millis(1))),
            (false, false) => None,
        };
        Acknowledgement {
            source: self.source(),
            recipient: self.recipient(),
            priority: if self.has("P1") { Priority::P1 } else { Priority::P2 },
            queued_at,
            due,
            acknowledged_at,
            is_cancelled: self.has("cancelled"),
        }
    }

    fn notification(&self) -> Notification {
        Notification {
            source: self.source(),
            received_on: self.day(),
            impacts_complete: self.has("complete"),
        }
    }

    fn share(&self) -> Share {
        let basis = match self.rest.split(' ').next().unwrap() {
            "6E" => Some("6E"),
            "6A" => Some("6A"),
            _ => None,
        };
        Share { source: self.source(), recipient: self.recipient(), shared_on: self.day(), basis }
    }
}
