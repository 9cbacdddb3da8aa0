-- Jobs that count which due dates a rule book would move.
CREATE TABLE rule_book_rehearsals (
    id uuid PRIMARY KEY,
    rule_book text NOT NULL,
    revision bigint NOT NULL,
    in_force text NOT NULL,
    state text NOT NULL,
    created_by uuid NOT NULL,
    created_by_name text NOT NULL,
    role text NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    dossiers_total bigint NOT NULL,
    dossiers_examined bigint NOT NULL,
    dossiers_moved bigint NOT NULL,
    dossiers_later bigint NOT NULL,
    dossiers_earlier bigint NOT NULL,
    dossiers_failed bigint NOT NULL,
    shifts jsonb NOT NULL,
    reasons jsonb NOT NULL,
    place_calendar text,
    place_id uuid,
    lease_owner uuid,
    lease_until timestamptz
);

CREATE INDEX rule_book_rehearsals_of ON rule_book_rehearsals (rule_book, revision, created_at DESC);
CREATE INDEX rule_book_rehearsals_waiting ON rule_book_rehearsals (created_at) WHERE state IN ('queued', 'running');
