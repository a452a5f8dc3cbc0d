//! `pressroom token`.

use crate::auth::viewer::Viewer;
use crate::config::Config;
use crate::page::PageRequest;
use crate::service::accounts::{self, CreateToken};
use clap::{Args, Subcommand};

use super::{Failure, open, say};

/// API tokens.
#[derive(Args)]
pub(super) struct Token {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make an API token for an account and print its secret, which is shown this once.
    Create {
        /// The account's e-mail address.
        email: String,
        /// What the token is for.
        #[arg(long)]
        name: String,
        /// What it may be used for, separated by commas: posts:read, posts:write, …
        #[arg(long, value_delimiter = ',', required = true)]
        scopes: Vec<String>,
        /// Until when it is good (RFC 3339); until it is revoked where this is left out.
        #[arg(long)]
        expires: Option<String>,
    },
    /// List the API tokens, without their secrets.
    List,
    /// Revoke an API token.
    Revoke {
        /// Its id.
        id: String,
    },
}

impl Token {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        let svc = open(config).await?;
        let viewer = Viewer::system();
        match self.command {
            Command::Create { email, name, scopes, expires } => {
                let user = accounts::find_user_by_email(&svc, &viewer, &email).await?;
                let input =
                    CreateToken { name, scopes, expires_at: expires, owner: Some(user.id.to_string()) };
                let made = accounts::create_token(&svc, &viewer, input).await?;
                say(&made.secret)
            }
            Command::List => {
                let mut after = None;
                loop {
                    let page = PageRequest { limit: Some(100), after, ..PageRequest::default() };
                    let page = accounts::list_tokens(&svc, &viewer, page).await?;
                    for (_, token) in &page.items {
                        let until = token
                            .expires_at
                            .map_or_else(|| "no end".to_owned(), pressroom_schema::Timestamp::to_wire);
                        say(&format!(
                            "{}  {}…  {until}  {}  {}",
                            token.id,
                            token.hint,
                            token.name,
                            token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",")
                        ))?;
                    }
                    after = page.next().and_then(|text| text.parse().ok());
                    if after.is_none() {
                        return Ok(());
                    }
                }
            }
            Command::Revoke { id } => {
                accounts::revoke_token(&svc, &viewer, &id).await?;
                say(&format!("{id} is revoked"))
            }
        }
    }
}
