-- Whose calendar a due date rests on, who published it and why.
ALTER TABLE rulebooks ADD COLUMN calendar_version text COLLATE "C";
ALTER TABLE rulebooks ADD COLUMN note text;
ALTER TABLE rulebooks ADD COLUMN published_by text;
UPDATE rulebooks SET calendar_version = body -> 'calendar' ->> 'version';

-- Rule books being written; once published they only lead to the version they became.
CREATE TABLE rule_book_drafts (
    id uuid PRIMARY KEY,
    base text NOT NULL,
    body jsonb NOT NULL,
    note text,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    published_as text
);

-- Jobs that reckon open dossiers anew after a publication.
CREATE TABLE recomputations (
    id uuid PRIMARY KEY,
    rule_book text NOT NULL,
    calendar_version text NOT NULL,
    previous text,
    state text NOT NULL,
    created_by uuid NOT NULL,
    created_by_name text NOT NULL,
    role text NOT NULL,
    note text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    dossiers_total bigint NOT NULL,
    dossiers_done bigint NOT NULL,
    dossiers_moved bigint NOT NULL,
    dossiers_failed bigint NOT NULL,
    lease_owner uuid,
    lease_until timestamptz
);

-- One version in force, whatever processes publish at once.
CREATE UNIQUE INDEX rulebooks_current ON rulebooks (is_current) WHERE is_current;
CREATE INDEX rulebooks_published ON rulebooks (published_at DESC, version DESC);
CREATE INDEX rule_book_drafts_open ON rule_book_drafts (created_at DESC, id DESC) WHERE published_as IS NULL;
CREATE INDEX recomputations_created ON recomputations (created_at DESC, id DESC);
CREATE INDEX recomputations_waiting ON recomputations (created_at) WHERE state IN ('queued', 'running');

-- Open dossiers by the calendar that their due date was reckoned with.
CREATE INDEX dossiers_reckoned ON dossiers (calendar_version, id) WHERE completed_at IS NULL AND ended_at IS NULL AND calendar_version IS NOT NULL;
