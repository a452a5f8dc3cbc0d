//! Bodies are rendered on the pool, once, before the write that saves them, and kept with the revision; what search, related posts
//! and comments need of a text is made there before it goes live. A transaction only looks them up: what is not there ends it, is
//! made, and it is run again.

use std::sync::Arc;

use pressroom_schema::posts::{PostRow, Ref};
use pressroom_schema::revisions::{self, Snapshot};
use pressroom_schema::{Conn, Id, Tx, search::Body};

use super::access::find;
use crate::auth::policy::Action;
use crate::auth::viewer::Viewer;
use crate::content::{BodyFormat, PostWords, Rendered, TooMuch, render_post};
use crate::cpu::{Turn, Work};
use crate::error::{BodyToRender, Error, Result};
use crate::freshness::{Read, Reader};
use crate::service::{Svc, related, search};

/// How often a body may change while it is being rendered.
pub(crate) const ATTEMPTS: usize = 5;

/// What search, related posts and comments need of the text of a post that goes live.
#[derive(Debug, Clone)]
pub(super) struct Indexed {
    /// As search has it.
    pub(super) body: Body,
    /// As related posts are found by.
    pub(super) terms: Vec<(String, i32)>,
    /// As comments are compared with, in the form in which that is kept.
    pub(super) words: String,
}

/// What was made of bodies before a transaction began.
#[derive(Debug, Clone, Default)]
pub(super) struct Renderings {
    /// By format and source.
    bodies: Vec<Arc<(BodyFormat, String, Rendered)>>,
    /// By text.
    texts: Vec<Arc<(String, Indexed)>>,
}

impl Renderings {
    /// Of a body that is known to be needed; `live` where its text will be public.
    ///
    /// # Errors
    /// 422 for a body that makes too much of itself; 503 where too much is being rendered.
    pub(super) async fn of_body(svc: &Svc, body: Option<(BodyFormat, String)>, live: bool) -> Result<Self> {
        let mut known = Self::default();
        if let Some((format, source)) = body {
            known.add(svc, BodyToRender { format, source, revision: None }).await?;
            let texts: Vec<String> = known.bodies.iter().map(|body| body.2.text.clone()).collect();
            for text in texts.into_iter().filter(|_| live) {
                known.index(svc, text).await?;
            }
        }
        Ok(known)
    }

    /// Of the text of the post's working copy, as it is now.
    ///
    /// # Errors
    /// As of [`find`], or 503 where too much waits.
    pub(super) async fn of_present(svc: &Svc, viewer: &Viewer, post: &Ref, action: Action) -> Result<Self> {
        let (viewer2, post) = (viewer.clone(), post.clone());
        let look = move |conn: &mut Conn| {
            let row = find(conn, &viewer2, &post, action)?;
            kept(conn, row.id, row.revision)
        };
        let mut known = Self::default();
        if let Some(rendered) = svc.read_private(viewer, look).await? {
            known.index(svc, rendered.text).await?;
        }
        Ok(known)
    }

    async fn index(&mut self, svc: &Svc, text: String) -> Result<()> {
        let (backend, bytes) = (svc.db.backend(), text.len());
        let work = move |turn: &Turn| {
            let indexed = Indexed {
                body: search::body(turn, backend, &text),
                terms: related::count(turn, &text),
                words: serde_json::to_string(&PostWords::of(turn, &text)).unwrap_or_default(),
            };
            Arc::new((text, indexed))
        };
        self.texts.push(svc.cpu.run(Work::Index, bytes, work).await?);
        Ok(())
    }

    /// That of the text of a post that goes live.
    ///
    /// # Errors
    /// That it must be made first.
    pub(super) fn of_text(&self, text: &str) -> Result<&Indexed> {
        let found = self.texts.iter().find(|indexed| indexed.0 == text);
        found.map(|indexed| &indexed.1).ok_or_else(|| Error::unindexed(text))
    }

    /// Renders one more.
    async fn add(&mut self, svc: &Svc, body: BodyToRender) -> Result<()> {
        let rendered = match render(svc, &body).await? {
            // What was saved before there were limits must not be beyond unpublishing and deleting.
            Err(_) if body.revision.is_some() => Rendered::as_typed(&body.source),
            rendered => rendered.map_err(|why| too_much("/body/source", why))?,
        };
        self.bodies.push(Arc::new((body.format, body.source, rendered)));
        Ok(())
    }

    /// That of a snapshot's body, if it is among them. Nothing is made of an empty one.
    pub(super) fn find(&self, snapshot: &Snapshot) -> Option<Rendered> {
        if snapshot.body_source.is_empty() {
            return Some(Rendered::default());
        }
        let is_it = |r: &&Arc<(BodyFormat, String, Rendered)>| {
            (r.0, &r.1) == (snapshot.body_format, &snapshot.body_source)
        };
        self.bodies.iter().find(is_it).map(|r| r.2.clone())
    }

