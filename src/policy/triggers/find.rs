//! Which triggers hold after an event, and which of them are news.

use super::Trigger;
use super::count::{Count, Window, count, local_date};
use super::crossing::{News, news};
use super::ledger::{Changed, Contact, History, Link, Past, Told, What};
use super::marac::{self, Pair};
use super::thresholds::Thresholds;
use crate::domain::counted::MaracRepeat;
use crate::domain::submission::MissingCategory;
use crate::domain::{AlertId, Timestamp};

/// How a trigger stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Below its threshold.
    Below,
    /// It would hold if every possible link were confirmed: "possible repeat: confirm", never a trigger.
    Possible,
    /// It holds.
    Holds,
}

/// What an event has found of one trigger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Which.
    pub trigger: Trigger,
    /// How it stands.
    pub standing: Standing,
    /// Whether it is to be told now.
    pub news: News,
    /// How many count.
    pub count: u32,
    /// How many more would, with links that nobody confirmed.
    pub possible: u32,
    /// How many counted with what the alert said whose place this one takes; 0 where the trigger did not hold by it.
    pub was: u32,
    /// Shown beside and not counted: for T1 the episodes that are not of category MISSING.
    pub beside: u32,
    /// The alerts counted.
    pub from: Vec<AlertId>,
}

impl Finding {
    /// What is to be kept of it once it was told.
    #[must_use]
    pub fn told(&self, at: Timestamp) -> Told {
        Told { trigger: self.trigger, at, count: self.count, from: self.from.clone() }
    }
}

/// What makes one missing episode dangerous by itself (T2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Danger {
    /// Of the threshold's age or younger, or treated so.
    pub is_young: bool,
    /// A flag of R01's list: CSE, CCE, TRAFFICKING, FORCED_MARRIAGE, HBA.
    pub is_flagged: bool,
}

/// Judges the newest event, `new`, which stands in `history` under the alert's id.
///
/// Each kind asks its own triggers: missing T1 and T2, attendances T3, domestic abuse T4 and T5, contacts T6 and T7.
#[must_use]
pub fn find(
    history: &History,
    (new, danger, pair): (&Past, Danger, Pair),
    now: Timestamp,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    let judged = Judged { history, new, now, thresholds };
    match &new.what {
        What::Missing { is_open, .. } => vec![judged.t1(), judged.t2(danger, *is_open)],
        What::Attendance => vec![judged.counted(Trigger::T3)],
        What::DomesticAbuse { .. } => vec![judged.t4(pair), judged.counted(Trigger::T5)],
        What::Contact(_) => vec![judged.t6(), judged.t7()],
    }
}

/// What a correction, a recall, an unlinking or a split changes: what an alert found, beside what it finds when it is
/// counted again as at that moment. What counts more, and was told already, is no change.
#[must_use]
pub fn counted_again(was: &[Finding], is: &[Finding]) -> Vec<Changed> {
    let of = |found: &[Finding], trigger: Trigger| -> u32 {
        let holds = found.iter().find(|it| it.trigger == trigger);
        holds.filter(|it| it.standing == Standing::Holds).map_or(0, |it| it.count)
    };
    let changed = |trigger: &Trigger| {
        let (told, left) = (of(was, *trigger), of(is, *trigger));
        let is_news = left < told || (told == 0 && left > 0);
        is_news.then_some(Changed { trigger: *trigger, told, left })
    };
    Trigger::ALL.iter().filter_map(changed).collect()
}

/// A trigger that is a count.
struct Counted {
    window: Window,
    at_least: u32,
    counts: fn(&Past) -> bool,
}

impl Counted {
    fn of(trigger: Trigger, thresholds: &Thresholds) -> Option<Self> {
        let counted = match trigger {
            Trigger::T1 => Self {
                window: Window::Days(thresholds.missing_days),
                at_least: thresholds.missing_episodes,
                counts: is_missing,
            },
            Trigger::T3 => Self {
                window: Window::Months(thresholds.attendance_months),
                at_least: thresholds.attendances,
                counts: |past| past.what == What::Attendance,
            },
            Trigger::T5 => Self {
                window: Window::Months(thresholds.notification_months),
                at_least: thresholds.notifications,
                counts: |past| matches!(past.what, What::DomesticAbuse { .. }),
            },
            Trigger::T7 => Self {
                window: Window::Days(thresholds.contact_days),
                at_least: thresholds.contacts,
                counts: |past| matches!(past.what, What::Contact(_)),
            },
            Trigger::T2 | Trigger::T4 | Trigger::T6 => return None,
        };
        Some(counted)
    }
}

fn is_missing(past: &Past) -> bool {
    matches!(past.what, What::Missing { category: MissingCategory::Missing, .. })
}

/// Another category, shown beside.
fn is_not_missing(past: &Past) -> bool {
    matches!(
        past.what,
        What::Missing {
            category: MissingCategory::NoApparentRisk | MissingCategory::AwayFromPlacement,
            ..
        }
    )
}

struct Judged<'a> {
    history: &'a History,
    new: &'a Past,
    now: Timestamp,
    thresholds: &'a Thresholds,
}

