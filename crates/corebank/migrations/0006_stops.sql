-- What a customer or the counter has stopped. While it lasts, the state the account had before stands in stop_before.
ALTER TABLE core_account ADD COLUMN stop_no TEXT;
ALTER TABLE core_account ADD COLUMN stop_before TEXT;
-- An oral loss (口头挂失) ends by itself at this instant; null for everything that does not.
ALTER TABLE core_account ADD COLUMN stop_ends_at_ms BIGINT;
-- What each command that changes a card's state was answered, for ever.
CREATE TABLE core_state_change (
  tenant_id BIGINT NOT NULL,
  request_id TEXT NOT NULL,
  acct_id BIGINT NOT NULL,
  wish TEXT NOT NULL,
  changed BOOLEAN NOT NULL,
  state TEXT NOT NULL,
  stop_no TEXT NOT NULL,
  ends_at_ms BIGINT,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, request_id)
);
