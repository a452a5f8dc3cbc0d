//! `pressroom user`.

use crate::auth::viewer::{Role, Viewer};
use crate::config::Config;
use crate::error::{Error, FieldError};
use crate::page::PageRequest;
use crate::service::accounts::{self, CreateUser, UpdateUser};
use clap::{Args, Subcommand};
use pressroom_schema::UnknownWord;

use super::{Failure, open, say, secret};

/// Accounts.
#[derive(Args)]
pub(super) struct User {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make an account. The password is asked for, or read from standard input.
    Create {
        /// Its e-mail address.
        email: String,
        /// Its name; the part before the @ where it is left out.
        #[arg(long)]
        name: Option<String>,
        /// admin, editor, author, contributor or moderator.
        #[arg(long, default_value = "author")]
        role: String,
        /// Slug or id of its author profile.
        #[arg(long)]
        author: Option<String>,
    },
    /// List the accounts.
    List,
    /// Keep an account from logging in, and end its logins.
    Disable {
        /// Its e-mail address.
        email: String,
        /// Let it log in again.
        #[arg(long)]
        undo: bool,
    },
    /// Give an account another password, asked for or read from standard input, and end its logins.
    Password {
        /// Its e-mail address.
        email: String,
    },
}

impl User {
    pub(super) async fn run(self, config: Config) -> Result<(), Failure> {
        let svc = open(config).await?;
        let viewer = Viewer::system();
        match self.command {
            Command::Create { email, name, role, author } => {
                let role: Role = role.parse().map_err(|odd: UnknownWord| {
                    Error::fields(vec![FieldError::unknown_value("/role", &odd.word, odd.known)])
                })?;
                let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
                let password = secret("password")?;
                let input = CreateUser { email, name, role, password, author };
                let user = accounts::create_user(&svc, &viewer, input).await?;
                say(&format!("{}  {}  {}", user.id, user.role, user.email))
            }
            Command::List => {
                let mut after = None;
                loop {
                    let page = PageRequest { limit: Some(100), after, ..PageRequest::default() };
                    let page = accounts::list_users(&svc, &viewer, None, page).await?;
                    for (_, user) in &page.items {
                        let state = if user.disabled { "disabled" } else { "enabled" };
                        say(&format!(
                            "{}  {:<11}  {state:<8}  {}  {}",
                            user.id,
                            user.role.as_str(),
                            user.email,
                            user.name
                        ))?;
                    }
                    after = page.next().and_then(|text| text.parse().ok());
                    if after.is_none() {
                        return Ok(());
                    }
                }
            }
            Command::Disable { email, undo } => {
                let user = accounts::find_user_by_email(&svc, &viewer, &email).await?;
                let input = UpdateUser {
                    disabled: async_graphql::MaybeUndefined::Value(!undo),
                    ..UpdateUser::default()
                };
                accounts::update_user(&svc, &viewer, &user.id.to_string(), input, None).await?;
                say(&format!("{email} is {}", if undo { "enabled" } else { "disabled" }))
            }
            Command::Password { email } => {
                let user = accounts::find_user_by_email(&svc, &viewer, &email).await?;
                accounts::set_password(&svc, &viewer, user.id, secret("password")?).await?;
                say(&format!("{email} has a new password"))
            }
        }
    }
}
