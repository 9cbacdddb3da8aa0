-- How many pages a PDF states, and whether they are still to be counted; of files that stand nobody counts them.
ALTER TABLE uploads ADD COLUMN pages bigint;
ALTER TABLE uploads ADD COLUMN pages_wanted boolean NOT NULL DEFAULT false;

CREATE INDEX uploads_uncounted ON uploads (created_at, id) WHERE pages_wanted;
