-- The site itself: one row.
CREATE TABLE site (
  id INTEGER NOT NULL PRIMARY KEY CONSTRAINT site_id_check CHECK (id = 1),
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  language TEXT NOT NULL,
  timezone TEXT NOT NULL,
  logo_media_id UUID,
  terms_notice TEXT,
  terms_url TEXT,
  social JSONB NOT NULL,
  comments_open BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);

-- Totals that would otherwise be counted: kept in the transaction that changes them.
CREATE TABLE counters (
  name TEXT NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);

CREATE TABLE media (
  id UUID NOT NULL PRIMARY KEY,
  mime TEXT NOT NULL,
  byte_size BIGINT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  alt TEXT NOT NULL,
  caption TEXT,
  filename TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  storage_key TEXT NOT NULL,
  color TEXT,
  animated BOOLEAN NOT NULL,
  variants JSONB NOT NULL,
  state TEXT NOT NULL CONSTRAINT media_state_check CHECK (state IN ('processing', 'ready', 'failed')),
  created_by UUID,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX media_created_at_idx ON media (created_at DESC, id DESC);
CREATE INDEX media_storage_key_idx ON media (storage_key);
CREATE INDEX media_created_by_idx ON media (created_by, created_at DESC, id DESC);

-- Bylines. A guest author is an author without an account.
CREATE TABLE authors (
  id UUID NOT NULL PRIMARY KEY,
  slug TEXT COLLATE "C" NOT NULL CONSTRAINT authors_slug_key UNIQUE,
  name TEXT NOT NULL,
  name_key TEXT COLLATE "C" NOT NULL,
  bio_format TEXT NOT NULL,
  bio_source TEXT NOT NULL,
  bio_html TEXT NOT NULL,
  avatar_media_id UUID CONSTRAINT authors_avatar_media_id_fkey REFERENCES media (id) ON DELETE SET NULL,
  location TEXT,
  website TEXT,
  social JSONB NOT NULL,
  post_count BIGINT NOT NULL,
  first_published_at TIMESTAMPTZ,
  last_published_at TIMESTAMPTZ,
  version BIGINT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX authors_name_idx ON authors (name_key, id);
CREATE INDEX authors_post_count_idx ON authors (post_count DESC, id DESC);

CREATE TABLE users (
  id UUID NOT NULL PRIMARY KEY,
  email TEXT NOT NULL,
  email_key TEXT COLLATE "C" NOT NULL CONSTRAINT users_email_key_key UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL CONSTRAINT users_role_check CHECK (role IN ('admin', 'editor', 'author', 'contributor', 'moderator')),
  author_id UUID CONSTRAINT users_author_id_fkey REFERENCES authors (id) ON DELETE SET NULL,
  disabled_at TIMESTAMPTZ,
  last_login_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX users_author_id_idx ON users (author_id);
CREATE INDEX users_created_at_idx ON users (created_at, id);

-- One row for each refresh token; a login's tokens share a family.
CREATE TABLE sessions (
  id UUID NOT NULL PRIMARY KEY,
  family_id UUID NOT NULL,
  user_id UUID NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
  refresh_hash TEXT NOT NULL CONSTRAINT sessions_refresh_hash_key UNIQUE,
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  used_at TIMESTAMPTZ,
  revoked_at TIMESTAMPTZ
);
CREATE INDEX sessions_family_id_idx ON sessions (family_id);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

CREATE TABLE api_tokens (
  id UUID NOT NULL PRIMARY KEY,
  user_id UUID NOT NULL CONSTRAINT api_tokens_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL CONSTRAINT api_tokens_secret_hash_key UNIQUE,
  hint TEXT NOT NULL,
  scopes JSONB NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ,
  last_used_at TIMESTAMPTZ,
  revoked_at TIMESTAMPTZ
);
CREATE INDEX api_tokens_user_id_idx ON api_tokens (user_id, created_at DESC, id DESC);
CREATE INDEX api_tokens_created_at_idx ON api_tokens (created_at DESC, id DESC);

CREATE TABLE signing_keys (
  kid TEXT NOT NULL PRIMARY KEY,
  private_key TEXT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  retired_at TIMESTAMPTZ
);

-- Login and comment throttles, shared by every instance.
CREATE TABLE throttles (
  key TEXT NOT NULL PRIMARY KEY,
  failures INTEGER NOT NULL,
  window_started_at TIMESTAMPTZ NOT NULL,
  blocked_until TIMESTAMPTZ
);
CREATE INDEX throttles_window_started_at_idx ON throttles (window_started_at);

CREATE TABLE tags (
  id UUID NOT NULL PRIMARY KEY,
  slug TEXT COLLATE "C" NOT NULL CONSTRAINT tags_slug_key UNIQUE,
  name TEXT NOT NULL,
  name_key TEXT COLLATE "C" NOT NULL,
  kind TEXT NOT NULL CONSTRAINT tags_kind_check CHECK (kind IN ('tag', 'category')),
  description TEXT NOT NULL,
  parent_id UUID CONSTRAINT tags_parent_id_fkey REFERENCES tags (id) ON DELETE SET NULL,
  post_count BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX tags_name_idx ON tags (name_key, id);
CREATE INDEX tags_kind_name_idx ON tags (kind, name_key, id);
CREATE INDEX tags_post_count_idx ON tags (post_count DESC, id DESC);
CREATE INDEX tags_parent_id_idx ON tags (parent_id);

-- Identity and what is live. A post that is not live mirrors its working copy here, since only
-- those who may read the working copy can see it. Long columns come last.
CREATE TABLE posts (
  id UUID NOT NULL PRIMARY KEY,
  slug TEXT COLLATE "C" NOT NULL CONSTRAINT posts_slug_key UNIQUE,
  status TEXT NOT NULL CONSTRAINT posts_status_check CHECK (status IN ('draft', 'in_review', 'scheduled', 'published', 'archived')),
  visibility TEXT NOT NULL CONSTRAINT posts_visibility_check CHECK (visibility IN ('public', 'unlisted', 'private')),
  listed BOOLEAN NOT NULL,
  featured BOOLEAN NOT NULL,
  comments_open BOOLEAN NOT NULL,
  sorted_at TIMESTAMPTZ NOT NULL,
  published_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  deleted_at TIMESTAMPTZ,
  version BIGINT NOT NULL,
  revision INTEGER NOT NULL,
  live_revision INTEGER,
  owner_id UUID CONSTRAINT posts_owner_id_fkey REFERENCES users (id) ON DELETE SET NULL,
  comment_count BIGINT NOT NULL,
  word_count INTEGER NOT NULL,
  reading_minutes INTEGER NOT NULL,
  language TEXT NOT NULL,
  title TEXT NOT NULL,
  title_key TEXT COLLATE "C" NOT NULL,
  subtitle TEXT,
  excerpt TEXT NOT NULL,
  image_media_id UUID CONSTRAINT posts_image_media_id_fkey REFERENCES media (id) ON DELETE SET NULL,
  image_alt TEXT,
  image_caption TEXT,
  terms_notice TEXT,
  terms_url TEXT,
  canonical_url TEXT,
  seo JSONB NOT NULL,
  custom JSONB NOT NULL,
  html TEXT NOT NULL,
  text TEXT NOT NULL,
  body_format TEXT NOT NULL CONSTRAINT posts_body_format_check CHECK (body_format IN ('markdown', 'html')),
  body_source TEXT NOT NULL
);
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
  post_id UUID NOT NULL CONSTRAINT revisions_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  created_by UUID CONSTRAINT revisions_created_by_fkey REFERENCES users (id) ON DELETE SET NULL,
  reason TEXT NOT NULL,
  title TEXT NOT NULL,
  word_count INTEGER NOT NULL,
  snapshot JSONB NOT NULL,
  CONSTRAINT revisions_pkey PRIMARY KEY (post_id, number)
);
CREATE INDEX revisions_created_by_idx ON revisions (created_by);

CREATE TABLE post_authors (
  post_id UUID NOT NULL CONSTRAINT post_authors_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  author_id UUID NOT NULL CONSTRAINT post_authors_author_id_fkey REFERENCES authors (id),
  role TEXT NOT NULL,
  CONSTRAINT post_authors_pkey PRIMARY KEY (post_id, position),
  CONSTRAINT post_authors_post_id_author_id_key UNIQUE (post_id, author_id)
);
CREATE INDEX post_authors_author_id_idx ON post_authors (author_id, post_id);

CREATE TABLE post_tags (
  post_id UUID NOT NULL CONSTRAINT post_tags_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  tag_id UUID NOT NULL CONSTRAINT post_tags_tag_id_fkey REFERENCES tags (id),
  CONSTRAINT post_tags_pkey PRIMARY KEY (post_id, position),
  CONSTRAINT post_tags_post_id_tag_id_key UNIQUE (post_id, tag_id)
);
CREATE INDEX post_tags_tag_id_idx ON post_tags (tag_id, post_id);

-- The public lists by author and by tag: only listed posts, in keyset order, so that a page of a
-- list costs the same at any depth.
CREATE TABLE post_lists (
  list_id UUID NOT NULL,
  sorted_at TIMESTAMPTZ NOT NULL,
  post_id UUID NOT NULL CONSTRAINT post_lists_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  CONSTRAINT post_lists_pkey PRIMARY KEY (list_id, sorted_at, post_id)
);
CREATE INDEX post_lists_post_id_idx ON post_lists (post_id);

-- Former slugs, which answer 308 to the present one.
CREATE TABLE slug_redirects (
  kind TEXT NOT NULL CONSTRAINT slug_redirects_kind_check CHECK (kind IN ('post', 'author', 'tag')),
  slug TEXT COLLATE "C" NOT NULL,
  target_id UUID NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT slug_redirects_pkey PRIMARY KEY (kind, slug)
);
CREATE INDEX slug_redirects_target_id_idx ON slug_redirects (target_id);

-- Curated links as the public sees them; the working copy's stand in its revision.
CREATE TABLE links (
  id UUID NOT NULL PRIMARY KEY,
  post_id UUID NOT NULL CONSTRAINT links_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  relation TEXT NOT NULL CONSTRAINT links_relation_check CHECK (relation IN ('related', 'prior', 'follow_up', 'response_to', 'translation_of', 'cites')),
  note TEXT,
  target_post_id UUID CONSTRAINT links_target_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  external_url TEXT,
  external_title TEXT,
  external_author TEXT,
  external_publisher TEXT,
  external_published_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT links_target_check CHECK ((target_post_id IS NULL) <> (external_url IS NULL)),
  CONSTRAINT links_self_check CHECK (target_post_id IS NULL OR target_post_id <> post_id)
);
CREATE INDEX links_post_id_idx ON links (post_id, position, id);
CREATE INDEX links_target_post_id_idx ON links (target_post_id, created_at, id);

-- Links that stand in a live body and look like a post of this site, by the slug they name: the post may
-- come later than the link.
CREATE TABLE body_links (
  post_id UUID NOT NULL CONSTRAINT body_links_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  slug TEXT COLLATE "C" NOT NULL,
  CONSTRAINT body_links_pkey PRIMARY KEY (post_id, position)
);
CREATE INDEX body_links_slug_idx ON body_links (slug, post_id);

-- Automatic related posts, computed when posts change.
CREATE TABLE related_posts (
  post_id UUID NOT NULL CONSTRAINT related_posts_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  related_id UUID NOT NULL CONSTRAINT related_posts_related_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  score INTEGER NOT NULL,
  terms JSONB NOT NULL,
  CONSTRAINT related_posts_pkey PRIMARY KEY (post_id, position)
);
CREATE INDEX related_posts_related_id_idx ON related_posts (related_id);

-- The telling terms of each listed post, from which the above is computed.
CREATE TABLE post_terms (
  term TEXT COLLATE "C" NOT NULL,
  post_id UUID NOT NULL CONSTRAINT post_terms_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  weight INTEGER NOT NULL,
  CONSTRAINT post_terms_pkey PRIMARY KEY (term, post_id)
);
CREATE INDEX post_terms_post_id_idx ON post_terms (post_id);

-- Clustered by post, so that a page of a thread is one or two pages of the file.
CREATE TABLE comments (
  post_id UUID NOT NULL CONSTRAINT comments_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  id UUID NOT NULL CONSTRAINT comments_id_key UNIQUE,
  parent_id UUID,
  root_id UUID NOT NULL,
  depth INTEGER NOT NULL,
  shown BOOLEAN NOT NULL,
  status TEXT NOT NULL CONSTRAINT comments_status_check CHECK (status IN ('pending', 'approved', 'spam', 'trash')),
  created_at TIMESTAMPTZ NOT NULL,
  edited_at TIMESTAMPTZ,
  version BIGINT NOT NULL,
  reply_count INTEGER NOT NULL,
  score INTEGER NOT NULL,
  user_id UUID CONSTRAINT comments_user_id_fkey REFERENCES users (id) ON DELETE SET NULL,
  author_id UUID CONSTRAINT comments_author_id_fkey REFERENCES authors (id) ON DELETE SET NULL,
  author_name TEXT NOT NULL,
  author_url TEXT,
  author_email TEXT,
  author_email_key TEXT,
  ip TEXT,
  user_agent TEXT,
  edit_hash TEXT,
  editable_until TIMESTAMPTZ,
  text_hash TEXT NOT NULL,
  spam_score INTEGER NOT NULL,
  spam_reasons JSONB NOT NULL,
  html TEXT NOT NULL,
  source TEXT NOT NULL,
  CONSTRAINT comments_pkey PRIMARY KEY (post_id, id)
);
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
  seq BIGINT GENERATED BY DEFAULT AS IDENTITY NOT NULL PRIMARY KEY,
  at TIMESTAMPTZ NOT NULL,
  object_type TEXT NOT NULL,
  object_id UUID NOT NULL,
  action TEXT NOT NULL,
  version BIGINT NOT NULL,
  actor_id UUID,
  actor_kind TEXT NOT NULL,
  request_id TEXT NOT NULL,
  keys JSONB NOT NULL
);
CREATE INDEX changes_object_idx ON changes (object_id, seq);

CREATE TABLE idempotency_keys (
  key TEXT NOT NULL PRIMARY KEY,
  request_hash TEXT NOT NULL,
  status INTEGER,
  headers JSONB NOT NULL,
  body BYTEA NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

-- Work for later, claimed by exactly one instance.
CREATE TABLE jobs (
  id UUID NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  payload JSONB NOT NULL,
  run_at TIMESTAMPTZ NOT NULL,
  attempts INTEGER NOT NULL,
  locked_until TIMESTAMPTZ,
  last_error TEXT,
  created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX jobs_run_at_idx ON jobs (run_at, id);

-- The numbers by which the full-text index knows a post.
CREATE TABLE search_docs (
  id BIGINT GENERATED BY DEFAULT AS IDENTITY NOT NULL PRIMARY KEY,
  post_id UUID NOT NULL CONSTRAINT search_docs_post_id_key UNIQUE CONSTRAINT search_docs_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  sorted_at TIMESTAMPTZ NOT NULL
);

-- Tokens are made by the application (the same on both databases); the index only has to keep them whole.
-- They are kept in their order too, since ranking counts them.
CREATE TABLE search_index (
  rowid BIGINT NOT NULL PRIMARY KEY,
  title TEXT NOT NULL,
  meta TEXT NOT NULL,
  body TEXT NOT NULL,
  document TSVECTOR NOT NULL
);
CREATE INDEX search_index_document_idx ON search_index USING gin (document);

INSERT INTO counters (name, value) VALUES ('posts', 0), ('authors', 0), ('tags', 0), ('comments', 0);