    /// That of a snapshot's body.
    ///
    /// # Errors
    /// That it must be rendered first.
    pub(super) fn of(&self, snapshot: &Snapshot) -> Result<Rendered> {
        self.find(snapshot).ok_or_else(|| Error::unrendered(vec![unrendered(snapshot, None)]))
    }

    /// That of a saved revision, whose snapshot this is.
    ///
    /// # Errors
    /// That it must be rendered first, or that the database fails.
    pub(super) fn of_revision(
        &self,
        conn: &mut Conn,
        post: Id,
        number: i32,
        snapshot: &Snapshot,
    ) -> Result<Rendered> {
        match kept(conn, post, number)? {
            Some(rendered) => Ok(rendered),
            None => self
                .find(snapshot)
                .ok_or_else(|| Error::unrendered(vec![unrendered(snapshot, Some((post, number)))])),
        }
    }

    /// That of the working copy.
    ///
    /// # Errors
    /// As of [`Renderings::of_revision`].
    pub(super) fn of_working_copy(
        &self,
        tx: &mut Tx<'_>,
        row: &PostRow,
        snapshot: &Snapshot,
    ) -> Result<Rendered> {
        self.of_revision(tx.conn, row.id, row.revision, snapshot)
    }
}

/// What is kept with a revision.
pub(super) fn kept(conn: &mut Conn, post: Id, number: i32) -> Result<Option<Rendered>> {
    Ok(revisions::rendered(conn, post, number)?.and_then(|text| Rendered::from_stored(&text)))
}

/// What has to be rendered of a snapshot.
pub(super) fn unrendered(snapshot: &Snapshot, revision: Option<(Id, i32)>) -> BodyToRender {
    BodyToRender { format: snapshot.body_format, source: snapshot.body_source.clone(), revision }
}

/// The answer to a text that makes too much of itself.
pub(crate) fn too_much(pointer: &str, why: TooMuch) -> Error {
    Error::invalid(pointer, "too_complex", why.to_string())
}

/// Renders a body on the pool.
async fn render(svc: &Svc, body: &BodyToRender) -> Result<std::result::Result<Rendered, TooMuch>> {
    let format = body.format;
    let source = body.source.clone();
    svc.cpu.run(Work::Render, source.len(), move |turn| render_post(turn, format, &source)).await
}

/// Writes in one transaction, as [`Service::write`](crate::service::Service::write), what needs rendered bodies. `f` may find that
/// it needs others than are known, which are then made, and it is run again.
///
/// # Errors
/// What `f` answers; 422 for a body that makes too much of itself; 503 where too much is being rendered.
pub(super) async fn write_rendered<T, F>(svc: &Svc, viewer: &Viewer, mut known: Renderings, f: F) -> Result<T>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>, &Renderings) -> Result<T> + Clone + Send + 'static,
{
    // A post that goes live may need first its body, and then its text.
    for _ in 0..2 * ATTEMPTS {
        let (f, held) = (f.clone(), known.clone());
        let error = match svc.write(viewer, move |tx| f(tx, &held)).await {
            Err(error) if !error.bodies().is_empty() || error.unindexed_text().is_some() => error,
            done => return done,
        };
        for body in error.bodies() {
            known.add(svc, body.clone()).await?;
        }
        if let Some(text) = error.unindexed_text() {
            known.index(svc, text.to_owned()).await?;
        }
    }
    Err(Error::unavailable("a body changed again and again while it was rendered"))
}

/// Reads on one snapshot, as [`Service::read`](crate::service::Service::read), what may show working copies. What older
/// programs saved is not rendered yet: it is, and kept, and `f` is run again. What seeks words is `slow`.
///
/// # Errors
/// What `f` answers; 503 where too much is being rendered.
pub(super) async fn read_rendered<T, F>(svc: &Svc, viewer: &Viewer, slow: bool, f: F) -> Result<Read<T>>
where
    T: Send + 'static,
    F: FnOnce(&mut Reader<'_>) -> Result<T> + Clone + Send + 'static,
{
    for _ in 0..ATTEMPTS {
        let f = f.clone();
        match if slow { svc.read_slow(f).await } else { svc.read(viewer, f).await } {
            Err(error) if !error.bodies().is_empty() => keep(svc, error.bodies()).await?,
            done => return done,
        }
    }
    Err(Error::unavailable("bodies that were rendered are not there"))
}

/// Renders the bodies of saved revisions and keeps that with them. One that makes too much of itself, from before there were
/// limits, is shown as it was typed.
///
/// # Errors
/// 503 where too much is being rendered, or when the database fails.
pub(crate) async fn keep(svc: &Svc, bodies: &[BodyToRender]) -> Result<()> {
    for body in bodies {
        let Some((post, number)) = body.revision else { continue };
        let rendered = match render(svc, body).await? {
            Ok(rendered) => rendered,
            Err(_) => Rendered::as_typed(&body.source),
        };
        let text = rendered.to_stored();
        svc.write_for_itself(move |tx| Ok(revisions::keep_rendered(tx.conn, post, number, &text)?)).await?;
    }
    Ok(())
}
