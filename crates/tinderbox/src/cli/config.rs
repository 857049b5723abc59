//! `tinderbox config`: every option, as a file that can be edited and given back.

use super::Outcome;
use std::{io::Write as _, process::ExitCode};
use tinderbox_base::config::{self, Section as _};

/// Print every option with its default and its meaning.
#[derive(Debug, clap::Args)]
pub(crate) struct Config {}

impl Config {
    /// Prints the options.
    pub(crate) fn run(self) -> Outcome {
        // A reader that goes away early, such as `head`, is no failure.
        let _ = std::io::stdout().write_all(render().as_bytes());
        Ok(ExitCode::SUCCESS)
    }
}

fn render() -> String {
    let mut text = String::from(
        "# Every option of Tinderbox with its default. Give a file like this with `tinderbox up --config FILE`,\n\
         # or set one option in the environment: TINDERBOX_ENGINE__IDLE_TIMEOUT_S=60.\n",
    );
    let mut section = String::new();
    for option in config::Config::describe("") {
        let (of, name) = option.path.split_once('.').unwrap_or(("", &option.path));
        if of != section {
            text.push_str(&format!("\n[{of}]\n"));
            section = of.to_owned();
        }
        let unset = option.default == "null";
        text.push_str(&format!("# {}\n", option.meaning));
        match unset {
            true => text.push_str(&format!("# {name} =\n")),
            false => text.push_str(&format!("{name} = {}\n", option.default)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back_as_the_defaults() {
        let read: config::Config = toml::from_str(&render()).expect("the printed options are TOML");
        assert_eq!(read, config::Config::default());
    }
}
