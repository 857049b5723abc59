//! Options, each with its default and its meaning told once, where it is declared.

mod options;

pub use options::*;

/// One option as `tinderbox config` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionInfo {
    /// The path in the file, such as `engine.idle_timeout_s`.
    pub path: String,
    /// The default, as TOML.
    pub default: String,
    /// What it does, with its unit.
    pub meaning: String,
}

/// A section of the configuration that can tell its options.
pub trait Section: Default + serde::Serialize {
    /// The options of this section, in the order of declaration, each path prefixed by `prefix`.
    fn describe(prefix: &str) -> Vec<OptionInfo>;
}

/// Declares a section: the struct, its defaults, its strict parsing, and its description.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $meaning:literal])+ $field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[doc = $meaning])+ pub $field: $type,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $crate::config::Section for $name {
            fn describe(prefix: &str) -> Vec<$crate::config::OptionInfo> {
                let defaults = Self::default();
                vec![$($crate::config::OptionInfo {
                    path: format!("{prefix}{}", stringify!($field)),
                    default: serde_json::to_string(&defaults.$field).unwrap_or_default(),
                    meaning: [$($meaning.trim()),+].join(" "),
                },)*]
            }
        }
    };
}
pub(crate) use section;
