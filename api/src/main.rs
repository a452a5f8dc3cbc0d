//! The binary: see `pressroom --help`.

/// Answers are made of many small allocations, at which mimalloc is measurably better than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    pressroom::commands::run()
}
