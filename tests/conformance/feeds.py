#!/usr/bin/env python3
"""Reads every feed and the sitemap of BASE_URL as a reader or a crawler would, and names whatever is not by the book."""
import json
import re
import sys
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree
from email.utils import parsedate_to_datetime

import feedparser

import client

# RFC 3339, as Atom and JSON Feed want it; the sitemap protocol also takes a bare date.
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"

complaints = []


def expect(holds, where, what):
    if not holds:
        complaints.append(f"{where}: {what}")


def absolute(url):
    parts = urllib.parse.urlsplit(url or "")
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def fetch(path, media_type):
    status, headers, body = client.get(path)
    expect(status == 200, path, f"answers {status}")
    kind = headers.get("Content-Type", "")
    expect(kind.split(";")[0].strip() == media_type, path, f"is `{kind}`, not {media_type}")
    for validator, condition in (("ETag", "If_None_Match"), ("Last-Modified", "If_Modified_Since")):
        expect(headers.get(validator) is not None, path, f"has no {validator}")
        expect(is_kept(path, headers, validator, condition), path, f"answers anew what the reader has already ({validator})")
    return headers, body


def is_kept(path, headers, validator, condition):
    """Whether who has the feed is told so; a date is relied on only when it is some seconds old."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        status, now, body = client.get(path, **{condition: headers.get(validator, "")})
        if status == 304 and not body:
            return True
        headers = now
        time.sleep(0.2)
    return False


def parsed(path, media_type, version):
    headers, body = fetch(path, media_type)
    feed = feedparser.parse(body, response_headers={"content-type": headers.get("Content-Type", "")})
    expect(not feed.bozo, path, f"feedparser: {feed.get('bozo_exception')}")
    expect(feed.get("version") == version, path, f"feedparser takes it for `{feed.get('version')}`, not {version}")
    expect(bool(feed.feed.get("title")), path, "has no title")
    ids = [entry.get("id") for entry in feed.entries]
    expect(len(set(ids)) == len(ids), path, "two entries share an id")
    for entry in feed.entries:
        where = f"{path} {entry.get('id')}"
        expect(bool(entry.get("id")), where, "has no id")
        expect(bool(entry.get("title")), where, "has no title")
        expect(absolute(entry.get("link")), where, f"has no absolute link: {entry.get('link')}")
        expect(entry.get("published_parsed") is not None, where, "has no date that can be read")
        expect(bool(entry.get("author") or entry.get("authors")), where, "has no author")
        expect(any(part.get("value") for part in entry.get("content", [])), where, "has no content")
        if "post=" not in path:
            expect(bool(entry.get("tags")), where, "has no category")
            expect(bool(entry.get("summary")), where, "has no summary")
    if "?" not in path:
        pictures = [e for entry in feed.entries for e in entry.get("enclosures", [])]
        expect(bool(pictures), path, "no entry has its image as an enclosure")
        for picture in pictures:
            expect(absolute(picture.get("href")) and picture.get("type", "").startswith("image/"), path, f"enclosure {picture}")
            expect(int(picture.get("length") or 0) > 0, path, f"an enclosure has no length: {picture}")
    return ElementTree.fromstring(body), len(feed.entries)


def rss(path):
    """RSS 2.0, with the advice of the RSS Advisory Board's best practices profile."""
    root, count = parsed(path, "application/rss+xml", "rss20")
    channel = root.find("channel")
    for name in ("title", "link", "description"):
        expect(channel.find(name) is not None, path, f"the channel has no <{name}>")
    self_links = [link for link in channel.findall(f"{ATOM}link") if link.get("rel") == "self"]
    expect(len(self_links) == 1 and absolute(self_links[0].get("href")), path, "has no <atom:link rel=\"self\">")
    for date in [*channel.findall("lastBuildDate"), *channel.iterfind("item/pubDate")]:
        try:
            parsedate_to_datetime(date.text)
        except (TypeError, ValueError):
            complaints.append(f"{path}: `{date.text}` is no RFC 822 date")
    for item in channel.findall("item"):
        guid = item.find("guid")
        expect(guid is not None and guid.text, path, "an item has no <guid>")
        if guid is not None and guid.get("isPermaLink", "true") == "true":
            expect(absolute(guid.text), path, f"guid `{guid.text}` claims to be a permalink")
    return count


def atom(path):
    """Atom 1.0, RFC 4287."""
    root, count = parsed(path, "application/atom+xml", "atom10")
    links = {link.get("rel", "alternate"): link.get("href") for link in root.findall(f"{ATOM}link")}
    expect(absolute(links.get("self")), path, "the feed has no link with rel=self")
    authored = root.find(f"{ATOM}author") is not None
    for element in [root, *root.findall(f"{ATOM}entry")]:
        name = element.findtext(f"{ATOM}id") or "the feed"
        for child in ("id", "title", "updated"):
            expect(len(element.findall(ATOM + child)) == 1, path, f"{name} has not exactly one <{child}>")
        if element is not root:
            expect(authored or element.find(f"{ATOM}author") is not None, path, f"{name} has no author")
        for child in ("updated", "published"):
            for date in element.findall(ATOM + child):
                expect(INSTANT.fullmatch(date.text or ""), path, f"{name}: `{date.text}` is no RFC 3339 time")
    return count


