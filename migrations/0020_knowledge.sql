-- An institution's own words to a question of knowledge/*.toml, over the union's. Days are day numbers in China, both included; no last day: no end.
CREATE TABLE knowledge_answer (
  tenant_id BIGINT NOT NULL, entry TEXT NOT NULL, answer TEXT NOT NULL, elder TEXT, source TEXT NOT NULL, owner TEXT NOT NULL,
  from_day BIGINT NOT NULL, to_day BIGINT, changed_by BIGINT NOT NULL, at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, entry));
