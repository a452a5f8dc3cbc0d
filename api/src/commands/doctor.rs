//! `pressroom doctor`.

use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::config::Config;
use crate::error::Error;
use crate::service::{Service, Svc, accounts};
use pressroom_schema::migrate;

use super::{Failure, say};

/// Prints one line for each check, and fails if any failed.
pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let mut report = Report { failed: 0 };
    report.check("site address", url::Url::parse(&config.site_url).map(|u| u.to_string()))?;
    let svc = match Service::open(config, Clock::System) {
        Ok(svc) => Svc::new(svc),
        Err(e) => {
            report
                .check("settings", Err::<String, _>(e.internal_detail().unwrap_or(e.detail()).to_owned()))?;
            return report.end();
        }
    };
    report.check("settings", Ok::<_, String>("can be read".to_owned()))?;
    let loose = loose(&svc.config);
    for what in &loose {
        say(&format!("warn  permissions: {what}"))?;
    }
    if loose.is_empty() {
        report.check("permissions", Ok::<_, String>("nobody else on this machine can look in".to_owned()))?;
    }
    let backend = format!("{:?}", svc.db.backend()).to_lowercase();
    match svc.db.ping().await {
        Ok(()) => report.check("database", Ok::<_, String>(format!("{backend} answers")))?,
        Err(e) => {
            report.check("database", Err::<String, _>(e))?;
            return report.end();
        }
    }
    let pending = svc.db.raw(migrate::status).await.map(|all| all.iter().filter(|m| !m.applied).count());
    match pending {
        Ok(0) => report.check("schema", Ok::<_, String>("is up to date".to_owned()))?,
        Ok(n) => {
            report.check(
                "schema",
                Err::<String, _>(format!("{n} migrations are pending; run pressroom migrate")),
            )?;
            return report.end();
        }
        Err(e) => report.check("schema", Err::<String, _>(e))?,
    }
    let skew = svc.db.raw(pressroom_schema::db::clock_skew_seconds).await;
    report.check(
        "clock",
        skew.map_err(|e| e.to_string()).and_then(|s| {
            if s.abs() <= 5 {
                Ok(format!("differs from the database's by {s} s"))
            } else {
                Err(format!("differs from the database's by {s} s; set both by NTP"))
            }
        }),
    )?;
    report.check("media store", svc.media.check().await.map(|()| svc.media.place().to_owned()))?;
    let keys = async {
        svc.prepare().await?;
        Ok::<_, Error>((accounts::damaged_keys(&svc).await?, accounts::jwks(&svc)?.keys.len()))
    };
    report.check(
        "signing keys",
        match keys.await {
            Ok((damaged, number)) if damaged.is_empty() => Ok(format!("{number} verify")),
            Ok((damaged, number)) => Err(format!(
                "{number} verify, but {} cannot be read; `pressroom rotate-key --revoke` removes it with all others but a new one",
                damaged.join(", ")
            )),
            Err(e) => Err(e.internal_detail().unwrap_or(e.detail()).to_owned()),
        },
    )?;
    report.end()
}

/// Files and folders with secrets or drafts in them that others on this machine can look into, and how to mend each.
#[cfg(unix)]
fn loose(config: &Config) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut paths = vec![PathBuf::from(".env"), config.data_dir.clone()];
    if let Some(path) = config.database_url.strip_prefix("sqlite://") {
        let path = path.split('?').next().unwrap_or_default();
        paths.extend(["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{path}{end}"))));
        paths.extend(
            Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_owned),
        );
    }
    let media = config.media_location();
    if !media.contains("://") {
        paths.push(PathBuf::from(media));
    }
    paths.sort();
    paths.dedup();
    let modes = paths.into_iter().filter_map(|path| {
        let mode = std::fs::metadata(&path).ok()?.permissions().mode() & 0o7777;
        // What is everybody's own, such as /tmp, is not ours to close.
        (mode & 0o077 != 0 && mode & 0o1000 == 0).then(|| {
            let path = path.display();
            format!("{path} is open to others on this machine ({mode:04o}); run chmod go= {path}")
        })
    });
    modes.collect()
}

#[cfg(not(unix))]
fn loose(_: &Config) -> Vec<String> {
    Vec::new()
}

struct Report {
    failed: usize,
}

impl Report {
    fn check<T: std::fmt::Display, E: std::fmt::Display>(
        &mut self,
        what: &str,
        found: Result<T, E>,
    ) -> Result<(), Failure> {
        match found {
            Ok(text) => say(&format!("ok    {what}: {text}")),
            Err(e) => {
                self.failed += 1;
                say(&format!("FAIL  {what}: {e}"))
            }
        }
    }

    fn end(self) -> Result<(), Failure> {
        if self.failed == 0 { Ok(()) } else { Err(format!("{} checks failed", self.failed).into()) }
    }
}
