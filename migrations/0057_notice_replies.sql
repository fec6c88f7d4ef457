-- What a customer said to a notice: the case about a line they do not know, and the due day of a reminder they want told once more.
ALTER TABLE notice ADD COLUMN case_id BIGINT;
ALTER TABLE bill_reminder ADD COLUMN again_day BIGINT NOT NULL DEFAULT 0;
