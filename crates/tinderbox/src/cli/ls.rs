//! `tinderbox ls`: the functions of the account.

use super::{Outcome, client::Endpoint};
use http::Method;
use serde_json::Value;
use std::process::ExitCode;

/// List functions.
#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Ls {
    /// Prints one line a function.
    pub(crate) async fn run(self) -> Outcome {
        let client = self.endpoint.client();
        let mut rows =
            vec![["NAME", "RUNTIME", "HANDLER", "MEMORY", "TIMEOUT", "MODIFIED"].map(String::from)];
        let mut marker = String::new();
        loop {
            let path = format!("/2015-03-31/functions/?MaxItems=50{marker}");
            let page = client.lambda_json(Method::GET, &path, &Value::Null).await??;
            rows.extend(page["Functions"].as_array().into_iter().flatten().map(row));
            match page["NextMarker"].as_str() {
                Some(next) => marker = format!("&Marker={}", super::package::percent(next)),
                None => break,
            }
        }
        if rows.len() == 1 {
            println!("no functions yet; `tinderbox init hello && tinderbox deploy hello` makes one");
        } else {
            print!("{}", table(&rows));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn row(function: &Value) -> [String; 6] {
    let text = |name: &str| function[name].as_str().unwrap_or("-").to_owned();
    let number =
        |name: &str, unit: &str| function[name].as_u64().map_or("-".into(), |n| format!("{n} {unit}"));
    let modified = text("LastModified").chars().take(19).collect::<String>().replace('T', " ");
    [
        text("FunctionName"),
        text("Runtime"),
        text("Handler"),
        number("MemorySize", "MB"),
        number("Timeout", "s"),
        modified,
    ]
}

pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let line: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_line_up() {
        let rows = [["NAME", "MB"], ["hello", "128"]].map(|row| row.map(String::from));
        assert_eq!(super::table(&rows), "NAME   MB\nhello  128\n");
    }
}
