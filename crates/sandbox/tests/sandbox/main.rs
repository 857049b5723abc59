//! The sandbox as root sees it from outside and a function from inside, on the host this runs on.
//!
//! This is a program rather than a list of `#[test]`s because the sandbox starts its helpers from the binary it is in:
//! `main` must be ours. The same binary is also what runs inside.
#![allow(clippy::unwrap_used, reason = "these are tests, which clippy does not see without `#[test]`")]

mod attach;
mod crash;
mod harness;
mod host;
mod inside;
mod isolation;
mod lifecycle;
mod limits;
mod network;

use harness::{Case, case};
use std::process::ExitCode;

fn main() -> ExitCode {
    tinderbox_sandbox::entrypoint();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [inside::ROLE, ref check @ ..] => inside::run(check),
        [crash::ROLE, dir, tag] => crash::serve(dir, tag),
        _ => harness::run(&cases(), &arguments),
    }
}

fn cases() -> Vec<Case> {
    vec![
        case("isolation::namespaces_differ", isolation::namespaces_differ),
        case("isolation::no_privileges", isolation::no_privileges),
        case("isolation::refused_calls", isolation::refused_calls),
        case("isolation::other_calling_conventions_kill", isolation::other_calling_conventions_kill),
        case("isolation::host_files_are_invisible", isolation::host_files_are_invisible),
        case("isolation::only_scratch_is_writable", isolation::only_scratch_is_writable),
        case(
            "isolation::devices_can_be_opened_by_every_name",
            isolation::devices_can_be_opened_by_every_name,
        ),
        case(
            "isolation::set_user_id_and_devices_have_no_effect",
            isolation::set_user_id_and_devices_have_no_effect,
        ),
        case(
            "isolation::what_every_program_expects_is_there",
            isolation::what_every_program_expects_is_there,
        ),
        case("isolation::sandboxes_have_different_users", isolation::sandboxes_have_different_users),
        case("limits::memory_bomb", limits::memory_bomb),
        case("limits::fork_bomb", limits::fork_bomb),
        case("limits::scratch_is_bounded", limits::scratch_is_bounded),
        case("limits::scratch_is_not_memory", limits::scratch_is_not_memory),
        case("limits::shared_memory_counts", limits::shared_memory_counts),
        case("limits::quota_slows", limits::quota_slows),
        case("limits::frozen_uses_no_processor", limits::frozen_uses_no_processor),
        case("network::listeners_answer_inside_only", network::listeners_answer_inside_only),
        case("network::the_host_is_out_of_reach", network::the_host_is_out_of_reach),
        case("attach::code_appears_read_only", attach::code_appears_read_only),
        case("attach::init_retires", attach::init_retires),
        case("attach::limits_change", attach::limits_change),
        case("attach::errors_name_the_path", attach::errors_name_the_path),
        case("lifecycle::exit_codes_and_signals", lifecycle::exit_codes_and_signals),
        case("lifecycle::descriptors_are_those_given", lifecycle::descriptors_are_those_given),
        case("lifecycle::large_environment", lifecycle::large_environment),
        case("lifecycle::a_failed_start_can_be_repeated", lifecycle::a_failed_start_can_be_repeated),
        case("lifecycle::kill_reaches_everything", lifecycle::kill_reaches_everything),
        case("lifecycle::kill_reaches_the_frozen", lifecycle::kill_reaches_the_frozen),
        case("lifecycle::exited_is_cancel_safe", lifecycle::exited_is_cancel_safe),
        case("lifecycle::drop_leaves_nothing", lifecycle::drop_leaves_nothing),
        case("lifecycle::twenty_at_once", lifecycle::twenty_at_once),
        case("lifecycle::shutdown_leaves_nothing", lifecycle::shutdown_leaves_nothing),
        case("lifecycle::two_servers_side_by_side", lifecycle::two_servers_side_by_side),
        case("crash::of_the_server", crash::of_the_server),
        case("crash::of_the_spawner", crash::of_the_spawner),
        case("crash::of_the_janitor", crash::of_the_janitor),
        case("crash::of_an_init", crash::of_an_init),
        case("crash::of_server_and_janitor_is_swept_at_the_next_start", crash::of_server_and_janitor),
    ]
}
