//! `pressroom migrate`.

use crate::clock::Clock;
use crate::config::Config;
use crate::service::Service;
use clap::Args;
use pressroom_schema::migrate;

use super::{Failure, say};

/// Bring the schema up to date, and tell what it did.
#[derive(Args)]
pub(super) struct Migrate {
    /// Only tell which migrations there are, and which the database has.
    #[arg(long)]
    status: bool,
}

impl Migrate {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        let svc = Service::open(config, Clock::System)?;
        if !self.status {
            let ran = svc.db.raw(migrate::up).await?;
            for name in &ran {
                say(&format!("ran     {name}"))?;
            }
        }
        for migration in svc.db.raw(migrate::status).await? {
            say(&format!("{} {}", if migration.applied { "applied" } else { "pending" }, migration.name))?;
        }
        Ok(())
    }
}
