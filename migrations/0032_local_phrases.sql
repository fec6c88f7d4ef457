-- An institution's own phrases and words (本行说法), version by version. text is the file as proposed, kept what publishing found out about it.
-- state: proposed | live | former | declined. A maker of 0 is an operator at the command line.
CREATE TABLE local_phrases (
  tenant_id BIGINT NOT NULL, version BIGINT NOT NULL, state TEXT NOT NULL, text TEXT NOT NULL,
  maker BIGINT NOT NULL, made_at_ms BIGINT NOT NULL, checker BIGINT, decided_at_ms BIGINT, kept BYTEA, figures TEXT,
  PRIMARY KEY (tenant_id, version));
CREATE UNIQUE INDEX local_phrases_live ON local_phrases (tenant_id) WHERE state = 'live';
