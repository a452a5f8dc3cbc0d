-- The API token that made it, and with which it ends.
ALTER TABLE api_tokens ADD COLUMN parent_id UUID CONSTRAINT api_tokens_parent_id_fkey REFERENCES api_tokens (id) ON DELETE CASCADE;
CREATE INDEX api_tokens_parent_id_idx ON api_tokens (parent_id);

-- When the login began, which its refresh tokens cannot outlive by more than a setting.
ALTER TABLE sessions ADD COLUMN began_at TIMESTAMPTZ NOT NULL DEFAULT 'epoch';
UPDATE sessions SET began_at = (SELECT min(s.created_at) FROM sessions s WHERE s.family_id = sessions.family_id);
