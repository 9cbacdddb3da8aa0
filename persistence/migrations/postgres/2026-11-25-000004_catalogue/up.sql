-- Drafts stand beside the published versions of a procedure: only the published have days of their own.
ALTER TABLE procedure_versions ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE procedure_versions ADD COLUMN updated_at timestamptz;
DROP INDEX procedure_versions_code;
CREATE UNIQUE INDEX procedure_versions_code ON procedure_versions (code, valid_from) WHERE state <> 'draft';
CREATE INDEX procedure_versions_listed ON procedure_versions (code, valid_from, id);

-- Blank forms of papers, to be filled in; the file in base64, so that an archive is the same on both databases.
CREATE TABLE blank_forms (
    version_id uuid NOT NULL,
    paper text COLLATE "C" NOT NULL,
    file_name text NOT NULL,
    content_type text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    content text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (version_id, paper)
);
