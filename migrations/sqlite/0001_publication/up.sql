-- The site itself: one row.
CREATE TABLE site (
  id INTEGER NOT NULL PRIMARY KEY CONSTRAINT site_id_check CHECK (id = 1),
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  language TEXT NOT NULL,
  timezone TEXT NOT NULL,
  logo_media_id BLOB,
  terms_notice TEXT,
  terms_url TEXT,
  social TEXT NOT NULL CHECK (json_valid(social)),
  comments_open INTEGER NOT NULL CHECK (comments_open IN (0, 1)),
  version INTEGER NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;

-- Totals that would otherwise be counted: kept in the transaction that changes them.
CREATE TABLE counters (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;

CREATE TABLE media (
  id BLOB NOT NULL PRIMARY KEY,
  mime TEXT NOT NULL,
  byte_size INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  alt TEXT NOT NULL,
  caption TEXT,
  filename TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  storage_key TEXT NOT NULL,
  color TEXT,
  animated INTEGER NOT NULL CHECK (animated IN (0, 1)),
  variants TEXT NOT NULL CHECK (json_valid(variants)),
  state TEXT NOT NULL CONSTRAINT media_state_check CHECK (state IN ('processing', 'ready', 'failed')),
  created_by BLOB,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX media_created_at_idx ON media (created_at DESC, id DESC);
CREATE INDEX media_storage_key_idx ON media (storage_key);
CREATE INDEX media_created_by_idx ON media (created_by, created_at DESC, id DESC);

-- Bylines. A guest author is an author without an account.
CREATE TABLE authors (
  id BLOB NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL CONSTRAINT authors_slug_key UNIQUE,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  bio_format TEXT NOT NULL,
  bio_source TEXT NOT NULL,
  bio_html TEXT NOT NULL,
  avatar_media_id BLOB CONSTRAINT authors_avatar_media_id_fkey REFERENCES media (id) ON DELETE SET NULL,
  location TEXT,
  website TEXT,
  social TEXT NOT NULL CHECK (json_valid(social)),
  post_count INTEGER NOT NULL,
  first_published_at TEXT,
  last_published_at TEXT,
  version INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX authors_name_idx ON authors (name_key, id);
CREATE INDEX authors_post_count_idx ON authors (post_count DESC, id DESC);

CREATE TABLE users (
  id BLOB NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL CONSTRAINT users_email_key_key UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL CONSTRAINT users_role_check CHECK (role IN ('admin', 'editor', 'author', 'contributor', 'moderator')),
  author_id BLOB CONSTRAINT users_author_id_fkey REFERENCES authors (id) ON DELETE SET NULL,
  disabled_at TEXT,
  last_login_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX users_author_id_idx ON users (author_id);
CREATE INDEX users_created_at_idx ON users (created_at, id);

-- One row for each refresh token; a login's tokens share a family.
CREATE TABLE sessions (
  id BLOB NOT NULL PRIMARY KEY,
  family_id BLOB NOT NULL,
  user_id BLOB NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
  refresh_hash TEXT NOT NULL CONSTRAINT sessions_refresh_hash_key UNIQUE,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_at TEXT,
  revoked_at TEXT
) STRICT;
CREATE INDEX sessions_family_id_idx ON sessions (family_id);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

CREATE TABLE api_tokens (
  id BLOB NOT NULL PRIMARY KEY,
  user_id BLOB NOT NULL CONSTRAINT api_tokens_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL CONSTRAINT api_tokens_secret_hash_key UNIQUE,
  hint TEXT NOT NULL,
  scopes TEXT NOT NULL CHECK (json_valid(scopes)),
  created_at TEXT NOT NULL,
  expires_at TEXT,
  last_used_at TEXT,
  revoked_at TEXT
) STRICT;
CREATE INDEX api_tokens_user_id_idx ON api_tokens (user_id, created_at DESC, id DESC);
CREATE INDEX api_tokens_created_at_idx ON api_tokens (created_at DESC, id DESC);

CREATE TABLE signing_keys (
  kid TEXT NOT NULL PRIMARY KEY,
  private_key TEXT NOT NULL,
  created_at TEXT NOT NULL,
  retired_at TEXT
) STRICT;

-- Login and comment throttles, shared by every instance.
CREATE TABLE throttles (
  key TEXT NOT NULL PRIMARY KEY,
  failures INTEGER NOT NULL,
  window_started_at TEXT NOT NULL,
  blocked_until TEXT
) STRICT;
CREATE INDEX throttles_window_started_at_idx ON throttles (window_started_at);

CREATE TABLE tags (
  id BLOB NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL CONSTRAINT tags_slug_key UNIQUE,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  kind TEXT NOT NULL CONSTRAINT tags_kind_check CHECK (kind IN ('tag', 'category')),
  description TEXT NOT NULL,
  parent_id BLOB CONSTRAINT tags_parent_id_fkey REFERENCES tags (id) ON DELETE SET NULL,
  post_count INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX tags_name_idx ON tags (name_key, id);
CREATE INDEX tags_kind_name_idx ON tags (kind, name_key, id);
CREATE INDEX tags_post_count_idx ON tags (post_count DESC, id DESC);
CREATE INDEX tags_parent_id_idx ON tags (parent_id);

-- Identity and what is live. A post that is not live mirrors its working copy here, since only
-- those who may read the working copy can see it. Long columns come last.
CREATE TABLE posts (
  id BLOB NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL CONSTRAINT posts_slug_key UNIQUE,
  status TEXT NOT NULL CONSTRAINT posts_status_check CHECK (status IN ('draft', 'in_review', 'scheduled', 'published', 'archived')),
  visibility TEXT NOT NULL CONSTRAINT posts_visibility_check CHECK (visibility IN ('public', 'unlisted', 'private')),
  listed INTEGER NOT NULL CHECK (listed IN (0, 1)),
  featured INTEGER NOT NULL CHECK (featured IN (0, 1)),
  comments_open INTEGER NOT NULL CHECK (comments_open IN (0, 1)),
  sorted_at TEXT NOT NULL,
  published_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  deleted_at TEXT,
  version INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  live_revision INTEGER,
  owner_id BLOB CONSTRAINT posts_owner_id_fkey REFERENCES users (id) ON DELETE SET NULL,
  comment_count INTEGER NOT NULL,
  word_count INTEGER NOT NULL,
  reading_minutes INTEGER NOT NULL,
  language TEXT NOT NULL,
  title TEXT NOT NULL,
  title_key TEXT NOT NULL,
  subtitle TEXT,
  excerpt TEXT NOT NULL,
  image_media_id BLOB CONSTRAINT posts_image_media_id_fkey REFERENCES media (id) ON DELETE SET NULL,
  image_alt TEXT,
  image_caption TEXT,
  terms_notice TEXT,
  terms_url TEXT,
  canonical_url TEXT,
  seo TEXT NOT NULL CHECK (json_valid(seo)),
  custom TEXT NOT NULL CHECK (json_valid(custom)),
  html TEXT NOT NULL,
  text TEXT NOT NULL,
  body_format TEXT NOT NULL CONSTRAINT posts_body_format_check CHECK (body_format IN ('markdown', 'html')),
  body_source TEXT NOT NULL
) STRICT;
CREATE INDEX posts_listed_sorted_at_idx ON posts (listed, sorted_at DESC, id DESC);
CREATE INDEX posts_listed_updated_at_idx ON posts (listed, updated_at DESC, id DESC);
CREATE INDEX posts_listed_title_idx ON posts (listed, title_key, id);
CREATE INDEX posts_listed_comment_count_idx ON posts (listed, comment_count DESC, id DESC);
CREATE INDEX posts_listed_featured_idx ON posts (listed, featured, sorted_at DESC, id DESC);
CREATE INDEX posts_sorted_at_idx ON posts (sorted_at DESC, id DESC);
CREATE INDEX posts_updated_at_idx ON posts (updated_at DESC, id DESC);
CREATE INDEX posts_title_idx ON posts (title_key, id);
CREATE INDEX posts_comment_count_idx ON posts (comment_count DESC, id DESC);
CREATE INDEX posts_status_sorted_at_idx ON posts (status, sorted_at DESC, id DESC);
CREATE INDEX posts_owner_id_idx ON posts (owner_id, sorted_at DESC, id DESC);
CREATE INDEX posts_image_media_id_idx ON posts (image_media_id);

-- Every save: a full snapshot. The newest is the working copy.
CREATE TABLE revisions (
  post_id BLOB NOT NULL CONSTRAINT revisions_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  created_by BLOB CONSTRAINT revisions_created_by_fkey REFERENCES users (id) ON DELETE SET NULL,
  reason TEXT NOT NULL,
  title TEXT NOT NULL,
  word_count INTEGER NOT NULL,
  snapshot TEXT NOT NULL CHECK (json_valid(snapshot)),
  CONSTRAINT revisions_pkey PRIMARY KEY (post_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX revisions_created_by_idx ON revisions (created_by);

CREATE TABLE post_authors (
  post_id BLOB NOT NULL CONSTRAINT post_authors_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  author_id BLOB NOT NULL CONSTRAINT post_authors_author_id_fkey REFERENCES authors (id),
  role TEXT NOT NULL,
  CONSTRAINT post_authors_pkey PRIMARY KEY (post_id, position),
  CONSTRAINT post_authors_post_id_author_id_key UNIQUE (post_id, author_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX post_authors_author_id_idx ON post_authors (author_id, post_id);

CREATE TABLE post_tags (
  post_id BLOB NOT NULL CONSTRAINT post_tags_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  tag_id BLOB NOT NULL CONSTRAINT post_tags_tag_id_fkey REFERENCES tags (id),
  CONSTRAINT post_tags_pkey PRIMARY KEY (post_id, position),
  CONSTRAINT post_tags_post_id_tag_id_key UNIQUE (post_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX post_tags_tag_id_idx ON post_tags (tag_id, post_id);

-- The public lists by author and by tag: only listed posts, in keyset order, so that a page of a
-- list costs the same at any depth.
CREATE TABLE post_lists (
  list_id BLOB NOT NULL,
  sorted_at TEXT NOT NULL,
  post_id BLOB NOT NULL CONSTRAINT post_lists_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  CONSTRAINT post_lists_pkey PRIMARY KEY (list_id, sorted_at, post_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX post_lists_post_id_idx ON post_lists (post_id);

-- Former slugs, which answer 308 to the present one.
CREATE TABLE slug_redirects (
  kind TEXT NOT NULL CONSTRAINT slug_redirects_kind_check CHECK (kind IN ('post', 'author', 'tag')),
  slug TEXT NOT NULL,
  target_id BLOB NOT NULL,
  created_at TEXT NOT NULL,
  CONSTRAINT slug_redirects_pkey PRIMARY KEY (kind, slug)
) STRICT, WITHOUT ROWID;
CREATE INDEX slug_redirects_target_id_idx ON slug_redirects (target_id);

-- Curated links as the public sees them; the working copy's stand in its revision.
CREATE TABLE links (
  id BLOB NOT NULL PRIMARY KEY,
  post_id BLOB NOT NULL CONSTRAINT links_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  relation TEXT NOT NULL CONSTRAINT links_relation_check CHECK (relation IN ('related', 'prior', 'follow_up', 'response_to', 'translation_of', 'cites')),
  note TEXT,
  target_post_id BLOB CONSTRAINT links_target_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  external_url TEXT,
  external_title TEXT,
  external_author TEXT,
  external_publisher TEXT,
  external_published_at TEXT,
  created_at TEXT NOT NULL,
  CONSTRAINT links_target_check CHECK ((target_post_id IS NULL) <> (external_url IS NULL)),
  CONSTRAINT links_self_check CHECK (target_post_id IS NULL OR target_post_id <> post_id)
) STRICT;
CREATE INDEX links_post_id_idx ON links (post_id, position, id);
CREATE INDEX links_target_post_id_idx ON links (target_post_id, created_at, id);

-- Links that stand in a live body and look like a post of this site, by the slug they name: the post may
-- come later than the link.
CREATE TABLE body_links (
  post_id BLOB NOT NULL CONSTRAINT body_links_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  slug TEXT NOT NULL,
  CONSTRAINT body_links_pkey PRIMARY KEY (post_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX body_links_slug_idx ON body_links (slug, post_id);

-- Automatic related posts, computed when posts change.
CREATE TABLE related_posts (
  post_id BLOB NOT NULL CONSTRAINT related_posts_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  related_id BLOB NOT NULL CONSTRAINT related_posts_related_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  score INTEGER NOT NULL,
  terms TEXT NOT NULL CHECK (json_valid(terms)),
  CONSTRAINT related_posts_pkey PRIMARY KEY (post_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX related_posts_related_id_idx ON related_posts (related_id);

-- The telling terms of each listed post, from which the above is computed.
CREATE TABLE post_terms (
  term TEXT NOT NULL,
  post_id BLOB NOT NULL CONSTRAINT post_terms_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  weight INTEGER NOT NULL,
  CONSTRAINT post_terms_pkey PRIMARY KEY (term, post_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX post_terms_post_id_idx ON post_terms (post_id);

-- Clustered by post, so that a page of a thread is one or two pages of the file.
CREATE TABLE comments (
  post_id BLOB NOT NULL CONSTRAINT comments_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  id BLOB NOT NULL CONSTRAINT comments_id_key UNIQUE,
  parent_id BLOB,
  root_id BLOB NOT NULL,
  depth INTEGER NOT NULL,
  shown INTEGER NOT NULL CHECK (shown IN (0, 1)),
  status TEXT NOT NULL CONSTRAINT comments_status_check CHECK (status IN ('pending', 'approved', 'spam', 'trash')),
  created_at TEXT NOT NULL,
  edited_at TEXT,
  version INTEGER NOT NULL,
  reply_count INTEGER NOT NULL,
  score INTEGER NOT NULL,
  user_id BLOB CONSTRAINT comments_user_id_fkey REFERENCES users (id) ON DELETE SET NULL,
  author_id BLOB CONSTRAINT comments_author_id_fkey REFERENCES authors (id) ON DELETE SET NULL,
  author_name TEXT NOT NULL,
  author_url TEXT,
  author_email TEXT,
  author_email_key TEXT,
  ip TEXT,
  user_agent TEXT,
  edit_hash TEXT,
  editable_until TEXT,
  text_hash TEXT NOT NULL,
  spam_score INTEGER NOT NULL,
  spam_reasons TEXT NOT NULL CHECK (json_valid(spam_reasons)),
  html TEXT NOT NULL,
  source TEXT NOT NULL,
  CONSTRAINT comments_pkey PRIMARY KEY (post_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX comments_thread_idx ON comments (post_id, parent_id, shown, created_at, id);
CREATE INDEX comments_top_idx ON comments (post_id, parent_id, shown, score DESC, id DESC);
CREATE INDEX comments_flat_idx ON comments (post_id, shown, created_at, id);
CREATE INDEX comments_flat_top_idx ON comments (post_id, shown, score DESC, id DESC);
CREATE INDEX comments_parent_idx ON comments (parent_id, shown, created_at, id);
CREATE INDEX comments_queue_idx ON comments (status, created_at DESC, id DESC);
CREATE INDEX comments_created_at_idx ON comments (created_at DESC, id DESC);
CREATE INDEX comments_email_idx ON comments (author_email_key, status);
CREATE INDEX comments_text_hash_idx ON comments (text_hash, created_at);
CREATE INDEX comments_ip_idx ON comments (ip, created_at);
CREATE INDEX comments_user_id_idx ON comments (user_id, created_at DESC, id DESC);
CREATE INDEX comments_author_id_idx ON comments (author_id);

-- What changed, who did it, when, and to which version: append-only, in commit order.
CREATE TABLE changes (
  seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  object_type TEXT NOT NULL,
  object_id BLOB NOT NULL,
  action TEXT NOT NULL,
  version INTEGER NOT NULL,
  actor_id BLOB,
  actor_kind TEXT NOT NULL,
  request_id TEXT NOT NULL,
  keys TEXT NOT NULL CHECK (json_valid(keys))
) STRICT;
CREATE INDEX changes_object_idx ON changes (object_id, seq);

CREATE TABLE idempotency_keys (
  key TEXT NOT NULL PRIMARY KEY,
  request_hash TEXT NOT NULL,
  status INTEGER,
  headers TEXT NOT NULL CHECK (json_valid(headers)),
  body BLOB NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

-- Work for later, claimed by exactly one instance.
CREATE TABLE jobs (
  id BLOB NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  run_at TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  locked_until TEXT,
  last_error TEXT,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_run_at_idx ON jobs (run_at, id);

-- The numbers by which the full-text index knows a post.
CREATE TABLE search_docs (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  post_id BLOB NOT NULL CONSTRAINT search_docs_post_id_key UNIQUE CONSTRAINT search_docs_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  sorted_at TEXT NOT NULL
) STRICT;

-- Tokens are made by the application (the same on both databases); the index only has to keep them whole.
-- They are kept in their order too, since ranking counts them.
CREATE VIRTUAL TABLE search_index USING fts5 (title, meta, body, tokenize = 'ascii');

INSERT INTO counters (name, value) VALUES ('posts', 0), ('authors', 0), ('tags', 0), ('comments', 0);
