//! Measures Pressroom against baselines of the same run; `benches/run` builds and starts it. See docs/performance.md.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be taken ends the run")]

mod app;
mod baseline;
mod cluster;
mod corpus;
mod cpu;
mod http;
mod inside;
mod libpq;
mod over;
mod postgres;
mod serve;
mod table;
mod watch;

use std::path::PathBuf;

use corpus::Size;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What can go wrong ends the run with a sentence.
type Answer<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Where corpora are kept between runs.
fn target() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/benches");
    std::fs::create_dir_all(&path).unwrap();
    path.canonicalize().unwrap()
}

fn main() -> Answer<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", path, cache] => serve::app(path.as_ref(), cache.parse()?),
        ["bare", path] => serve::bare(path.as_ref()),
        ["by-hand", path] => serve::by_hand(path.as_ref()),
        ["corpus"] => {
            corpus::make(Size::S)?;
            corpus::make(Size::L)?;
            Ok(())
        }
        ["repeat", case, times] => inside::repeat(case, times.parse()?),
        ["run", rows @ ..] => {
            let wanted: Vec<u32> = rows.iter().map(|r| r.parse()).collect::<Result<_, _>>()?;
            let mut table = table::Table::new(wanted);
            inside::rows(&mut table)?;
            over::rows(&mut table)?;
            postgres::rows(&mut table)?;
            Ok(())
        }
        _ => Err("run [ROW…] | corpus | repeat CASE TIMES".into()),
    }
}
