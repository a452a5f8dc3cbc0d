//! stand-in
use crate::error::Result;
use pressroom_schema::site::{self, SiteRow};
use pressroom_schema::{Conn, Json, Timestamp};
pub(crate) fn settings(conn: &mut Conn, now: Timestamp) -> Result<SiteRow> {
    Ok(site::get(conn)?.unwrap_or_else(|| SiteRow {
        id: 1,
        title: "Pressroom".into(),
        description: String::new(),
        language: "en".into(),
        timezone: "UTC".into(),
        logo_media_id: None,
        terms_notice: None,
        terms_url: None,
        social: Json::list(),
        comments_open: true,
        version: 0,
        updated_at: now,
    }))
}
