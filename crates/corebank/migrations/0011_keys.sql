-- Each institution's keys for its sealed columns, wrapped by the master key, so that the master key can change and they stay.
CREATE TABLE core_key (
  tenant_id BIGINT NOT NULL PRIMARY KEY,
  wrapped BYTEA NOT NULL
);
