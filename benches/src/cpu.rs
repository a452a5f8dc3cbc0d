//! Processor time, and where threads run.

use crate::Answer;

/// Nanoseconds that all threads of a process have run, from the scheduler's own accounts.
pub fn of_process(pid: u32) -> Answer<u64> {
    let mut total = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end between the listing and the reading.
        let Ok(text) = std::fs::read_to_string(task?.path().join("schedstat")) else { continue };
        total += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(total)
}

/// Nanoseconds that this thread has run.
pub fn of_thread() -> u64 {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Nanoseconds that all threads of this process have run.
pub fn of_own_process() -> u64 {
    clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn clock(which: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a value on this stack.
    unsafe { libc::clock_gettime(which, &raw mut time) };
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// Keeps this thread, and those that it starts, on one core.
pub fn pin(core: usize) {
    // SAFETY: the set is a plain value, and core numbers are below its size.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set);
    }
}

/// Lets this thread, and those that it starts, run on every core.
pub fn unpin() {
    // SAFETY: as above; the kernel leaves out the cores that are not there.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        for core in 0..usize::try_from(libc::CPU_SETSIZE).unwrap_or(0) {
            libc::CPU_SET(core, &mut set);
        }
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set);
    }
}

/// Resident memory of a process in bytes, with what it maps of files.
pub fn resident(pid: u32) -> Answer<u64> {
    status(pid, "VmRSS:")
}

/// Resident memory of a process in bytes that is its own, not a file's.
pub fn anonymous(pid: u32) -> Answer<u64> {
    status(pid, "RssAnon:")
}

fn status(pid: u32, name: &str) -> Answer<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find(|l| l.starts_with(name)).ok_or("no such line in status")?;
    Ok(line.split_whitespace().nth(1).unwrap_or_default().parse::<u64>()? * 1024)
}
