//! The command line: it does what it says, and a failure is one clear sentence and a non-zero exit.

use std::io::{Read as _, Write as _};

use serde_json::Value;

use crate::support::app::{Folder, Store};
use crate::support::binary::{self, Server, command, run};

const PASSWORD: &str = "seven grey herons at low tide";

/// Runs a command that must go well, and gives what it printed.
fn well(folder: &Folder, arguments: &[&str], input: &str) -> String {
    let (status, out, err) = run(command(folder, arguments), input);
    assert!(status.success(), "{arguments:?}: {out}{err}");
    out
}

/// Runs a command that must fail, and gives the one line that says why.
fn fails(folder: &Folder, arguments: &[&str], input: &str, settings: &[(&str, &str)]) -> String {
    let mut command = command(folder, arguments);
    for (name, value) in settings {
        command.env(name, value);
    }
    let (status, out, err) = run(command, input);
    assert_eq!(status.code(), Some(1), "{arguments:?} {settings:?}: {out}{err}");
    let told: Vec<&str> = err.lines().filter(|line| line.starts_with("pressroom: ")).collect();
    assert_eq!(told.len(), 1, "{arguments:?} {settings:?}: {err}");
    told[0].to_owned()
}

#[test]
fn migrate_tells_what_is_pending_and_what_it_did() {
    let folder = Folder::new();
    let status = || well(&folder, &["migrate", "--status"], "");
    assert!(status().lines().all(|line| line.starts_with("pending ")) && !status().is_empty());
    let ran = well(&folder, &["migrate"], "");
    assert!(ran.starts_with("ran ") && ran.contains("applied 0001"), "{ran}");
    assert!(status().lines().all(|line| line.starts_with("applied ")));
    let again = well(&folder, &["migrate"], "");
    assert!(!again.contains("ran "), "{again}");
}

#[test]
fn doctor_finds_what_is_wrong_and_says_how_to_mend_it() {
    let folder = Folder::new();
    let doctor = |settings: &[(&str, &str)]| {
        let mut command = command(&folder, &["doctor"]);
        for (name, value) in settings {
            command.env(name, value);
        }
        run(command, "")
    };
    let (status, out, err) = doctor(&[]);
    assert_eq!(status.code(), Some(1), "{out}{err}");
    let all =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/sqlite")).unwrap().count();
    assert!(
        out.contains(&format!("FAIL  schema: {all} migrations are pending; run pressroom migrate")),
        "{out}"
    );
    well(&folder, &["migrate"], "");
    let (status, out, err) = doctor(&[]);
    assert!(status.success(), "{out}{err}");
    for check in ["site address", "settings", "database", "schema", "clock", "media store", "signing keys"] {
        assert!(out.contains(&format!("ok    {check}: ")), "{check}: {out}");
    }
    let (status, out, _) = doctor(&[("PRESSROOM_SITE_URL", "example")]);
    assert_eq!(status.code(), Some(1));
    assert!(out.contains("FAIL  site address: "), "{out}");
    let (status, out, _) = doctor(&[("PRESSROOM_MEDIA_URL", "/proc/none")]);
    assert_eq!(status.code(), Some(1));
    assert!(out.contains("FAIL  "), "{out}");
    let (status, out, err) =
        doctor(&[("DATABASE_URL", "postgres://someone:hunter2@127.0.0.1:1/none?connect_timeout=2")]);
    assert_eq!(status.code(), Some(1));
    assert!(out.contains("FAIL  database: ") && !format!("{out}{err}").contains("hunter2"), "{out}{err}");
}

