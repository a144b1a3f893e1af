//! A trigger fires once per crossing of its threshold, and again only when the count rises further (domain 5.8).

/// What is to be told after an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// Nothing: it was told, or there is nothing to tell.
    None,
    /// The trigger fires.
    Fires,
}

/// Whether the count is news. `told` is what was told last, `before` the count at this moment without the new event:
/// below the threshold it means that the former crossing is over, for time moved the window on.
#[must_use]
pub(super) fn news(told: Option<u32>, (before, after): (u32, u32), at_least: u32) -> News {
    if after < at_least {
        return News::None;
    }
    match told.filter(|_| before >= at_least) {
        Some(told) if after <= told => News::None,
        Some(_) | None => News::Fires,
    }
}
