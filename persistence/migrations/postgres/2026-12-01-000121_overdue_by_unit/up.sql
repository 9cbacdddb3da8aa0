-- How many of each unit are overdue is counted in the order of units, so that nothing is sorted into groups.
CREATE INDEX dossiers_overdue_unit ON dossiers (unit, overdue_from, procedure_code, channel) WHERE overdue_from IS NOT NULL;
