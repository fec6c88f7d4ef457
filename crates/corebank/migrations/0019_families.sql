-- Residents' insurance (城乡居民养老、医保): families as the collecting office knows them, and whose year was paid for here.

-- A family is found by a keyed hash of its number. `family_sealed`: number and place.
CREATE TABLE core_family (
  tenant_id BIGINT NOT NULL,
  family_no BIGINT NOT NULL,
  number_index BYTEA NOT NULL,
  family_sealed BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, family_no)
);
CREATE UNIQUE INDEX core_family_by_number ON core_family (tenant_id, number_index);

-- `cust_no`: the bank's customer, where the member is one. `help`: none, half, full. `member_sealed`: name, relation, birthday.
CREATE TABLE core_member (
  tenant_id BIGINT NOT NULL,
  family_no BIGINT NOT NULL,
  member_no BIGINT NOT NULL,
  cust_no BIGINT,
  help TEXT NOT NULL,
  member_sealed BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, family_no, member_no)
);
CREATE UNIQUE INDEX core_member_of ON core_member (tenant_id, cust_no);

-- One member's year of one insurance; the key is what lets it be paid once. state: paying, paid.
CREATE TABLE core_levy (
  tenant_id BIGINT NOT NULL,
  family_no BIGINT NOT NULL,
  member_no BIGINT NOT NULL,
  insurance TEXT NOT NULL,
  year BIGINT NOT NULL,
  amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
  state TEXT NOT NULL,
  paid_by TEXT NOT NULL,
  PRIMARY KEY (tenant_id, family_no, member_no, insurance, year)
);
CREATE INDEX core_levy_by_payment ON core_levy (tenant_id, paid_by);
