-- Since when a due date is in force. Of those that stand it is told by their steps, as before.
ALTER TABLE dossiers ADD COLUMN due_since BIGINT;

-- Supplements that are awaited and whose request states no last day.
CREATE INDEX dossiers_unstated ON dossiers (id) WHERE status = 'supplement_requested' AND supplement_until IS NULL;
