//! The server under measurement, in this process: the same library as the binary's.

use std::path::Path;

use pressroom::app::App;
use pressroom::clock::Clock;
use pressroom::config::{Config, Switch};

use crate::Answer;

/// The settings of every measurement: one reader, no limits of rate, logs only of what goes wrong.
pub fn config(path: &Path, cache: u64) -> Config {
    Config {
        database_url: format!("sqlite://{}", path.display()),
        site_url: "https://example.org".to_owned(),
        api_url: "https://example.org".to_owned(),
        data_dir: crate::target().join("data"),
        rate_limits: Switch::Off,
        readers: 1,
        cache_bytes: cache,
        ..Config::defaults()
    }
}

/// The same on PostgreSQL, with as many readers as the server has by itself.
pub fn on_postgres(url: &str, cache: u64) -> Config {
    Config { database_url: url.to_owned(), readers: 0, ..config(Path::new(""), cache) }
}

/// Opens it. A cache of 0 bytes is none.
pub fn open(path: &Path, cache: u64) -> Answer<App> {
    open_with(config(path, cache))
}

/// Opens it with other settings.
pub fn open_with(config: Config) -> Answer<App> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(App::open(config, Clock::System)).map_err(|e| e.to_string().into())
}