#[test]
fn accounts_and_tokens_are_made_listed_and_ended() {
    for store in std::iter::once(None).chain(Store::postgres().map(Some)) {
        let folder = Folder::new();
        let database = store.as_ref().map(Store::url);
        let url =
            database.clone().unwrap_or_else(|| format!("sqlite://{}/pressroom.db", folder.path().display()));
        let ok = |arguments: &[&str], input: &str| {
            well(&folder, &[arguments, &["--database-url", &url]].concat(), input)
        };
        let no = |arguments: &[&str], input: &str| {
            fails(&folder, &[arguments, &["--database-url", &url]].concat(), input, &[])
        };

        let made = ok(&["user", "create", "noor@example.org", "--role", "editor"], &format!("{PASSWORD}\n"));
        assert!(made.contains("editor") && made.contains("noor@example.org") && !made.contains(PASSWORD));
        assert!(ok(&["user", "list"], "").contains("enabled   noor@example.org"));
        for (arguments, input, why) in [
            (&["user", "create", "noor@example.org"][..], PASSWORD, "e-mail"),
            (&["user", "create", "ada@example.org"], "short", "password"),
            (&["user", "create", "ada@example.org"], "", "password"),
            (&["user", "create", "ada@example.org", "--role", "king"], PASSWORD, "admin, editor"),
            (&["user", "create", "ada"], PASSWORD, "e-mail"),
            (&["user", "disable", "nobody@example.org"], "", "no such account"),
            (&["user", "password", "noor@example.org"], "short", "password"),
            (
                &["token", "create", "nobody@example.org", "--name", "x", "--scopes", "posts:read"],
                "",
                "no such account",
            ),
            (
                &["token", "create", "noor@example.org", "--name", "x", "--scopes", "posts:burn"],
                "",
                "posts:burn",
            ),
            (
                &[
                    "token",
                    "create",
                    "noor@example.org",
                    "--name",
                    "x",
                    "--scopes",
                    "posts:read",
                    "--expires",
                    "then",
                ],
                "",
                "RFC 3339",
            ),
            (&["token", "revoke", "nonsense"], "", "no such"),
        ] {
            let told = no(arguments, input);
            assert!(told.contains(why), "{arguments:?}: {told}");
        }
        assert_eq!(ok(&["user", "list"], "").lines().count(), 1, "a refused command changes nothing");

        let secret =
            ok(&["token", "create", "noor@example.org", "--name", "Build", "--scopes", "posts:read"], "");
        let listed = ok(&["token", "list"], "");
        assert!(listed.contains("Build") && listed.contains("posts:read") && !listed.contains(secret.trim()));
        let serve = || {
            let mut serve = command(&folder, &["serve"]);
            serve.env("DATABASE_URL", &url).env("PRESSROOM_LOG", "error");
            Server::start(serve)
        };
        let me = |server: &Server, token: &str| {
            binary::request(server.address(), "GET", "/v1/auth/me", token, &Value::Null).unwrap().0
        };
        let server = serve();
        assert_eq!(me(&server, secret.trim()), 200);
        ok(&["user", "disable", "noor@example.org"], "");
        assert_eq!(me(&server, secret.trim()), 401, "a disabled account's tokens are no good");
        ok(&["user", "disable", "noor@example.org", "--undo"], "");
        assert_eq!(me(&server, secret.trim()), 200);
        ok(&["token", "revoke", listed.split_whitespace().next().unwrap()], "");
        assert_eq!(me(&server, secret.trim()), 401, "a revoked token is no good");
        let login = |password: &str| {
            let body = serde_json::json!({ "email": "noor@example.org", "password": password });
            binary::request(server.address(), "POST", "/v1/auth/login", "", &body).unwrap().0
        };
        assert_eq!(login(PASSWORD), 200);
        ok(&["user", "password", "noor@example.org"], "nine red kites in a high wind");
        assert_eq!((login(PASSWORD), login("nine red kites in a high wind")), (401, 200));
    }
}

