//! The program: one binary that is the server and its command line.
//!
//! This is the one place that names every part and wires them together.

mod cli;
mod server;

use std::process::ExitCode;

// Built without huge pages: an idle server would hold 16 MB that it never used.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The same binary is also the sandbox's janitor and spawner, which must stay single-threaded:
    // nothing may run before this line.
    tinderbox_sandbox::entrypoint();
    cli::run()
}
