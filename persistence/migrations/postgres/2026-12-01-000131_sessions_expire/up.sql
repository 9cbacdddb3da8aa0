-- Sessions that are over are removed, the oldest first.
CREATE INDEX sessions_expires ON sessions (expires_at);
