//! What an instance may use, from its version's memory.

use tinderbox_base::{Memory, config};
use tinderbox_sandbox::Limits;

/// MiB of memory that weigh as much as an ordinary process of the host. Among instances only proportions
/// count; against the rest of the host the smallest ones must not starve.
const MIB_OF_USUAL_WEIGHT: u32 = 512;
/// The usual weight (cgroup v2's scale).
const USUAL_WEIGHT: u32 = 100;
/// MiB of memory up to which an instance uses at most one processor.
const ONE_PROCESSOR_MIB: u32 = 1536;
/// MiB of memory that are worth one whole processor where shares are hard (AWS Lambda developer guide, "Configure Lambda
/// function memory").
const QUOTA_PROCESSOR_MIB: u32 = 1769;

/// The rules, from the configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct LimitRules {
    pids: u32,
    cpu: config::Cpu,
}

impl LimitRules {
    pub(super) fn new(config: &config::Engine) -> Self {
        Self { pids: u32::try_from(config.max_processes).unwrap_or(u32::MAX), cpu: config.cpu }
    }

    /// Of an instance that is nobody's yet: our own bootstrap boots as fast as it can.
    pub(super) fn generic(self) -> Limits {
        Limits { pids: self.pids, ..Limits::default() }
    }

    /// Of an instance of a version with this memory, from the moment it is one: its initialisation included.
    pub(super) fn of(self, memory: Memory) -> Limits {
        let mib = memory.mib();
        Limits {
            memory: memory.bytes(),
            cpu_weight: (mib * USUAL_WEIGHT / MIB_OF_USUAL_WEIGHT).clamp(1, 10_000),
            cpu_quota_millis: Some(match self.cpu {
                config::Cpu::Weight if mib <= ONE_PROCESSOR_MIB => 1000,
                config::Cpu::Weight => 2000,
                config::Cpu::Quota => (mib * 1000).div_ceil(QUOTA_PROCESSOR_MIB),
            }),
            pids: self.pids,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_follows_memory() {
        fn check(cpu: config::Cpu, mib: i64, weight: u32, quota: u32) {
            let rules = LimitRules::new(&config::Engine { cpu, ..config::Engine::default() });
            let limits = rules.of(Memory::try_from(mib).unwrap());
            assert_eq!((limits.cpu_weight, limits.cpu_quota_millis), (weight, Some(quota)), "{mib}");
            assert_eq!(limits.memory, mib as u64 * 1024 * 1024);
        }
        use config::Cpu::{Quota, Weight};
        check(Weight, 128, 25, 1000);
        check(Weight, 1536, 300, 1000);
        check(Weight, 1537, 300, 2000);
        check(Weight, 1769, 345, 2000);
        check(Weight, 10_240, 2000, 2000);
        check(Quota, 128, 25, 73);
        check(Quota, 1769, 345, 1000);
        check(Quota, 3538, 691, 2000);
        check(Quota, 10_240, 2000, 5789);
    }
}
