//! The command line, one file for each command.

mod doctor;
mod migrate;
mod print;
mod serve;
mod token;
mod user;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use crate::clock::Clock;
use crate::config::{Config, LogFormat};
use crate::error::Error;
use crate::reference::Page;
use crate::service::{Service, Svc};
use clap::{Parser, Subcommand};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What a command may fail with.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// A headless CMS for publications: posts, authors, links and comment threads as REST and GraphQL.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "Settings come from flags, then the environment, then .env in the working folder; .env.example lists them.\n\nTo begin:  pressroom serve --demo        a small publication to look at, on SQLite\n           pressroom doctor              is everything as it should be?"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring the schema up to date, then serve.
    Serve(serve::Serve),
    /// Bring the schema up to date, and tell what it did.
    Migrate(migrate::Migrate),
    /// Check settings, database, media store, clock and keys.
    Doctor,
    /// Accounts: create, list, disable, change a password.
    User(user::User),
    /// API tokens: create, list, revoke.
    Token(token::Token),
    /// Make a new signing key, which running servers take up within seconds.
    RotateKey {
        /// End the keys until now at once, for when one has leaked: access tokens and preview links signed so far are no good any more.
        /// Without this they are good until they expire.
        #[arg(long)]
        revoke: bool,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Print the GraphQL schema.
    GraphqlSchema,
    /// Print a page of reference: the error codes, the rights, or the settings as a .env file.
    Reference {
        /// Which page.
        page: Page,
    },
}

/// Reads the settings, runs the command, and says in one line what went wrong.
pub fn run() -> ExitCode {
    let outcome = Config::load_dotenv().map_err(Failure::from).and_then(|()| {
        let cli = Cli::parse();
        log(&cli.config)?;
        actix_web::rt::System::new().block_on(dispatch(cli))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "pressroom: {}", told(&*e));
            ExitCode::FAILURE
        }
    }
}

/// A failure as whoever runs the command is told it: what callers from outside must not see is what helps here.
fn told(failure: &(dyn std::error::Error + 'static)) -> String {
    let Some(error) = failure.downcast_ref::<Error>() else { return failure.to_string() };
    let sentence = error.internal_detail().unwrap_or(error.detail());
    match error.errors() {
        [] | [_] => sentence.to_owned(),
        many => {
            let details: Vec<&str> = many.iter().map(|fault| fault.detail.as_str()).collect();
            details.join(" ")
        }
    }
}

async fn dispatch(cli: Cli) -> Result<(), Failure> {
    let config = cli.config.completed();
    match cli.command {
        Command::Serve(serve) => serve.run(config).await,
        Command::Migrate(migrate) => migrate.run(config).await,
        Command::Doctor => doctor::run(config).await,
        Command::User(user) => user.run(config).await,
        Command::Token(token) => token.run(config).await,
        Command::RotateKey { revoke } => {
            let svc = open_unprepared(config).await?;
            let kid = crate::service::accounts::rotate_keys(&svc, revoke).await?;
            say(&format!("New tokens are signed with {kid}."))?;
            if revoke {
                say(
                    "What earlier keys signed is no good any more: clients refresh, and preview links are made anew.",
                )?;
            }
            Ok(())
        }
        Command::Openapi => print::openapi(),
        Command::GraphqlSchema => print::graphql_schema(),
        Command::Reference { page } => print::reference(page),
    }
}

fn log(config: &Config) -> Result<(), Failure> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log)
        .map_err(|e| format!("PRESSROOM_LOG is not a list of levels and modules: {e}"))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = tracing_subscriber::registry().with(filter).with(Strangers);
    match config.log_format {
        LogFormat::Text => log.with(lines.with_ansi(std::io::stderr().is_terminal())).init(),
        LogFormat::Json => log.with(lines.json().flatten_event(true)).init(),
    }
    Ok(())
}

/// How the messages begin that [`Strangers`] is about.
const THEIRS: [&str; 6] = [
    "MAX_BUFFER_SIZE ",
    "stream error: request parse error",
    "stream error: I/O error",
    "stream error: request did not complete",
    "stream error: connection shutdown timeout",
    "stream error: handler dropped payload",
];

/// Turns what the HTTP library calls an error and is a stranger's doing, such as a malformed header, into a line for debugging:
/// whoever is to be woken by errors must not be woken by strangers.
struct Strangers;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Strangers {
    fn event_enabled(
        &self,
        event: &tracing::Event<'_>,
        _: tracing_subscriber::layer::Context<'_, S>,
    ) -> bool {
        struct Message(String);
        impl tracing::field::Visit for Message {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let metadata = event.metadata();
        if *metadata.level() != tracing::Level::ERROR || !metadata.target().starts_with("actix_http::h1") {
            return true;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        let is_theirs = THEIRS.iter().any(|start| message.0.starts_with(start));
        if is_theirs {
            tracing::debug!(target: "pressroom::access", "{}", message.0);
        }
        !is_theirs
    }
}

/// The use cases on the configured stores, the schema brought up to date.
async fn open(config: Config) -> Result<Svc, Failure> {
    let svc = open_unprepared(config).await?;
    svc.prepare().await?;
    Ok(svc)
}

/// The same where the signing keys may be what is to be mended.
async fn open_unprepared(config: Config) -> Result<Svc, Failure> {
    let svc = Svc::new(Service::open(config, Clock::System)?);
    svc.db.raw(pressroom_schema::migrate::up).await?;
    Ok(svc)
}

/// Prints a line. A reader that went away (`| head`) is no failure.
fn say(line: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e.into()),
        _ => Ok(()),
    }
}

/// A secret from a prompt, or from standard input where that is no terminal; never from the command line, which others can see.
fn secret(prompt: &str) -> Result<String, Failure> {
    let text = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{prompt}: "))?
    } else {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if text.is_empty() { Err(format!("no {prompt} was given on standard input").into()) } else { Ok(text) }
}
