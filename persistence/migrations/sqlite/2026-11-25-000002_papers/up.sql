-- Files as they come in and are kept; the content lies in the file store under the identity.
CREATE TABLE uploads (
    id BLOB PRIMARY KEY NOT NULL,
    owner BLOB NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    scan TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    lease_owner BLOB,
    lease_until BIGINT
);

CREATE INDEX uploads_expiry ON uploads (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX uploads_removing ON uploads (id) WHERE state = 'removing';
CREATE INDEX uploads_used ON uploads (id) WHERE state = 'used';
CREATE INDEX uploads_unscanned ON uploads (created_at, id) WHERE scan = 'pending';

-- Papers that are named again, and papers that another has taken the place of.
ALTER TABLE dossier_papers ADD COLUMN reused_from BLOB;
ALTER TABLE dossier_papers ADD COLUMN replaced_at BIGINT;
ALTER TABLE dossier_papers ADD COLUMN replaced_by BLOB;
