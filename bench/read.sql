-- One dossier by its code: the statement of the server, which also tells whether the person has another one open.
-- Variables: prefix (of the codes), rows (how many there are).
\set n random(1, :rows)
SELECT id, code, procedure_code, procedure_version, unit, channel, status, outcome, clock, stage, stage_since,
        submitted_at, accepted_at, due_at, completed_at, ended_at, returned_at, applicant_name, name_folded,
        personal_id, born_on, sex, phone, representative, representative_id, submitted_by, resume_to,
        supplement_requests, supplement_until, extensions, extension, pauses, proposal, decision, calendar_version,
        form, secret_hash, event_hash, portal, version, overdue_from, ended_by_unit, due_since,
        EXISTS (SELECT FROM dossiers AS other WHERE other.personal_id = dossiers.personal_id
            AND other.procedure_code = dossiers.procedure_code AND other.ended_at IS NULL AND other.returned_at IS NULL
            AND other.id <> dossiers.id)
    FROM dossiers
    WHERE code = :prefix::text || lpad(:n::text, greatest(4, length(:n::text)), '0') LIMIT 1;
