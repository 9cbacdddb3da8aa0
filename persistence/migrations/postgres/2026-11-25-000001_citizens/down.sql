DROP TABLE dossier_ratings;
DROP TABLE drafts;
