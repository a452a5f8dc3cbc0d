//! The program itself, as a process of its own, and a client that speaks HTTP/1.1 to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::app::Folder;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program, built from the present sources in the profile of the tests.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        // The tests stand in `TARGET/PROFILE/deps`.
        let own = std::env::current_exe().unwrap();
        let folder = own.parent().and_then(Path::parent).unwrap().to_owned();
        let profile = if folder.ends_with("release") { "release" } else { "dev" };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--quiet",
            "--package",
            "pressroom",
            "--bin",
            "pressroom",
            "--profile",
            profile,
        ]);
        cargo.arg("--target-dir").arg(folder.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
        let built = cargo.stdin(Stdio::null()).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        folder.join("pressroom")
    })
}

/// The program with no settings but those given here, in an empty working folder.
pub(crate) fn command(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).current_dir(folder.path()).env_clear();
    command.env("DATABASE_URL", format!("sqlite://{}/pressroom.db", folder.path().display()));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end, with `input` on its standard input.
pub(crate) fn run(mut command: Command, input: &str) -> (ExitStatus, String, String) {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // A program that does not read its input has closed it.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status, text(stdout), text(stderr))
}

/// `pressroom serve`, on a free port.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts it and waits until it listens.
    pub(crate) fn start(command: Command) -> Self {
        Self::logging(command, Stdio::null())
    }

    /// The same with a place for its log.
    pub(crate) fn logging(mut command: Command, log: Stdio) -> Self {
        let mut child = command.env("PRESSROOM_BIND", "127.0.0.1:0").stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let Some(Ok(line)) = lines.next() else { panic!("it ended: {:?}", child.wait()) };
            if let Some((_, rest)) = line.split_once("listens on http://") {
                break rest.split_whitespace().next().unwrap().parse().unwrap();
            }
        };
        Self { child, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends it a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// One request on a connection of its own. An error where the answer did not come whole.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    token: &str,
    body: &Value,
) -> std::io::Result<(u16, Value)> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = connect(address)?;
    stream.write_all(head(method, path, token, body.len(), "Connection: close\r\n").as_bytes())?;
    stream.write_all(body.as_bytes())?;
    answer(&mut stream)
}

pub(crate) fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// The head of a request with a JSON body of `length` bytes.
pub(crate) fn head(method: &str, path: &str, token: &str, length: usize, more: &str) -> String {
    let bearer = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{bearer}Content-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n"
    )
}

/// Reads one answer: its status, and its body as JSON; null where it has none.
pub(crate) fn answer(stream: &mut TcpStream) -> std::io::Result<(u16, Value)> {
    let cut = || std::io::Error::other("the answer was cut off");
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(cut)?;
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(|_| cut())?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if body.is_empty() { Ok((status, Value::Null)) } else { Ok((status, serde_json::from_slice(&body)?)) }
}
