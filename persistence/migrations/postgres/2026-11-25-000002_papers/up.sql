-- Files as they come in and are kept; the content lies in the file store under the identity.
CREATE TABLE uploads (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    state text NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    scan text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    lease_owner uuid,
    lease_until timestamptz
);

CREATE INDEX uploads_expiry ON uploads (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX uploads_removing ON uploads (id) WHERE state = 'removing';
CREATE INDEX uploads_used ON uploads (id) WHERE state = 'used';
CREATE INDEX uploads_unscanned ON uploads (created_at, id) WHERE scan = 'pending';

-- Papers that are named again, and papers that another has taken the place of.
ALTER TABLE dossier_papers ADD COLUMN reused_from uuid;
ALTER TABLE dossier_papers ADD COLUMN replaced_at timestamptz;
ALTER TABLE dossier_papers ADD COLUMN replaced_by uuid;
