//! Who does something, and at which inbox: the options of every command that a system may run for a named person.

use clap::{Arg, Args};

/// The person.
#[derive(Debug, Args)]
pub(crate) struct Person {
    /// Who does it, by opaque id; not needed with a person's own certificate.
    #[arg(
        long,
        env = "STAYSAFE_USER",
        hide_env_values = true,
        default_value = "",
        value_name = "ID",
        hide_default_value = true
    )]
    pub(crate) user: String,
}

/// The person, at an inbox of the agency.
#[derive(Debug, Args)]
pub(crate) struct AtInbox {
    #[command(flatten)]
    pub(crate) person: Person,

    /// Mailbox; by default your agency's duty mailbox.
    #[arg(long, value_name = "MAILBOX")]
    pub(crate) mailbox: Option<String>,
}

/// The option `user` with what this command's person does: "recalls".
pub(super) fn who(user: Arg, does: &str) -> Arg {
    user.help(format!("Who {does}, by opaque id; not needed with a person's own certificate"))
}
