//! `pressroom serve`.

use std::net::TcpListener;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use clap::Args;
use pressroom_schema::db::Serving;

use super::{Failure, say};

/// Bring the schema up to date, then serve.
#[derive(Args)]
pub(super) struct Serve {
    /// Fill an empty database with a small publication, and print an admin's credentials.
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        let listener = TcpListener::bind(&config.bind).map_err(|e| {
            format!("cannot listen on {}: {e}; choose another address with --bind", config.bind)
        })?;
        let address = listener.local_addr()?;
        let workers = config.workers;
        let app = App::open(config, Clock::System).await?;
        if self.demo {
            match crate::demo::load(app.service()).await? {
                Some(admin) => {
                    say("The demo publication is in place. Log in as")?;
                    say(&format!("  e-mail    {}", admin.email))?;
                    say(&format!("  password  {}", admin.password))?;
                }
                None => say("The database is not empty: the demo publication was not added.")?,
            }
        }
        // Held until the process ends.
        let serving = app.service().db.serve();
        match &serving {
            Serving::Alone(_) => crate::jobs::free_all(app.service()).await?,
            Serving::Another => tracing::warn!(
                "another process serves this SQLite file already: they wait for each other's writes, and each counts limits and keeps answers for itself; stop one of them, or use PostgreSQL"
            ),
            Serving::Shared => {}
        }
        let jobs = app.start_jobs();
        let server = app.serve(listener, workers)?;
        say(&format!(
            "Pressroom listens on http://{address}  (GraphiQL at /graphiql, documentation at /docs)"
        ))?;
        let handle = server.handle();
        actix_web::rt::spawn(async move {
            stop_signal().await;
            tracing::info!("stopping: requests under way are finished first");
            handle.stop(true).await;
        });
        server.await?;
        jobs.stop().await;
        drop(serving);
        Ok(())
    }
}

/// Ctrl-C, or what a service manager sends.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
