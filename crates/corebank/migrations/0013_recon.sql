-- A core date's journals in their order, and the payment that a journal gave back or undid: for the reconciliation file.
CREATE INDEX core_journal_by_date ON core_journal (tenant_id, core_date, journal_no);
CREATE INDEX core_payment_by_back ON core_payment (tenant_id, back_journal) WHERE back_journal IS NOT NULL;
