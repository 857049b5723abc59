//! Loss of power under load: what the disk still holds is mounted and verified, and the load goes on there.

use crate::{
    disk::{Disk, Image, Loss},
    process::{HUNG, Load, Mounted, WRITERS, tool, verify},
    verify::{Acks, last},
};
use std::{fs, path::Path};
use tinderbox_base::Random;

/// Cuts the power `cycles` times at arbitrary moments and verifies the store after each.
pub(crate) fn run(cycles: u64, random: &dyn Random) -> Result<String, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut image = Image::ext4(dir.path())?;
    let mut acks = vec![Acks::new(); WRITERS as usize];
    let mut acked = 0;
    for cycle in 0..cycles {
        let cut =
            cut(dir.path(), image, &mut acks, random).map_err(|error| format!("cycle {cycle}: {error}"))?;
        (image, acked) = (cut.0, acked + cut.1);
    }
    Ok(format!("{cycles} cuts, {acked} acknowledged commits, all there"))
}

/// Runs the load on a disk that holds `image` until its power is cut, and verifies what it then holds.
fn cut(dir: &Path, image: Image, acks: &mut [Acks], random: &dyn Random) -> Result<(Image, u64), String> {
    let (file, files) = (dir.join("disk"), dir.join("files"));
    let loss = [Loss::All, Loss::Tail, Loss::Some, Loss::Nothing][random.below(4) as usize];
    let disk = Disk::mount(image, &file)?;
    let _disk = Mounted(&file);
    mount_loop(&file, &files)?;
    let _files = Mounted(&files);
    let early = random.below(4) == 0;
    if early {
        // While the store recovers from the cut before.
        disk.arm(random.below(100));
    }
    let mut must = last(acks);
    let load = Load::start(&files.join("store"))?;
    let mut count = 0;
    if !early {
        count = random.below([20, 300, 3000][random.below(3) as usize]);
        load.wait(count, acks)?;
        count += load.drain(acks)?;
        // Acknowledged before the cut, so it must be there; what comes from here on may be.
        must = last(acks);
        disk.arm(random.below(200));
    }
    let image = disk.wait(HUNG, loss, random)?;
    load.kill(acks)?;
    check(dir, &image, &must, acks).map_err(|error| format!("losing {loss:?}: {error}"))?;
    Ok((image, count))
}

/// Verifies a copy of `image`, so that the next start recovers from the same state once more.
fn check(dir: &Path, image: &Image, must: &[u64], acks: &mut [Acks]) -> Result<(), String> {
    let (file, files) = (dir.join("copy"), dir.join("copied"));
    image.save(&file).map_err(|error| error.to_string())?;
    mount_loop(&file, &files)?;
    let _files = Mounted(&files);
    verify(&files.join("store"), must, acks)
}

fn mount_loop(file: &Path, at: &Path) -> Result<(), String> {
    fs::create_dir_all(at).map_err(|error| error.to_string())?;
    tool("mount", &["-o", "loop"], &[file, at])
}
