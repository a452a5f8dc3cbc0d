//! `pressroom doctor`.

use pressroom::clock::Clock;
use pressroom::config::Config;
use pressroom::service::{Service, Svc, accounts};
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
    report.check(
        "signing keys",
        svc.prepare()
            .await
            .and_then(|()| accounts::jwks(&svc))
            .map(|jwks| format!("{} verify", jwks.keys.len())),
    )?;
    report.end()
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
