//! The hub's configuration: one TOML file, and the one reader of the environment.
//!
//! Owns the values of limits, never their meaning. A field that is not known is refused, a value outside its
//! bounds is refused, and the refusal names file, field and rule. New fields are optional: new code runs with
//! yesterday's file. Secrets stand in files of their own, named here, outside the data directory.
//!
//! `docs/samples/hub.toml` shows every field at its default; a test keeps it so.

mod environment;
mod figures;
mod follow_on;
mod sections;
mod unit;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use environment::Environment;
pub use figures::{Calendar, Measures, Triggers};
pub use follow_on::FollowOn;
pub use sections::{
    Audit, Clocks, Directory, ElapsedClock, Hub, Keys, Limits, LogFormat, Logging, Mailbox,
    OutcomeClock, People, Store, Tls, WorkingClock,
};
pub use unit::{
    Bytes, Count, Days, Hours, HubName, ListenAddress, LoopbackAddress, Minutes, Seconds,
    TrustDomain, WorkingDays, WorkingMinutes,
};

/// Where the configuration is looked for when neither the command nor `STAYSAFE_CONFIG` names a file.
pub const DEFAULT_FILE: &str = "/etc/staysafe/hub.toml";

/// Everything the hub is told.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who the hub is and where it listens.
    pub hub: Hub,
    /// Certificates, revocation, connections.
    pub tls: Tls,
    /// The files of the hub's own keys.
    pub keys: Keys,
    /// The directory file of the first start.
    #[serde(default)]
    pub directory: Directory,
    /// Limits of the gRPC edge.
    #[serde(default)]
    pub limits: Limits,
    /// Bounds of the store.
    #[serde(default)]
    pub store: Store,
    /// Acknowledgement clocks and the ladder.
    #[serde(default)]
    pub clocks: Clocks,
    /// The bank holidays that working clocks rest on.
    #[serde(default)]
    pub calendar: Calendar,
    /// How many in how long is a repeat.
    #[serde(default)]
    pub triggers: Triggers,
    /// What scores and dates mean.
    #[serde(default)]
    pub measures: Measures,
    /// Bounds of handing out.
    #[serde(default)]
    pub mailbox: Mailbox,
    /// The audit log.
    #[serde(default)]
    pub audit: Audit,
    /// Logging.
    #[serde(default)]
    pub logging: Logging,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("could not read the configuration file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is refused, with field and rule.
    #[error("the configuration file {} is refused", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Which field, by which rule.
        #[source]
        source: Box<Self>,
    },
    /// The text says something that is not acceptable.
    #[error("{field} in line {line}: {rule}")]
    Refused {
        /// The field, e.g. `store.segment_bytes`, or the section where a field is unknown or missing.
        field: String,
        /// The line, from 1.
        line: usize,
        /// The rule in words.
        rule: String,
    },
    /// Two fields contradict each other.
    #[error("{field} must be {rule}")]
    Contradiction {
        /// The field.
        field: &'static str,
        /// The rule in words.
        rule: &'static str,
    },
    /// A variable of the environment says something that is not acceptable.
    #[error("the environment variable {variable} must be {rule}")]
    Environment {
        /// The variable.
        variable: &'static str,
        /// The rule in words.
        rule: &'static str,
    },
}

impl Config {
    /// Reads the file that `path` names, or else the environment, or else [`DEFAULT_FILE`]; then puts the
    /// environment's overrides on top.
    ///
    /// # Errors
    /// When the file cannot be read or is refused, or a variable is.
    pub fn load(path: Option<&Path>, environment: &Environment) -> Result<Self, ConfigError> {
        let path = path.or(environment.config.as_deref()).unwrap_or(Path::new(DEFAULT_FILE));
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let refused =
            |source| ConfigError::File { path: path.to_owned(), source: Box::new(source) };
        let mut config: Self = parse(&text).map_err(refused)?;
        if let Some(directory) = path.parent() {
            config.resolve(directory);
        }
        environment.put_on(&mut config);
        config.check().map_err(refused)?;
        Ok(config)
    }

