//! The tables, one description for both databases. A test compares it with what each migration tree makes.
#![expect(missing_docs, reason = "diesel's macro makes the items; the migrations describe the columns")]

use diesel::{allow_tables_to_appear_in_same_query, table};

table! {
    use crate::types::{IdSql, JsonSql, TimeSql};
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

    site (id) {
        id -> Integer,
        title -> Text,
        description -> Text,
        language -> Text,
        timezone -> Text,
        logo_media_id -> Nullable<IdSql>,
        terms_notice -> Nullable<Text>,
        terms_url -> Nullable<Text>,
        social -> JsonSql,
        comments_open -> Bool,
        version -> BigInt,
        updated_at -> TimeSql,
    }
}

table! {
    use diesel::sql_types::{BigInt, Text};

    counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

table! {
    use crate::types::{IdSql, JsonSql, TimeSql};
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

    media (id) {
        id -> IdSql,
        mime -> Text,
        byte_size -> BigInt,
        width -> Integer,
        height -> Integer,
        alt -> Text,
        caption -> Nullable<Text>,
        filename -> Text,
        sha256 -> Text,
        storage_key -> Text,
        color -> Nullable<Text>,
        animated -> Bool,
        variants -> JsonSql,
        state -> Text,
        created_by -> Nullable<IdSql>,
        created_at -> TimeSql,
        updated_at -> TimeSql,
        version -> BigInt,
    }
}

table! {
    use crate::types::{IdSql, JsonSql, TimeSql};
    use diesel::sql_types::{BigInt, Nullable, Text};

    authors (id) {
        id -> IdSql,
        slug -> Text,
        name -> Text,
        name_key -> Text,
        bio_format -> Text,
        bio_source -> Text,
        bio_html -> Text,
        avatar_media_id -> Nullable<IdSql>,
        location -> Nullable<Text>,
        website -> Nullable<Text>,
        social -> JsonSql,
        post_count -> BigInt,
        first_published_at -> Nullable<TimeSql>,
        last_published_at -> Nullable<TimeSql>,
        version -> BigInt,
        created_at -> TimeSql,
        updated_at -> TimeSql,
    }
}

table! {
    use crate::types::{IdSql, TimeSql};
    use diesel::sql_types::{BigInt, Nullable, Text};

    users (id) {
        id -> IdSql,
        email -> Text,
        email_key -> Text,
        name -> Text,
        password_hash -> Text,
        role -> Text,
        author_id -> Nullable<IdSql>,
        disabled_at -> Nullable<TimeSql>,
        last_login_at -> Nullable<TimeSql>,
        created_at -> TimeSql,
        updated_at -> TimeSql,
        version -> BigInt,
    }
}

table! {
    use crate::types::{IdSql, TimeSql};
    use diesel::sql_types::{Nullable, Text};

    sessions (id) {
        id -> IdSql,
        family_id -> IdSql,
        user_id -> IdSql,
        refresh_hash -> Text,
        created_at -> TimeSql,
        expires_at -> TimeSql,
        used_at -> Nullable<TimeSql>,
        revoked_at -> Nullable<TimeSql>,
        began_at -> TimeSql,
    }
}

table! {
    use crate::types::{IdSql, JsonSql, TimeSql};
    use diesel::sql_types::{Nullable, Text};

    api_tokens (id) {
        id -> IdSql,
        user_id -> IdSql,
        name -> Text,
        secret_hash -> Text,
        hint -> Text,
        scopes -> JsonSql,
        created_at -> TimeSql,
        expires_at -> Nullable<TimeSql>,
        last_used_at -> Nullable<TimeSql>,
        revoked_at -> Nullable<TimeSql>,
        parent_id -> Nullable<IdSql>,
    }
}

table! {
    use crate::types::TimeSql;
    use diesel::sql_types::{Nullable, Text};

    signing_keys (kid) {
        kid -> Text,
        private_key -> Text,
        created_at -> TimeSql,
        retired_at -> Nullable<TimeSql>,
    }
}

table! {
    use crate::types::TimeSql;
    use diesel::sql_types::{Integer, Nullable, Text};

    throttles (key) {
        key -> Text,
        failures -> Integer,
        window_started_at -> TimeSql,
        blocked_until -> Nullable<TimeSql>,
    }
}

table! {
    use crate::types::{IdSql, TimeSql};
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};

    tags (id) {
        id -> IdSql,
        slug -> Text,
        name -> Text,
        name_key -> Text,
        kind -> Text,
        description -> Text,
        parent_id -> Nullable<IdSql>,
        post_count -> BigInt,
        version -> BigInt,
        created_at -> TimeSql,
        updated_at -> TimeSql,
        is_public -> Bool,
    }
}

