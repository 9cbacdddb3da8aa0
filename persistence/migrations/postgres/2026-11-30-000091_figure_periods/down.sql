DROP INDEX dossiers_stage;
CREATE INDEX dossiers_stage ON dossiers (unit, procedure_code, stage, submitted_at DESC, id DESC)
    WHERE ended_at IS NULL AND returned_at IS NULL;
DROP INDEX dossiers_overdue_place;
CREATE INDEX dossiers_overdue ON dossiers (overdue_from) WHERE overdue_from IS NOT NULL;
DROP TABLE figure_unit_periods;
DROP TABLE figure_periods;
