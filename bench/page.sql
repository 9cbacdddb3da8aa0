-- The newest 50 of a unit and what belongs to it, with one more that tells whether there is a next page: the statement of
-- the server.
SELECT id, code, procedure_code, unit, channel, status, outcome, clock, stage, submitted_at, accepted_at, due_at, completed_at,
        applicant_name, personal_id, version
    FROM dossiers WHERE unit = ANY('{H08.15,H08.15.01}') ORDER BY submitted_at DESC, id DESC LIMIT 51;
