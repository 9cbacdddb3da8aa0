-- The life of a benefit after the grant.
ALTER TABLE benefits ADD COLUMN first_month integer NOT NULL DEFAULT 1;
ALTER TABLE benefits ADD COLUMN months_counted integer NOT NULL DEFAULT 0;
ALTER TABLE benefits ADD COLUMN followed_from date NOT NULL DEFAULT '2015-01-01';
ALTER TABLE benefits ADD COLUMN suspended_on date;
ALTER TABLE benefits ADD COLUMN ended_on date;
ALTER TABLE benefits ADD COLUMN end_cause text;
ALTER TABLE benefits ADD COLUMN months_kept integer;
ALTER TABLE benefits ADD COLUMN declare_from date;
ALTER TABLE benefits ADD COLUMN declare_by date;
ALTER TABLE benefits ADD COLUMN payable_on date;
ALTER TABLE benefits ADD COLUMN check_on date;
ALTER TABLE benefits ADD COLUMN life jsonb NOT NULL DEFAULT '{}';
ALTER TABLE benefits ADD COLUMN event_hash text NOT NULL DEFAULT '';

-- What was granted before is followed from the day it was recorded; the timer works out the rest.
UPDATE benefits SET
    months_counted = (assessment ->> 'months_counted')::integer,
    followed_from = (created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
    check_on = (created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;

-- What happened to benefits: append-only, numbered per benefit, each row chained to the one before.
CREATE TABLE benefit_events (
    benefit_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    action text NOT NULL,
    body jsonb NOT NULL,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (benefit_id, seq)
);

-- Benefit months that were paid, each once.
CREATE TABLE benefit_payments (
    benefit_id uuid NOT NULL,
    month integer NOT NULL,
    unit text COLLATE "C" NOT NULL,
    amount_vnd bigint NOT NULL,
    paid_on date NOT NULL,
    reference text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (benefit_id, month)
);

-- Who runs a timer now, so that several processes do not run it at once.
CREATE TABLE timer_leases (
    name text COLLATE "C" PRIMARY KEY NOT NULL,
    owner uuid NOT NULL,
    lease_until timestamptz
);

CREATE INDEX benefits_dossier_code ON benefits (dossier_code);
CREATE INDEX benefits_unit_state ON benefits (unit, state, created_at DESC, id DESC);
CREATE INDEX benefits_declare ON benefits (unit, declare_by) WHERE declare_by IS NOT NULL;
CREATE INDEX benefits_suspended ON benefits (unit, suspended_on) WHERE suspended_on IS NOT NULL;
CREATE INDEX benefits_payable ON benefits (unit, payable_on) WHERE payable_on IS NOT NULL;
CREATE INDEX benefits_check ON benefits (check_on, id) WHERE check_on IS NOT NULL;
CREATE INDEX benefit_payments_day ON benefit_payments (unit, paid_on);

-- What was recorded stays recorded.
CREATE TRIGGER benefit_events_append_only BEFORE UPDATE OR DELETE ON benefit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER benefit_payments_append_only BEFORE UPDATE OR DELETE ON benefit_payments
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
