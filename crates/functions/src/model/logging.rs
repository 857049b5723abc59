//! Where a function logs, in which form, and how much of it (Lambda guide, "Configuring advanced logging controls").

use super::settings::no_member;
use crate::errors;
use serde::{Deserialize, Serialize};
use tinderbox_base::Result;
use tinderbox_engine::Level;

/// Logging as a caller sends it; what is absent keeps its value.
#[derive(Clone, Debug, Default)]
pub struct LoggingSettings {
    /// `Text` or `JSON`.
    pub format: Option<String>,
    /// The log group, if not the function's own.
    pub group: Option<String>,
    /// The least level of what the code writes.
    pub application_level: Option<String>,
    /// The least level of what the platform writes.
    pub system_level: Option<String>,
}

/// Where and how a function logs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggingConfig {
    /// The log group, if not the function's own.
    pub group: Option<String>,
    /// The form of its events.
    #[serde(default)]
    pub format: LogFormat,
}

/// The form of a function's log events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogFormat {
    /// Lines.
    #[default]
    Text,
    /// Objects with levels, by which they are filtered.
    Json {
        /// The least level of what the code writes.
        application: ApplicationLogLevel,
        /// The least level of what the platform writes.
        system: SystemLogLevel,
    },
}

/// Levels of what a function's code writes, rising.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ApplicationLogLevel {
    /// TRACE
    Trace,
    /// DEBUG
    Debug,
    /// INFO
    #[default]
    Info,
    /// WARN
    Warn,
    /// ERROR
    Error,
    /// FATAL
    Fatal,
}

/// Levels of what the platform writes, rising.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SystemLogLevel {
    /// DEBUG
    Debug,
    /// INFO
    #[default]
    Info,
    /// WARN
    Warn,
}

impl LoggingConfig {
    /// This configuration with what the caller changes.
    pub(super) fn with(&self, settings: LoggingSettings) -> Result<Self> {
        let LoggingSettings { format, group, application_level, system_level } = settings;
        let levels = match self.format {
            LogFormat::Text => None,
            LogFormat::Json { application, system } => Some((application, system)),
        };
        let is_json = match format.as_deref() {
            None => levels.is_some(),
            Some("JSON") => true,
            Some("Text") => false,
            Some(other) => return Err(no_member(other, "loggingConfig.logFormat", "[JSON, Text]")),
        };
        let format = if is_json {
            let (application, system) = levels.unwrap_or_default();
            LogFormat::Json {
                application: application_level
                    .map_or(Ok(application), |l| ApplicationLogLevel::requested(&l))?,
                system: system_level.map_or(Ok(system), |level| SystemLogLevel::requested(&level))?,
            }
        } else if application_level.is_some() || system_level.is_some() {
            return Err(errors::invalid_parameter(
                "LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel from your request or \
                 change the LogFormat to \"JSON\" and try again.",
            ));
        } else {
            LogFormat::Text
        };
        Ok(Self { group: group.or_else(|| self.group.clone()), format })
    }
}

impl LogFormat {
    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Json { .. } => "JSON",
        }
    }
}

impl ApplicationLogLevel {
    const ALL: [Self; 6] = [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// Its name in the API, and in what the code writes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }

    /// The level that code means by this name, in whichever case.
    pub fn named(name: &str) -> Option<Self> {
        let also = [("WARNING", Self::Warn), ("CRITICAL", Self::Fatal)];
        let names = Self::ALL.into_iter().map(|level| (level.as_str(), level)).chain(also);
        names.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, level)| level)
    }

    fn requested(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name).ok_or_else(|| {
            no_member(name, "loggingConfig.applicationLogLevel", "[TRACE, DEBUG, INFO, WARN, ERROR, FATAL]")
        })
    }
}

impl From<Level> for ApplicationLogLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Trace => Self::Trace,
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
            Level::Fatal => Self::Fatal,
        }
    }
}

impl SystemLogLevel {
    const ALL: [Self; 3] = [Self::Debug, Self::Info, Self::Warn];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
        }
    }

    fn requested(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == name)
            .ok_or_else(|| no_member(name, "loggingConfig.systemLogLevel", "[DEBUG, INFO, WARN]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(application: ApplicationLogLevel, system: SystemLogLevel) -> LogFormat {
        LogFormat::Json { application, system }
    }

    /// What `[format, group, application level, system level]` makes of a function that logs in the form `now`.
    fn check(now: LogFormat, sent: [Option<&str>; 4], expect: Result<(LogFormat, Option<&str>), &str>) {
        let now = LoggingConfig { group: None, format: now };
        let [format, group, application_level, system_level] = sent.map(|text| text.map(str::to_owned));
        match (now.with(LoggingSettings { format, group, application_level, system_level }), expect) {
            (Ok(found), Ok((format, group))) => {
                assert_eq!((found.format, found.group.as_deref()), (format, group), "{sent:?}");
            }
            (Err(error), Err(text)) => assert!(error.message().contains(text), "{error}"),
            (found, expect) => panic!("{found:?} instead of {expect:?}"),
        }
    }

    #[test]
    fn changes() {
        use {ApplicationLogLevel as A, SystemLogLevel as S};
        let (text, defaults) = (LogFormat::Text, json(A::Info, S::Info));
        let (j, t) = (Some("JSON"), Some("Text"));
        check(text, [None; 4], Ok((text, None)));
        check(text, [None, Some("mine"), None, None], Ok((text, Some("mine"))));
        check(text, [j, None, None, None], Ok((defaults, None)));
        check(text, [j, None, Some("DEBUG"), None], Ok((json(A::Debug, S::Info), None)));
        check(text, [j, None, None, Some("WARN")], Ok((json(A::Info, S::Warn), None)));
        check(defaults, [None, None, Some("FATAL"), None], Ok((json(A::Fatal, S::Info), None)));
        check(json(A::Trace, S::Debug), [None; 4], Ok((json(A::Trace, S::Debug), None)));
        check(json(A::Trace, S::Debug), [j, None, None, None], Ok((json(A::Trace, S::Debug), None)));
        check(json(A::Trace, S::Debug), [t, None, None, None], Ok((text, None)));
    }

    #[test]
    fn what_is_refused() {
        let (text, defaults) = (LogFormat::Text, json(Default::default(), Default::default()));
        let only_json = Err("LogLevel is not supported when LogFormat is set to \"Text\".");
        check(text, [None, None, Some("INFO"), None], only_json);
        check(defaults, [Some("Text"), None, None, Some("INFO")], only_json);
        check(text, [Some("XML"), None, None, None], Err("[JSON, Text]"));
        check(defaults, [None, None, Some("info"), None], Err("[TRACE, DEBUG, INFO, WARN, ERROR, FATAL]"));
        check(defaults, [None, None, None, Some("ERROR")], Err("[DEBUG, INFO, WARN]"));
    }

    #[test]
    fn what_was_stored_without_a_form_is_text() {
        let old: LoggingConfig = serde_json::from_str("{\"group\":null}").expect("readable");
        assert_eq!(old, LoggingConfig::default());
    }
}
