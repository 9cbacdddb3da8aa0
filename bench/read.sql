-- One dossier by its code: the statement of the server.
-- Variables: prefix (of the codes), rows (how many there are).
\set n random(1, :rows)
SELECT id, code, procedure_code, procedure_version, unit, channel, status, outcome, clock, stage, stage_since,
        submitted_at, accepted_at, due_at, completed_at, ended_at, returned_at, applicant_name, name_folded, personal_id,
        born_on, sex, phone, representative, representative_id, submitted_by, resume_to, supplement_requests,
        supplement_until, extensions, extension, pauses, proposal, decision, calendar_version, form, secret_hash,
        event_hash, portal, version
    FROM dossiers
    WHERE code = :prefix::text || lpad(:n::text, greatest(4, length(:n::text)), '0') LIMIT 1;
