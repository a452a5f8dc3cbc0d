//! By what guests are known, and what counts against them.

use pressroom_schema::{Conn, EmailKey, Timestamp, Tx, comments, secrets};
use ring::hmac;

use crate::auth::secret::{SecretKind, random_bytes, recognise};
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error, Result};
use crate::service::Svc;

/// Most different hosts of a comment's links that are kept as marks.
const MAX_HOSTS: usize = 20;
/// Under what name the key of the marks is kept.
const SECRET: &str = "spam_marks";

/// The token that a guest sent, if any.
///
/// # Errors
/// 401 where it is none.
pub(super) fn token_of(viewer: &Viewer, sent: Option<String>) -> Result<Option<String>> {
    match sent.filter(|_| !viewer.is_signed_in()) {
        None => Ok(None),
        Some(token) if recognise(&token) == Some(SecretKind::GuestToken) => Ok(Some(token)),
        Some(_) => Err(Error::new(
            Code::InvalidToken,
            "This is no guest token. Send the `guest_token` of an earlier answer, or none.",
        )),
    }
}

/// The key of the hashes by which what counts against guests is kept: who reads the database learns no address from them.
#[derive(Clone)]
pub(super) struct MarkKey {
    key: hmac::Key,
    /// The site's own host: that a comment leads there counts against nobody.
    own: Option<String>,
}

impl MarkKey {
    /// The key, which is made when it is first needed.
    ///
    /// # Errors
    /// When the database fails, or the system has no randomness to give.
    pub(super) async fn of(svc: &Svc) -> Result<Self> {
        let known = svc.read_for_itself(|conn: &mut Conn| Ok(secrets::find(conn, SECRET)?)).await?;
        let text = if let Some(text) = known {
            text
        } else {
            let bytes = random_bytes::<32>().map_err(|e| Error::internal(e.to_string()))?;
            let new: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            svc.write_for_itself(move |tx: &mut Tx<'_>| Ok(secrets::keep(tx.conn, SECRET, &new)?)).await?
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes());
        Ok(Self { key, own: host(&svc.config.site_url) })
    }

    fn mark(&self, kind: &str, value: &str) -> String {
        let tag = hmac::sign(&self.key, format!("{kind}:{value}").as_bytes());
        tag.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// What counts against comments of this guest, from this address and network, with links to these hosts.
    pub(super) fn marks(&self, from: &From<'_>) -> Vec<String> {
        let mut all = Vec::new();
        all.extend(from.guest_hash.map(|hash| self.mark("guest", hash)));
        all.extend(from.email_key.map(|key| self.mark("address", key.as_ref())));
        all.extend(from.ip.and_then(|ip| ip.parse().ok()).map(|ip| self.mark("network", &network(ip))));
        let hosts = hosts(from.html, from.url);
        let others = hosts.iter().filter(|host| Some(*host) != self.own.as_ref());
        all.extend(others.map(|host| self.mark("host", host)));
        all
    }
}

/// Where a comment came from and leads to.
#[derive(Debug, Clone, Copy)]
pub(super) struct From<'a> {
    pub(super) guest_hash: Option<&'a str>,
    pub(super) email_key: Option<&'a EmailKey>,
    pub(super) ip: Option<&'a str>,
    /// The guest's own site.
    pub(super) url: Option<&'a str>,
    /// The comment, rendered.
    pub(super) html: &'a str,
}

/// The network of an address: its first 24 bits, or of IPv6 its first 64.
fn network(ip: std::net::IpAddr) -> String {
    match crate::auth::throttle::network(ip) {
        std::net::IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        std::net::IpAddr::V6(ip) => format!("{ip}/64"),
    }
}

fn host(url: &str) -> Option<String> {
    let url = url::Url::parse(&url.replace("&amp;", "&")).ok()?;
    let host = url.host_str()?;
    Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
}

/// The hosts that a comment's links, and its guest's own site, lead to.
fn hosts(html: &str, url: Option<&str>) -> Vec<String> {
    let links = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut all = Vec::new();
    for host in url.into_iter().chain(links).filter_map(host) {
        if all.len() < MAX_HOSTS && !all.contains(&host) {
            all.push(host);
        }
    }
    all
}

/// Keeps what counts against later comments like this one, which a moderator took for spam.
///
/// # Errors
/// When the database fails.
pub(super) fn mark(conn: &mut Conn, key: &MarkKey, row: &comments::CommentRow, now: Timestamp) -> Result<()> {
    let Some(private) = comments::private(conn, &[row.id])?.pop() else { return Ok(()) };
    let marks = key.marks(&From {
        guest_hash: private.guest_hash.as_deref(),
        email_key: private.author_email_key.as_ref(),
        // The network of an account is where the others of its newsroom are as well.
        ip: private.ip.as_deref().filter(|_| row.user_id.is_none()),
        url: row.author_url.as_deref(),
        html: &row.html,
    });
    Ok(comments::mark(conn, row.id, &marks, now)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_once_and_without_www() {
        let html = r#"<p><a href="https://www.pills.example/a?b=1&amp;c" rel="x">a</a> <a href="https://pills.example/b">b</a> <a href="mailto:x@y.example">m</a></p>"#;
        assert_eq!(hosts(html, Some("http://ada.example/")), ["ada.example", "pills.example"]);
        let many: String = (0..100).map(|n| format!("<a href=\"https://h{n}.example/\">x</a>")).collect();
        assert_eq!(hosts(&many, None).len(), MAX_HOSTS);
    }

    #[test]
    fn a_network_is_what_its_holder_cannot_choose() {
        let of = |ip: &str| network(ip.parse().unwrap());
        assert_eq!(of("203.0.113.7"), of("203.0.113.200"));
        assert_ne!(of("203.0.113.7"), of("203.0.114.7"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_eq!(of("::ffff:203.0.113.9"), of("203.0.113.7"));
    }
}
