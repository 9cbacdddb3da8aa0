-- Who works a dossier, from when to when: never overwritten, only ended.
CREATE TABLE dossier_assignments (
    id BLOB PRIMARY KEY NOT NULL,
    dossier_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    account_id BLOB NOT NULL,
    user_name TEXT NOT NULL,
    assigned_by BLOB NOT NULL,
    assigned_by_name TEXT NOT NULL,
    reason TEXT,
    valid_from BIGINT NOT NULL,
    valid_to BIGINT,
    ended_by BLOB,
    ended_by_name TEXT,
    end_reason TEXT
);

-- Work handed to another officer for a period; both days belong to it.
CREATE TABLE delegations (
    id BLOB PRIMARY KEY NOT NULL,
    from_account BLOB NOT NULL,
    from_name TEXT NOT NULL,
    to_account BLOB NOT NULL,
    to_name TEXT NOT NULL,
    role TEXT NOT NULL,
    unit TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL,
    reason TEXT,
    created_by BLOB NOT NULL,
    created_by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_by BLOB,
    ended_by_name TEXT
);

-- Letters of apology, drafted by the timer or by an extension; one an occasion and due date.
CREATE TABLE letters (
    id BLOB PRIMARY KEY NOT NULL,
    dossier_id BLOB NOT NULL,
    occasion TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    new_due_at BIGINT,
    template TEXT NOT NULL,
    body TEXT NOT NULL,
    acts_account BLOB,
    acts_name TEXT,
    acts_role TEXT NOT NULL,
    drafted_by TEXT NOT NULL,
    drafted_at BIGINT NOT NULL
);

-- Texts that letters are made from, dated; the shipped text holds where there is none.
CREATE TABLE letter_templates (
    id BLOB PRIMARY KEY NOT NULL,
    occasion TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    body TEXT NOT NULL,
    source TEXT NOT NULL,
    created_by BLOB NOT NULL,
    created_by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX dossier_assignments_primary ON dossier_assignments (dossier_id) WHERE kind = 'primary' AND valid_to IS NULL;
CREATE INDEX dossier_assignments_dossier ON dossier_assignments (dossier_id, valid_from, id);
CREATE INDEX dossier_assignments_account ON dossier_assignments (account_id, valid_to, dossier_id);
CREATE INDEX delegations_created ON delegations (created_at DESC, id DESC);
CREATE INDEX delegations_to ON delegations (to_account, valid_to);
CREATE INDEX delegations_from ON delegations (from_account, valid_to);
CREATE UNIQUE INDEX letters_once ON letters (dossier_id, occasion, due_at);
CREATE INDEX letter_templates_occasion ON letter_templates (occasion, valid_from DESC, id DESC);

-- Lists by due date: what has none comes last.
CREATE INDEX dossiers_due_order ON dossiers (COALESCE(due_at, 9223372036854775807), id);
CREATE INDEX dossiers_due_unit ON dossiers (unit, COALESCE(due_at, 9223372036854775807), id);
-- What waits at a stage.
CREATE INDEX dossiers_stage ON dossiers (unit, procedure_code, stage, submitted_at DESC, id DESC) WHERE ended_at IS NULL AND returned_at IS NULL;
-- What of a person is still open, for duplicates at intake.
CREATE INDEX dossiers_open_person ON dossiers (personal_id, procedure_code) WHERE ended_at IS NULL AND returned_at IS NULL;
-- Supplements that are awaited.
CREATE INDEX dossiers_supplement ON dossiers (supplement_until) WHERE supplement_until IS NOT NULL;