    /// Reads a configuration from text, with paths as they stand.
    ///
    /// # Errors
    /// When it is refused.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = parse(text)?;
        config.check()?;
        Ok(config)
    }

    /// The audit log's origin: as configured, or `<trust domain>/<hub name>`.
    #[must_use]
    pub fn audit_origin(&self) -> String {
        let own = || format!("{}/{}", self.hub.trust_domain, self.hub.name);
        self.audit.origin.clone().unwrap_or_else(own)
    }

    /// Makes paths that are not absolute start at the directory of the file.
    fn resolve(&mut self, directory: &Path) {
        let tls = &mut self.tls;
        let paths = [
            &mut self.hub.data_dir,
            &mut tls.authorities,
            &mut tls.certificate,
            &mut tls.key,
            &mut tls.revocations,
            &mut self.keys.signing_key_file,
        ];
        let optional = [
            &mut self.keys.master_key_file,
            &mut self.keys.mirror_dir,
            &mut self.directory.file,
            &mut self.calendar.bank_holidays,
        ];
        for path in paths.into_iter().chain(optional.into_iter().flatten()) {
            *path = directory.join(&*path);
        }
    }

    /// What no single field can know.
    fn check(&self) -> Result<(), ConfigError> {
        let must = |holds: bool, field, rule| match holds {
            true => Ok(()),
            false => Err(ConfigError::Contradiction { field, rule }),
        };
        let keys = &self.keys;
        must(
            keys.master_key_file.is_some() != keys.master_key_command.is_some(),
            "keys",
            "told either `master_key_file` or `master_key_command`, not both and not neither",
        )?;
        must(
            keys.master_key_command.as_ref().is_none_or(|command| !command.is_empty()),
            "keys.master_key_command",
            "a program and its arguments",
        )?;
        let outside =
            |path: Option<&PathBuf>| path.is_none_or(|path| !path.starts_with(&self.hub.data_dir));
        let rule = "outside hub.data_dir: whoever takes the data must not get the keys as well";
        must(outside(keys.master_key_file.as_ref()), "keys.master_key_file", rule)?;
        must(outside(Some(&keys.signing_key_file)), "keys.signing_key_file", rule)?;
        must(outside(keys.mirror_dir.as_ref()), "keys.mirror_dir", "outside hub.data_dir")?;
        let clocks = &self.clocks;
        let climbs = "in ascending order: acknowledge, level 2, level 3, level 4";
        must(clocks.p1.climbs(), "clocks.p1", climbs)?;
        must(clocks.p2.climbs(), "clocks.p2", climbs)?;
        must(
            clocks.chase_first_minutes.get() < clocks.chase_second_minutes.get(),
            "clocks.chase_second_minutes",
            "later than clocks.chase_first_minutes",
        )?;
        must(
            clocks.follow_on.warns_in_order(),
            "clocks.follow_on.police_protection_warning_hours",
            "three different hours in ascending order",
        )?;
        must(
            clocks.follow_on.is_red_soonest(),
            "clocks.follow_on.answer_red_working_minutes",
            "at most clocks.follow_on.answer_amber_working_minutes",
        )?;
        must(
            self.measures.dash_medium.get() < self.measures.dash_high.get(),
            "measures.dash_medium",
            "less than measures.dash_high",
        )?;
        must(
            self.mailbox.lease_seconds.get() <= self.mailbox.backoff_seconds_max.get(),
            "mailbox.backoff_seconds_max",
            "at least mailbox.lease_seconds",
        )
    }
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    toml::from_str(text).map_err(|error| refused(text, &error))
}

/// Names the field that an error points at. The value itself is left out: it may be a path or a command that does
/// not belong in a log.
fn refused(text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    let upto: Vec<&str> = text.lines().take(line).collect();
    let own = upto.last().copied().unwrap_or_default().trim();
    let section = upto
        .iter()
        .rev()
        .filter_map(|line| line.trim().strip_prefix('[')?.split(']').next())
        .map(str::trim)
        .next();
    let key = own.split_once('=').map(|(key, _)| key.trim());
    let field = [section, key].into_iter().flatten().collect::<Vec<&str>>().join(".");
    let field = if field.is_empty() { "the file".to_owned() } else { field };
    ConfigError::Refused { field, line, rule: without_value(error.message()) }
}

/// The library's message, minus the value it quotes: a key pasted into the wrong field must not end in a log.
fn without_value(message: &str) -> String {
    let quotes_value = ["invalid type: ", "invalid value: ", "unknown variant "]
        .iter()
        .any(|start| message.starts_with(start));
    match message.rsplit_once(", expected ") {
        Some((_, "i64")) if quotes_value => "must be a whole number".to_owned(),
        Some((_, expected)) if quotes_value => format!("must be {expected}"),
        Some(_) | None => message.replace('\n', " "),
    }
}
