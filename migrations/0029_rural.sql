-- What an institution tells its county, each with its source, who answers for it and its days. list: notice (村务) | subsidy | promo | farming.
-- topic: the village, the kind of subsidy, the month or solar term; empty where a list has none. Days are day numbers in China, both included.
CREATE TABLE bulletin (
  tenant_id BIGINT NOT NULL, list TEXT NOT NULL, topic TEXT NOT NULL, title TEXT NOT NULL, words TEXT NOT NULL,
  source TEXT NOT NULL, owner TEXT NOT NULL, contact TEXT NOT NULL, from_day BIGINT NOT NULL, to_day BIGINT, at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, list, topic, title));
-- What farm produce cost on a market on a day.
CREATE TABLE market_price (
  tenant_id BIGINT NOT NULL, product TEXT NOT NULL, market TEXT NOT NULL, day BIGINT NOT NULL, unit TEXT NOT NULL,
  low_fen BIGINT NOT NULL, high_fen BIGINT NOT NULL, source TEXT NOT NULL, owner TEXT NOT NULL, contact TEXT NOT NULL,
  at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, product, market, day));
