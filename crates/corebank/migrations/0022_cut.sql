-- Minutes after midnight in China at which an institution's next date begins (日切); 1440 is midnight.
ALTER TABLE core_tenant ADD COLUMN cut_minutes BIGINT NOT NULL DEFAULT 1440;
