-- A letter's way from draft to issue: who changed, reviewed, signed or discarded it, and its number.
ALTER TABLE letters ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE letters ADD COLUMN reason text;
ALTER TABLE letters ADD COLUMN edited_by text;
ALTER TABLE letters ADD COLUMN edited_at timestamptz;
ALTER TABLE letters ADD COLUMN reviewed_by text;
ALTER TABLE letters ADD COLUMN reviewed_at timestamptz;
ALTER TABLE letters ADD COLUMN number bigint;
ALTER TABLE letters ADD COLUMN number_unit text;
ALTER TABLE letters ADD COLUMN number_year integer;
ALTER TABLE letters ADD COLUMN issued_on date;
ALTER TABLE letters ADD COLUMN signer text;
ALTER TABLE letters ADD COLUMN signer_title text;
ALTER TABLE letters ADD COLUMN issued_by text;
ALTER TABLE letters ADD COLUMN issued_at timestamptz;
ALTER TABLE letters ADD COLUMN discarded_by text;
ALTER TABLE letters ADD COLUMN discarded_at timestamptz;
ALTER TABLE letters ADD COLUMN discard_reason text;

-- Numbers of letters: one sequence a unit and year.
CREATE TABLE letter_numbers (
    unit text COLLATE "C" NOT NULL,
    year integer NOT NULL,
    next bigint NOT NULL,
    PRIMARY KEY (unit, year)
);

-- No number is given twice.
CREATE UNIQUE INDEX letters_number ON letters (number_unit, number_year, number);
-- What waits to be issued, oldest first.
CREATE INDEX letters_waiting ON letters (drafted_at, id) WHERE issued_at IS NULL AND discarded_at IS NULL;
