-- The case by which a customer said that this binding is not theirs: while it is there, nobody ends the freeze in that WeChat.
ALTER TABLE binding ADD COLUMN disowned_case BIGINT;