table! {
    use crate::types::{IdSql, JsonSql, TimeSql};
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

    posts (id) {
        id -> IdSql,
        slug -> Text,
        status -> Text,
        visibility -> Text,
        listed -> Bool,
        featured -> Bool,
        sorted_at -> TimeSql,
        published_at -> Nullable<TimeSql>,
        created_at -> TimeSql,
        updated_at -> TimeSql,
        deleted_at -> Nullable<TimeSql>,
        version -> BigInt,
        revision -> Integer,
        live_revision -> Nullable<Integer>,
        owner_id -> Nullable<IdSql>,
        comment_count -> BigInt,
        word_count -> Integer,
        reading_minutes -> Integer,
        language -> Text,
        title -> Text,
        title_key -> Text,
        subtitle -> Nullable<Text>,
        excerpt -> Text,
        image_media_id -> Nullable<IdSql>,
        image_alt -> Nullable<Text>,
        image_caption -> Nullable<Text>,
        terms_notice -> Nullable<Text>,
        terms_url -> Nullable<Text>,
        canonical_url -> Nullable<Text>,
        seo -> JsonSql,
        custom -> JsonSql,
        html -> Text,
        text -> Text,
        body_format -> Text,
        body_source -> Text,
        preview_epoch -> BigInt,
    }
}

table! {
    use crate::types::{IdSql, JsonSql, TimeSql};
    use diesel::sql_types::{Integer, Nullable, Text};

    revisions (post_id, number) {
        post_id -> IdSql,
        number -> Integer,
        created_at -> TimeSql,
        created_by -> Nullable<IdSql>,
        reason -> Text,
        title -> Text,
        word_count -> Integer,
        snapshot -> JsonSql,
        rendered -> Nullable<Text>,
    }
}

table! {
    use crate::types::IdSql;
    use diesel::sql_types::{Integer, Text};

    post_authors (post_id, position) {
        post_id -> IdSql,
        position -> Integer,
        author_id -> IdSql,
        role -> Text,
    }
}

table! {
    use crate::types::IdSql;
    use diesel::sql_types::Integer;

    post_tags (post_id, position) {
        post_id -> IdSql,
        position -> Integer,
        tag_id -> IdSql,
    }
}

table! {
    use crate::types::{IdSql, TimeSql};

    post_lists (list_id, sorted_at, post_id) {
        list_id -> IdSql,
        sorted_at -> TimeSql,
        post_id -> IdSql,
    }
}

table! {
    use crate::types::{IdSql, TimeSql};
    use diesel::sql_types::Text;

    slug_redirects (kind, slug) {
        kind -> Text,
        slug -> Text,
        target_id -> IdSql,
        created_at -> TimeSql,
    }
}

table! {
    use crate::types::{IdSql, TimeSql};
    use diesel::sql_types::{Integer, Nullable, Text};

    links (id) {
        id -> IdSql,
        post_id -> IdSql,
        position -> Integer,
        relation -> Text,
        note -> Nullable<Text>,
        target_post_id -> Nullable<IdSql>,
        external_url -> Nullable<Text>,
        external_title -> Nullable<Text>,
        external_author -> Nullable<Text>,
        external_publisher -> Nullable<Text>,
        external_published_at -> Nullable<TimeSql>,
        created_at -> TimeSql,
    }
}

table! {
    use crate::types::IdSql;
    use diesel::sql_types::{Integer, Text};

    body_links (post_id, position) {
        post_id -> IdSql,
        position -> Integer,
        slug -> Text,
    }
}

table! {
    use crate::types::{IdSql, JsonSql};
    use diesel::sql_types::Integer;

    related_posts (post_id, position) {
        post_id -> IdSql,
        position -> Integer,
        related_id -> IdSql,
        score -> Integer,
        terms -> JsonSql,
    }
}

table! {
    use crate::types::IdSql;
    use diesel::sql_types::{Integer, Text};

    post_terms (term, post_id) {
        term -> Text,
        post_id -> IdSql,
        weight -> Integer,
    }
}

