//! Preview tokens: a signed, expiring link to one post's working copy, to be shown by a frontend to whoever holds it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::jwt::{Audience, IssueError, TokenError, check_end, moment, open, seal};
use super::keys::KeyRing;

const AUDIENCE: &str = "preview";
const TYPE: &str = "preview+jwt";

/// What a preview token opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Who issued it (`iss`): the site's address.
    pub issuer: String,
    /// The post (`sub`).
    pub post_id: Uuid,
    /// The account that made it (`maker`): it ends when that account may no longer read the post.
    pub maker: Uuid,
    /// The API token that the account came by (`token`), if it was one: it ends with that.
    pub token: Option<Uuid>,
    /// The post's number when it was made (`epoch`): it ends when the post has another.
    pub epoch: i64,
    /// When it ends (`exp`), in whole seconds on the wire. Not more than the ring's longest lifetime ahead, or a rotation of
    /// the keys ends it sooner.
    pub expires_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    iss: String,
    sub: Uuid,
    aud: Audience,
    exp: i64,
    maker: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Uuid>,
    epoch: i64,
}

/// Signs a preview token.
///
/// # Errors
/// [`IssueError`], which is a defect.
pub fn issue(ring: &KeyRing, preview: &Preview) -> Result<String, IssueError> {
    let wire = Wire {
        iss: preview.issuer.clone(),
        sub: preview.post_id,
        aud: Audience::One(AUDIENCE.into()),
        exp: preview.expires_at.timestamp(),
        maker: preview.maker,
        token: preview.token,
        epoch: preview.epoch,
    };
    seal(ring, TYPE, &wire)
}

/// Checks a preview token. Whether it is for the post that was asked for, and has not been ended before its time, is for the
/// caller to look at.
///
/// # Errors
/// As [`super::jwt::verify`].
pub fn verify(ring: &KeyRing, token: &str, now: DateTime<Utc>, issuer: &str) -> Result<Preview, TokenError> {
    let (wire, _) = open::<Wire>(ring, token, now, TYPE)?;
    if !wire.aud.names(AUDIENCE) {
        return Err(TokenError::WrongAudience);
    }
    if wire.iss != issuer {
        return Err(TokenError::WrongIssuer);
    }
    let expires_at = moment(wire.exp)?;
    check_end(expires_at, now)?;
    Ok(Preview {
        issuer: wire.iss,
        post_id: wire.sub,
        maker: wire.maker,
        token: wire.token,
        epoch: wire.epoch,
        expires_at,
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::auth::jwt;
    use crate::auth::keys::SigningKey;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn ring() -> KeyRing {
        KeyRing::new(vec![SigningKey::generate(now()).unwrap()], TimeDelta::hours(1)).unwrap()
    }

    fn preview(token: Option<Uuid>) -> Preview {
        Preview {
            issuer: "https://example.org".into(),
            post_id: Uuid::from_u128(7),
            maker: Uuid::from_u128(8),
            token,
            epoch: 3,
            expires_at: now() + TimeDelta::hours(1),
        }
    }

    #[test]
    fn a_preview_token_says_which_post_and_who_made_it() {
        let ring = ring();
        for by in [None, Some(Uuid::from_u128(9))] {
            let token = issue(&ring, &preview(by)).unwrap();
            assert_eq!(verify(&ring, &token, now(), "https://example.org"), Ok(preview(by)));
        }
    }

    #[test]
    fn a_preview_token_ends_and_belongs_to_its_site() {
        let ring = ring();
        let token = issue(&ring, &preview(None)).unwrap();
        let end = now() + TimeDelta::hours(1) + TimeDelta::seconds(30);
        assert_eq!(verify(&ring, &token, end, "https://example.org"), Err(TokenError::Expired));
        assert_eq!(verify(&ring, &token, now(), "https://example.com"), Err(TokenError::WrongIssuer));
        assert_eq!(verify(&self::ring(), &token, now(), "https://example.org"), Err(TokenError::UnknownKey));
    }

    #[test]
    fn a_preview_token_is_no_access_token_and_the_other_way_round() {
        let ring = ring();
        let token = issue(&ring, &preview(None)).unwrap();
        assert_eq!(jwt::verify(&ring, &token, now(), "https://example.org"), Err(TokenError::WrongAudience));
        let access = jwt::Claims {
            issuer: "https://example.org".into(),
            user_id: Uuid::nil(),
            session_id: Uuid::nil(),
            token_id: Uuid::nil(),
            role: crate::auth::viewer::Role::Admin,
            scopes: None,
            issued_at: now(),
            expires_at: now() + TimeDelta::minutes(15),
        };
        let access = jwt::issue(&ring, &access).unwrap();
        assert_eq!(verify(&ring, &access, now(), "https://example.org"), Err(TokenError::WrongAudience));
    }
}
