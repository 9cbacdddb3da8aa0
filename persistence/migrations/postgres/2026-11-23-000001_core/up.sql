-- What the caches of every process watch: raised whenever reference data changes.
CREATE TABLE reference_state (
    name text PRIMARY KEY,
    version bigint NOT NULL
);

-- Organisation units with validity and successors (codes joined by '|').
CREATE TABLE units (
    code text COLLATE "C" PRIMARY KEY,
    name_vi text NOT NULL,
    kind text NOT NULL,
    level text NOT NULL,
    gso_code text,
    parent text COLLATE "C",
    valid_from date NOT NULL,
    valid_to date,
    successors text NOT NULL,
    basis text NOT NULL,
    source text NOT NULL
);

-- Every amount, limit and holiday of one moment as one immutable document; decisions name its version.
CREATE TABLE rulebooks (
    version text COLLATE "C" PRIMARY KEY,
    body jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    is_current boolean NOT NULL
);

-- Versions of procedures; never changed once published.
CREATE TABLE procedure_versions (
    id uuid PRIMARY KEY,
    code text COLLATE "C" NOT NULL,
    state text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    name_folded text NOT NULL,
    body jsonb NOT NULL,
    digest text NOT NULL,
    published_at timestamptz
);

-- Officers, citizens and machines that can sign in.
CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    user_name text COLLATE "C" NOT NULL,
    password_hash text,
    personal_id text COLLATE "C",
    disabled_at timestamptz,
    failed_attempts integer NOT NULL,
    locked_until timestamptz,
    token_version bigint NOT NULL,
    created_at timestamptz NOT NULL
);

-- Roles held at units, with validity.
CREATE TABLE account_grants (
    account_id uuid NOT NULL,
    role text NOT NULL,
    unit text COLLATE "C",
    valid_from date NOT NULL,
    valid_to date
);

-- Refresh tokens: digests only; a family ends when an old token comes back.
CREATE TABLE sessions (
    token_hash text COLLATE "C" PRIMARY KEY,
    family uuid NOT NULL,
    account_id uuid NOT NULL,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz
);

-- Keys that sign access tokens.
CREATE TABLE signing_keys (
    kid text COLLATE "C" PRIMARY KEY,
    private_pem text NOT NULL,
    public_key text NOT NULL,
    state text NOT NULL,
    created_at timestamptz NOT NULL
);

-- Next number of a unit's day.
CREATE TABLE code_sequences (
    unit text COLLATE "C" NOT NULL,
    day date NOT NULL,
    next bigint NOT NULL,
    PRIMARY KEY (unit, day)
);

-- One row a dossier: the state its events lead to.
CREATE TABLE dossiers (
    id uuid PRIMARY KEY,
    code text COLLATE "C" NOT NULL,
    procedure_code text COLLATE "C" NOT NULL,
    procedure_version uuid NOT NULL,
    unit text COLLATE "C" NOT NULL,
    channel text NOT NULL,
    status text NOT NULL,
    outcome text,
    clock text NOT NULL,
    stage integer NOT NULL,
    stage_since timestamptz NOT NULL,
    submitted_at timestamptz NOT NULL,
    accepted_at timestamptz,
    due_at timestamptz,
    completed_at timestamptz,
    ended_at timestamptz,
    returned_at timestamptz,
    applicant_name text NOT NULL,
    name_folded text NOT NULL,
    personal_id text COLLATE "C" NOT NULL,
    born_on date,
    sex text,
    phone text COLLATE "C",
    representative jsonb,
    representative_id text COLLATE "C",
    submitted_by uuid,
    resume_to text,
    supplement_requests integer NOT NULL,
    supplement_until date,
    extensions integer NOT NULL,
    extension jsonb,
    pauses jsonb NOT NULL,
    proposal jsonb,
    decision jsonb,
    calendar_version text,
    form jsonb NOT NULL,
    secret_hash text NOT NULL,
    event_hash text NOT NULL,
    portal jsonb,
    version bigint NOT NULL
);

-- What happened to dossiers: append-only, numbered per dossier, each row chained to the one before.
CREATE TABLE dossier_events (
    dossier_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    action text NOT NULL,
    body jsonb NOT NULL,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (dossier_id, seq)
);

-- Papers handed in with a dossier.
CREATE TABLE dossier_papers (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL,
    code text NOT NULL,
    original boolean NOT NULL,
    upload text,
    file_name text,
    digitised boolean NOT NULL,
    reused boolean NOT NULL,
    handed_in_at timestamptz NOT NULL
);

-- Unemployment benefits that were granted.
CREATE TABLE benefits (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL,
    dossier_code text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    personal_id text COLLATE "C" NOT NULL,
    applicant_name text NOT NULL,
    state text NOT NULL,
    law text NOT NULL,
    rule_version text NOT NULL,
    monthly_vnd bigint NOT NULL,
    months integer NOT NULL,
    months_reserved integer NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    total_vnd bigint NOT NULL,
    decision_number text NOT NULL,
    decided_on date NOT NULL,
    assessment jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL
);

-- What each change adds to the figures of a day, until the roll-up takes it in.
CREATE TABLE figure_deltas (
    id uuid PRIMARY KEY,
    day date NOT NULL,
    procedure_code text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    channel text NOT NULL,
    figure text NOT NULL,
    n bigint NOT NULL
);