table! {
    use crate::types::{IdSql, JsonSql, TimeSql};
    use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};

    comments (post_id, id) {
        post_id -> IdSql,
        id -> IdSql,
        parent_id -> Nullable<IdSql>,
        root_id -> IdSql,
        depth -> Integer,
        shown -> Bool,
        status -> Text,
        created_at -> TimeSql,
        edited_at -> Nullable<TimeSql>,
        version -> BigInt,
        reply_count -> Integer,
        score -> Integer,
        user_id -> Nullable<IdSql>,
        author_id -> Nullable<IdSql>,
        author_name -> Text,
        author_url -> Nullable<Text>,
        author_email -> Nullable<Text>,
        author_email_key -> Nullable<Text>,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        edit_hash -> Nullable<Text>,
        editable_until -> Nullable<TimeSql>,
        text_hash -> Text,
        spam_score -> Integer,
        spam_reasons -> JsonSql,
        html -> Text,
        source -> Text,
        guest_hash -> Nullable<Text>,
    }
}

table! {
    use crate::types::{IdSql, JsonSql, TimeSql};
    use diesel::sql_types::{BigInt, Nullable, Text};

    changes (seq) {
        seq -> BigInt,
        at -> TimeSql,
        object_type -> Text,
        object_id -> IdSql,
        action -> Text,
        version -> BigInt,
        actor_id -> Nullable<IdSql>,
        actor_kind -> Text,
        request_id -> Text,
        keys -> JsonSql,
    }
}

table! {
    use crate::types::{JsonSql, TimeSql};
    use diesel::sql_types::{Binary, Integer, Nullable, Text};

    idempotency_keys (key) {
        key -> Text,
        request_hash -> Text,
        status -> Nullable<Integer>,
        headers -> JsonSql,
        body -> Binary,
        created_at -> TimeSql,
        expires_at -> TimeSql,
    }
}

table! {
    use crate::types::{IdSql, JsonSql, TimeSql};
    use diesel::sql_types::{Integer, Nullable, Text};

    jobs (id) {
        id -> IdSql,
        kind -> Text,
        payload -> JsonSql,
        run_at -> TimeSql,
        attempts -> Integer,
        locked_until -> Nullable<TimeSql>,
        last_error -> Nullable<Text>,
        created_at -> TimeSql,
    }
}

table! {
    use crate::types::{IdSql, TimeSql};
    use diesel::sql_types::BigInt;

    search_docs (id) {
        id -> BigInt,
        post_id -> IdSql,
        sorted_at -> TimeSql,
    }
}

table! {
    use crate::types::IdSql;
    use diesel::sql_types::{Integer, Text};

    post_words (post_id) {
        post_id -> IdSql,
        revision -> Integer,
        words -> Text,
    }
}

table! {
    use crate::types::{IdSql, TimeSql};
    use diesel::sql_types::Text;

    spam_marks (mark, comment_id) {
        mark -> Text,
        comment_id -> IdSql,
        made_at -> TimeSql,
    }
}

table! {
    use crate::types::IdSql;
    use diesel::sql_types::Text;

    known_names (skeleton, owner_id) {
        skeleton -> Text,
        owner_id -> IdSql,
    }
}

table! {
    use diesel::sql_types::Text;

    secrets (name) {
        name -> Text,
        value -> Text,
    }
}

table! {
    use crate::types::IdSql;
    use diesel::sql_types::Text;

    comment_policies (post_id) {
        post_id -> IdSql,
        policy -> Text,
    }
}

table! {
    use crate::types::{IdSql, TimeSql};
    use diesel::sql_types::BigInt;

    comment_shingles (shingle, created_at, comment_id) {
        shingle -> BigInt,
        created_at -> TimeSql,
        comment_id -> IdSql,
    }
}

diesel::joinable!(authors -> media (avatar_media_id));
diesel::joinable!(post_authors -> authors (author_id));
diesel::joinable!(post_authors -> posts (post_id));
diesel::joinable!(post_tags -> tags (tag_id));
diesel::joinable!(post_tags -> posts (post_id));
diesel::joinable!(posts -> media (image_media_id));
diesel::joinable!(post_lists -> posts (post_id));
diesel::joinable!(links -> posts (post_id));
diesel::joinable!(revisions -> users (created_by));
diesel::joinable!(comments -> posts (post_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(api_tokens -> users (user_id));
diesel::joinable!(related_posts -> posts (related_id));
diesel::joinable!(search_docs -> posts (post_id));

allow_tables_to_appear_in_same_query!(
    site,
    post_words,
    comment_policies,
    spam_marks,
    known_names,
    secrets,
    comment_shingles,
    counters,
    media,
    authors,
    users,
    sessions,
    api_tokens,
    signing_keys,
    throttles,
    tags,
    posts,
    revisions,
    post_authors,
    post_tags,
    post_lists,
    slug_redirects,
    links,
    body_links,
    related_posts,
    post_terms,
    comments,
    changes,
    idempotency_keys,
    jobs,
    search_docs,
);
