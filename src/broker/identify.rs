//! Who the persons of an alert may be: finds earlier mentions, judges, and says what to keep and to tell.
//!
//! Never refuses an alert: what cannot be compared is as if nobody had been found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quick_cache::sync::Cache;

use super::{Broker, SubmitError};
use crate::denylist;
use crate::domain::counted::{Counted, PairCounted};
use crate::domain::directory::Directory;
use crate::domain::identity::{Link, Mentions};
use crate::domain::submission::Exercise;
use crate::domain::{
    AlertId, AlertKind, AlertRecord, EpisodeId, Event, MentionToken, Span, Submission, Timestamp,
};
use crate::policy::matching::{self, Earlier, Prospect};
use crate::policy::triggers::{self, Repeats, Thresholds};
use crate::policy::{self, Decision};
use crate::record::open_mentions;
use crate::store::Expect;

/// Newest alerts looked at under one token, whatever they tell: a token that everybody shares, a birthday, costs no more.
const CANDIDATES_MAX: usize = 32;

/// Newest alerts looked through under an NHS number for what counters count (domain 5.8), beside those `CANDIDATES_MAX`:
/// 512 about one person in 13 months are far above what anybody tells of a child.
const COUNTED_MAX: usize = crate::repeats::LATER_MAX;

/// Newest alerts of a kind that are read for a counter: above every threshold that may be set. Beyond that the oldest are
/// not counted; of other kinds they are.
const COUNTED_OF_KIND_MAX: usize = 32;

/// How far back counters ever look: 12 calendar months and a month (domain 7.8).
const COUNTED_DAYS: i64 = 366 + 31;

/// How many times an alert is decided again because somebody else was mentioned meanwhile. After that it is taken as it was
/// decided: no alert is refused because many tell of one person at once.
const SEEN_ATTEMPTS_MAX: u32 = 8;

/// Alerts whose people are kept ready to be compared: about half a KiB each, so some 25 MiB when full.
const PROSPECTS_MAX: usize = 50_000;

/// Who is mentioned in the alerts that were compared last, in memory only: the record of an alert is read, and its
/// content opened, when a claim may name it. Bounded; what was used longest ago goes first.
pub(super) struct Prospects(Cache<AlertId, Arc<Prospect>>);

impl Default for Prospects {
    fn default() -> Self {
        Self(Cache::new(PROSPECTS_MAX))
    }
}

impl Prospects {
    /// Keeps a new alert's people before it is committed: the next alert about them finds them here.
    pub(super) fn keep(&self, alert: AlertId, own: Option<Arc<Prospect>>) {
        if let Some(own) = own {
            self.0.insert(alert, own);
        }
    }
}

/// What was found about the persons of an alert.
#[derive(Default)]
pub(super) struct Identified {
    /// Who they are, to be sealed.
    pub(super) mentions: Mentions,
    /// The same, ready to be compared; none where nobody is looked for.
    pub(super) own: Option<Arc<Prospect>>,
    /// By what they may be found again.
    pub(super) tokens: Vec<MentionToken>,
    /// The claims.
    pub(super) links: Vec<Link>,
    /// The earlier alerts that the claims name.
    pub(super) earlier: Vec<Earlier>,
    /// Earlier alerts that speak no more, and what the claims on them would be: kept nowhere, counted nowhere. Only who is
    /// protected by them, and who must not know, reaches through (domain 4.5.8, 5.7).
    pub(super) silent: (Vec<Link>, Vec<Earlier>),
    /// The subjects, from 0, that are treated as living at a SAFE address.
    safe: Vec<u32>,
    /// That nobody else is mentioned so by then: of two alerts at the same instant, the later one sees the earlier. And that
    /// the earlier alerts that are counted, or whose list reaches these persons, are as they were read: what is recalled or
    /// put on a list at the same moment is seen.
    pub(super) seen: Vec<Expect>,
}

impl Identified {
    /// The submission with the protected-subject register applied (domain 4.5.8): who is, or may be, a person at a SAFE
    /// address is treated as one.
    pub(super) fn protecting(&self, submission: &Submission) -> Option<Submission> {
        if self.safe.is_empty() {
            return None;
        }
        let mut submission = submission.clone();
        for (person, index) in submission.subjects.iter_mut().zip(0_u32..) {
            person.has_safe_address |= self.safe.contains(&index);
        }
        Some(submission)
    }

    /// What is known from before of these persons, for repeat triggers.
    pub(super) fn repeats(&self, thresholds: &Thresholds) -> Repeats {
        triggers::known(&self.mentions, &self.links, &self.earlier, thresholds)
    }

