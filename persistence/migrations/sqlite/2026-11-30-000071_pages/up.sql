-- How many pages a PDF states, and whether they are still to be counted; of files that stand nobody counts them.
ALTER TABLE uploads ADD COLUMN pages BIGINT;
ALTER TABLE uploads ADD COLUMN pages_wanted BOOLEAN NOT NULL DEFAULT false;

CREATE INDEX uploads_uncounted ON uploads (created_at, id) WHERE pages_wanted;
