-- Figures summed up by month and year, so that those of a long time are not counted day by day.
CREATE TABLE figure_periods (
    span text NOT NULL,
    first date NOT NULL,
    procedure_code text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    channel text NOT NULL,
    received bigint NOT NULL,
    received_online bigint NOT NULL,
    approved bigint NOT NULL,
    rejected bigint NOT NULL,
    in_time bigint NOT NULL,
    late bigint NOT NULL,
    withdrawn bigint NOT NULL,
    stopped bigint NOT NULL,
    not_accepted bigint NOT NULL,
    overdue_began bigint NOT NULL,
    overdue_ended bigint NOT NULL,
    PRIMARY KEY (span, first, procedure_code, unit, channel)
);

-- The same by unit alone, by day as well.
CREATE TABLE figure_unit_periods (
    span text NOT NULL,
    first date NOT NULL,
    unit text COLLATE "C" NOT NULL,
    received bigint NOT NULL,
    received_online bigint NOT NULL,
    approved bigint NOT NULL,
    rejected bigint NOT NULL,
    in_time bigint NOT NULL,
    late bigint NOT NULL,
    withdrawn bigint NOT NULL,
    stopped bigint NOT NULL,
    not_accepted bigint NOT NULL,
    overdue_began bigint NOT NULL,
    overdue_ended bigint NOT NULL,
    PRIMARY KEY (span, first, unit)
);

INSERT INTO figure_periods (span, first, procedure_code, unit, channel,
        received, received_online, approved, rejected, in_time, late, withdrawn, stopped, not_accepted, overdue_began, overdue_ended)
    SELECT 'month', date_trunc('month', day)::date, procedure_code, unit, channel,
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
    SELECT 'year', date_trunc('year', day)::date, procedure_code, unit, channel,
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
    SELECT 'month', date_trunc('month', day)::date, unit,
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
    SELECT 'year', date_trunc('year', day)::date, unit,
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
