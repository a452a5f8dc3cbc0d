//! A private PostgreSQL: made in a fresh folder, reached through a Unix socket only, and gone when this process is, however it
//! ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Answer;

/// Keeps the cluster until its standard input ends; the suite's own.
const KEEPER: &str = include_str!("../../tests/suite/support/postgres.sh");

/// As it comes, but for what would work beside the measurements.
const SETTINGS: &str = "
listen_addresses = ''
port = 5432
autovacuum = off
";

/// It stops and is removed when this is dropped.
pub struct Cluster {
    root: PathBuf,
    keeper: Child,
}

impl Cluster {
    pub fn start() -> Answer<Self> {
        let bin = programs().ok_or("no initdb in PATH, in /usr/lib/postgresql or where pg_config points")?;
        // Below /tmp: the path of a socket must be short, and its folder within reach of another account.
        let root = PathBuf::from(format!("/tmp/pressroom-benches-{}", std::process::id()));
        std::fs::DirBuilder::new().mode(0o700).create(&root)?;
        let started = Self::start_in(&root, &bin);
        if started.is_err() {
            let _ = std::fs::remove_dir_all(&root);
        }
        started
    }

    fn start_in(root: &Path, bin: &Path) -> Answer<Self> {
        let settings = root.join("settings.conf");
        std::fs::write(&settings, format!("{SETTINGS}unix_socket_directories = '{}/pg'\n", root.display()))?;
        let mut command = Command::new("sh");
        command.arg("-c").arg(KEEPER).arg("sh").arg(root).arg(bin).arg("stdin");
        // A group of its own, so that what interrupts this process is not told to it.
        command.current_dir("/tmp").env("LC_ALL", "C").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name); // they are about another cluster
        }
        // initdb refuses to run as root.
        if std::fs::metadata(root)?.uid() == 0 {
            let (user, group) =
                unprivileged().ok_or("there is no account postgres or nobody to run PostgreSQL as")?;
            for path in [root, &settings] {
                chown(path, Some(user), Some(group))?;
            }
            command.uid(user).gid(group);
        }
        let mut keeper = command.spawn()?;
        let mut output = BufReader::new(keeper.stdout.take().ok_or("the keeper says nothing")?);
        let mut said = String::new();
        output.read_line(&mut said)?;
        if said.trim() != "ready" {
            output.read_to_string(&mut said)?;
            keeper.wait()?;
            return Err(format!("PostgreSQL does not start: {said}").into());
        }
        Ok(Self { root: root.to_owned(), keeper })
    }

    /// The address of a database for one of its roles.
    pub fn url(&self, database: &str, role: &str) -> String {
        format!("postgres:///{database}?host={}/pg&port=5432&user={role}", self.root.display())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The folder that has initdb and what stands beside it, the newest where there are several.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let major = |bin: &PathBuf| bin.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort_by_key(|bin| std::cmp::Reverse(major(bin)));
    folders.extend(debian);
    if let Ok(answer) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim()));
    }
    folders.into_iter().find_map(|folder| {
        // Where a link leads: initdb looks for postgres beside itself.
        let bin = folder.join("initdb").canonicalize().ok()?.parent()?.to_owned();
        (bin.join("pg_ctl").exists() && bin.join("postgres").exists()).then_some(bin)
    })
}

/// User and group of an account that may run PostgreSQL where this runs as root.
fn unprivileged() -> Option<(u32, u32)> {
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    ["postgres", "nobody"].into_iter().find_map(|wanted| {
        accounts.lines().find_map(|line| {
            let mut parts = line.split(':');
            (parts.next() == Some(wanted)).then_some(())?;
            Some((parts.nth(1)?.parse().ok()?, parts.next()?.parse().ok()?))
        })
    })
}
