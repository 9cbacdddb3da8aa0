DROP INDEX dossiers_reckoned;
DROP INDEX rulebooks_published;
DROP INDEX rulebooks_current;
DROP TABLE recomputations;
DROP TABLE rule_book_drafts;
ALTER TABLE rulebooks DROP COLUMN published_by;
ALTER TABLE rulebooks DROP COLUMN note;
ALTER TABLE rulebooks DROP COLUMN calendar_version;
