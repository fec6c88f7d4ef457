-- Payments whose outcome is not known (65), by when they are asked after next: one of each institution's is asked more often
-- than that, and all of them when its core is heard again.
CREATE INDEX payment_unknown ON payment (tenant_id, next_at_ms) WHERE state = 65;
