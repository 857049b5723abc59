//! Files that an operator or a developer might write.

use super::project::Project;
use tinderbox_base::config::Config;

/// What an error says, without the text that it points at.
fn kind(error: &toml::de::Error) -> String {
    error.message().chars().filter(|c| !c.is_ascii_digit()).take(60).collect()
}

#[test]
fn fuzz_config() {
    let words = [
        "[server]",
        "[engine]",
        "[functions]",
        "listen = ",
        "\"127.0.0.1:0\"",
        "data = ",
        "max_connections = ",
        "idle_timeout_s = ",
        "isolation = ",
        "\"full\"",
        "network = ",
        "true",
        "1",
        "-1",
        "1e9",
        "[[a]]",
        "a.b.c = ",
        "\n",
        "= {",
        "}",
        "\"\"\"",
        "# ",
        "1979-05-27T07:32:00Z",
    ];
    tinderbox_fuzz::run("config", &words, |input| {
        let text = String::from_utf8_lossy(input);
        toml::from_str::<Config>(&text)
            .map(|config| config == Config::default())
            .map_err(|error| kind(&error))
    });
}

#[test]
fn fuzz_project() {
    let words = [
        "name = ",
        "runtime = ",
        "handler = ",
        "memory = ",
        "timeout = ",
        "role = ",
        "[environment]",
        "\"hello\"",
        "\"python3.12\"",
        "128",
        "\n",
        "A = ",
    ];
    tinderbox_fuzz::run("project", &words, |input| {
        let text = String::from_utf8_lossy(input);
        toml::from_str::<Project>(&text)
            .map(|project| project.environment.len().min(3))
            .map_err(|error| kind(&error))
    });
}
