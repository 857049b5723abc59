//! kill -9 under load, again and again on the same store.

use crate::{
    process::{Load, WRITERS, verify},
    verify::{Acks, last},
};
use tinderbox_base::Random;

/// Kills the load `cycles` times at arbitrary moments and verifies the store after each.
pub(crate) fn run(cycles: u64, random: &dyn Random) -> Result<String, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let store = dir.path().join("store");
    let mut acks = vec![Acks::new(); WRITERS as usize];
    let mut acked = 0;
    for cycle in 0..cycles {
        let mut step = || -> Result<u64, String> {
            let load = Load::start(&store)?;
            // Now and then at once, so that recovery itself and the first flush are hit too.
            let count = random.below([20, 300, 3000][random.below(3) as usize]);
            load.wait(count, &mut acks)?;
            let count = count + load.kill(&mut acks)?;
            let must = last(&acks);
            verify(&store, &must, &mut acks)?;
            Ok(count)
        };
        acked += step().map_err(|error| format!("cycle {cycle}: {error}; kept in {}", keep(&dir)))?;
    }
    Ok(format!("{cycles} kills, {acked} acknowledged commits, all there"))
}

/// Keeps the directory of a failed test for whoever looks into it.
fn keep(dir: &tempfile::TempDir) -> String {
    let kept = dir.path().with_extension("failed");
    match std::fs::rename(dir.path(), &kept) {
        Ok(()) => kept.display().to_string(),
        Err(error) => format!("nothing: {error}"),
    }
}
