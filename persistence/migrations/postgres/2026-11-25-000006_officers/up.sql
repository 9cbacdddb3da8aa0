-- Who works a dossier, from when to when: never overwritten, only ended.
CREATE TABLE dossier_assignments (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    account_id uuid NOT NULL,
    user_name text NOT NULL,
    assigned_by uuid NOT NULL,
    assigned_by_name text NOT NULL,
    reason text,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    ended_by uuid,
    ended_by_name text,
    end_reason text
);

-- Work handed to another officer for a period; both days belong to it.
CREATE TABLE delegations (
    id uuid PRIMARY KEY,
    from_account uuid NOT NULL,
    from_name text NOT NULL,
    to_account uuid NOT NULL,
    to_name text NOT NULL,
    role text NOT NULL,
    unit text COLLATE "C" NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    reason text,
    created_by uuid NOT NULL,
    created_by_name text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by uuid,
    ended_by_name text
);

-- Letters of apology, drafted by the timer or by an extension; one an occasion and due date.
CREATE TABLE letters (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL,
    occasion text COLLATE "C" NOT NULL,
    state text NOT NULL,
    due_at timestamptz NOT NULL,
    new_due_at timestamptz,
    template text NOT NULL,
    body text NOT NULL,
    acts_account uuid,
    acts_name text,
    acts_role text NOT NULL,
    drafted_by text NOT NULL,
    drafted_at timestamptz NOT NULL
);

-- Texts that letters are made from, dated; the shipped text holds where there is none.
CREATE TABLE letter_templates (
    id uuid PRIMARY KEY,
    occasion text COLLATE "C" NOT NULL,
    valid_from date NOT NULL,
    body text NOT NULL,
    source text NOT NULL,
    created_by uuid NOT NULL,
    created_by_name text NOT NULL,
    created_at timestamptz NOT NULL
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
CREATE INDEX dossiers_due_order ON dossiers (COALESCE(due_at, TIMESTAMPTZ 'infinity'), id);
CREATE INDEX dossiers_due_unit ON dossiers (unit, COALESCE(due_at, TIMESTAMPTZ 'infinity'), id);
-- What waits at a stage.
CREATE INDEX dossiers_stage ON dossiers (unit, procedure_code, stage, submitted_at DESC, id DESC) WHERE ended_at IS NULL AND returned_at IS NULL;
-- What of a person is still open, for duplicates at intake.
CREATE INDEX dossiers_open_person ON dossiers (personal_id, procedure_code) WHERE ended_at IS NULL AND returned_at IS NULL;
-- Supplements that are awaited.
CREATE INDEX dossiers_supplement ON dossiers (supplement_until) WHERE supplement_until IS NOT NULL;
