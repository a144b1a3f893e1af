//! How far a missing episode has come (domain 3.5). A transition consumes the state and gives the next one, or says that
//! the episode is over.
//!
//! Owns which news follows which. Does not know who may confirm that a child was found: see [`crate::policy`].

/// A missing episode, as what was told of it leaves it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MissingEpisode {
    /// REPORTED or UPDATED: the child is missing.
    Missing,
    /// A&E says the child is there; nobody has confirmed who it is. Look-outs stay.
    FoundUnconfirmed,
    /// Found or returned.
    Found,
    /// The child was not missing.
    Cancelled,
}

/// What an alert tells of a missing episode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MissingNews {
    /// MISSING_REPORTED.
    Reported,
    /// MISSING_UPDATED.
    Updated,
    /// MISSING_FOUND of somebody whose word alone does not end the episode.
    FoundUnconfirmed,
    /// MISSING_FOUND.
    Found,
    /// MISSING_CANCELLED.
    Cancelled,
}

/// The news does not follow: the episode has ended otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the missing episode has ended already")]
pub struct EpisodeOver;

impl EpisodeOver {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        "EPISODE_OVER"
    }
}

impl MissingNews {
    /// Whether it ends an episode.
    #[must_use]
    pub const fn is_end(self) -> bool {
        match self {
            Self::Found | Self::Cancelled => true,
            Self::Reported | Self::Updated | Self::FoundUnconfirmed => false,
        }
    }
}

impl MissingEpisode {
    /// The episode that this news is the first of: what came before was told elsewhere.
    #[must_use]
    pub const fn begun_by(news: MissingNews) -> Self {
        match news {
            MissingNews::Reported | MissingNews::Updated => Self::Missing,
            MissingNews::FoundUnconfirmed => Self::FoundUnconfirmed,
            MissingNews::Found => Self::Found,
            MissingNews::Cancelled => Self::Cancelled,
        }
    }

    /// Whether the child is missing still, or may be.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Missing | Self::FoundUnconfirmed => true,
            Self::Found | Self::Cancelled => false,
        }
    }

    /// Goes on with `news`. While it is open anything follows: an update, or a report, disproves what nobody confirmed.
    /// The same end may be told again, by a second agency; a report after the end is a new episode.
    ///
    /// # Errors
    /// [`EpisodeOver`] for any other news of an episode that has ended.
    pub const fn then(self, news: MissingNews) -> Result<Self, EpisodeOver> {
        match (self, news) {
            (Self::Missing | Self::FoundUnconfirmed, news) => Ok(Self::begun_by(news)),
            (Self::Found, MissingNews::Found | MissingNews::FoundUnconfirmed) => Ok(Self::Found),
            (Self::Cancelled, MissingNews::Cancelled) => Ok(Self::Cancelled),
            (
                Self::Found,
                MissingNews::Reported | MissingNews::Updated | MissingNews::Cancelled,
            )
            | (
                Self::Cancelled,
                MissingNews::Reported
                | MissingNews::Updated
                | MissingNews::Found
                | MissingNews::FoundUnconfirmed,
            ) => Err(EpisodeOver),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every step there is, by hand; `-` is refused.
    const STEPS: &str = "
                         Reported  Updated  FoundUnconfirmed  Found  Cancelled
        Missing          Missing   Missing  FoundUnconfirmed  Found  Cancelled
        FoundUnconfirmed Missing   Missing  FoundUnconfirmed  Found  Cancelled
        Found            -         -        Found             Found  -
        Cancelled        -         -        -                 -      Cancelled";

    #[test]
    fn every_step_is_one_of_the_table() {
        use MissingEpisode as State;
        use MissingNews as News;
        let states = [State::Missing, State::FoundUnconfirmed, State::Found, State::Cancelled];
        let news =
            [News::Reported, News::Updated, News::FoundUnconfirmed, News::Found, News::Cancelled];
        let mut lines = STEPS.lines().filter(|line| !line.trim().is_empty());
        let head: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
        assert_eq!(head, news.map(|it| format!("{it:?}")));
        for state in states {
            let row: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
            assert_eq!(row[0], format!("{state:?}"));
            for (told, next) in news.into_iter().zip(&row[1..]) {
                let reached = state.then(told).map_or("-".to_owned(), |it| format!("{it:?}"));
                assert_eq!(reached, *next, "{state:?} then {told:?}");
            }
        }
        assert_eq!(lines.next(), None);
        assert_eq!(State::Found.then(News::Updated).unwrap_err().reason(), "EPISODE_OVER");
    }

    #[test]
    fn only_a_confirmed_end_ends_it() {
        for (news, ends) in [
            (MissingNews::Reported, false),
            (MissingNews::Updated, false),
            (MissingNews::FoundUnconfirmed, false),
            (MissingNews::Found, true),
            (MissingNews::Cancelled, true),
        ] {
            assert_eq!(news.is_end(), ends, "{news:?}");
            assert_eq!(MissingEpisode::begun_by(news).is_open(), !ends, "{news:?}");
        }
    }
}
