-- What people have begun to fill in and not handed in: no dossier, never counted, seen by its owner alone.
CREATE TABLE drafts (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    procedure_code text COLLATE "C",
    unit text COLLATE "C",
    package jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL
);

-- What applicants say of settled dossiers, one row a dossier (reasons joined by '|').
CREATE TABLE dossier_ratings (
    dossier_id uuid PRIMARY KEY,
    dossier_code text COLLATE "C" NOT NULL,
    procedure_code text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    score integer NOT NULL,
    reasons text NOT NULL,
    comment text,
    rated_by uuid,
    rated_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version bigint NOT NULL
);

CREATE INDEX drafts_owner ON drafts (owner, id DESC);
CREATE INDEX drafts_updated ON drafts (updated_at);
CREATE INDEX dossier_ratings_unit ON dossier_ratings (unit, rated_at);
