//! The host's memory.

use crate::HostMemory;

const FILE: &str = "/proc/meminfo";

/// What the kernel says of the host's memory.
pub(super) fn read() -> Option<HostMemory> {
    parse(&std::fs::read_to_string(FILE).ok()?)
}

/// Reads the lines of proc_meminfo(5), in which `kB` means 1024 bytes.
fn parse(text: &str) -> Option<HostMemory> {
    let bytes = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
    };
    Some(HostMemory { total: bytes("MemTotal")?, available: bytes("MemAvailable")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_meminfo_are_read() {
        let check = |text: &str, expect: Option<(u64, u64)>| {
            let expect = expect.map(|(total, available)| HostMemory { total, available });
            assert_eq!(parse(text), expect, "{text}");
        };
        check("MemTotal:  16 kB\nMemFree: 1 kB\nMemAvailable:  8 kB\n", Some((16 * 1024, 8 * 1024)));
        check("MemTotal: 16 kB\nMemFree: 1 kB\n", None);
        check("MemTotal: 16\nMemAvailable: 8 kB\n", None);
        check("MemTotal: 18446744073709551615 kB\nMemAvailable: 8 kB\n", None);
        check("", None);
    }
}
