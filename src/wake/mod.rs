//! The hint that there is news: for a mailbox, or for the driver that watches deadlines.
//!
//! Owns waking and nothing else. A hint carries no content, may come without news and may be lost with the
//! process: polling finds everything anyway. What it saves is waiting.
//!
//! Subscribe first, then look into the store, then wait: news that came in between ends the wait at once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::domain::MailboxId;

/// Passes hints from whoever commits to whoever waits.
pub trait Wake: Send + Sync {
    /// Hints that a mailbox has news. Never blocks; costs a look-up when nobody waits.
    fn notify(&self, mailbox: &MailboxId);

    /// Hints that something may be due earlier than the driver of deadlines knows.
    fn notify_driver(&self);

    /// Starts to listen for news of a mailbox.
    fn subscribe(&self, mailbox: &MailboxId) -> Waiter;

    /// Starts to listen for what the driver of deadlines should know.
    fn subscribe_driver(&self) -> Waiter;
}

/// Listens for hints from the moment it was subscribed.
#[must_use = "a waiter that is dropped hears nothing"]
pub struct Waiter {
    // Dropped before `_place`, which looks whether anybody still listens.
    hints: watch::Receiver<()>,
    _place: Place,
}

impl Waiter {
    /// Waits until there was a hint since the last wait (or since the subscription), at most this long. True when
    /// there was one. Several hints end one wait.
    pub async fn wait(&mut self, at_most: Duration) -> bool {
        matches!(tokio::time::timeout(at_most, self.hints.changed()).await, Ok(Ok(())))
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiter")
    }
}

/// Hints within one process. Holds one small entry for each mailbox that somebody listens to, and none for others.
#[derive(Clone, Default)]
pub struct InProcessWake(Arc<Topics>);

type Topics = Mutex<HashMap<Topic, watch::Sender<()>>>;

/// What hints are about.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Topic {
    Mailbox(MailboxId),
    Driver,
}

impl InProcessWake {
    /// Nobody listens yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn hint(&self, topic: &Topic) {
        if let Some(hints) = topics(&self.0).get(topic) {
            hints.send_replace(());
        }
    }

    fn listen(&self, topic: Topic) -> Waiter {
        let mut topics = topics(&self.0);
        let hints = topics.entry(topic.clone()).or_insert_with(|| watch::Sender::new(()));
        let hints = hints.subscribe();
        Waiter { hints, _place: Place { topics: Arc::clone(&self.0), topic } }
    }
}

impl Wake for InProcessWake {
    fn notify(&self, mailbox: &MailboxId) {
        self.hint(&Topic::Mailbox(mailbox.clone()));
    }

    fn notify_driver(&self) {
        self.hint(&Topic::Driver);
    }

    fn subscribe(&self, mailbox: &MailboxId) -> Waiter {
        self.listen(Topic::Mailbox(mailbox.clone()))
    }

    fn subscribe_driver(&self) -> Waiter {
        self.listen(Topic::Driver)
    }
}

/// A listener's place in the table; the last to leave takes the entry along.
struct Place {
    topics: Arc<Topics>,
    topic: Topic,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut topics = topics(&self.topics);
        if topics.get(&self.topic).is_some_and(watch::Sender::is_closed) {
            topics.remove(&self.topic);
        }
    }
}

fn topics(topics: &Topics) -> MutexGuard<'_, HashMap<Topic, watch::Sender<()>>> {
    // Every change of the table is one call, so a panic elsewhere leaves it whole.
    topics.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(id: &str) -> MailboxId {
        MailboxId::try_from(id).unwrap()
    }

    /// Whether a hint is there already.
    async fn heard(waiter: &mut Waiter) -> bool {
        waiter.wait(Duration::ZERO).await
    }

    #[tokio::test]
    async fn a_hint_between_looking_and_waiting_is_not_missed() {
        let wake = InProcessWake::new();
        let mut waiter = wake.subscribe(&mailbox("CADT"));

        wake.notify(&mailbox("CADT"));

        assert!(heard(&mut waiter).await);
        assert!(!heard(&mut waiter).await, "one hint ends one wait");
    }

    #[tokio::test]
    async fn a_hint_ends_a_wait_under_way() {
        let wake = InProcessWake::new();
        let mut waiter = wake.subscribe(&mailbox("CADT"));

        let (woken, ()) = tokio::join!(waiter.wait(Duration::from_secs(60)), async {
            wake.notify(&mailbox("CADT"));
        });

        assert!(woken);
    }

    #[tokio::test]
    async fn hints_reach_every_listener_of_their_topic_and_no_other() {
        let wake = InProcessWake::new();
        let (mut first, mut second) =
            (wake.subscribe(&mailbox("CADT")), wake.subscribe(&mailbox("CADT")));
        let (mut other, mut driver) = (wake.subscribe(&mailbox("EDT")), wake.subscribe_driver());

        wake.notify(&mailbox("CADT"));
        wake.notify(&mailbox("CADT"));

        assert!(heard(&mut first).await && heard(&mut second).await);
        assert!(!heard(&mut first).await, "two hints end one wait");
        assert!(!heard(&mut other).await && !heard(&mut driver).await);
        wake.notify_driver();
        assert!(heard(&mut driver).await);
        assert!(!heard(&mut other).await);
    }

    #[tokio::test]
    async fn hints_from_before_the_subscription_are_not_heard() {
        let wake = InProcessWake::new();
        let _earlier = wake.subscribe(&mailbox("CADT"));
        wake.notify(&mailbox("CADT"));

        let mut waiter = wake.subscribe(&mailbox("CADT"));

        assert!(!heard(&mut waiter).await);
    }

    #[tokio::test]
    async fn memory_holds_the_mailboxes_listened_to_and_no_others() {
        let wake = InProcessWake::new();
        let held = || topics(&wake.0).len();
        let first = wake.subscribe(&mailbox("CADT"));
        let second = wake.subscribe(&mailbox("CADT"));

        for number in 0..1_000 {
            wake.notify(&mailbox(&format!("SCH-{number}")));
            drop(wake.subscribe(&mailbox(&format!("SCH-{number}"))));
        }

        assert_eq!(held(), 1);
        drop(first);
        assert_eq!(held(), 1, "somebody still listens");
        drop(second);
        assert_eq!(held(), 0);
    }
}
