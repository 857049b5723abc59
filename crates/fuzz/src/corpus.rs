//! The committed inputs: one a line, escaped as Rust escapes bytes.

use std::path::PathBuf;

/// Inputs that are saved of one run. The corpus stays small enough to be read.
const MAX_SAVED: usize = 48;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(format!("{name}.txt"))
}

/// The inputs of `name`; none if it has no file.
pub(crate) fn read(name: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(path(name)).unwrap_or_default();
    text.lines().filter(|line| !line.is_empty()).map(unescaped).collect()
}

/// Replaces the file of `name` with the shortest of `inputs`.
pub(crate) fn write(name: &str, inputs: &[Vec<u8>]) {
    let mut inputs: Vec<_> = inputs.iter().filter(|input| !input.is_empty()).collect();
    inputs.sort_by_key(|input| (input.len(), (*input).clone()));
    inputs.dedup();
    // A part of every length: the shortest alone would all be refused at once.
    let step = inputs.len().div_ceil(MAX_SAVED).max(1);
    let lines: String = inputs.iter().step_by(step).map(|input| escaped(input) + "\n").collect();
    if let Err(error) = std::fs::write(path(name), lines) {
        eprintln!("fuzz {name}: the corpus is not saved: {error}");
    }
}

/// An input as a line.
pub(crate) fn escaped(input: &[u8]) -> String {
    input.escape_ascii().to_string()
}

fn unescaped(line: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let Some((kind, after)) = rest.split_first() else { break };
        rest = after;
        out.push(match kind {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let digits = rest.get(..2).and_then(|d| std::str::from_utf8(d).ok()).unwrap_or("0");
                rest = rest.get(2..).unwrap_or_default();
                u8::from_str_radix(digits, 16).unwrap_or_default()
            }
            other => *other,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        assert_eq!(unescaped(&escaped(&all)), all);
        assert_eq!(unescaped(r#"{\"a\":1}\x00\\"#), b"{\"a\":1}\0\\");
    }
}
