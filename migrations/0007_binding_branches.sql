-- What journey 1's branches keep: the task a page was opened for, how a code was sent, which agreements a binding stands on.
-- A session outlives its link, and so does what the customer came for.
ALTER TABLE session ADD COLUMN task TEXT;
ALTER TABLE session ADD COLUMN opens_with TEXT;
-- How a code went out: text | voice.
ALTER TABLE otp ADD COLUMN way TEXT NOT NULL DEFAULT 'text';
-- The one question a follower answers before yet another code; only a keyed hash of the answer.
CREATE TABLE question (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, id BIGINT NOT NULL, answer_hash BYTEA NOT NULL,
  expires_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, follower_id));
-- Hash of the agreements a binding stands on; another than today's asks for a new consent.
ALTER TABLE binding ADD COLUMN agreed BYTEA;
