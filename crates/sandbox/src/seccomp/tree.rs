//! Rules by call number, compiled to a balanced tree of BPF comparisons.

use libc::{
    AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, BPF_ABS, BPF_JA, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JSET, BPF_K,
    BPF_LD, BPF_RET, BPF_W, NETLINK_ROUTE, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS,
    sock_filter,
};

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// It fails with this error number.
    Errno(i32),
    /// It fails when the argument has one of the mask's bits.
    Mask { argument: u32, mask: u32, errno: i32 },
    /// It fails unless the argument is one of the values.
    OnlyOf { argument: u32, values: &'static [u32], errno: i32 },
    /// It fails when the argument is one of the values.
    NoneOf { argument: u32, values: &'static [u32], errno: i32 },
    /// It fails but for local, internet and routing-netlink sockets (the C library resolves names with the last).
    Socket { errno: i32 },
    /// It and every call with a higher number fail.
    FromHere { errno: i32 },
    /// It is let through.
    Allow,
}

/// Offsets in `struct seccomp_data`; arguments are 64 bits wide and only their low halves matter here.
const OFFSET_NR: u32 = 0;
const OFFSET_ARCH: u32 = 4;
const OFFSET_ARGUMENTS: u32 = if cfg!(target_endian = "little") { 16 } else { 20 };

#[cfg(target_arch = "x86_64")]
const ARCH: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCH: u32 = 0xc000_00b7;

/// Calls of the x32 ABI carry this bit; no such number exists elsewhere.
const X32: u32 = 0x4000_0000;

/// Compiles `rules`, given in any order; a number has one rule at most.
pub(super) fn compile(rules: &[(u32, Action)]) -> Vec<sock_filter> {
    let mut rules = rules.to_vec();
    rules.sort_by_key(|(number, _)| *number);
    let mut program = vec![
        load(OFFSET_ARCH),
        jump(BPF_JEQ, ARCH, 1, 0),
        ret(SECCOMP_RET_KILL_PROCESS),
        load(OFFSET_NR),
        jump(BPF_JGE, X32, 0, 1),
        ret(SECCOMP_RET_KILL_PROCESS),
    ];
    program.extend(node(&ranges(&rules)));
    program
}

/// First numbers of consecutive ranges that are treated alike, from zero on.
fn ranges(rules: &[(u32, Action)]) -> Vec<(u32, Action)> {
    let mut ranges = vec![(0, Action::Allow)];
    for (number, action) in rules {
        let (number, action) = (*number, *action);
        push(&mut ranges, number, action);
        if !matches!(action, Action::FromHere { .. }) {
            push(&mut ranges, number + 1, Action::Allow);
        }
    }
    ranges.dedup_by_key(|(_, action)| *action);
    ranges
}

fn push(ranges: &mut Vec<(u32, Action)>, number: u32, action: Action) {
    // An empty range: the next rule begins where the last one ended.
    if ranges.last().is_some_and(|(start, _)| *start == number) {
        ranges.pop();
    }
    ranges.push((number, action));
}

/// The accumulator holds the call's number.
fn node(ranges: &[(u32, Action)]) -> Vec<sock_filter> {
    match ranges {
        [] => leaf(Action::Allow),
        [(_, action)] => leaf(*action),
        _ => {
            let (low, high) = ranges.split_at(ranges.len() / 2);
            let (low, pivot, high) = (node(low), high[0].0, node(high));
            let mut program = match u8::try_from(low.len()) {
                Ok(distance) => vec![jump(BPF_JGE, pivot, distance, 0)],
                // Conditional jumps reach 255 instructions, unconditional ones any number.
                Err(_) => vec![jump(BPF_JGE, pivot, 0, 1), instruction(BPF_JMP | BPF_JA, low.len() as u32)],
            };
            program.extend(low);
            program.extend(high);
            program
        }
    }
}

fn leaf(action: Action) -> Vec<sock_filter> {
    let allow = ret(SECCOMP_RET_ALLOW);
    match action {
        Action::Allow => vec![allow],
        Action::Errno(errno) | Action::FromHere { errno } => vec![refuse(errno)],
        Action::Mask { argument, mask, errno } => {
            vec![load_argument(argument), jump(BPF_JSET, mask, 0, 1), refuse(errno), allow]
        }
        Action::OnlyOf { argument, values, errno } => one_of(argument, values, allow, refuse(errno)),
        Action::NoneOf { argument, values, errno } => one_of(argument, values, refuse(errno), allow),
        Action::Socket { errno } => {
            let mut program = vec![load_argument(0), jump(BPF_JEQ, AF_NETLINK as u32, 0, 4)];
            program.extend(one_of(2, &[NETLINK_ROUTE as u32], allow, refuse(errno)));
            program.extend(one_of(
                0,
                &[AF_UNIX as u32, AF_INET as u32, AF_INET6 as u32],
                allow,
                refuse(errno),
            ));
            program
        }
    }
}

fn one_of(argument: u32, values: &[u32], then: sock_filter, otherwise: sock_filter) -> Vec<sock_filter> {
    let mut program = vec![load_argument(argument)];
    for (index, value) in values.iter().enumerate() {
        // Past the comparisons that remain and the `otherwise`.
        program.push(jump(BPF_JEQ, *value, (values.len() - index) as u8, 0));
    }
    program.extend([otherwise, then]);
    program
}

fn load(offset: u32) -> sock_filter {
    instruction(BPF_LD | BPF_W | BPF_ABS, offset)
}

fn load_argument(argument: u32) -> sock_filter {
    load(OFFSET_ARGUMENTS + 8 * argument)
}

fn refuse(errno: i32) -> sock_filter {
    ret(SECCOMP_RET_ERRNO | errno as u32)
}

fn ret(value: u32) -> sock_filter {
    instruction(BPF_RET | BPF_K, value)
}

fn instruction(code: u32, k: u32) -> sock_filter {
    sock_filter { code: code as u16, jt: 0, jf: 0, k }
}

fn jump(condition: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: (BPF_JMP | BPF_K | condition) as u16, jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::{super::deny, *};

    /// Runs a filter as the kernel would.
    fn run(program: &[sock_filter], arch: u32, number: u32, arguments: [u32; 3]) -> u32 {
        let (mut accumulator, mut next) = (0, 0);
        loop {
            let sock_filter { code, jt, jf, k } = program[next];
            next += 1;
            let code = u32::from(code);
            if code == BPF_RET | BPF_K {
                return k;
            } else if code == BPF_LD | BPF_W | BPF_ABS {
                accumulator = match k {
                    OFFSET_NR => number,
                    OFFSET_ARCH => arch,
                    _ => arguments[((k - OFFSET_ARGUMENTS) / 8) as usize],
                };
            } else if code == BPF_JMP | BPF_JA {
                next += k as usize;
            } else {
                let met = match code & !(BPF_JMP | BPF_K) {
                    BPF_JEQ => accumulator == k,
                    BPF_JGE => accumulator >= k,
                    BPF_JSET => accumulator & k != 0,
                    other => panic!("unknown condition {other:#x}"),
                };
                next += usize::from(if met { jt } else { jf });
            }
        }
    }

    fn expected(rules: &[(u32, Action)], number: u32, arguments: [u32; 3]) -> u32 {
        let last = rules.iter().find(|(_, action)| matches!(action, Action::FromHere { .. })).unwrap();
        let rule = rules.iter().find(|(n, _)| *n == number).or((number >= last.0).then_some(last));
        let refuse = |refused: bool, errno: i32| {
            if refused { SECCOMP_RET_ERRNO | errno as u32 } else { SECCOMP_RET_ALLOW }
        };
        match rule.map_or(Action::Allow, |rule| rule.1) {
            Action::Allow => SECCOMP_RET_ALLOW,
            Action::Errno(errno) | Action::FromHere { errno } => refuse(true, errno),
            Action::Mask { argument, mask, errno } => refuse(arguments[argument as usize] & mask != 0, errno),
            Action::OnlyOf { argument, values, errno } => {
                refuse(!values.contains(&arguments[argument as usize]), errno)
            }
            Action::NoneOf { argument, values, errno } => {
                refuse(values.contains(&arguments[argument as usize]), errno)
            }
            Action::Socket { errno } => {
                let family = arguments[0] as i32;
                let netlink = family == AF_NETLINK && arguments[2] as i32 == NETLINK_ROUTE;
                refuse(!netlink && ![AF_UNIX, AF_INET, AF_INET6].contains(&family), errno)
            }
        }
    }

    #[test]
    fn every_call_gets_its_rules_answer() {
        let rules = deny::rules();
        let program = compile(&rules);
        assert!(program.len() < 4096, "the kernel's limit (BPF_MAXINSNS)");
        let interesting = [0, 1, 2, 3, 10, 16, 17, 40, 0x80, 0x2_0000, 0x5412, 0x541c, 0x1000_0011, u32::MAX];
        for number in 0..600 {
            for a in interesting {
                for b in interesting {
                    let arguments = [a, b, b];
                    let got = run(&program, ARCH, number, arguments);
                    assert_eq!(got, expected(&rules, number, arguments), "call {number} {arguments:?}");
                }
            }
        }
    }

    #[test]
    fn other_calling_conventions_kill() {
        let program = compile(&deny::rules());
        assert_eq!(run(&program, 0x4000_0003, 1, [0; 3]), SECCOMP_RET_KILL_PROCESS, "i386");
        assert_eq!(run(&program, ARCH, X32 | 1, [0; 3]), SECCOMP_RET_KILL_PROCESS, "x32");
    }

    #[test]
    fn a_call_passes_few_comparisons() {
        fn depth(program: &[sock_filter], at: usize) -> usize {
            let sock_filter { code, jt, jf, k } = program[at];
            match u32::from(code) {
                c if c == BPF_RET | BPF_K => 1,
                c if c == BPF_JMP | BPF_JA => 1 + depth(program, at + 1 + k as usize),
                c if c & 7 == BPF_JMP => {
                    let (met, not) = (at + 1 + usize::from(jt), at + 1 + usize::from(jf));
                    1 + depth(program, met).max(depth(program, not))
                }
                _ => 1 + depth(program, at + 1),
            }
        }
        assert!(depth(&compile(&deny::rules()), 0) <= 22);
    }
}
