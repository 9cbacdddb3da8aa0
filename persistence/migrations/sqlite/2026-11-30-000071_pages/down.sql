DROP INDEX uploads_uncounted;
ALTER TABLE uploads DROP COLUMN pages_wanted;
ALTER TABLE uploads DROP COLUMN pages;
