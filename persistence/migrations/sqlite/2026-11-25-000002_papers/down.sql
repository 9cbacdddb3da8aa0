ALTER TABLE dossier_papers DROP COLUMN replaced_by;
ALTER TABLE dossier_papers DROP COLUMN replaced_at;
ALTER TABLE dossier_papers DROP COLUMN reused_from;
DROP TABLE uploads;
