//! The environment: read here and nowhere else.

use std::path::PathBuf;

use super::unit::{ListenAddress, LoopbackAddress};
use super::{Config, ConfigError};

/// What the environment says. It wins over the file, so that a container needs no file of its own for it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Environment {
    /// `STAYSAFE_CONFIG`: the configuration file.
    pub config: Option<PathBuf>,
    /// `STAYSAFE_DATA_DIR`: over `hub.data_dir`.
    pub data_dir: Option<PathBuf>,
    /// `STAYSAFE_LISTEN`: over `hub.listen`.
    pub listen: Option<ListenAddress>,
    /// `STAYSAFE_ADMIN_LISTEN`: over `hub.admin_listen`.
    pub admin_listen: Option<LoopbackAddress>,
    /// `STAYSAFE_LOG`: over `logging.filter`.
    pub log: Option<String>,
}

impl Environment {
    /// Reads this process's environment.
    ///
    /// # Errors
    /// When a variable breaks its rule.
    #[expect(clippy::disallowed_methods, reason = "the one reader of the environment")]
    pub fn read() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err("text in UTF-8"),
        })
    }

    /// Reads variables by name; an empty one counts as absent.
    ///
    /// # Errors
    /// When a variable breaks its rule.
    pub fn from_lookup(
        lookup: impl Fn(&'static str) -> Result<Option<String>, &'static str>,
    ) -> Result<Self, ConfigError> {
        let value = |variable| {
            lookup(variable)
                .map(|found| found.filter(|value| !value.is_empty()))
                .map_err(|rule| ConfigError::Environment { variable, rule })
        };
        Ok(Self {
            config: value("STAYSAFE_CONFIG")?.map(PathBuf::from),
            data_dir: value("STAYSAFE_DATA_DIR")?.map(PathBuf::from),
            listen: typed("STAYSAFE_LISTEN", value("STAYSAFE_LISTEN")?)?,
            admin_listen: typed("STAYSAFE_ADMIN_LISTEN", value("STAYSAFE_ADMIN_LISTEN")?)?,
            log: value("STAYSAFE_LOG")?,
        })
    }

    pub(super) fn put_on(&self, config: &mut Config) {
        if let Some(data_dir) = &self.data_dir {
            config.hub.data_dir.clone_from(data_dir);
        }
        config.hub.listen = self.listen.unwrap_or(config.hub.listen);
        config.hub.admin_listen = self.admin_listen.unwrap_or(config.hub.admin_listen);
        if let Some(log) = &self.log {
            config.logging.filter.clone_from(log);
        }
    }
}

fn typed<T: TryFrom<String, Error = &'static str>>(
    variable: &'static str,
    value: Option<String>,
) -> Result<Option<T>, ConfigError> {
    value.map(T::try_from).transpose().map_err(|rule| ConfigError::Environment { variable, rule })
}
