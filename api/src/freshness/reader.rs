//! A read in progress, and what came of it: both say by value what they depend on.

use std::cell::OnceCell;
use std::ops::{Deref, DerefMut};

use pressroom_schema::{Conn, Key};

use crate::cpu::Turn;

/// A read on one snapshot. It is its connection, and notes besides what it has depended on so far.
pub struct Reader<'a> {
    conn: &'a mut Conn,
    keys: Vec<Key>,
    /// The version before its transaction began, where it may use and keep parts.
    version: Option<u64>,
    /// How long it may use a processor besides, where it does at all.
    turn: OnceCell<Turn>,
}

impl<'a> Reader<'a> {
    /// A read that uses and keeps no parts. In a write, where nobody asks what its answer depends on, it is made for that alone.
    pub fn new(conn: &'a mut Conn) -> Self {
        Self::since(conn, None)
    }

    /// A read whose transaction began after `version` was taken.
    pub(crate) fn since(conn: &'a mut Conn, version: Option<u64>) -> Self {
        Self { conn, keys: Vec::new(), version, turn: OnceCell::new() }
    }

    /// Reads with `read`, and answers what that depends on as well.
    ///
    /// # Errors
    /// What `read` answers.
    pub(crate) fn run<T, E>(mut self, read: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<Read<T>, E> {
        let value = read(&mut self)?;
        Ok(Read { value, keys: self.keys })
    }

    /// What the whole read has of a processor for more than reading: one turn, however many searches it makes.
    pub(crate) fn turn(&self) -> &Turn {
        self.turn.get_or_init(Turn::here)
    }

    /// Notes that what is read depends on `key`.
    pub(crate) fn depend(&mut self, key: Key) {
        self.keys.push(key);
    }

    /// Notes that what is read depends on all of `keys`.
    pub(super) fn depend_on(&mut self, keys: &[Key]) {
        self.keys.extend_from_slice(keys);
    }

    /// Reads what is to be shown later, and maybe often: what it depends on is not noted here, but given back with it.
    pub(crate) fn capture<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> (T, Vec<Key>) {
        let before = std::mem::take(&mut self.keys);
        let value = read(self);
        (value, std::mem::replace(&mut self.keys, before))
    }

    /// The version before its transaction began; `None` where it may neither use nor keep parts.
    pub(super) fn version(&self) -> Option<u64> {
        self.version
    }

    /// Whether it may use and keep parts.
    pub(crate) fn keeps_parts(&self) -> bool {
        self.version.is_some()
    }
}

impl Deref for Reader<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn
    }
}

/// What was read, and what it depends on.
#[derive(Debug, Clone)]
pub struct Read<T> {
    /// What was read.
    pub value: T,
    /// The names of what it depends on, in the order in which they were met, with repetitions.
    pub keys: Vec<Key>,
}