-- Figures rolled up by day.
CREATE TABLE figure_days (
    day date NOT NULL,
    procedure_code text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    channel text NOT NULL,
    figure text NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (day, procedure_code, unit, channel, figure)
);

-- Head of each audit chain and the lane that holds it.
CREATE TABLE audit_heads (
    chain text COLLATE "C" PRIMARY KEY,
    seq bigint NOT NULL,
    hash text NOT NULL,
    owner uuid,
    lease_until timestamptz
);

-- Hash-chained record of what was done; append-only.
CREATE TABLE audit_entries (
    chain text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    actor uuid,
    actor_name text NOT NULL,
    role text,
    action text NOT NULL,
    subject text NOT NULL,
    unit text COLLATE "C",
    address text,
    request_id text,
    detail jsonb NOT NULL,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (chain, seq)
);

-- What others are to be told, written in the transaction of the change.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    topic text NOT NULL,
    subject text NOT NULL,
    body jsonb NOT NULL,
    dispatched_at timestamptz
);

-- Answers kept for repeated requests, scoped to caller and route.
CREATE TABLE idempotency_keys (
    scope text COLLATE "C" PRIMARY KEY,
    fingerprint text NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Imports as leased, resumable jobs.
CREATE TABLE imports (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    state text NOT NULL,
    created_by uuid NOT NULL,
    created_by_name text NOT NULL,
    options jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    rows_total bigint NOT NULL,
    rows_done bigint NOT NULL,
    rows_failed bigint NOT NULL,
    rows_unchanged bigint NOT NULL,
    disagreements bigint NOT NULL,
    next_line bigint NOT NULL,
    cancel_requested boolean NOT NULL,
    failure text,
    lease_owner uuid,
    lease_until timestamptz
);

-- The file of an import in pieces of whole lines, removed when it is done.
CREATE TABLE import_chunks (
    import_id uuid NOT NULL,
    first_line bigint NOT NULL,
    line_count bigint NOT NULL,
    content text NOT NULL,
    PRIMARY KEY (import_id, first_line)
);

-- What was wrong, by line and column.
CREATE TABLE import_errors (
    import_id uuid NOT NULL,
    line bigint NOT NULL,
    position integer NOT NULL,
    column_name text NOT NULL,
    code text NOT NULL,
    message_vi text NOT NULL,
    message_en text NOT NULL,
    PRIMARY KEY (import_id, line, position)
);

-- Dossiers of an import on which the portal decided otherwise than the law.
CREATE TABLE import_disagreements (
    import_id uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    portal_outcome text NOT NULL,
    outcome text NOT NULL,
    failed_conditions jsonb NOT NULL,
    PRIMARY KEY (import_id, code)
);

CREATE INDEX units_parent ON units (parent);
CREATE UNIQUE INDEX procedure_versions_code ON procedure_versions (code, valid_from);
CREATE UNIQUE INDEX accounts_user_name ON accounts (user_name);
CREATE INDEX account_grants_account ON account_grants (account_id);
CREATE INDEX sessions_family ON sessions (family);
CREATE UNIQUE INDEX dossiers_code ON dossiers (code);
CREATE INDEX dossiers_submitted ON dossiers (submitted_at DESC, id DESC);
CREATE INDEX dossiers_unit ON dossiers (unit, submitted_at DESC, id DESC);
CREATE INDEX dossiers_unit_status ON dossiers (unit, status, submitted_at DESC, id DESC);
CREATE INDEX dossiers_procedure ON dossiers (procedure_code, submitted_at DESC, id DESC);
CREATE INDEX dossiers_person ON dossiers (personal_id, submitted_at DESC, id DESC);
CREATE INDEX dossiers_representative ON dossiers (representative_id, submitted_at DESC, id DESC) WHERE representative_id IS NOT NULL;
CREATE INDEX dossiers_submitter ON dossiers (submitted_by, submitted_at DESC, id DESC);
CREATE INDEX dossiers_phone ON dossiers (phone, submitted_at DESC, id DESC) WHERE phone IS NOT NULL;
CREATE INDEX dossiers_completed ON dossiers (completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX dossiers_ended ON dossiers (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX dossiers_due ON dossiers (due_at) WHERE due_at IS NOT NULL AND completed_at IS NULL AND ended_at IS NULL;
CREATE INDEX dossier_papers_dossier ON dossier_papers (dossier_id, code);
CREATE UNIQUE INDEX benefits_dossier ON benefits (dossier_id);
CREATE INDEX benefits_unit ON benefits (unit, created_at DESC, id DESC);
CREATE INDEX benefits_created ON benefits (created_at DESC, id DESC);
CREATE INDEX benefits_person ON benefits (personal_id);
CREATE INDEX audit_entries_subject ON audit_entries (subject);
CREATE INDEX outbox_waiting ON outbox (id) WHERE dispatched_at IS NULL;
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
CREATE INDEX imports_waiting ON imports (created_at) WHERE state IN ('queued', 'running');

-- Whole words of the folded name, in any order, with prefixes.
CREATE INDEX dossiers_name ON dossiers USING gin (to_tsvector('simple', name_folded));

-- What was recorded stays recorded.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER dossier_events_append_only BEFORE UPDATE OR DELETE ON dossier_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
