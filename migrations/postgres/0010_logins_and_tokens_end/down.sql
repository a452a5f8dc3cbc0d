ALTER TABLE sessions DROP COLUMN began_at;
DROP INDEX api_tokens_parent_id_idx;
ALTER TABLE api_tokens DROP COLUMN parent_id;
