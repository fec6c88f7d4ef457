-- Changes to an institution's own words (knowledge_answer) that wait for a second person, and what became of them.
-- act: keep (these words from now on) | restore (the union's words again). state: proposed | done | declined.
CREATE TABLE knowledge_change (
  tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, entry TEXT NOT NULL, act TEXT NOT NULL, answer TEXT NOT NULL, elder TEXT,
  source TEXT NOT NULL, owner TEXT NOT NULL, from_day BIGINT NOT NULL, to_day BIGINT, state TEXT NOT NULL,
  maker BIGINT NOT NULL, made_at_ms BIGINT NOT NULL, checker BIGINT, decided_at_ms BIGINT,
  PRIMARY KEY (tenant_id, id));
CREATE UNIQUE INDEX knowledge_change_open ON knowledge_change (tenant_id, entry) WHERE state = 'proposed';
