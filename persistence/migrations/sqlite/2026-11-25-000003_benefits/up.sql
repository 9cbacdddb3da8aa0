-- The life of a benefit after the grant.
ALTER TABLE benefits ADD COLUMN first_month INTEGER NOT NULL DEFAULT 1;
ALTER TABLE benefits ADD COLUMN months_counted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE benefits ADD COLUMN followed_from TEXT NOT NULL DEFAULT '2015-01-01';
ALTER TABLE benefits ADD COLUMN suspended_on TEXT;
ALTER TABLE benefits ADD COLUMN ended_on TEXT;
ALTER TABLE benefits ADD COLUMN end_cause TEXT;
ALTER TABLE benefits ADD COLUMN months_kept INTEGER;
ALTER TABLE benefits ADD COLUMN declare_from TEXT;
ALTER TABLE benefits ADD COLUMN declare_by TEXT;
ALTER TABLE benefits ADD COLUMN payable_on TEXT;
ALTER TABLE benefits ADD COLUMN check_on TEXT;
ALTER TABLE benefits ADD COLUMN life TEXT NOT NULL DEFAULT '{}';
ALTER TABLE benefits ADD COLUMN event_hash TEXT NOT NULL DEFAULT '';

-- What was granted before is followed from the day it was recorded; the timer works out the rest.
UPDATE benefits SET
    months_counted = json_extract(assessment, '$.months_counted'),
    followed_from = date(created_at / 1000000 + 25200, 'unixepoch'),
    check_on = date(created_at / 1000000 + 25200, 'unixepoch');

-- What happened to benefits: append-only, numbered per benefit, each row chained to the one before.
CREATE TABLE benefit_events (
    benefit_id BLOB NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    action TEXT NOT NULL,
    body TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (benefit_id, seq)
);

-- Benefit months that were paid, each once.
CREATE TABLE benefit_payments (
    benefit_id BLOB NOT NULL,
    month INTEGER NOT NULL,
    unit TEXT NOT NULL,
    amount_vnd BIGINT NOT NULL,
    paid_on TEXT NOT NULL,
    reference TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (benefit_id, month)
);

-- Who runs a timer now, so that several processes do not run it at once.
CREATE TABLE timer_leases (
    name TEXT PRIMARY KEY NOT NULL,
    owner BLOB NOT NULL,
    lease_until BIGINT
);

CREATE INDEX benefits_dossier_code ON benefits (dossier_code);
CREATE INDEX benefits_unit_state ON benefits (unit, state, created_at DESC, id DESC);
CREATE INDEX benefits_declare ON benefits (unit, declare_by) WHERE declare_by IS NOT NULL;
CREATE INDEX benefits_suspended ON benefits (unit, suspended_on) WHERE suspended_on IS NOT NULL;
CREATE INDEX benefits_payable ON benefits (unit, payable_on) WHERE payable_on IS NOT NULL;
CREATE INDEX benefits_check ON benefits (check_on, id) WHERE check_on IS NOT NULL;
CREATE INDEX benefit_payments_day ON benefit_payments (unit, paid_on);

-- What was recorded stays recorded.
CREATE TRIGGER benefit_events_no_update BEFORE UPDATE ON benefit_events BEGIN
    SELECT RAISE (ABORT, 'benefit_events is append-only');
END;
CREATE TRIGGER benefit_events_no_delete BEFORE DELETE ON benefit_events BEGIN
    SELECT RAISE (ABORT, 'benefit_events is append-only');
END;
CREATE TRIGGER benefit_payments_no_update BEFORE UPDATE ON benefit_payments BEGIN
    SELECT RAISE (ABORT, 'benefit_payments is append-only');
END;
CREATE TRIGGER benefit_payments_no_delete BEFORE DELETE ON benefit_payments BEGIN
    SELECT RAISE (ABORT, 'benefit_payments is append-only');
END;
