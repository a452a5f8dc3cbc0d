//! Bodies are rendered on the pool, once, before the write that saves them, and kept with the revision. A transaction only looks
//! them up: what is not there ends it, is rendered, and it is run again.

use std::sync::Arc;

use pressroom_schema::posts::PostRow;
use pressroom_schema::revisions::{self, Snapshot};
use pressroom_schema::{Conn, Id, Tx};

use crate::auth::viewer::Viewer;
use crate::content::{BodyFormat, Rendered, TooMuch, render_post};
use crate::cpu::Work;
use crate::error::{BodyToRender, Error, Result};
use crate::freshness::{Read, Reader};
use crate::service::Svc;

/// How often a body may change while it is being rendered.
pub(crate) const ATTEMPTS: usize = 5;

/// Bodies that were rendered before a transaction began, by format and source.
#[derive(Debug, Clone, Default)]
pub(super) struct Renderings(Vec<Arc<(BodyFormat, String, Rendered)>>);

impl Renderings {
    /// Renders one more.
    async fn add(&mut self, svc: &Svc, body: BodyToRender) -> Result<()> {
        let rendered = match render(svc, &body).await? {
            // What was saved before there were limits must not be beyond unpublishing and deleting.
            Err(_) if body.revision.is_some() => Rendered::as_typed(&body.source),
            rendered => rendered.map_err(|why| too_much("/body/source", why))?,
        };
        self.0.push(Arc::new((body.format, body.source, rendered)));
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
        self.0.iter().find(is_it).map(|r| r.2.clone())
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

/// Writes in one transaction, as [`Service::write`](crate::service::Service::write), what needs rendered bodies: `body` is one
/// that is known to be needed. `f` may find that it needs others, which are then rendered, and it is run again.
///
/// # Errors
/// What `f` answers; 422 for a body that makes too much of itself; 503 where too much is being rendered.
pub(super) async fn write_rendered<T, F>(
    svc: &Svc,
    viewer: &Viewer,
    body: Option<(BodyFormat, String)>,
    f: F,
) -> Result<T>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>, &Renderings) -> Result<T> + Clone + Send + 'static,
{
    let mut known = Renderings::default();
    if let Some((format, source)) = body {
        known.add(svc, BodyToRender { format, source, revision: None }).await?;
    }
    for _ in 0..ATTEMPTS {
        let (f, held) = (f.clone(), known.clone());
        match svc.write(viewer, move |tx| f(tx, &held)).await {
            Err(error) if !error.bodies().is_empty() => {
                for body in error.bodies() {
                    known.add(svc, body.clone()).await?;
                }
            }
            done => return done,
        }
    }
    Err(Error::unavailable("a body changed again and again while it was rendered"))
}

/// Reads on one snapshot, as [`Service::read`](crate::service::Service::read), what may show working copies. What older
/// programs saved is not rendered yet: it is, and kept, and `f` is run again.
///
/// # Errors
/// What `f` answers; 503 where too much is being rendered.
pub(super) async fn read_rendered<T, F>(svc: &Svc, viewer: &Viewer, f: F) -> Result<Read<T>>
where
    T: Send + 'static,
    F: FnOnce(&mut Reader<'_>) -> Result<T> + Clone + Send + 'static,
{
    for _ in 0..ATTEMPTS {
        match svc.read(viewer, f.clone()).await {
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
