//! Mailboxes: handing out, confirming, opening, acknowledging.
