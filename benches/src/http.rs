//! Servers as child processes on core 0, and a load generator on core 1 that never sleeps: a client that sleeps in a read makes
//! the server pay for waking it.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Answer, cpu};

/// Connections that ask at once.
pub const CONNECTIONS: usize = 32;

/// A server in a child process.
pub struct Server {
    child: Child,
    orders: Option<Orders>,
    pub port: u16,
}

/// What a server is told to do.
pub struct Orders {
    stdin: ChildStdin,
    out: BufReader<ChildStdout>,
}

impl Orders {
    /// Tells the server to do something, and waits until it has.
    pub fn give(&mut self, command: &str) -> Answer<String> {
        writeln!(self.stdin, "{command}")?;
        let mut line = String::new();
        self.out.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

impl Server {
    /// Starts this program as a server: `arguments` say which.
    pub fn start(arguments: &[&str]) -> Answer<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut out = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        out.read_line(&mut line)?;
        let port = line.trim().parse().map_err(|_| format!("the server said {line:?}"))?;
        let stdin = child.stdin.take().ok_or("no input")?;
        Ok(Self { child, orders: Some(Orders { stdin, out }), port })
    }

    /// The application on a corpus, with a cache of so many bytes.
    pub fn app(path: &Path, cache: u64) -> Answer<Self> {
        Self::start(&["serve", &path.display().to_string(), &cache.to_string()])
    }

    /// The page as it is written by hand, on a corpus.
    pub fn by_hand(path: &Path) -> Answer<Self> {
        Self::start(&["by-hand", &path.display().to_string()])
    }

    /// The bare handler with these bodies: number n under `/n`.
    pub fn bare(bodies: &[Vec<u8>]) -> Answer<Self> {
        let path = crate::target().join(format!("bodies-{}", std::process::id()));
        let mut all = Vec::new();
        for body in bodies {
            all.extend_from_slice(&u64::try_from(body.len())?.to_le_bytes());
            all.extend_from_slice(body);
        }
        std::fs::write(&path, all)?;
        let server = Self::start(&["bare", &path.display().to_string()]);
        std::fs::remove_file(&path)?;
        server
    }

    /// The line to the server, for whoever wants it first.
    pub fn orders(&mut self) -> Answer<Orders> {
        self.orders.take().ok_or_else(|| "somebody has it".into())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn cpu(&self) -> Answer<u64> {
        cpu::of_process(self.pid())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One answer.
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Connection {
    fn open(port: u16) -> Answer<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, buffer: vec![0; 1 << 20], filled: 0 })
    }

    fn send(&mut self, request: &[u8]) -> Answer<()> {
        self.filled = 0;
        let mut rest = request;
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(n) => rest = &rest[n..],
                Err(e) if e.kind() == ErrorKind::WouldBlock => std::hint::spin_loop(),
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }

    /// Reads what is there. The status, and where the body begins and ends, once the answer is whole.
    fn poll(&mut self) -> Answer<Option<(u16, usize, usize)>> {
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) => return Err("the server closed a connection".into()),
            Ok(n) => self.filled += n,
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(e) => return Err(e.into()),
        }
        let have = &self.buffer[..self.filled];
        let Some(end) = have.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
        let head = &have[..end];
        let number = |text: &[u8]| -> Answer<usize> { Ok(std::str::from_utf8(text)?.trim().parse()?) };
        let status = u16::try_from(number(head.get(9..12).unwrap_or_default())?)?;
        let length = head
            .split(|b| *b == b'\n')
            .find(|l| l.len() > 15 && l[..15].eq_ignore_ascii_case(b"content-length:"))
            .map_or(Ok(0), |l| number(&l[15..]))?;
        let whole = if status == 304 { end + 4 } else { end + 4 + length };
        Ok((self.filled >= whole).then_some((status, end + 4, whole)))
    }
}

/// A request for `path` with further header lines.
pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: example.org\r\n{headers}\r\n").into_bytes()
}

/// A request with a JSON body.
pub fn post(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: example.org\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// One request on a connection of its own.
pub fn once(port: u16, request: &[u8]) -> Answer<Reply> {
    let mut connection = Connection::open(port)?;
    connection.send(request)?;
    loop {
        if let Some((status, from, to)) = connection.poll()? {
            let head = String::from_utf8_lossy(&connection.buffer[..from]).into_owned();
            return Ok(Reply { status, head, body: connection.buffer[from..to].to_vec() });
        }
        std::hint::spin_loop();
    }
}

/// A header's value.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|l| {
        let (n, value) = l.split_once(": ")?;
        n.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// Connections to one server that ask the same requests round and round.
pub struct Load {
    connections: Vec<Connection>,
    requests: Vec<Vec<u8>>,
    status: u16,
    next: usize,
}

/// What a slice of load saw.
#[derive(Debug, Default, Clone)]
pub struct Slice {
    pub requests: u64,
    pub seconds: f64,
    /// Server nanoseconds a request.
    pub cpu: f64,
    /// How long each answer took, in microseconds, where that was asked for.
    pub waits: Vec<f64>,
}

impl Load {
    pub fn new(port: u16, requests: Vec<Vec<u8>>, status: u16, connections: usize) -> Answer<Self> {
        let connections = (0..connections).map(|_| Connection::open(port)).collect::<Answer<Vec<_>>>()?;
        Ok(Self { connections, requests, status, next: 0 })
    }

    /// Asks for so long; `server` pays.
    pub fn run(&mut self, server: &Server, time: Duration, timed: bool) -> Answer<Slice> {
        let before = server.cpu()?;
        let started = Instant::now();
        let mut slice = Slice::default();
        while started.elapsed() < time {
            self.round(&mut slice, timed)?;
        }
        slice.seconds = started.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a slice")]
        {
            slice.cpu = (server.cpu()? - before) as f64 / slice.requests.max(1) as f64;
        }
        Ok(slice)
    }

    /// Every connection asks once, and all answers are awaited.
    fn round(&mut self, slice: &mut Slice, timed: bool) -> Answer<()> {
        let sent = Instant::now();
        for connection in &mut self.connections {
            connection.send(&self.requests[self.next])?;
            self.next = (self.next + 1) % self.requests.len();
        }
        let mut waiting: Vec<usize> = (0..self.connections.len()).collect();
        while !waiting.is_empty() {
            let mut failed = None;
            waiting.retain(|n| match self.connections[*n].poll() {
                Ok(None) => true,
                Ok(Some((status, ..))) => {
                    if status != self.status {
                        failed = Some(format!("an answer had status {status}, not {}", self.status));
                    }
                    if timed {
                        slice.waits.push(sent.elapsed().as_secs_f64() * 1e6);
                    }
                    false
                }
                Err(e) => {
                    failed = Some(e.to_string());
                    false
                }
            });
            if let Some(failed) = failed {
                return Err(failed.into());
            }
            std::hint::spin_loop();
        }
        slice.requests += u64::try_from(self.connections.len())?;
        Ok(())
    }
}
