//! Every connection to SQLite of this process, to count what they prepare.

use std::collections::HashSet;
use std::os::raw::{c_char, c_int, c_uint, c_void};
use std::sync::Mutex;

use rusqlite::ffi;

static OPEN: Mutex<Vec<usize>> = Mutex::new(Vec::new());
static KNOWN: Mutex<Option<HashSet<usize>>> = Mutex::new(None);
static STRANGERS: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" fn on_open(
    db: *mut ffi::sqlite3,
    _message: *mut *mut c_char,
    _api: *const ffi::sqlite3_api_routines,
) -> c_int {
    OPEN.lock().unwrap().push(db as usize);
    // SAFETY: SQLite hands over a connection that it has just opened.
    unsafe { listen(db, ffi::SQLITE_TRACE_CLOSE) };
    ffi::SQLITE_OK
}

/// Has [`on_event`] called for these events of a connection.
unsafe fn listen(db: *mut ffi::sqlite3, events: c_uint) {
    // SAFETY: the caller's handle is open; the function lives as long as the process.
    unsafe { ffi::sqlite3_trace_v2(db, events, Some(on_event), std::ptr::null_mut()) };
}

unsafe extern "C" fn on_event(
    event: c_uint,
    _own: *mut c_void,
    what: *mut c_void,
    _text: *mut c_void,
) -> c_int {
    if event == ffi::SQLITE_TRACE_CLOSE {
        OPEN.lock().unwrap().retain(|db| *db != what as usize);
        return 0;
    }
    let statement = what;
    let known = KNOWN.lock().unwrap();
    if known.as_ref().is_some_and(|known| !known.contains(&(statement as usize))) {
        // SAFETY: SQLite hands over the statement that it is about to run.
        let text = unsafe { std::ffi::CStr::from_ptr(ffi::sqlite3_sql(statement.cast())) };
        STRANGERS.lock().unwrap().push(text.to_string_lossy().into_owned());
    }
    0
}

/// From now on connections are noted as they open.
pub fn begin() {
    // SAFETY: the function lives as long as the process.
    unsafe { ffi::sqlite3_auto_extension(Some(on_open)) };
}

fn statements() -> (HashSet<usize>, i64) {
    let (mut found, mut again) = (HashSet::new(), 0);
    for db in OPEN.lock().unwrap().iter() {
        let mut statement = std::ptr::null_mut();
        loop {
            // SAFETY: the connections stay open while this is asked, and nothing runs on them.
            unsafe {
                statement = ffi::sqlite3_next_stmt(*db as *mut ffi::sqlite3, statement);
                if statement.is_null() {
                    break;
                }
                again += i64::from(ffi::sqlite3_stmt_status(statement, ffi::SQLITE_STMTSTATUS_REPREPARE, 0));
            }
            found.insert(statement as usize);
        }
    }
    (found, again)
}

/// What is prepared now is known; what runs besides is counted.
pub fn warm() -> i64 {
    let (known, again) = statements();
    *KNOWN.lock().unwrap() = Some(known);
    for db in OPEN.lock().unwrap().iter() {
        // SAFETY: as above.
        unsafe { listen(*db as *mut ffi::sqlite3, ffi::SQLITE_TRACE_STMT | ffi::SQLITE_TRACE_CLOSE) };
    }
    again
}

/// Statements that ran without being known, and how often known ones were prepared again since [`warm`].
pub fn count(before: i64) -> (Vec<String>, i64) {
    let (_, again) = statements();
    (STRANGERS.lock().unwrap().clone(), again - before)
}
