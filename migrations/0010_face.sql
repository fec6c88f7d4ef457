-- The face check a follower began last (人脸核身): begun | passed | failed | cancelled. `order_no` is our name for it at the
-- vendor, `intent` the claim it counts for. Nothing of a face is ever here.
CREATE TABLE face_check (
  tenant_id BIGINT NOT NULL, follower_id BIGINT NOT NULL, order_no TEXT NOT NULL, intent BYTEA NOT NULL,
  state TEXT NOT NULL, expires_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, follower_id));
