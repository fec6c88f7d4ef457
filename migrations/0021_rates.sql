-- An institution's own rates, fees, limits, hours and telephones, over knowledge/tables/*.toml. A new rate is a new row from its first day.
CREATE TABLE rate_row (
  tenant_id BIGINT NOT NULL, row_key TEXT NOT NULL, from_day BIGINT NOT NULL, to_day BIGINT, value TEXT NOT NULL,
  source TEXT NOT NULL, owner TEXT NOT NULL, changed_by BIGINT NOT NULL, at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, row_key, from_day));
