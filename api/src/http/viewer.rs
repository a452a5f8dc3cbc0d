//! What handlers take from a request besides its path.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use actix_web::dev::{Payload, RequestHead};
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use super::request_id::request_id;
use crate::auth::viewer::Viewer;
use crate::error::{Code, Error};
use crate::service::{Service, accounts};

/// Marks a request whose answer is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IsKept;

impl FromRequest for Viewer {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let svc = request.app_data::<Data<Service>>().cloned();
        let authorization = request.headers().get(header::AUTHORIZATION).cloned();
        let proxies = svc.as_ref().map_or(0, |s| s.config.trusted_proxies);
        let ip = address(request.head(), proxies).map(|ip| ip.to_string());
        let is_kept = request.extensions().contains::<IsKept>();
        Box::pin(async move {
            let svc = svc.ok_or_else(|| Error::internal("the service is not set up"))?.into_inner();
            let Some(value) = authorization else {
                return Ok(Self { is_kept, ..Self::anonymous(request_id(), ip) });
            };
            let token = value
                .to_str()
                .ok()
                .and_then(|text| text.split_once(' '))
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
                .map(|(_, token)| token.trim())
                .filter(|token| !token.is_empty())
                .ok_or_else(|| {
                    Error::new(
                        Code::InvalidToken,
                        "Write the header as Authorization: Bearer TOKEN, or leave it out.",
                    )
                })?;
            accounts::authenticate(&svc, token, request_id(), ip).await
        })
    }
}

/// Who asks, having signed in. Whoever has not is refused here, before the body is read.
pub(crate) struct SignedIn(pub(crate) Viewer);

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let viewer = Viewer::from_request(request, payload);
        Box::pin(async move {
            let viewer = viewer.await?;
            viewer.require_signed_in()?;
            Ok(Self(viewer))
        })
    }
}

/// The caller's address: the connection's, or what the outermost believed proxy says of it.
pub(crate) fn address(request: &RequestHead, proxies: usize) -> Option<IpAddr> {
    let peer = request.peer_addr.map(|a| a.ip());
    if proxies == 0 {
        return peer;
    }
    let chain: Vec<&str> = request
        .headers
        .get_all("x-forwarded-for")
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .collect();
    // The last entry was written by the proxy next to us, the one before by the proxy before it.
    let told = chain.len().checked_sub(proxies).and_then(|n| chain.get(n)).or(chain.first());
    told.and_then(|hop| hop_address(hop)).or(peer)
}

/// The address of a hop, which some proxies write with its port: `1.2.3.4:5678`, `[2001:db8::1]:443`, or in brackets alone.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = |hop: &str| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    hop.parse().ok().or_else(|| hop.parse().ok().map(|hop: SocketAddr| hop.ip())).or_else(|| bare(hop))
}
