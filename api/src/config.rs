//! The settings, and the only reader of the environment: flags first, then the environment, then `.env`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pressroom_schema::{DbSettings, Slug, Source};

use crate::auth::limit::{Class, Limit};

/// `on` or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// In force.
    On,
    /// Not in force.
    Off,
}

impl Switch {
    /// Whether it is on.
    #[must_use]
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Where `--help` lists the settings; `-h` leaves them out.
const HEADING: &str = "Settings (flag, else environment, else .env)";

/// Every setting. `.env.example` is made from this list, and a test compares the two.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Address and port to listen on.
    #[arg(long, env = "PRESSROOM_BIND", default_value = "127.0.0.1:8080", global = true, help_heading = HEADING, hide_short_help = true)]
    pub bind: String,
    /// The database: <sqlite://PATH>, or <postgres://USER:PASSWORD@HOST/NAME>.
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "sqlite://data/pressroom.db",
        hide_env_values = true,
        global = true,
        help_heading = HEADING,
        hide_short_help = true
    )]
    pub database_url: String,
    /// PostgreSQL read replicas, separated by commas; public reads go there, but for those whose answers the cache keeps.
    #[arg(long, env = "DATABASE_REPLICA_URLS", value_delimiter = ',', hide_env_values = true, global = true, help_heading = HEADING, hide_short_help = true)]
    pub database_replica_urls: Vec<String>,
    /// Where readers find the site: the base of posts' addresses, feeds and the sitemap. The address that it listens on if empty.
    #[arg(long, env = "PRESSROOM_SITE_URL", default_value = "", global = true, help_heading = HEADING, hide_short_help = true)]
    pub site_url: String,
    /// The path of a post's page under the site's address; {slug} stands for its slug.
    #[arg(long, env = "PRESSROOM_POST_PATH", default_value = "/{slug}", global = true, help_heading = HEADING, hide_short_help = true)]
    pub post_path: String,
    /// Where this API is reached from outside: the base of media addresses and of the feeds' own. The site's address if empty.
    #[arg(long, env = "PRESSROOM_API_URL", default_value = "", global = true, help_heading = HEADING, hide_short_help = true)]
    pub api_url: String,
    /// Where media are kept: a folder, or <s3://BUCKET/PREFIX>. `DATA_DIR/media` if empty.
    #[arg(long, env = "PRESSROOM_MEDIA_URL", default_value = "", global = true, help_heading = HEADING, hide_short_help = true)]
    pub media_url: String,
    /// Folder for what is neither database nor media.
    #[arg(long, env = "PRESSROOM_DATA_DIR", default_value = "data", global = true, help_heading = HEADING, hide_short_help = true)]
    pub data_dir: PathBuf,
    /// Bytes that must be free on the disks of the SQLite file and of the media folder; with less, /readyz answers 503. 0 does not look.
    #[arg(long, env = "PRESSROOM_DISK_RESERVE", default_value_t = 67_108_864, global = true, help_heading = HEADING, hide_short_help = true)]
    pub disk_reserve: u64,
    /// All limits of rate, and the waiting after wrong passwords; off for tests and load runs.
    #[arg(long, env = "PRESSROOM_RATE_LIMITS", default_value = "on", global = true, help_heading = HEADING, hide_short_help = true)]
    pub rate_limits: Switch,
    /// New comments of one guest's address, or of one account that does not moderate: how many in how many seconds (at most 3600), or off.
    #[arg(long, env = "PRESSROOM_LIMIT_COMMENTS", default_value = "20/60", global = true, help_heading = HEADING, hide_short_help = true)]
    pub limit_comments: Limit,
    /// Changes and removals of comments, and looks by an edit token, of one guest's address, or of one account that does not moderate; as above.
    #[arg(long, env = "PRESSROOM_LIMIT_COMMENT_EDITS", default_value = "60/60", global = true, help_heading = HEADING, hide_short_help = true)]
    pub limit_comment_edits: Limit,
    /// Logins, good and bad, from one address, and with one e-mail address; as above. Wrong passwords have to wait besides.
    #[arg(long, env = "PRESSROOM_LIMIT_LOGINS", default_value = "120/60", global = true, help_heading = HEADING, hide_short_help = true)]
    pub limit_logins: Limit,
    /// Tries to change one's own password or e-mail address, of one account; as above.
    #[arg(long, env = "PRESSROOM_LIMIT_PASSWORD_CHANGES", default_value = "20/600", global = true, help_heading = HEADING, hide_short_help = true)]
    pub limit_password_changes: Limit,
    /// Exchanges of refresh tokens from one address, and of one account; as above.
    #[arg(long, env = "PRESSROOM_LIMIT_REFRESHES", default_value = "120/60", global = true, help_heading = HEADING, hide_short_help = true)]
    pub limit_refreshes: Limit,
    /// Searches that are not answered from the cache, of one account, or of one address without one; as above.
    #[arg(long, env = "PRESSROOM_LIMIT_SEARCH", default_value = "1200/60", global = true, help_heading = HEADING, hide_short_help = true)]
    pub limit_search: Limit,
    /// Uploaded images of one account; as above.
    #[arg(long, env = "PRESSROOM_LIMIT_UPLOADS", default_value = "1800/60", global = true, help_heading = HEADING, hide_short_help = true)]
    pub limit_uploads: Limit,
    /// Writes of any kind of one account; requests with an Idempotency-Key of one address without one; as above.
    #[arg(long, env = "PRESSROOM_LIMIT_WRITES", default_value = "6000/60", global = true, help_heading = HEADING, hide_short_help = true)]
    pub limit_writes: Limit,
    /// E-mail address of the first admin, made when the database has no account.
    #[arg(long, env = "PRESSROOM_ADMIN_EMAIL", default_value = "", global = true, help_heading = HEADING, hide_short_help = true)]
    pub admin_email: String,
    /// Password of the first admin; at least ten characters.
    #[arg(long, env = "PRESSROOM_ADMIN_PASSWORD", default_value = "", hide_env_values = true, global = true, help_heading = HEADING, hide_short_help = true)]
    pub admin_password: String,
    /// Ed25519 signing key (PKCS#8 PEM) for access tokens; made at first start and kept in the database if empty.
    #[arg(long, env = "PRESSROOM_SIGNING_KEY", default_value = "", hide_env_values = true, global = true, help_heading = HEADING, hide_short_help = true)]
    pub signing_key: String,
    /// How long an access token is good for, in seconds.
    #[arg(long, env = "PRESSROOM_ACCESS_TOKEN_SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u32).range(60..=86_400), global = true, help_heading = HEADING, hide_short_help = true)]
    pub access_token_seconds: u32,
    /// How long a refresh token is good for, in days.
    #[arg(long, env = "PRESSROOM_REFRESH_TOKEN_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=365), global = true, help_heading = HEADING, hide_short_help = true)]
    pub refresh_token_days: u32,
    /// How long a login lasts, in days, however often it is refreshed; after that one logs in again.
    #[arg(long, env = "PRESSROOM_SESSION_DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3_650), global = true, help_heading = HEADING, hide_short_help = true)]
    pub session_days: u32,
    /// Origins whose pages may write from a browser, by REST and GraphQL, separated by commas, or * for all. Pages of the site's own may send guests' comments; reads are open to every origin.
    #[arg(long, env = "PRESSROOM_CORS_ORIGINS", value_delimiter = ',', global = true, help_heading = HEADING, hide_short_help = true)]
    pub cors_origins: Vec<String>,
    /// How many proxies in front of the server may be believed about the caller's address (X-Forwarded-For).
    #[arg(long, env = "PRESSROOM_TRUSTED_PROXIES", default_value_t = 0, global = true, help_heading = HEADING, hide_short_help = true)]
    pub trusted_proxies: usize,
    /// Web workers; as many as there are cores if 0.
    #[arg(long, env = "PRESSROOM_WORKERS", default_value_t = 0, global = true, help_heading = HEADING, hide_short_help = true)]
    pub workers: usize,
    /// Connections that each web worker takes at a time; further ones wait.
    #[arg(long, env = "PRESSROOM_MAX_CONNECTIONS", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..), global = true, help_heading = HEADING, hide_short_help = true)]
    pub max_connections: u32,
    /// How long a connection stays open for another request, in seconds; a proxy in front should keep its own for less.
    #[arg(long, env = "PRESSROOM_KEEP_ALIVE_SECONDS", default_value_t = 75, value_parser = clap::value_parser!(u32).range(1..=3_600), global = true, help_heading = HEADING, hide_short_help = true)]
    pub keep_alive_seconds: u32,
    /// How long the head of a request may take to arrive, in seconds; it has at most 96 fields and 128 KiB.
    #[arg(long, env = "PRESSROOM_HEAD_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600), global = true, help_heading = HEADING, hide_short_help = true)]
    pub head_seconds: u32,
    /// How long the body of a request may take to arrive, in seconds.
    #[arg(long, env = "PRESSROOM_BODY_SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=3_600), global = true, help_heading = HEADING, hide_short_help = true)]
    pub body_seconds: u32,
    /// Bytes of memory for answers to the public that are kept; 0 keeps none.
    #[arg(long, env = "PRESSROOM_CACHE_BYTES", default_value_t = 67_108_864, global = true, help_heading = HEADING, hide_short_help = true)]
    pub cache_bytes: u64,
    /// Threads for long work on texts (rendering, comparing), and as many for short; half as many as there are cores if 0.
    #[arg(long, env = "PRESSROOM_CPU_THREADS", default_value_t = 0, global = true, help_heading = HEADING, hide_short_help = true)]
    pub cpu_threads: usize,
    /// Database connections for reading; as many as there are cores if 0.
    #[arg(long, env = "PRESSROOM_READERS", default_value_t = 0, global = true, help_heading = HEADING, hide_short_help = true)]
    pub readers: usize,
    /// Whether an acknowledged write survives a power cut; off is faster and survives a crash of the process only. SQLite only.
    #[arg(long, env = "PRESSROOM_DURABLE", default_value = "on", global = true, help_heading = HEADING, hide_short_help = true)]
    pub durable: Switch,
    /// Largest JSON body in bytes.
    #[arg(long, env = "PRESSROOM_BODY_LIMIT", default_value_t = 2_097_152, global = true, help_heading = HEADING, hide_short_help = true)]
    pub body_limit: usize,
    /// Bytes of memory for bodies of requests that are under way, half of them from one address at most; what comes beyond is refused with 503.
    #[arg(long, env = "PRESSROOM_BODIES_BYTES", default_value_t = 268_435_456, global = true, help_heading = HEADING, hide_short_help = true)]
    pub bodies_bytes: usize,
    /// Largest source of a post's body in bytes.
    #[arg(long, env = "PRESSROOM_POST_LIMIT", default_value_t = 1_048_576, global = true, help_heading = HEADING, hide_short_help = true)]
    pub post_limit: usize,
    /// Largest uploaded file in bytes.
    #[arg(long, env = "PRESSROOM_UPLOAD_LIMIT", default_value_t = 20_971_520, global = true, help_heading = HEADING, hide_short_help = true)]
    pub upload_limit: usize,
    /// Most pixels that an uploaded image may have.
    #[arg(long, env = "PRESSROOM_PIXEL_LIMIT", default_value_t = 50_000_000, global = true, help_heading = HEADING, hide_short_help = true)]
    pub pixel_limit: u64,
    /// Bytes of memory for images that are decoded at a time; one that takes more has it to itself.
    #[arg(long, env = "PRESSROOM_IMAGE_BYTES", default_value_t = 536_870_912, value_parser = clap::value_parser!(u64).range(1..), global = true, help_heading = HEADING, hide_short_help = true)]
    pub image_bytes: u64,
    /// Bytes of the database for answers that are kept for retries; beyond, the oldest go.
    #[arg(long, env = "PRESSROOM_RETRY_BYTES", default_value_t = 67_108_864, global = true, help_heading = HEADING, hide_short_help = true)]
    pub retry_bytes: u64,
    /// The same of one account, or of one guest's address.
    #[arg(long, env = "PRESSROOM_RETRY_CALLER_BYTES", default_value_t = 4_194_304, global = true, help_heading = HEADING, hide_short_help = true)]
    pub retry_caller_bytes: u64,
    /// How long a guest may edit a comment, in minutes.
    #[arg(long, env = "PRESSROOM_COMMENT_EDIT_MINUTES", default_value_t = 15, global = true, help_heading = HEADING, hide_short_help = true)]
    pub comment_edit_minutes: u32,
    /// How many levels of replies a thread has; an answer to a comment of the last level stands beside it.
    #[arg(long, env = "PRESSROOM_COMMENT_LEVELS", default_value_t = 32, value_parser = clap::value_parser!(i32).range(1..=1_000), global = true, help_heading = HEADING, hide_short_help = true)]
    pub comment_levels: i32,
    /// GraphQL introspection and GraphiQL.
    #[arg(long, env = "PRESSROOM_GRAPHQL_INTROSPECTION", default_value = "on", global = true, help_heading = HEADING, hide_short_help = true)]
    pub graphql_introspection: Switch,
    /// Deepest nesting of a GraphQL query.
    #[arg(long, env = "PRESSROOM_GRAPHQL_DEPTH", default_value_t = 12, global = true, help_heading = HEADING, hide_short_help = true)]
    pub graphql_depth: usize,
    /// Most points that a GraphQL query may cost; a field is one, a list multiplies by its length.
    #[arg(long, env = "PRESSROOM_GRAPHQL_COMPLEXITY", default_value_t = 20_000, global = true, help_heading = HEADING, hide_short_help = true)]
    pub graphql_complexity: usize,
    /// Most aliases in a GraphQL query.
    #[arg(long, env = "PRESSROOM_GRAPHQL_ALIASES", default_value_t = 30, global = true, help_heading = HEADING, hide_short_help = true)]
    pub graphql_aliases: usize,
    /// Folder of *.graphql files, one query each, that clients may name by the SHA-256 of their text from the start; none if empty.
    #[arg(long, env = "PRESSROOM_GRAPHQL_QUERIES", default_value = "", global = true, help_heading = HEADING, hide_short_help = true)]
    pub graphql_queries: String,
    /// Endpoint of an S3-compatible store; Amazon's own if empty.
    #[arg(long, env = "AWS_ENDPOINT_URL", default_value = "", global = true, help_heading = HEADING, hide_short_help = true)]
    pub s3_endpoint: String,
    /// Region of the S3-compatible store.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1", global = true, help_heading = HEADING, hide_short_help = true)]
    pub s3_region: String,
    /// Access key of the S3-compatible store.
    #[arg(long, env = "AWS_ACCESS_KEY_ID", default_value = "", hide_env_values = true, global = true, help_heading = HEADING, hide_short_help = true)]
    pub s3_access_key_id: String,
    /// Secret key of the S3-compatible store.
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", default_value = "", hide_env_values = true, global = true, help_heading = HEADING, hide_short_help = true)]
    pub s3_secret_access_key: String,
    /// Which log lines: error, warn, info, debug, trace, or per module (pressroom=debug).
    #[arg(long, env = "PRESSROOM_LOG", default_value = "info", global = true, help_heading = HEADING, hide_short_help = true)]
    pub log: String,
    /// How log lines look.
    #[arg(long, env = "PRESSROOM_LOG_FORMAT", default_value = "text", global = true, help_heading = HEADING, hide_short_help = true)]
    pub log_format: LogFormat,
    /// Answers tell how many SQL statements they took (Server-Timing); for development.
    #[arg(long, env = "PRESSROOM_SERVER_TIMING", default_value = "off", global = true, help_heading = HEADING, hide_short_help = true)]
    pub server_timing: Switch,
    /// Hash passwords fast rather than well: what tests set in code; no flag or variable does.
    #[arg(skip)]
    pub weak_passwords: bool,
}

