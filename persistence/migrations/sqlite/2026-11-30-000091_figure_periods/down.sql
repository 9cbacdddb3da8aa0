DROP INDEX dossiers_overdue_place;
CREATE INDEX dossiers_overdue ON dossiers (overdue_from) WHERE overdue_from IS NOT NULL;
DROP TABLE figure_unit_periods;
DROP TABLE figure_periods;
