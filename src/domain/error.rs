//! Errors of the field: what a caller can be told, by kind and stable reason.

use std::fmt;

/// What kind of failure a caller sees; `grpc::status` maps each to one gRPC code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The request is not acceptable as sent; sending it again unchanged will not help.
    Invalid,
    /// The caller is not who the request says, or not known.
    Unauthenticated,
    /// The caller's role may never do this.
    Denied,
    /// There is no such object, or the caller may not know of it: the same to them.
    NotFound,
    /// The same key was used for something else.
    AlreadyExists,
    /// The object is not in a state that allows this; do not retry unchanged.
    Precondition,
    /// Somebody else was faster; redo the whole operation.
    Conflict,
    /// A limit was reached; retry later.
    Exhausted,
    /// The hub cannot do it now; retry the call.
    Unavailable,
    /// The hub failed; someone must act.
    Internal,
}

/// A value of an identifier or field that cannot be read. Never holds the value itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The field's path, e.g. `alert.envelope.risk`.
    pub field: String,
    /// What is wrong with it.
    pub fault: Fault,
    /// What would be right, in words.
    pub rule: &'static str,
}

/// How a value is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing was given.
    Missing,
    /// Something was given that breaks the rule.
    Malformed,
}

impl ParseError {
    /// A required value was not given.
    pub fn missing(field: impl Into<String>) -> Self {
        Self { field: field.into(), fault: Fault::Missing, rule: "required" }
    }

    /// A value breaks a rule, told in words.
    pub fn malformed(field: impl Into<String>, rule: &'static str) -> Self {
        Self { field: field.into(), fault: Fault::Malformed, rule }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Fault::Missing => write!(f, "{} is missing", self.field),
            Fault::Malformed => write!(f, "{} must be {}", self.field, self.rule),
        }
    }
}

impl std::error::Error for ParseError {}
