-- Drafts stand beside the published versions of a procedure: only the published have days of their own.
ALTER TABLE procedure_versions ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE procedure_versions ADD COLUMN updated_at BIGINT;
DROP INDEX procedure_versions_code;
CREATE UNIQUE INDEX procedure_versions_code ON procedure_versions (code, valid_from) WHERE state <> 'draft';
CREATE INDEX procedure_versions_listed ON procedure_versions (code, valid_from, id);

-- Blank forms of papers, to be filled in; the file in base64, so that an archive is the same on both databases.
CREATE TABLE blank_forms (
    version_id BLOB NOT NULL,
    paper TEXT NOT NULL,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    content TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (version_id, paper)
);
