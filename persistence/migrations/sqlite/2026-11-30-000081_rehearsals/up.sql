-- Jobs that count which due dates a rule book would move.
CREATE TABLE rule_book_rehearsals (
    id BLOB PRIMARY KEY NOT NULL,
    rule_book TEXT NOT NULL,
    revision BIGINT NOT NULL,
    in_force TEXT NOT NULL,
    state TEXT NOT NULL,
    created_by BLOB NOT NULL,
    created_by_name TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    dossiers_total BIGINT NOT NULL,
    dossiers_examined BIGINT NOT NULL,
    dossiers_moved BIGINT NOT NULL,
    dossiers_later BIGINT NOT NULL,
    dossiers_earlier BIGINT NOT NULL,
    dossiers_failed BIGINT NOT NULL,
    shifts TEXT NOT NULL,
    reasons TEXT NOT NULL,
    place_calendar TEXT,
    place_id BLOB,
    lease_owner BLOB,
    lease_until BIGINT
);

CREATE INDEX rule_book_rehearsals_of ON rule_book_rehearsals (rule_book, revision, created_at DESC);
CREATE INDEX rule_book_rehearsals_waiting ON rule_book_rehearsals (created_at) WHERE state IN ('queued', 'running');
