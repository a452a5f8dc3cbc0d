//! As much of libpq as a page written by hand needs: connections that keep their statements, rows in the binary format, a
//! pool.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_int};
use std::sync::{Condvar, Mutex};

use pq_sys::{ConnStatusType, ExecStatusType, PGconn, PGresult};
use serde::de::DeserializeOwned;

use crate::Answer;
use crate::baseline::{self, Source, Value};

/// What a column in the binary format is read as.
pub trait Column: Sized {
    fn read(bytes: &[u8]) -> Answer<Self>;

    fn null() -> Answer<Self> {
        Err("a column is null".into())
    }
}

impl<T: Column> Column for Option<T> {
    fn read(bytes: &[u8]) -> Answer<Self> {
        T::read(bytes).map(Some)
    }

    fn null() -> Answer<Self> {
        Ok(None)
    }
}

impl Column for String {
    fn read(bytes: &[u8]) -> Answer<Self> {
        Ok(std::str::from_utf8(bytes)?.to_owned())
    }
}

impl Column for bool {
    fn read(bytes: &[u8]) -> Answer<Self> {
        Ok(bytes == [1])
    }
}

impl Column for i32 {
    fn read(bytes: &[u8]) -> Answer<Self> {
        Ok(Self::from_be_bytes(bytes.try_into()?))
    }
}

impl Column for i64 {
    fn read(bytes: &[u8]) -> Answer<Self> {
        Ok(Self::from_be_bytes(bytes.try_into()?))
    }
}

impl Column for u32 {
    fn read(bytes: &[u8]) -> Answer<Self> {
        Ok(Self::try_from(i32::read(bytes)?)?)
    }
}

/// A connection.
pub struct Client {
    raw: *mut PGconn,
    /// The names of prepared statements by their text.
    kept: RefCell<HashMap<String, CString>>,
}

// SAFETY: any thread may use a connection, one at a time.
unsafe impl Send for Client {}

/// What a statement answered.
struct Rows(*mut PGresult);

/// One of its rows.
pub struct Row<'a> {
    rows: &'a Rows,
    at: c_int,
}

fn said(text: *const c_char) -> String {
    // SAFETY: libpq's messages are never null, and live as long as what they are about.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().trim_end().to_owned()
}

impl Client {
    pub fn connect(url: &str) -> Answer<Self> {
        let url = CString::new(url)?;
        // SAFETY: the URL ends in a zero; the connection is closed when it is dropped, also where it was not made.
        let client = unsafe { Self { raw: pq_sys::PQconnectdb(url.as_ptr()), kept: RefCell::default() } };
        // SAFETY: as below, the connection is open.
        unsafe {
            if pq_sys::PQstatus(client.raw) == ConnStatusType::CONNECTION_OK {
                Ok(client)
            } else {
                Err(said(pq_sys::PQerrorMessage(client.raw)).into())
            }
        }
    }

    /// Runs a command.
    pub fn run(&self, command: &str) -> Answer<()> {
        self.command(command, ExecStatusType::PGRES_COMMAND_OK)
    }

    /// Runs `COPY … FROM STDIN`.
    pub fn copy(&self, command: &str, lines: &str) -> Answer<()> {
        self.command(command, ExecStatusType::PGRES_COPY_IN)?;
        // SAFETY: the connection is open, and the lines are as long as is said.
        unsafe {
            let length = c_int::try_from(lines.len())?;
            if pq_sys::PQputCopyData(self.raw, lines.as_ptr().cast(), length) != 1
                || pq_sys::PQputCopyEnd(self.raw, std::ptr::null()) != 1
            {
                return Err(said(pq_sys::PQerrorMessage(self.raw)).into());
            }
            let end = Rows(pq_sys::PQgetResult(self.raw));
            // The connection is free again when there is no more to get.
            while !pq_sys::PQgetResult(self.raw).is_null() {}
            end.want(ExecStatusType::PGRES_COMMAND_OK).map(drop)
        }
    }

    fn command(&self, command: &str, status: ExecStatusType) -> Answer<()> {
        let command = CString::new(command)?;
        // SAFETY: the connection is open, and the text ends in a zero.
        Rows(unsafe { pq_sys::PQexec(self.raw, command.as_ptr()) }).want(status).map(drop)
    }

    fn keep(&self, sql: &str) -> Answer<()> {
        if !self.kept.borrow().contains_key(sql) {
            let name = CString::new(format!("s{}", self.kept.borrow().len()))?;
            let text = CString::new(sql)?;
            // SAFETY: the connection is open, and both texts end in a zero; the server finds the types out by itself.
            let made =
                unsafe { pq_sys::PQprepare(self.raw, name.as_ptr(), text.as_ptr(), 0, std::ptr::null()) };
            Rows(made).want(ExecStatusType::PGRES_COMMAND_OK)?;
            self.kept.borrow_mut().insert(sql.to_owned(), name);
        }
        Ok(())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: nothing uses it any more.
        unsafe { pq_sys::PQfinish(self.raw) }
    }
}