def json_feed(path):
    """JSON Feed 1.1, https://www.jsonfeed.org/version/1.1/"""
    _, body = fetch(path, "application/feed+json")
    feed = json.loads(body)
    expect(feed.get("version") == "https://jsonfeed.org/version/1.1", path, f"version is {feed.get('version')}")
    known(path, feed, {"title": str, "home_page_url": "url", "feed_url": "url", "description": str, "user_comment": str,
                       "next_url": "url", "icon": "url", "favicon": "url", "authors": list, "language": str, "expired": bool,
                       "hubs": list, "items": list, "version": str}, needed=("title", "items"))
    authors(path, feed)
    expect(feed.get("next_url") is None or feed["next_url"] != feed.get("feed_url"), path, "next_url leads back to the feed")
    items = feed.get("items") or []
    ids = [item.get("id") for item in items]
    expect(len(set(ids)) == len(ids), path, "two items share an id")
    for item in items:
        where = f"{path} {item.get('id')}"
        known(where, item, {"id": str, "url": "url", "external_url": "url", "title": str, "content_html": str, "content_text": str,
                            "summary": str, "image": "url", "banner_image": "url", "date_published": "time",
                            "date_modified": "time", "authors": list, "tags": list, "language": str, "attachments": list},
              needed=("id",))
        expect("content_html" in item or "content_text" in item, where, "has neither content_html nor content_text")
        expect(bool(item.get("authors")), where, "has no author")
        if "post=" not in path:
            expect(bool(item.get("tags")), where, "has no tags")
            expect(bool(item.get("summary")), where, "has no summary")
        expect(all(isinstance(tag, str) for tag in item.get("tags", [])), where, "a tag is no string")
        authors(where, item)
        for attachment in item.get("attachments", []):
            known(where, attachment, {"url": "url", "mime_type": str, "title": str, "size_in_bytes": (int, float),
                                      "duration_in_seconds": (int, float)}, needed=("url", "mime_type"))
    expect("?" in path or any("image" in item for item in items), path, "no item has its image")
    return len(items)


def authors(where, holder):
    for author in holder.get("authors", []):
        known(where, author, {"name": str, "url": "url", "avatar": "url"})
        expect(len(author) > 0, where, "an author has neither name, url nor avatar")


def known(where, value, members, needed=()):
    """Every member of the object is one the specification names, and of its type; names with `_` in front are free."""
    for name in needed:
        expect(name in value, where, f"has no {name}")
    for name, kind in members.items():
        if name not in value:
            continue
        seen = value[name]
        if kind == "url":
            expect(isinstance(seen, str) and absolute(seen), where, f"{name} is no absolute URL: {seen!r}")
        elif kind == "time":
            expect(isinstance(seen, str) and INSTANT.fullmatch(seen), where, f"{name} is no RFC 3339 time: {seen!r}")
        else:
            expect(isinstance(seen, kind), where, f"{name} is of a wrong type: {seen!r}")
    for name in value:
        expect(name in members or name.startswith("_"), where, f"JSON Feed has no member {name}")


def sitemap(path, depth=0):
    """The sitemap protocol 0.9: one sitemap, or an index of them."""
    status, headers, body = client.get(path)
    expect(status == 200, path, f"answers {status}")
    expect("xml" in headers.get("Content-Type", ""), path, f"is `{headers.get('Content-Type')}`")
    root = ElementTree.fromstring(body)
    expect(root.tag in (f"{SITEMAP}urlset", f"{SITEMAP}sitemapindex"), path, f"its root is {root.tag}")
    expect(len(root) <= 50_000 and len(body) <= 50 * 1024 * 1024, path, "is larger than a sitemap may be")
    count = 0
    for child in root:
        where = child.findtext(f"{SITEMAP}loc") or ""
        expect(absolute(where), path, f"has no absolute <loc>: `{where}`")
        changed = child.findtext(f"{SITEMAP}lastmod")
        expect(changed is None or INSTANT.fullmatch(changed) or DAY.fullmatch(changed), path, f"lastmod `{changed}`")
        if root.tag == f"{SITEMAP}sitemapindex":
            expect(depth == 0, path, "an index lists an index")
            # The site's public address may be another than the one under test.
            inner = urllib.parse.urlsplit(where)
            count += sitemap(inner.path + (f"?{inner.query}" if inner.query else ""), depth + 1) if depth == 0 else 0
        else:
            count += 1
    return count


def first_slug(path, sort):
    status, _, body = client.get(f"{path}?limit=1&sort={sort}", "application/json")
    data = json.loads(body)["data"] if status == 200 else []
    expect(bool(data), path, "lists nothing to ask a feed for")
    return data[0]["slug"] if data else None


def tried(read, path):
    """How many entries `read` finds at `path`; what is no XML or JSON at all is one more complaint."""
    try:
        return read(path)
    except (ElementTree.ParseError, ValueError) as error:
        complaints.append(f"{path}: {error}")
        return 0


def main():
    kinds = {"/feed.xml": rss, "/atom.xml": atom, "/feed.json": json_feed}
    queries = [""]
    for name, path, sort in (("author", "/v1/authors", "-post_count"), ("tag", "/v1/tags", "-post_count"),
                             ("post", "/v1/posts", "-comment_count")):
        slug = first_slug(path, sort)
        if slug:
            queries.append(f"?{name}={urllib.parse.quote(slug)}")
    for path, read in kinds.items():
        for query in queries:
            count = tried(read, path + query)
            print(f"{path}{query}: {count} entries")
            expect(count > 0, path + query, "is empty")
    count = tried(sitemap, "/sitemap.xml")
    print(f"/sitemap.xml: {count} addresses")
    expect(count > 0, "/sitemap.xml", "is empty")
    if complaints:
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    main()