impl Judged<'_> {
    /// T1: the episodes of category MISSING; the others are shown beside.
    fn t1(&self) -> Finding {
        let window = Window::Days(self.thresholds.missing_days);
        let counted = self.counted(Trigger::T1);
        let others = count(&self.history.events, (window, self.now), is_not_missing);
        // An episode that counts is not shown a second time beside itself.
        let beside = others.from.iter().filter(|alert| !counted.from.contains(alert)).count();
        Finding { beside: u32::try_from(beside).unwrap_or(u32::MAX), ..counted }
    }

    /// T2: by itself, once an episode.
    fn t2(&self, danger: Danger, is_open: bool) -> Finding {
        let missing_for = self.now.since(self.new.started);
        let is_long = is_open && missing_for > self.thresholds.missing_span();
        let holds = is_long || danger.is_young || danger.is_flagged;
        self.of_one_event(Trigger::T2, if holds { Standing::Holds } else { Standing::Below })
    }

    /// T4: each instance of abuse in the window is one.
    fn t4(&self, pair: Pair) -> Finding {
        let standing = match marac::repeat(pair, &self.history.marac, local_date(self.new.started))
        {
            MaracRepeat::Repeat => Standing::Holds,
            MaracRepeat::NotRepeat => Standing::Below,
            MaracRepeat::Unknown => {
                let if_confirmed = marac::repeat(
                    Pair::Confirmed,
                    &self.history.marac,
                    local_date(self.new.started),
                );
                match if_confirmed {
                    MaracRepeat::Repeat => Standing::Possible,
                    MaracRepeat::NotRepeat | MaracRepeat::Unknown => Standing::Below,
                }
            }
        };
        self.of_one_event(Trigger::T4, standing)
    }

    /// T6: this referral is within the months of the one before it.
    fn t6(&self) -> Finding {
        let window = Window::Months(self.thresholds.rereferral_months);
        let is_referral = |past: &Past| past.what == What::Contact(Contact::Referral);
        let earlier: Vec<Past> = self
            .history
            .events
            .iter()
            .filter(|past| past.episode != self.new.episode && past.started <= self.new.started)
            .cloned()
            .collect();
        let before = count(&earlier, (window, self.new.started), is_referral);
        let standing = match (is_referral(self.new), before.confirmed, before.possible) {
            (false, _, _) | (true, 0, 0) => Standing::Below,
            (true, 0, _) => Standing::Possible,
            (true, _, _) => Standing::Holds,
        };
        self.of_one_event(Trigger::T6, standing)
    }

    /// T7: contacts while none of those in the window became a referral.
    fn t7(&self) -> Finding {
        let window = Window::Days(self.thresholds.contact_days);
        let referrals = count(&self.history.events, (window, self.now), |past| {
            past.what == What::Contact(Contact::Referral)
        });
        let found = self.counted(Trigger::T7);
        match referrals.confirmed {
            0 => found,
            _ => Finding { standing: Standing::Below, news: News::None, ..found },
        }
    }

    /// A trigger that is a count over a window.
    fn counted(&self, trigger: Trigger) -> Finding {
        let Some(counted) = Counted::of(trigger, self.thresholds) else {
            return self.of_one_event(trigger, Standing::Below);
        };
        let Counted { window, at_least, counts } = counted;
        let Count { confirmed, possible, from } =
            count(&self.history.events, (window, self.now), counts);
        let others: Vec<Past> = self
            .history
            .events
            .iter()
            .filter(|past| past.alert != self.new.alert)
            .cloned()
            .collect();
        let before = count(&others, (window, self.now), counts).confirmed;
        let told = self.history.told_of(trigger).map(|told| told.count);
        let standing = if confirmed >= at_least {
            Standing::Holds
        } else if confirmed.saturating_add(possible) >= at_least {
            Standing::Possible
        } else {
            Standing::Below
        };
        let news = news(told, (before, confirmed), at_least);
        Finding { trigger, standing, news, count: confirmed, possible, was: 0, beside: 0, from }
    }

    /// A trigger that the event makes with what was before it: told once for each episode. Of a person who is not
    /// confirmed only T2 holds, which is of the episode alone.
    fn of_one_event(&self, trigger: Trigger, standing: Standing) -> Finding {
        let is_sure = self.new.link == Link::Confirmed || trigger == Trigger::T2;
        let standing = match standing {
            Standing::Holds if !is_sure => Standing::Possible,
            Standing::Below | Standing::Possible | Standing::Holds => standing,
        };
        let is_of_episode = |alert: &AlertId| {
            let told = self.history.events.iter().find(|past| past.alert == *alert);
            told.is_some_and(|past| past.episode == self.new.episode)
        };
        let is_told =
            self.history.told_of(trigger).is_some_and(|told| told.from.iter().any(is_of_episode));
        let news = match standing {
            Standing::Holds if !is_told => News::Fires,
            Standing::Holds | Standing::Possible | Standing::Below => News::None,
        };
        let count = u32::from(standing == Standing::Holds);
        let possible = u32::from(standing == Standing::Possible);
        let from = if count == 1 { vec![self.new.alert] } else { Vec::new() };
        Finding { trigger, standing, news, count, possible, was: 0, beside: 0, from }
    }
}
