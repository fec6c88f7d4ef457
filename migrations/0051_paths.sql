-- Paths for questions that went over all rows of an institution: those of one customer, one follower, one page.
CREATE INDEX payment_of_binding ON payment (tenant_id, binding_id, id);
CREATE INDEX payment_same ON payment (tenant_id, payee_index, amount_fen);
CREATE INDEX pin_key_of_session ON pin_key (tenant_id, session_id);
CREATE INDEX otp_of_follower ON otp (tenant_id, follower_id, id);
CREATE INDEX consent_of_follower ON consent (tenant_id, follower_id, id);
CREATE INDEX link_of_follower ON link (tenant_id, follower_id, state);
CREATE INDEX session_of_follower ON session (tenant_id, follower_id, ended_at_ms);
CREATE INDEX stamped_of_follower ON stamped (tenant_id, follower_id, id);
CREATE INDEX gift_by_time ON gift (tenant_id, offered_at_ms);
CREATE INDEX binding_of_follower ON binding (tenant_id, follower_id, id);
CREATE INDEX payment_wish_of_payment ON payment_wish (tenant_id, payment_id);
-- And those of everyone that wait, among all that ever were.
CREATE INDEX case_file_by_state ON case_file (state, saved_at_ms);
CREATE INDEX gift_by_state ON gift (state, offered_at_ms);
CREATE INDEX stamped_by_state ON stamped (state, file_ends_at_ms);
