-- From when an open dossier counts as overdue, and the unit of the officer who ended it.
ALTER TABLE dossiers ADD COLUMN overdue_from timestamptz;
ALTER TABLE dossiers ADD COLUMN ended_by_unit text COLLATE "C";

-- Why dossiers were refused: coded reasons of declines, failed conditions of rejections.
CREATE TABLE dossier_reasons (
    dossier_id uuid NOT NULL,
    reason text COLLATE "C" NOT NULL,
    PRIMARY KEY (reason, dossier_id)
);

-- Spans in which an open dossier was past its due date, written when they end.
CREATE TABLE dossier_overdue_spans (
    dossier_id uuid NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (dossier_id, since)
);

-- What each change adds to the figures of a day by reason and by officer's unit, until the roll-up takes it in.
CREATE TABLE figure_part_deltas (
    id uuid PRIMARY KEY,
    day date NOT NULL,
    procedure_code text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    channel text NOT NULL,
    figure text NOT NULL,
    part text NOT NULL,
    part_key text COLLATE "C" NOT NULL,
    n bigint NOT NULL
);

-- The same, rolled up by day.
CREATE TABLE figure_part_days (
    day date NOT NULL,
    procedure_code text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    channel text NOT NULL,
    figure text NOT NULL,
    part text NOT NULL,
    part_key text COLLATE "C" NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (day, procedure_code, unit, channel, figure, part, part_key)
);

-- Figures counted anew from events and compared; a nightly one carries its day, so that one process runs it.
CREATE TABLE figure_checks (
    id uuid PRIMARY KEY,
    day date,
    state text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    first_day date NOT NULL,
    last_day date NOT NULL,
    dossiers bigint NOT NULL,
    comparisons bigint NOT NULL,
    faults bigint NOT NULL,
    findings jsonb NOT NULL,
    failure text,
    lease_owner uuid,
    lease_until timestamptz
);

CREATE INDEX dossiers_overdue ON dossiers (overdue_from) WHERE overdue_from IS NOT NULL;
CREATE INDEX dossier_reasons_dossier ON dossier_reasons (dossier_id);
CREATE INDEX dossier_overdue_spans_until ON dossier_overdue_spans (until, since);
CREATE INDEX figure_days_unit ON figure_days (unit, day);
CREATE INDEX figure_part_days_unit ON figure_part_days (part, unit, day);
CREATE UNIQUE INDEX figure_checks_day ON figure_checks (day);
CREATE INDEX figure_checks_started ON figure_checks (started_at DESC, id DESC);

-- What stands there already, by the same rules: a due date came into force with the event that set it.
UPDATE dossiers SET overdue_from = GREATEST(due_at, COALESCE((SELECT MAX(e.at) FROM dossier_events e
    WHERE e.dossier_id = dossiers.id AND (e.body #>> '{detail,due_after}') IS NOT NULL), '-infinity'))
    WHERE due_at IS NOT NULL AND completed_at IS NULL AND ended_at IS NULL;
UPDATE dossiers SET ended_by_unit = unit WHERE completed_at IS NOT NULL OR status IN ('not_accepted', 'stopped');
INSERT INTO dossier_overdue_spans (dossier_id, since, until)
    SELECT dossier_id, since, at FROM (
        SELECT e.dossier_id, e.at,
            GREATEST((e.body #>> '{detail,due_before}')::timestamptz,
                COALESCE((SELECT MAX(b.at) FROM dossier_events b WHERE b.dossier_id = e.dossier_id AND b.seq < e.seq
                    AND (b.body #>> '{detail,due_after}') IS NOT NULL), '-infinity')) AS since
        FROM dossier_events e WHERE (e.body #>> '{detail,due_before}') IS NOT NULL
        UNION ALL
        SELECT d.id, COALESCE(d.completed_at, d.ended_at),
            GREATEST(d.due_at, COALESCE((SELECT MAX(b.at) FROM dossier_events b WHERE b.dossier_id = d.id
                AND (b.body #>> '{detail,due_after}') IS NOT NULL), '-infinity'))
        FROM dossiers d WHERE d.due_at IS NOT NULL AND (d.completed_at IS NOT NULL OR d.ended_at IS NOT NULL)
    ) spans WHERE since < at;
INSERT INTO dossier_reasons (dossier_id, reason)
    SELECT d.id, COALESCE(e.body ->> 'reason_code', 'not_coded')
    FROM dossiers d JOIN dossier_events e ON e.dossier_id = d.id AND e.action = 'decline'
    WHERE d.status = 'not_accepted';
INSERT INTO dossier_reasons (dossier_id, reason)
    SELECT DISTINCT d.id, c.value ->> 'code'
    FROM dossiers d, jsonb_array_elements(CASE WHEN jsonb_typeof(d.proposal #> '{assessment,failed_conditions}') = 'array'
        THEN d.proposal #> '{assessment,failed_conditions}' ELSE '[]'::jsonb END) c
    WHERE d.outcome = 'rejected' AND d.completed_at IS NOT NULL;
INSERT INTO dossier_reasons (dossier_id, reason)
    SELECT d.id, 'not_coded' FROM dossiers d
    WHERE d.outcome = 'rejected' AND d.completed_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM dossier_reasons r WHERE r.dossier_id = d.id);
INSERT INTO figure_days (day, procedure_code, unit, channel, figure, n)
    SELECT ((s.since) AT TIME ZONE 'UTC' + interval '7 hours')::date, d.procedure_code, d.unit, d.channel, 'overdue_began', COUNT(*)
    FROM dossier_overdue_spans s JOIN dossiers d ON d.id = s.dossier_id GROUP BY 1, 2, 3, 4;
INSERT INTO figure_days (day, procedure_code, unit, channel, figure, n)
    SELECT ((s.until) AT TIME ZONE 'UTC' + interval '7 hours')::date, d.procedure_code, d.unit, d.channel, 'overdue_ended', COUNT(*)
    FROM dossier_overdue_spans s JOIN dossiers d ON d.id = s.dossier_id GROUP BY 1, 2, 3, 4;
INSERT INTO figure_part_days (day, procedure_code, unit, channel, figure, part, part_key, n)
    SELECT ((COALESCE(d.completed_at, d.ended_at)) AT TIME ZONE 'UTC' + interval '7 hours')::date, d.procedure_code, d.unit, d.channel,
        CASE WHEN d.completed_at IS NULL THEN 'not_accepted' ELSE 'rejected' END, 'reason', r.reason, COUNT(*)
    FROM dossier_reasons r JOIN dossiers d ON d.id = r.dossier_id GROUP BY 1, 2, 3, 4, 5, 7;
INSERT INTO figure_part_days (day, procedure_code, unit, channel, figure, part, part_key, n)
    SELECT ((COALESCE(d.completed_at, d.ended_at)) AT TIME ZONE 'UTC' + interval '7 hours')::date, d.procedure_code, d.unit, d.channel,
        COALESCE(d.outcome, d.status), 'officer_unit', d.ended_by_unit, COUNT(*)
    FROM dossiers d WHERE d.ended_by_unit IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 7;
INSERT INTO figure_part_days (day, procedure_code, unit, channel, figure, part, part_key, n)
    SELECT ((d.completed_at) AT TIME ZONE 'UTC' + interval '7 hours')::date, d.procedure_code, d.unit, d.channel,
        CASE WHEN d.due_at IS NOT NULL AND d.completed_at > d.due_at THEN 'late' ELSE 'in_time' END,
        'officer_unit', d.ended_by_unit, COUNT(*)
    FROM dossiers d WHERE d.completed_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 7;
