-- Where one can go, and where one may be. Branches keep their own table, because forms and tickets name them; what else is asked of one is added there.
ALTER TABLE branch ADD COLUMN also TEXT NOT NULL DEFAULT '';
ALTER TABLE branch ADD COLUMN services TEXT NOT NULL DEFAULT '';
ALTER TABLE branch ADD COLUMN step_free TEXT NOT NULL DEFAULT '';
ALTER TABLE branch ADD COLUMN parking TEXT NOT NULL DEFAULT '';
-- kind: atm | point (助农点) | locality (a town or village: only says where somebody is). also: other names with blanks between. keeper: a surname.
-- cash: yes | no | empty, as the keeper said at cash_at_ms.
CREATE TABLE place (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, also TEXT NOT NULL,
  address TEXT NOT NULL, phone TEXT NOT NULL, lat_e6 BIGINT NOT NULL, lon_e6 BIGINT NOT NULL, hours TEXT NOT NULL,
  services TEXT NOT NULL, step_free TEXT NOT NULL, parking TEXT NOT NULL, keeper TEXT NOT NULL,
  cash TEXT NOT NULL, cash_at_ms BIGINT, PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, kind, name));
-- Hours of one day that differ from the week's; place_id 0 is every branch. No hours: closed.
CREATE TABLE place_day (
  tenant_id BIGINT NOT NULL, place_id BIGINT NOT NULL, day BIGINT NOT NULL, hours TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (tenant_id, place_id, day));
-- Grows with every change of an institution's places, so that processes know when to read them again.
CREATE TABLE place_list (tenant_id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, at_ms BIGINT NOT NULL);
