-- What the caches of every process watch: raised whenever reference data changes.
CREATE TABLE reference_state (
    name TEXT PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL
);

-- Organisation units with validity and successors (codes joined by '|').
CREATE TABLE units (
    code TEXT PRIMARY KEY NOT NULL,
    name_vi TEXT NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    gso_code TEXT,
    parent TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    successors TEXT NOT NULL,
    basis TEXT NOT NULL,
    source TEXT NOT NULL
);

-- Every amount, limit and holiday of one moment as one immutable document; decisions name its version.
CREATE TABLE rulebooks (
    version TEXT PRIMARY KEY NOT NULL,
    body TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    is_current BOOLEAN NOT NULL
);

-- Versions of procedures; never changed once published.
CREATE TABLE procedure_versions (
    id BLOB PRIMARY KEY NOT NULL,
    code TEXT NOT NULL,
    state TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    name_folded TEXT NOT NULL,
    body TEXT NOT NULL,
    digest TEXT NOT NULL,
    published_at BIGINT
);

-- Officers, citizens and machines that can sign in.
CREATE TABLE accounts (
    id BLOB PRIMARY KEY NOT NULL,
    user_name TEXT NOT NULL,
    password_hash TEXT,
    personal_id TEXT,
    disabled_at BIGINT,
    failed_attempts INTEGER NOT NULL,
    locked_until BIGINT,
    token_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Roles held at units, with validity.
CREATE TABLE account_grants (
    account_id BLOB NOT NULL,
    role TEXT NOT NULL,
    unit TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT
);

-- Refresh tokens: digests only; a family ends when an old token comes back.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY NOT NULL,
    family BLOB NOT NULL,
    account_id BLOB NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);

-- Keys that sign access tokens.
CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY NOT NULL,
    private_pem TEXT NOT NULL,
    public_key TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Next number of a unit's day.
CREATE TABLE code_sequences (
    unit TEXT NOT NULL,
    day TEXT NOT NULL,
    next BIGINT NOT NULL,
    PRIMARY KEY (unit, day)
);

-- One row a dossier: the state its events lead to.
CREATE TABLE dossiers (
    id BLOB PRIMARY KEY NOT NULL,
    code TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    procedure_version BLOB NOT NULL,
    unit TEXT NOT NULL,
    channel TEXT NOT NULL,
    status TEXT NOT NULL,
    outcome TEXT,
    clock TEXT NOT NULL,
    stage INTEGER NOT NULL,
    stage_since BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL,
    accepted_at BIGINT,
    due_at BIGINT,
    completed_at BIGINT,
    ended_at BIGINT,
    returned_at BIGINT,
    applicant_name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    personal_id TEXT NOT NULL,
    born_on TEXT,
    sex TEXT,
    phone TEXT,
    representative TEXT,
    representative_id TEXT,
    submitted_by BLOB,
    resume_to TEXT,
    supplement_requests INTEGER NOT NULL,
    supplement_until TEXT,
    extensions INTEGER NOT NULL,
    extension TEXT,
    pauses TEXT NOT NULL,
    proposal TEXT,
    decision TEXT,
    calendar_version TEXT,
    form TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    event_hash TEXT NOT NULL,
    portal TEXT,
    version BIGINT NOT NULL
);

-- What happened to dossiers: append-only, numbered per dossier, each row chained to the one before.
CREATE TABLE dossier_events (
    dossier_id BLOB NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    action TEXT NOT NULL,
    body TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (dossier_id, seq)
);

-- Papers handed in with a dossier.
CREATE TABLE dossier_papers (
    id BLOB PRIMARY KEY NOT NULL,
    dossier_id BLOB NOT NULL,
    code TEXT NOT NULL,
    original BOOLEAN NOT NULL,
    upload TEXT,
    file_name TEXT,
    digitised BOOLEAN NOT NULL,
    reused BOOLEAN NOT NULL,
    handed_in_at BIGINT NOT NULL
);

