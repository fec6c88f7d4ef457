-- What stands on the certificate of a gift so that anyone may check it, and whether its giver wants to be named on the wall.

-- Random; empty for what was given before there were any.
ALTER TABLE gift ADD COLUMN check_code TEXT NOT NULL DEFAULT '';
CREATE INDEX gift_by_check ON gift (tenant_id, check_code);
ALTER TABLE gift_cash ADD COLUMN check_code TEXT NOT NULL DEFAULT '';
CREATE INDEX gift_cash_by_check ON gift_cash (tenant_id, check_code);

-- 公示墙: the giver's masked name (C2), where the giver wants it there; null for an unnamed one.
ALTER TABLE gift ADD COLUMN wall_sealed BYTEA;
CREATE INDEX gift_of_project ON gift (tenant_id, owner_id, project, id);
