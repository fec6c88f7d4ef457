-- A passbook number tells its institution by its leading digits, as a card number does.
INSERT INTO core_bin (tenant_id, bin, card) SELECT tenant_id, legal_no || '01', 'passbook' FROM core_tenant;