    /// What is counted of the submission, which belongs to this episode, with what is known of its pair.
    pub(super) fn counted(
        &self,
        (submission, episode): (&Submission, EpisodeId),
        (directory, now): (&Directory, Timestamp),
    ) -> Counted {
        let is_case =
            submission.marac_case().is_some() && submission.envelope.exercise != Exercise::Yes;
        let heard_at = submission.marac_outcome().map(|_| self.mentions.tally.started);
        let pair = || {
            let case = triggers::pair_case((&self.mentions, episode), &self.links, &self.earlier);
            PairCounted { heard_at, ..case }
        };
        let about = self.mentions.tally.about;
        Counted { pair: is_case.then(pair), about, ..policy::counted(submission, (directory, now)) }
    }

    /// Adds what the claims ask of the stewards, and what is recorded of them: each event names the earlier person, by
    /// the reference that entries know it by. Gives the place of the first.
    pub(super) fn tell(
        &self,
        decision: &mut Decision,
        (directory, now): (&Directory, Timestamp),
    ) -> usize {
        let number = u32::try_from(decision.deliveries.len()).unwrap_or(u32::MAX);
        let mut told = matching::tell(&self.links, directory, (number, now));
        for (event, link) in told.events.iter_mut().zip(&self.links) {
            let other = self.earlier.iter().find(|earlier| earlier.record.id == link.other);
            let other = other.and_then(|earlier| {
                earlier.record.subjects.get(usize::try_from(link.other_mention).ok()?)
            });
            event.subjects.extend(other);
        }
        let first = decision.events.len();
        decision.events.extend(told.events);
        decision.deliveries.extend(told.task);
        first
    }
}

/// The least id of an alert that was taken then or later: ids tell the time.
fn first_at(at: Timestamp) -> AlertId {
    let mut id = [0; 16];
    let millis = at.as_millis().max(0).to_be_bytes();
    for (to, from) in id.iter_mut().zip(millis.into_iter().skip(2)) {
        *to = from;
    }
    AlertId::from_bytes(id)
}

/// The events of the record's links name its own person beside the earlier one.
pub(super) fn name_both(events: &mut [Event], record: &AlertRecord) {
    for (event, link) in events.iter_mut().zip(&record.links) {
        let own = usize::try_from(link.mention).ok();
        event.subjects.extend(own.and_then(|own| record.subjects.get(own)));
    }
}

impl Broker {
    /// Looks for who the persons may be; `attempt` is how many times this alert was decided on before. Nobody is looked for
    /// in training.
    pub(super) async fn identify(
        &self,
        submission: &Submission,
        (now, attempt): (Timestamp, u32),
    ) -> Result<Identified, SubmitError> {
        if submission.envelope.exercise == Exercise::Yes {
            return Ok(Identified::default());
        }
        let mentions = matching::mentioned(submission, now);
        let pieces: Vec<_> = mentions.people.iter().flat_map(matching::pieces).collect();
        if pieces.is_empty() {
            return Ok(Identified::default());
        }
        let tokens = self.parts.sealer.mention_tokens(&pieces)?;
        let is_number = pieces.iter().map(|(what, _)| matching::is_number(what));
        let mut named: Vec<(MentionToken, bool)> = tokens.into_iter().zip(is_number).collect();
        named.sort_unstable();
        named.dedup_by_key(|(token, _)| *token);
        let seen = self.seen(&named).await?;
        let tokens = named.into_iter().map(|(token, _)| token).collect();
        let own = Arc::new(Prospect::of(submission.kind, &mentions));
        let (earlier, silent) = self.earlier(&own, &seen, now).await?;
        let links = matching::claims(&mentions, &earlier, now);
        let mut safe = matching::treated_as_safe(&mentions, &links, &earlier);
        let unspoken = matching::claims(&mentions, &silent, now);
        safe.extend(matching::treated_as_safe(&mentions, &unspoken, &silent));
        let silent = (unspoken, silent);
        let mut seen: Vec<Expect> = seen.into_iter().filter_map(|(_, seen)| seen).collect();
        let reaching = links.iter().chain(&silent.0).filter(|link| denylist::reaches(link));
        let reached: BTreeSet<AlertId> = reaching.map(|link| link.other).collect();
        let known = earlier.iter().chain(&silent.1).map(|it| &it.record);
        let read = known.filter(|record| reached.contains(&record.id));
        seen.extend(read.map(|it| Expect::AlertVersion { alert: it.id, version: it.version }));
        if attempt >= SEEN_ATTEMPTS_MAX {
            seen.clear();
        }
        Ok(Identified { mentions, own: Some(own), tokens, links, earlier, silent, safe, seen })
    }