const EXAMPLE_HEAD: &str = "\
# Every setting of Pressroom with its default; `pressroom reference settings` prints this list. Copy it to .env in the working folder
# and take the # from the lines that you change. A flag wins over the environment, and the environment over this file.
# Secrets (passwords, keys, addresses of databases) belong in the environment or here, never on a command line.
";

impl Config {
    /// The settings that apply where nothing is set: what tests start from.
    #[must_use]
    pub fn defaults() -> Self {
        #[derive(clap::Parser)]
        struct Alone {
            #[command(flatten)]
            config: Config,
        }
        // Only an error in the defaults themselves could fail here, which any test would show.
        <Alone as clap::Parser>::try_parse_from(["pressroom"])
            .map_or_else(|e| e.exit(), |a| a.config.completed())
    }

    /// Every setting as `.env.example` lists it: a sentence, then the variable with its default.
    #[must_use]
    pub fn example() -> String {
        let command = Self::augment_args(clap::Command::new("pressroom"));
        let mut text = String::from(EXAMPLE_HEAD);
        for arg in command.get_arguments() {
            let Some(variable) = arg.get_env().and_then(|v| v.to_str()) else { continue };
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let default: Vec<&str> = arg.get_default_values().iter().filter_map(|v| v.to_str()).collect();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "\n# {}\n#{variable}={}", help.trim_end_matches('.'), default.join(","));
        }
        text
    }

    /// Fills in what follows from other settings.
    #[must_use]
    pub fn completed(mut self) -> Self {
        if self.site_url.is_empty() {
            let here = self.bind.replacen("0.0.0.0:", "127.0.0.1:", 1).replacen("[::]:", "[::1]:", 1);
            self.site_url = format!("http://{here}");
        }
        self
    }

    /// Loads `.env` of the working folder into the environment, where the environment does not say otherwise.
    ///
    /// # Errors
    /// When there is a file and it cannot be read or parsed.
    pub fn load_dotenv() -> Result<(), String> {
        match dotenvy::dotenv() {
            Err(e) if !e.not_found() => Err(format!(".env: {e}")),
            _ => Ok(()),
        }
    }

    /// How many of something where 0 means as many as there are cores.
    #[must_use]
    pub fn or_cores(count: usize) -> usize {
        if count > 0 { count } else { std::thread::available_parallelism().map_or(2, usize::from) }
    }

    /// The database's settings.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the URLs.
    pub fn db_settings(&self) -> Result<DbSettings, String> {
        let replicas: Vec<String> = self
            .database_replica_urls
            .iter()
            .map(|u| u.trim().to_owned())
            .filter(|u| !u.is_empty())
            .collect();
        Ok(DbSettings {
            source: Source::parse(&self.database_url, &replicas)?,
            readers: Self::or_cores(self.readers),
            queue: 1024,
            durable: self.durable.is_on(),
        })
    }

    /// The limit of a class of operations.
    #[must_use]
    pub fn limit(&self, class: Class) -> Limit {
        match class {
            Class::Comments => self.limit_comments,
            Class::CommentEdits => self.limit_comment_edits,
            Class::Logins => self.limit_logins,
            Class::PasswordChanges => self.limit_password_changes,
            Class::Refreshes => self.limit_refreshes,
            Class::Search => self.limit_search,
            Class::Uploads => self.limit_uploads,
            Class::Writes => self.limit_writes,
        }
    }

    /// Where this API is reached from outside, without a slash at the end.
    #[must_use]
    pub fn api_base(&self) -> &str {
        let url = if self.api_url.is_empty() { &self.site_url } else { &self.api_url };
        url.trim_end_matches('/')
    }

    /// The address of a post's page on the site.
    #[must_use]
    pub fn post_url(&self, slug: &Slug) -> String {
        format!("{}{}", self.site_url.trim_end_matches('/'), self.post_path.replace("{slug}", slug))
    }

    /// Where media are kept.
    #[must_use]
    pub fn media_location(&self) -> String {
        if self.media_url.is_empty() {
            self.data_dir.join("media").to_string_lossy().into_owned()
        } else {
            self.media_url.clone()
        }
    }
}
