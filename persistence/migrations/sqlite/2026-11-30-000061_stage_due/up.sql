-- When the share of the stage is used up at which a dossier stands.
ALTER TABLE dossiers ADD COLUMN stage_due_at BIGINT;

-- Of those that run at a stage with a share it takes the calendar to tell. They are taken for reckoned by no
-- calendar, so that the job that follows a published calendar reckons them anew when the service starts.
UPDATE dossiers SET calendar_version = ''
    WHERE completed_at IS NULL AND ended_at IS NULL AND calendar_version IS NOT NULL
    AND EXISTS (SELECT 1 FROM procedure_versions v, json_each(v.body, '$.stages') s
        WHERE v.id = dossiers.procedure_version AND json_extract(s.value, '$.limit') IS NOT NULL);

-- What waits at a stage with a share: late, due soon and on time at the stage.
CREATE INDEX dossiers_stage_due ON dossiers (unit, stage_due_at, id)
    WHERE stage_due_at IS NOT NULL AND completed_at IS NULL AND ended_at IS NULL;
