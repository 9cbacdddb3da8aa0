-- Figures summed up by month and year, so that those of a long time are not counted day by day.
CREATE TABLE figure_periods (
    span TEXT NOT NULL,
    first TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    unit TEXT NOT NULL,
    channel TEXT NOT NULL,
    received BIGINT NOT NULL,
    received_online BIGINT NOT NULL,
    approved BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    in_time BIGINT NOT NULL,
    late BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    stopped BIGINT NOT NULL,
    not_accepted BIGINT NOT NULL,
    overdue_began BIGINT NOT NULL,
    overdue_ended BIGINT NOT NULL,
    PRIMARY KEY (span, first, procedure_code, unit, channel)
);

-- The same by unit alone, by day as well.
CREATE TABLE figure_unit_periods (
    span TEXT NOT NULL,
    first TEXT NOT NULL,
    unit TEXT NOT NULL,
    received BIGINT NOT NULL,
    received_online BIGINT NOT NULL,
    approved BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    in_time BIGINT NOT NULL,
    late BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    stopped BIGINT NOT NULL,
    not_accepted BIGINT NOT NULL,
    overdue_began BIGINT NOT NULL,
    overdue_ended BIGINT NOT NULL,
    PRIMARY KEY (span, first, unit)
);

INSERT INTO figure_periods (span, first, procedure_code, unit, channel,
        received, received_online, approved, rejected, in_time, late, withdrawn, stopped, not_accepted, overdue_began, overdue_ended)
    SELECT 'month', date(day, 'start of month'), procedure_code, unit, channel,
        SUM(CASE WHEN figure = 'received' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'received' AND channel IN ('online', 'national_portal') THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'approved' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'rejected' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'in_time' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'late' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'withdrawn' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'stopped' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'not_accepted' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'overdue_began' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'overdue_ended' THEN n ELSE 0 END)
    FROM figure_days GROUP BY 2, 3, 4, 5;
INSERT INTO figure_periods (span, first, procedure_code, unit, channel,
        received, received_online, approved, rejected, in_time, late, withdrawn, stopped, not_accepted, overdue_began, overdue_ended)
    SELECT 'year', date(day, 'start of year'), procedure_code, unit, channel,
        SUM(CASE WHEN figure = 'received' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'received' AND channel IN ('online', 'national_portal') THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'approved' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'rejected' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'in_time' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'late' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'withdrawn' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'stopped' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'not_accepted' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'overdue_began' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'overdue_ended' THEN n ELSE 0 END)
    FROM figure_days GROUP BY 2, 3, 4, 5;
INSERT INTO figure_unit_periods (span, first, unit,
        received, received_online, approved, rejected, in_time, late, withdrawn, stopped, not_accepted, overdue_began, overdue_ended)
    SELECT 'day', day, unit,
        SUM(CASE WHEN figure = 'received' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'received' AND channel IN ('online', 'national_portal') THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'approved' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'rejected' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'in_time' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'late' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'withdrawn' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'stopped' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'not_accepted' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'overdue_began' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'overdue_ended' THEN n ELSE 0 END)
    FROM figure_days GROUP BY 2, 3;
INSERT INTO figure_unit_periods (span, first, unit,
        received, received_online, approved, rejected, in_time, late, withdrawn, stopped, not_accepted, overdue_began, overdue_ended)
    SELECT 'month', date(day, 'start of month'), unit,
        SUM(CASE WHEN figure = 'received' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'received' AND channel IN ('online', 'national_portal') THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'approved' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'rejected' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'in_time' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'late' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'withdrawn' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'stopped' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'not_accepted' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'overdue_began' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'overdue_ended' THEN n ELSE 0 END)
    FROM figure_days GROUP BY 2, 3;
INSERT INTO figure_unit_periods (span, first, unit,
        received, received_online, approved, rejected, in_time, late, withdrawn, stopped, not_accepted, overdue_began, overdue_ended)
    SELECT 'year', date(day, 'start of year'), unit,
        SUM(CASE WHEN figure = 'received' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'received' AND channel IN ('online', 'national_portal') THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'approved' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'rejected' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'in_time' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'late' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'withdrawn' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'stopped' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'not_accepted' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'overdue_began' THEN n ELSE 0 END),
        SUM(CASE WHEN figure = 'overdue_ended' THEN n ELSE 0 END)
    FROM figure_days GROUP BY 2, 3;

-- The queue is counted from the index of what stands at a stage alone.
DROP INDEX dossiers_stage;
CREATE INDEX dossiers_stage ON dossiers (unit, procedure_code, stage, submitted_at DESC, id DESC, status, clock, due_at, stage_due_at)
    WHERE ended_at IS NULL AND returned_at IS NULL;

-- What is overdue is counted from the index alone.
DROP INDEX dossiers_overdue;
CREATE INDEX dossiers_overdue_place ON dossiers (overdue_from, unit, procedure_code, channel) WHERE overdue_from IS NOT NULL;
