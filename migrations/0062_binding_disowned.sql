-- The case by which a customer said that this binding is not theirs: while it is there, nobody ends the freeze in that WeChat.
ALTER TABLE binding ADD COLUMN disowned_case BIGINT;
CREATE INDEX binding_disowned ON binding (tenant_id, disowned_case) WHERE disowned_case IS NOT NULL;
