DROP INDEX dossiers_stage_due;
ALTER TABLE dossiers DROP COLUMN stage_due_at;
