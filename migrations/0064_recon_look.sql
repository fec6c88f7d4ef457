-- Up to which end of payments an institution's core was asked once more within the day (T+0).
CREATE TABLE recon_look (tenant_id BIGINT NOT NULL PRIMARY KEY, until_ms BIGINT NOT NULL);