#[test]
fn wrong_settings_are_one_clear_sentence() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    std::fs::write(
        folder.path().join("text.db"),
        "This is a text, and long enough to be no empty file.".repeat(99),
    )
    .unwrap();
    let text = format!("sqlite://{}/text.db", folder.path().display());
    for (settings, why) in [
        (&[("DATABASE_URL", "mysql://localhost/x")][..], "sqlite://"),
        (&[("DATABASE_URL", "sqlite://")], "names no file"),
        (&[("DATABASE_URL", "sqlite:///proc/none/x.db")], "/proc/none"),
        (&[("DATABASE_URL", text.as_str())], "not a database"),
        (&[("DATABASE_URL", "postgres://127.0.0.1:1/none?connect_timeout=2")], "connection to server"),
        (
            &[("DATABASE_URL", "sqlite://x.db"), ("DATABASE_REPLICA_URLS", "postgres://localhost/x")],
            "DATABASE_REPLICA_URLS",
        ),
        (
            &[("DATABASE_REPLICA_URLS", "mysql://x"), ("DATABASE_URL", "postgres://localhost/x")],
            "DATABASE_REPLICA_URLS",
        ),
        (&[("PRESSROOM_BIND", taken.as_str())], "choose another address"),
        (&[("PRESSROOM_BIND", "nowhere")], "cannot listen on nowhere"),
        (&[("PRESSROOM_MEDIA_URL", "ftp://x")], "give a folder or s3://bucket/prefix"),
        (&[("PRESSROOM_SIGNING_KEY", "secret")], "PRESSROOM_SIGNING_KEY"),
        (&[("PRESSROOM_LOG", "=,=")], "PRESSROOM_LOG"),
        (
            &[("PRESSROOM_ADMIN_EMAIL", "a@example.org"), ("PRESSROOM_ADMIN_PASSWORD", "short")],
            "password is too short",
        ),
    ] {
        let bind = [("PRESSROOM_BIND", "127.0.0.1:0")];
        let told = fails(&folder, &["serve"], "", &[&bind, settings].concat());
        assert!(told.contains(why), "{settings:?}: {told}");
        assert!(!told.contains("Quote the request's id"), "{settings:?}: {told}");
    }
    // What the command line itself cannot read is told by name, with status 2.
    for (settings, why) in [
        (("PRESSROOM_RATE_LIMITS", "maybe"), "--rate-limits"),
        (("PRESSROOM_ACCESS_TOKEN_SECONDS", "5"), "--access-token-seconds"),
        (("PRESSROOM_WORKERS", "many"), "--workers"),
    ] {
        let mut command = command(&folder, &["serve"]);
        command.env(settings.0, settings.1);
        let (status, _, err) = run(command, "");
        assert_eq!(status.code(), Some(2), "{err}");
        assert!(err.contains(why), "{err}");
    }
    let (status, _, err) = run(command(&folder, &["sevre"]), "");
    assert!(status.code() == Some(2) && err.contains("serve"), "{err}");
    std::fs::write(folder.path().join(".env"), "PRESSROOM_BIND='unfinished").unwrap();
    assert!(fails(&folder, &["serve"], "", &[]).contains(".env"));
}

#[test]
fn settings_come_from_flags_then_the_environment_then_the_file() {
    let folder = Folder::new();
    std::fs::write(folder.path().join(".env"), "PRESSROOM_SITE_URL=https://file.example\n").unwrap();
    well(&folder, &["migrate"], "");
    let told = |arguments: &[&str], variable: Option<&str>| {
        let mut command = command(&folder, &[&["doctor"], arguments].concat());
        if let Some(value) = variable {
            command.env("PRESSROOM_SITE_URL", value);
        }
        run(command, "").1
    };
    assert!(told(&[], None).contains("https://file.example"));
    assert!(told(&[], Some("https://variable.example")).contains("https://variable.example"));
    let flag = told(&["--site-url", "https://flag.example"], Some("https://variable.example"));
    assert!(flag.contains("https://flag.example"), "{flag}");
}

#[test]
fn every_command_has_a_help_that_teaches() {
    let folder = Folder::new();
    let help = |arguments: &[&str]| well(&folder, &[arguments, &["--help"]].concat(), "");
    let top = help(&[]);
    for name in ["serve", "migrate", "doctor", "user", "token", "openapi", "graphql-schema"] {
        assert!(top.contains(&format!("  {name}")), "{top}");
        assert!(help(&[name]).lines().next().is_some_and(|line| line.len() > 10), "{name}");
    }
    assert!(help(&["serve"]).contains("DATABASE_URL"));
    let document: Value = serde_json::from_str(&well(&folder, &["openapi"], "")).unwrap();
    assert_eq!(document["openapi"].as_str().map(|v| &v[..3]), Some("3.1"));
    well(&folder, &["graphql-schema"], "");
}

#[test]
fn what_a_stranger_sends_is_no_error_in_the_log() {
    let folder = Folder::new();
    let path = folder.path().join("log");
    let server = Server::logging(command(&folder, &["serve"]), std::fs::File::create(&path).unwrap().into());
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(2_000));
    let bad: [&[u8]; 8] = [
        b"GET / HTTP/1.1\r\nHost: a\r\nBad Header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\xff HTTP/9.9\r\n\r\n",
        b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        long.as_bytes(),
        many.as_bytes(),
    ];
    for sent in bad {
        let mut stream = binary::connect(server.address()).unwrap();
        stream.write_all(sent).ok();
        stream.shutdown(std::net::Shutdown::Write).ok();
        stream.read_to_end(&mut Vec::new()).ok();
    }
    let lines = std::fs::read_to_string(&path).unwrap();
    assert!(!lines.contains("ERROR") && !lines.contains("WARN"), "{lines}");
}

