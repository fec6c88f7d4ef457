-- The reserved number a binding was made with, masked: when the core has another one, money waits for a new binding (CA-15).
ALTER TABLE binding ADD COLUMN mobile_masked TEXT;
