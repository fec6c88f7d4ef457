-- What several households of one customer owe on one day is told in one message: for which due day a reminder was last told of,
-- and by whose job (a reminder's id), so that a job that runs again says the same and no other says it, too.
ALTER TABLE bill_reminder ADD COLUMN told_day BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bill_reminder ADD COLUMN told_by BIGINT NOT NULL DEFAULT 0;
