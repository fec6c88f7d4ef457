-- Notices before an agreement takes money: when the next is given, and what the last one told: what was owed, of which due day.
ALTER TABLE payment_order ADD COLUMN notice_at_ms BIGINT;
ALTER TABLE payment_order ADD COLUMN notice_fen BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment_order ADD COLUMN notice_day BIGINT NOT NULL DEFAULT 0;
CREATE INDEX payment_order_notice ON payment_order (notice_at_ms);
