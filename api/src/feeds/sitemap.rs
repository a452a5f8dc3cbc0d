//! The sitemap protocol 0.9 (<https://www.sitemaps.org/protocol.html>), with Google's extension for images.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::text::{clean, failed};
use crate::error::Result;
use crate::service::feeds::{SitemapFile, SitemapUrl};

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
const IMAGES: &str = "http://www.google.com/schemas/sitemap-image/1.1";

type Xml = Writer<Vec<u8>>;

/// The index of files that are served under `base`.
pub(super) fn index(files: &[SitemapFile], base: &str) -> Result<Vec<u8>> {
    document("sitemapindex", &[("xmlns", NAMESPACE)], |xml| {
        for file in files {
            element(xml, "sitemap", |xml| {
                leaf(xml, "loc", &format!("{base}/sitemaps/{}.xml", file.name))?;
                file.changed.map_or(Ok(()), |at| leaf(xml, "lastmod", &at.to_wire()))
            })?;
        }
        Ok(())
    })
}

/// One file.
pub(super) fn file(urls: &[SitemapUrl]) -> Result<Vec<u8>> {
    document("urlset", &[("xmlns", NAMESPACE), ("xmlns:image", IMAGES)], |xml| {
        for url in urls {
            element(xml, "url", |xml| {
                leaf(xml, "loc", &url.url)?;
                if let Some(at) = url.changed {
                    leaf(xml, "lastmod", &at.to_wire())?;
                }
                match &url.image {
                    Some(image) => element(xml, "image:image", |xml| leaf(xml, "image:loc", image)),
                    None => Ok(()),
                }
            })?;
        }
        Ok(())
    })
}

fn document(
    root: &str,
    namespaces: &[(&str, &str)],
    inner: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> Result<Vec<u8>> {
    let mut xml = Writer::new(Vec::new());
    let write = || {
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.write_event(Event::Start(BytesStart::new(root).with_attributes(namespaces.iter().copied())))?;
        inner(&mut xml)?;
        xml.write_event(Event::End(BytesEnd::new(root)))
    };
    write().map_err(failed)?;
    Ok(xml.into_inner())
}

fn element(xml: &mut Xml, name: &str, inner: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<()> {
    xml.write_event(Event::Start(BytesStart::new(name)))?;
    inner(xml)?;
    xml.write_event(Event::End(BytesEnd::new(name)))
}

fn leaf(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    element(xml, name, |xml| xml.write_event(Event::Text(BytesText::new(&clean(text)))))
}
