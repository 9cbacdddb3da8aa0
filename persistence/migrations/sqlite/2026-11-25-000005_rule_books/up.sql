-- Whose calendar a due date rests on, who published it and why.
ALTER TABLE rulebooks ADD COLUMN calendar_version TEXT;
ALTER TABLE rulebooks ADD COLUMN note TEXT;
ALTER TABLE rulebooks ADD COLUMN published_by TEXT;
UPDATE rulebooks SET calendar_version = json_extract(body, '$.calendar.version');

-- Rule books being written; once published they only lead to the version they became.
CREATE TABLE rule_book_drafts (
    id BLOB PRIMARY KEY NOT NULL,
    base TEXT NOT NULL,
    body TEXT NOT NULL,
    note TEXT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    published_as TEXT
);

-- Jobs that reckon open dossiers anew after a publication.
CREATE TABLE recomputations (
    id BLOB PRIMARY KEY NOT NULL,
    rule_book TEXT NOT NULL,
    calendar_version TEXT NOT NULL,
    previous TEXT,
    state TEXT NOT NULL,
    created_by BLOB NOT NULL,
    created_by_name TEXT NOT NULL,
    role TEXT NOT NULL,
    note TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    dossiers_total BIGINT NOT NULL,
    dossiers_done BIGINT NOT NULL,
    dossiers_moved BIGINT NOT NULL,
    dossiers_failed BIGINT NOT NULL,
    lease_owner BLOB,
    lease_until BIGINT
);

-- One version in force, whatever processes publish at once.
CREATE UNIQUE INDEX rulebooks_current ON rulebooks (is_current) WHERE is_current;
CREATE INDEX rulebooks_published ON rulebooks (published_at DESC, version DESC);
CREATE INDEX rule_book_drafts_open ON rule_book_drafts (created_at DESC, id DESC) WHERE published_as IS NULL;
CREATE INDEX recomputations_created ON recomputations (created_at DESC, id DESC);
CREATE INDEX recomputations_waiting ON recomputations (created_at) WHERE state IN ('queued', 'running');

-- Open dossiers by the calendar that their due date was reckoned with.
CREATE INDEX dossiers_reckoned ON dossiers (calendar_version, id) WHERE completed_at IS NULL AND ended_at IS NULL AND calendar_version IS NOT NULL;
