//! The command line.

use std::net::TcpListener;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use pressroom::app::App;
use pressroom::clock::Clock;
use pressroom::config::Config;

/// Parts of many sizes are allocated for every answer; mimalloc is measurably better at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A headless CMS for publications.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Migrate, then serve.
    Serve,
    /// Print the OpenAPI document.
    Openapi,
}

fn main() -> ExitCode {
    if let Err(e) = Config::load_dotenv() {
        eprintln!("pressroom: {e}");
        return ExitCode::FAILURE;
    }
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("pressroom: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    match cli.command {
        Command::Openapi => {
            print!("{}", pressroom::openapi::document());
            Ok(())
        }
        Command::Serve => actix_web::rt::System::new().block_on(async move {
            let listener = TcpListener::bind(&cli.config.bind)?;
            let workers = cli.config.workers;
            let app = App::open(cli.config, Clock::System).await?;
            println!("Pressroom listens on http://{}", listener.local_addr()?);
            app.serve(listener, workers)?.await?;
            Ok(())
        }),
    }
}
