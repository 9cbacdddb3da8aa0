DROP INDEX dossiers_unstated;
ALTER TABLE dossiers DROP COLUMN due_since;
