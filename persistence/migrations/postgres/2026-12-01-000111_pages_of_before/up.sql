-- Files that came in before their pages were counted are counted as well, by the job that counts the others.
UPDATE uploads SET pages_wanted = true
    WHERE media_type = 'application/pdf' AND pages IS NULL AND NOT pages_wanted AND state IN ('ready', 'used');