#[cfg(unix)]
#[test]
fn what_has_secrets_in_it_is_made_for_its_owner_alone_and_doctor_says_where_it_is_not() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let url = ["--database-url", "sqlite://kept/in/pressroom.db"];
    let mode = |path: &str| {
        let path = folder.path().join(path);
        let found = std::fs::metadata(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        found.permissions().mode() & 0o7777
    };
    let set = |path: &str, mode: u32| {
        std::fs::set_permissions(folder.path().join(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let server = Server::start(command(&folder, &[&["serve"][..], &url].concat()));
    for path in ["kept", "kept/in", "data", "data/media"] {
        assert_eq!(format!("{path} {:04o}", mode(path)), format!("{path} 0700"));
    }
    for path in ["kept/in/pressroom.db", "kept/in/pressroom.db-wal", "kept/in/pressroom.db-shm"] {
        assert_eq!(format!("{path} {:04o}", mode(path)), format!("{path} 0600"));
    }
    drop(server);
    let doctor = || well(&folder, &[&["doctor"][..], &url].concat(), "");
    assert!(doctor().contains("ok    permissions: "), "{}", doctor());
    set("kept/in/pressroom.db", 0o644);
    set("kept/in", 0o755);
    set("data/media", 0o750);
    std::fs::write(folder.path().join(".env"), "PRESSROOM_LOG=info\n").unwrap();
    set(".env", 0o640);
    let told = doctor();
    for path in ["kept/in/pressroom.db is", "kept/in is", "data/media is", ".env is"] {
        assert!(told.contains(&format!("warn  permissions: {path} open to others")), "{path}: {told}");
    }
    assert!(told.contains("run chmod go= kept/in/pressroom.db"), "{told}");
    // What somebody has opened on purpose stays as it is.
    assert_eq!(mode("kept/in/pressroom.db"), 0o644);
}

/// Writes over the stored signing keys, as a slip of the hand or a bad disk does.
fn damage(url: &str, sql: &str) {
    use diesel::connection::{Connection as _, SimpleConnection as _};
    if let Some(path) = url.strip_prefix("sqlite://") {
        diesel::SqliteConnection::establish(path).unwrap().batch_execute(sql).unwrap();
    } else {
        diesel::PgConnection::establish(url).unwrap().batch_execute(sql).unwrap();
    }
}

#[test]
fn a_damaged_signing_key_stops_nothing_where_another_is_in_use_and_can_be_mended_where_none_is() {
    for store in std::iter::once(None).chain(Store::postgres().map(Some)) {
        let folder = Folder::new();
        let database = store.as_ref().map(Store::url);
        let url =
            database.clone().unwrap_or_else(|| format!("sqlite://{}/pressroom.db", folder.path().display()));
        let with = |arguments: &[&str]| command(&folder, &[arguments, &["--database-url", &url]].concat());
        let told = |arguments: &[&str]| run(with(arguments), "");
        assert!(told(&["rotate-key"]).0.success());
        let mut harms = vec![
            "private_key = 'nonsense'",
            "private_key = ''",
            // A key, but not the one that it says it is.
            "private_key = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n'",
        ];
        if store.is_none() {
            harms.push("created_at = 'never'");
        }
        for harm in &harms {
            assert!(told(&["rotate-key"]).0.success());
            damage(&url, &format!("UPDATE signing_keys SET {harm} WHERE retired_at IS NOT NULL"));
            drop(Server::start(with(&["serve"])));
            let (status, out, _) = told(&["doctor"]);
            assert!(!status.success() && out.contains("FAIL  signing keys: 1 verify, but "), "{harm}: {out}");
            assert!(out.contains("rotate-key --revoke"), "{out}");
            let (status, out, _) = told(&["rotate-key", "--revoke"]);
            assert!(status.success() && out.contains("no good any more"), "{out}");
            let (status, out, _) = told(&["doctor"]);
            assert!(status.success() && out.contains("ok    signing keys: 1 verify"), "{harm}: {out}");
            damage(&url, &format!("UPDATE signing_keys SET {harm}"));
            let (status, _, err) = told(&["serve"]);
            assert!(!status.success() && err.contains("rotate-key --revoke"), "{harm}: {err}");
            assert!(told(&["rotate-key", "--revoke"]).0.success(), "{harm}");
            drop(Server::start(with(&["serve"])));
        }
    }
}
