-- What people have begun to fill in and not handed in: no dossier, never counted, seen by its owner alone.
CREATE TABLE drafts (
    id BLOB PRIMARY KEY NOT NULL,
    owner BLOB NOT NULL,
    procedure_code TEXT,
    unit TEXT,
    package TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- What applicants say of settled dossiers, one row a dossier (reasons joined by '|').
CREATE TABLE dossier_ratings (
    dossier_id BLOB PRIMARY KEY NOT NULL,
    dossier_code TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    unit TEXT NOT NULL,
    score INTEGER NOT NULL,
    reasons TEXT NOT NULL,
    comment TEXT,
    rated_by BLOB,
    rated_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE INDEX drafts_owner ON drafts (owner, id DESC);
CREATE INDEX drafts_updated ON drafts (updated_at);
CREATE INDEX dossier_ratings_unit ON dossier_ratings (unit, rated_at);
