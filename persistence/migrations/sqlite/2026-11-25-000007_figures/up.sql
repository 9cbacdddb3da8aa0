-- From when an open dossier counts as overdue, and the unit of the officer who ended it.
ALTER TABLE dossiers ADD COLUMN overdue_from BIGINT;
ALTER TABLE dossiers ADD COLUMN ended_by_unit TEXT;

-- Why dossiers were refused: coded reasons of declines, failed conditions of rejections.
CREATE TABLE dossier_reasons (
    dossier_id BLOB NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (reason, dossier_id)
);

-- Spans in which an open dossier was past its due date, written when they end.
CREATE TABLE dossier_overdue_spans (
    dossier_id BLOB NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (dossier_id, since)
);

-- What each change adds to the figures of a day by reason and by officer's unit, until the roll-up takes it in.
CREATE TABLE figure_part_deltas (
    id BLOB PRIMARY KEY NOT NULL,
    day TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    unit TEXT NOT NULL,
    channel TEXT NOT NULL,
    figure TEXT NOT NULL,
    part TEXT NOT NULL,
    part_key TEXT NOT NULL,
    n BIGINT NOT NULL
);

-- The same, rolled up by day.
CREATE TABLE figure_part_days (
    day TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    unit TEXT NOT NULL,
    channel TEXT NOT NULL,
    figure TEXT NOT NULL,
    part TEXT NOT NULL,
    part_key TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (day, procedure_code, unit, channel, figure, part, part_key)
);

-- Figures counted anew from events and compared; a nightly one carries its day, so that one process runs it.
CREATE TABLE figure_checks (
    id BLOB PRIMARY KEY NOT NULL,
    day TEXT,
    state TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    dossiers BIGINT NOT NULL,
    comparisons BIGINT NOT NULL,
    faults BIGINT NOT NULL,
    findings TEXT NOT NULL,
    failure TEXT,
    lease_owner BLOB,
    lease_until BIGINT
);

CREATE INDEX dossiers_overdue ON dossiers (overdue_from) WHERE overdue_from IS NOT NULL;
CREATE INDEX dossier_reasons_dossier ON dossier_reasons (dossier_id);
CREATE INDEX dossier_overdue_spans_until ON dossier_overdue_spans (until, since);
CREATE INDEX figure_days_unit ON figure_days (unit, day);
CREATE INDEX figure_part_days_unit ON figure_part_days (part, unit, day);
CREATE UNIQUE INDEX figure_checks_day ON figure_checks (day);
CREATE INDEX figure_checks_started ON figure_checks (started_at DESC, id DESC);

-- What stands there already, by the same rules: a due date came into force with the event that set it.
UPDATE dossiers SET overdue_from = MAX(due_at, COALESCE((SELECT MAX(e.at) FROM dossier_events e
    WHERE e.dossier_id = dossiers.id AND json_extract(e.body, '$.detail.due_after') IS NOT NULL), 0))
    WHERE due_at IS NOT NULL AND completed_at IS NULL AND ended_at IS NULL;
UPDATE dossiers SET ended_by_unit = unit WHERE completed_at IS NOT NULL OR status IN ('not_accepted', 'stopped');
INSERT INTO dossier_overdue_spans (dossier_id, since, until)
    SELECT dossier_id, since, at FROM (
        SELECT e.dossier_id, e.at,
            MAX(CAST(strftime('%s', json_extract(e.body, '$.detail.due_before')) AS INTEGER) * 1000000,
                COALESCE((SELECT MAX(b.at) FROM dossier_events b WHERE b.dossier_id = e.dossier_id AND b.seq < e.seq
                    AND json_extract(b.body, '$.detail.due_after') IS NOT NULL), 0)) AS since
        FROM dossier_events e WHERE json_extract(e.body, '$.detail.due_before') IS NOT NULL
        UNION ALL
        SELECT d.id, COALESCE(d.completed_at, d.ended_at),
            MAX(d.due_at, COALESCE((SELECT MAX(b.at) FROM dossier_events b WHERE b.dossier_id = d.id
                AND json_extract(b.body, '$.detail.due_after') IS NOT NULL), 0))
        FROM dossiers d WHERE d.due_at IS NOT NULL AND (d.completed_at IS NOT NULL OR d.ended_at IS NOT NULL)
    ) WHERE since < at;
INSERT INTO dossier_reasons (dossier_id, reason)
    SELECT d.id, COALESCE(json_extract(e.body, '$.reason_code'), 'not_coded')
    FROM dossiers d JOIN dossier_events e ON e.dossier_id = d.id AND e.action = 'decline'
    WHERE d.status = 'not_accepted';
INSERT INTO dossier_reasons (dossier_id, reason)
    SELECT DISTINCT d.id, json_extract(c.value, '$.code')
    FROM dossiers d, json_each(d.proposal, '$.assessment.failed_conditions') c
    WHERE d.outcome = 'rejected' AND d.completed_at IS NOT NULL;
INSERT INTO dossier_reasons (dossier_id, reason)
    SELECT d.id, 'not_coded' FROM dossiers d
    WHERE d.outcome = 'rejected' AND d.completed_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM dossier_reasons r WHERE r.dossier_id = d.id);
INSERT INTO figure_days (day, procedure_code, unit, channel, figure, n)
    SELECT date(s.since / 1000000 + 25200, 'unixepoch'), d.procedure_code, d.unit, d.channel, 'overdue_began', COUNT(*)
    FROM dossier_overdue_spans s JOIN dossiers d ON d.id = s.dossier_id GROUP BY 1, 2, 3, 4;
INSERT INTO figure_days (day, procedure_code, unit, channel, figure, n)
    SELECT date(s.until / 1000000 + 25200, 'unixepoch'), d.procedure_code, d.unit, d.channel, 'overdue_ended', COUNT(*)
    FROM dossier_overdue_spans s JOIN dossiers d ON d.id = s.dossier_id GROUP BY 1, 2, 3, 4;
INSERT INTO figure_part_days (day, procedure_code, unit, channel, figure, part, part_key, n)
    SELECT date(COALESCE(d.completed_at, d.ended_at) / 1000000 + 25200, 'unixepoch'), d.procedure_code, d.unit, d.channel,
        CASE WHEN d.completed_at IS NULL THEN 'not_accepted' ELSE 'rejected' END, 'reason', r.reason, COUNT(*)
    FROM dossier_reasons r JOIN dossiers d ON d.id = r.dossier_id GROUP BY 1, 2, 3, 4, 5, 7;
INSERT INTO figure_part_days (day, procedure_code, unit, channel, figure, part, part_key, n)
    SELECT date(COALESCE(d.completed_at, d.ended_at) / 1000000 + 25200, 'unixepoch'), d.procedure_code, d.unit, d.channel,
        COALESCE(d.outcome, d.status), 'officer_unit', d.ended_by_unit, COUNT(*)
    FROM dossiers d WHERE d.ended_by_unit IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 7;
INSERT INTO figure_part_days (day, procedure_code, unit, channel, figure, part, part_key, n)
    SELECT date(d.completed_at / 1000000 + 25200, 'unixepoch'), d.procedure_code, d.unit, d.channel,
        CASE WHEN d.due_at IS NOT NULL AND d.completed_at > d.due_at THEN 'late' ELSE 'in_time' END,
        'officer_unit', d.ended_by_unit, COUNT(*)
    FROM dossiers d WHERE d.completed_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 7;
