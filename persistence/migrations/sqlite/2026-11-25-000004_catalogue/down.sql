DROP TABLE blank_forms;
DELETE FROM procedure_versions WHERE state = 'draft';
DROP INDEX procedure_versions_listed;
DROP INDEX procedure_versions_code;
CREATE UNIQUE INDEX procedure_versions_code ON procedure_versions (code, valid_from);
ALTER TABLE procedure_versions DROP COLUMN updated_at;
ALTER TABLE procedure_versions DROP COLUMN version;
