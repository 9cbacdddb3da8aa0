-- A letter's way from draft to issue: who changed, reviewed, signed or discarded it, and its number.
ALTER TABLE letters ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE letters ADD COLUMN reason TEXT;
ALTER TABLE letters ADD COLUMN edited_by TEXT;
ALTER TABLE letters ADD COLUMN edited_at BIGINT;
ALTER TABLE letters ADD COLUMN reviewed_by TEXT;
ALTER TABLE letters ADD COLUMN reviewed_at BIGINT;
ALTER TABLE letters ADD COLUMN number BIGINT;
ALTER TABLE letters ADD COLUMN number_unit TEXT;
ALTER TABLE letters ADD COLUMN number_year INTEGER;
ALTER TABLE letters ADD COLUMN issued_on TEXT;
ALTER TABLE letters ADD COLUMN signer TEXT;
ALTER TABLE letters ADD COLUMN signer_title TEXT;
ALTER TABLE letters ADD COLUMN issued_by TEXT;
ALTER TABLE letters ADD COLUMN issued_at BIGINT;
ALTER TABLE letters ADD COLUMN discarded_by TEXT;
ALTER TABLE letters ADD COLUMN discarded_at BIGINT;
ALTER TABLE letters ADD COLUMN discard_reason TEXT;

-- Numbers of letters: one sequence a unit and year.
CREATE TABLE letter_numbers (
    unit TEXT NOT NULL,
    year INTEGER NOT NULL,
    next BIGINT NOT NULL,
    PRIMARY KEY (unit, year)
);

-- No number is given twice.
CREATE UNIQUE INDEX letters_number ON letters (number_unit, number_year, number);
-- What waits to be issued, oldest first.
CREATE INDEX letters_waiting ON letters (drafted_at, id) WHERE issued_at IS NULL AND discarded_at IS NULL;