impl Source for Client {
    type Row<'a> = Row<'a>;

    fn rows<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Answer<T>,
    ) -> Answer<Vec<T>> {
        self.keep(sql)?;
        let kept = self.kept.borrow();
        let name = kept.get(sql).ok_or("a statement is lost")?;
        // An id is given as its bytes, all else as text that ends in a zero.
        let texts: Vec<CString> = values
            .iter()
            .map(|value| match value {
                Value::Id(_) => Ok(CString::default()),
                Value::Text(text) => CString::new(*text),
                Value::Number(number) => CString::new(number.to_string()),
            })
            .collect::<Result<_, _>>()?;
        let (mut starts, mut lengths, mut formats) = (Vec::new(), Vec::new(), Vec::new());
        for (value, text) in values.iter().zip(&texts) {
            let (start, length, format): (*const c_char, c_int, c_int) = match value {
                Value::Id(id) => (id.0.as_bytes().as_ptr().cast(), 16, 1),
                Value::Text(_) | Value::Number(_) => (text.as_ptr(), 0, 0),
            };
            starts.push(start);
            lengths.push(length);
            formats.push(format);
        }
        // SAFETY: the connection is open; there are as many pointers, lengths and formats as is said, and what they point to
        // outlives the call.
        let rows = unsafe {
            Rows(pq_sys::PQexecPrepared(
                self.raw,
                name.as_ptr(),
                c_int::try_from(values.len())?,
                starts.as_ptr(),
                lengths.as_ptr(),
                formats.as_ptr(),
                1,
            ))
        }
        .want(ExecStatusType::PGRES_TUPLES_OK)?;
        // SAFETY: the answer lives.
        let count = unsafe { pq_sys::PQntuples(rows.0) };
        (0..count).map(|at| read(&Row { rows: &rows, at })).collect()
    }
}

impl Rows {
    fn want(self, status: ExecStatusType) -> Answer<Self> {
        // SAFETY: libpq takes a null here, and calls it a fatal error.
        unsafe {
            if pq_sys::PQresultStatus(self.0) == status {
                Ok(self)
            } else {
                Err(said(pq_sys::PQresultErrorMessage(self.0)).into())
            }
        }
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        // SAFETY: no row outlives what it is of.
        unsafe { pq_sys::PQclear(self.0) }
    }
}

impl Row<'_> {
    /// Nothing where the column is null.
    fn bytes(&self, at: usize) -> Answer<Option<&[u8]>> {
        let column = c_int::try_from(at)?;
        // SAFETY: the answer lives; of a column that is not there libpq says that it is null.
        unsafe {
            if pq_sys::PQgetisnull(self.rows.0, self.at, column) == 1 {
                return Ok(None);
            }
            let length = usize::try_from(pq_sys::PQgetlength(self.rows.0, self.at, column))?;
            let start = pq_sys::PQgetvalue(self.rows.0, self.at, column);
            Ok(Some(std::slice::from_raw_parts(start.cast(), length)))
        }
    }
}

impl baseline::Row for Row<'_> {
    fn get<T: baseline::Column>(&self, at: usize) -> Answer<T> {
        match self.bytes(at)? {
            Some(bytes) => <T as Column>::read(bytes),
            None => <T as Column>::null(),
        }
    }

    fn text(&self, at: usize) -> Answer<&str> {
        Ok(std::str::from_utf8(self.bytes(at)?.ok_or("a text is null")?)?)
    }

    fn json<T: DeserializeOwned>(&self, at: usize) -> Answer<T> {
        // `jsonb` begins with the number of its version.
        let text = self.bytes(at)?.and_then(|bytes| bytes.strip_prefix(&[1])).ok_or("no JSON")?;
        Ok(serde_json::from_slice(text)?)
    }
}

/// Connections that are taken and given back.
pub struct Pool {
    free: Mutex<Vec<Client>>,
    given_back: Condvar,
}

impl Pool {
    pub fn open(url: &str, count: usize) -> Answer<Self> {
        let free = (0..count).map(|_| Client::connect(url)).collect::<Answer<_>>()?;
        Ok(Self { free: Mutex::new(free), given_back: Condvar::new() })
    }

    /// Does `work` on a connection, waiting for one where all are taken.
    pub fn with<T>(&self, work: impl FnOnce(&Client) -> T) -> T {
        let mut free = self.given_back.wait_while(self.free.lock().unwrap(), |free| free.is_empty()).unwrap();
        let client = free.pop().unwrap();
        drop(free);
        let answer = work(&client);
        self.free.lock().unwrap().push(client);
        self.given_back.notify_one();
        answer
    }
}
