-- Whoever pays is told of each invoice in the middle of a month, once. Noted in the transaction that issues it; what was issued before is old news.
CREATE TABLE interim_notice (
  invoice_id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  told_at timestamptz,
  FOREIGN KEY (org_id, invoice_id) REFERENCES invoice (org_id, id)
);
CREATE INDEX interim_notice_org_idx ON interim_notice (org_id, invoice_id);
CREATE INDEX interim_notice_untold_idx ON interim_notice (invoice_id) WHERE told_at IS NULL;
SELECT protect_tenant_table('interim_notice'::regclass);
GRANT SELECT, INSERT, UPDATE (told_at) ON interim_notice TO atpar_worker;
