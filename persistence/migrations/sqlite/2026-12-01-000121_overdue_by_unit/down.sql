DROP INDEX dossiers_overdue_unit;