-- Unemployment benefits that were granted.
CREATE TABLE benefits (
    id BLOB PRIMARY KEY NOT NULL,
    dossier_id BLOB NOT NULL,
    dossier_code TEXT NOT NULL,
    unit TEXT NOT NULL,
    personal_id TEXT NOT NULL,
    applicant_name TEXT NOT NULL,
    state TEXT NOT NULL,
    law TEXT NOT NULL,
    rule_version TEXT NOT NULL,
    monthly_vnd BIGINT NOT NULL,
    months INTEGER NOT NULL,
    months_reserved INTEGER NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    total_vnd BIGINT NOT NULL,
    decision_number TEXT NOT NULL,
    decided_on TEXT NOT NULL,
    assessment TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- What each change adds to the figures of a day, until the roll-up takes it in.
CREATE TABLE figure_deltas (
    id BLOB PRIMARY KEY NOT NULL,
    day TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    unit TEXT NOT NULL,
    channel TEXT NOT NULL,
    figure TEXT NOT NULL,
    n BIGINT NOT NULL
);

-- Figures rolled up by day.
CREATE TABLE figure_days (
    day TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    unit TEXT NOT NULL,
    channel TEXT NOT NULL,
    figure TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (day, procedure_code, unit, channel, figure)
);

-- Head of each audit chain and the lane that holds it.
CREATE TABLE audit_heads (
    chain TEXT PRIMARY KEY NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    owner BLOB,
    lease_until BIGINT
);

-- Hash-chained record of what was done; append-only.
CREATE TABLE audit_entries (
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor BLOB,
    actor_name TEXT NOT NULL,
    role TEXT,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    unit TEXT,
    address TEXT,
    request_id TEXT,
    detail TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (chain, seq)
);

-- What others are to be told, written in the transaction of the change.
CREATE TABLE outbox (
    id BLOB PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    topic TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    dispatched_at BIGINT
);

-- Answers kept for repeated requests, scoped to caller and route.
CREATE TABLE idempotency_keys (
    scope TEXT PRIMARY KEY NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Imports as leased, resumable jobs.
CREATE TABLE imports (
    id BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    created_by BLOB NOT NULL,
    created_by_name TEXT NOT NULL,
    options TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    rows_total BIGINT NOT NULL,
    rows_done BIGINT NOT NULL,
    rows_failed BIGINT NOT NULL,
    rows_unchanged BIGINT NOT NULL,
    disagreements BIGINT NOT NULL,
    next_line BIGINT NOT NULL,
    cancel_requested BOOLEAN NOT NULL,
    failure TEXT,
    lease_owner BLOB,
    lease_until BIGINT
);

-- The file of an import in pieces of whole lines, removed when it is done.
CREATE TABLE import_chunks (
    import_id BLOB NOT NULL,
    first_line BIGINT NOT NULL,
    line_count BIGINT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (import_id, first_line)
);

-- What was wrong, by line and column.
CREATE TABLE import_errors (
    import_id BLOB NOT NULL,
    line BIGINT NOT NULL,
    position INTEGER NOT NULL,
    column_name TEXT NOT NULL,
    code TEXT NOT NULL,
    message_vi TEXT NOT NULL,
    message_en TEXT NOT NULL,
    PRIMARY KEY (import_id, line, position)
);

-- Dossiers of an import on which the portal decided otherwise than the law.
CREATE TABLE import_disagreements (
    import_id BLOB NOT NULL,
    code TEXT NOT NULL,
    portal_outcome TEXT NOT NULL,
    outcome TEXT NOT NULL,
    failed_conditions TEXT NOT NULL,
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

-- Whole words of the folded name, in any order, with prefixes; the row is that of the dossier.
CREATE VIRTUAL TABLE dossier_names USING fts5 (name_folded, content = '', columnsize = 0, tokenize = 'unicode61');
CREATE TRIGGER dossiers_name_insert AFTER INSERT ON dossiers BEGIN
    INSERT INTO dossier_names (rowid, name_folded) VALUES (new.rowid, new.name_folded);
END;

-- What was recorded stays recorded.
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN
    SELECT RAISE (ABORT, 'audit_entries is append-only');
END;
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN
    SELECT RAISE (ABORT, 'audit_entries is append-only');
END;
CREATE TRIGGER dossier_events_no_update BEFORE UPDATE ON dossier_events BEGIN
    SELECT RAISE (ABORT, 'dossier_events is append-only');
END;
CREATE TRIGGER dossier_events_no_delete BEFORE DELETE ON dossier_events BEGIN
    SELECT RAISE (ABORT, 'dossier_events is append-only');
END;
