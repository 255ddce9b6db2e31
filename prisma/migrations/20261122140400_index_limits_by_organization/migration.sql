-- The unique indexes of live limits leave the archived ones out, so the foreign keys had no index to stand on.
CREATE INDEX budget_org_id_idx ON budget (org_id);
CREATE INDEX rate_limit_org_id_idx ON rate_limit (org_id);