    /// The alerts under each token, and that they are all: a number is one person's; what many share, a birthday with a
    /// full list, is no ground to decide again.
    async fn seen(
        &self,
        named: &[(MentionToken, bool)],
    ) -> Result<Vec<(Vec<AlertId>, Option<Expect>)>, SubmitError> {
        let mut seen = Vec::with_capacity(named.len());
        for (token, is_number) in named.iter().copied() {
            let limit = if is_number { COUNTED_MAX } else { CANDIDATES_MAX };
            let alerts = self.parts.store.mentioned(token, limit).await?;
            let is_telling = is_number || alerts.len() < limit;
            // Who is mentioned anew is among the newest: the writer need look no further.
            let newest = alerts.iter().copied().take(CANDIDATES_MAX).collect();
            let expect = Expect::Mentioned { token, alerts: newest, limit: CANDIDATES_MAX };
            seen.push((alerts, is_telling.then_some(expect)));
        }
        Ok(seen)
    }

    /// The alerts found, newest first, as far as a claim may name them, and beside them those that speak no more: of each
    /// token the newest, and those of the counters' time that tell of what is counted. One that cannot be read, or is
    /// shredded, is passed over.
    async fn earlier(
        &self,
        own: &Prospect,
        seen: &[(Vec<AlertId>, Option<Expect>)],
        now: Timestamp,
    ) -> Result<(Vec<Earlier>, Vec<Earlier>), SubmitError> {
        let newest = |alerts: &Vec<AlertId>| alerts.iter().copied().take(CANDIDATES_MAX).collect();
        let newest: Vec<Vec<AlertId>> = seen.iter().map(|(alerts, _)| newest(alerts)).collect();
        let newest: BTreeSet<AlertId> = newest.into_iter().flatten().collect();
        let oldest = first_at(now.minus(Span::days(COUNTED_DAYS)));
        let all: BTreeSet<AlertId> = seen.iter().flat_map(|(alerts, _)| alerts).copied().collect();
        let mut known = Vec::with_capacity(all.len());
        let mut of_kind: BTreeMap<AlertKind, usize> = BTreeMap::new();
        let mut is_counted = |prospect: &Prospect| {
            let Some(kind) = prospect.counted() else { return false };
            let count = of_kind.entry(kind).or_default();
            *count = count.saturating_add(1);
            *count <= COUNTED_OF_KIND_MAX
        };
        for alert in all.into_iter().rev() {
            let is_new = newest.contains(&alert);
            if !is_new && alert < oldest {
                continue;
            }
            let prospect = self.prospect(alert).await;
            // In this order: the newest of all are among the newest of their kind.
            let prospect = prospect.filter(|(prospect, _)| is_counted(prospect) || is_new);
            known.extend(prospect.map(|(prospect, read)| (alert, prospect, read)));
        }
        let prospects: Vec<&Prospect> = known.iter().map(|(_, prospect, _)| &**prospect).collect();
        let worth_reading = matching::worth_reading(own, &prospects);
        let (mut earlier, mut silent) = (Vec::new(), Vec::new());
        for ((alert, _, read), is_worth_it) in known.into_iter().zip(worth_reading) {
            if !is_worth_it {
                continue;
            }
            let found = match read {
                Some(read) => Some(read),
                None => self.read_earlier(alert).await,
            };
            match found {
                Some((known, true)) => earlier.push(known),
                Some((known, false)) => silent.push(matching::only_registered(known)),
                None => {}
            }
        }
        Ok((earlier, silent))
    }

    /// The people of an earlier alert; the alert with them where it had to be read for that.
    async fn prospect(&self, alert: AlertId) -> Option<(Arc<Prospect>, Option<(Earlier, bool)>)> {
        if let Some(prospect) = self.prospects.0.get(&alert) {
            return Some((prospect, None));
        }
        let read = self.read_earlier(alert).await?;
        let (Earlier { record, mentions }, _) = &read;
        let prospect = Arc::new(Prospect::of(record.kind, mentions));
        self.prospects.0.insert(alert, Arc::clone(&prospect));
        Some((prospect, Some(read)))
    }

    /// An earlier alert, and whether it speaks: what was corrected speaks through its correction alone, what was recalled
    /// not at all. Of those nothing is read unless the register or the deny list names one of their persons.
    async fn read_earlier(&self, alert: AlertId) -> Option<(Earlier, bool)> {
        let record = self.parts.store.alert(alert).await.ok().flatten()?;
        let speaks = self.counting().speaks(&record).await.unwrap_or(true);
        if !speaks && record.flags.is_empty() && record.denied.is_empty() {
            return None;
        }
        let mentions = open_mentions(&self.parts.sealer, &record).ok()?;
        Some((Earlier { record, mentions }, speaks))
    }
}
