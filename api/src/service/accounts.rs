//! Accounts: logging in and out, who asks, users and their API tokens.

mod keys;
mod login;
mod passwords;
mod tokens;
mod users;

pub(crate) use keys::{Keys, follow_keys, load_keys};
pub use keys::{damaged_keys, jwks, rotate_keys};
pub use login::{
    LoginInput, MeView, PasswordInput, RefreshInput, SessionView, authenticate, change_password, login,
    logout, me, refresh,
};
pub(crate) use login::{me_in, standing};
pub use passwords::PasswordPool;
pub(crate) use tokens::list_tokens_in;
pub use tokens::{CreateToken, CreatedTokenView, TokenView, create_token, list_tokens, revoke_token};
pub use users::{
    CreateUser, UpdateUser, UserAuthorView, UserView, create_first_admin, create_user, delete_user,
    find_user_by_email, get_user, list_users, set_password, update_user,
};
pub(crate) use users::{get_user_in, judge_changes, judge_new, list_users_in};
