-- Evidence of one UTC day, kept when the day is over, so that a month of ten million events is closed without reading them again
-- (.github/decisions/0006). It is good as long as its count is the roll-ups' count: facts only grow, and both grow in one transaction.
CREATE TABLE usage_day_digest (
  org_id uuid NOT NULL,
  invoice_period date NOT NULL,
  day date NOT NULL,
  event_count bigint NOT NULL,
  billed_pusd numeric(38, 0) NOT NULL,
  -- Of platform usage only: what a customer's own key cost is nobody's claim.
  absorbed_pusd numeric(38, 0) NOT NULL,
  -- What proof P5 counts, both 0 when all is well.
  misdated bigint NOT NULL,
  foreign_events bigint NOT NULL,
  -- Over the events one by one, and over their sums by model, provider, month, price book and funding.
  events_sha256 bytea NOT NULL CHECK (length(events_sha256) = 32),
  sums_sha256 bytea NOT NULL CHECK (length(sums_sha256) = 32),
  frozen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, invoice_period, day)
);

-- The document of an invoice, byte for byte as issued. Its own table: it follows its invoice when Stripe has computed the tax, and an invoice row is never rewritten.
CREATE TABLE invoice_document (
  invoice_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  html text NOT NULL,
  html_sha256 bytea NOT NULL CHECK (length(html_sha256) = 32),
  -- Null for what was issued before there were PDFs.
  pdf bytea,
  pdf_sha256 bytea CHECK (length(pdf_sha256) = 32),
  -- Null when nobody computed a tax: the document says so.
  tax_cents bigint CHECK (tax_cents >= 0),
  issued_at timestamptz NOT NULL,
  FOREIGN KEY (org_id, invoice_id) REFERENCES invoice (org_id, id)
);
CREATE UNIQUE INDEX invoice_document_org_invoice_key ON invoice_document (org_id, invoice_id);
ALTER TABLE invoice DISABLE ROW LEVEL SECURITY;
INSERT INTO invoice_document (invoice_id, org_id, html, html_sha256, issued_at) SELECT id, org_id, document_html, document_sha256, issued_at FROM invoice;
ALTER TABLE invoice ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoice ALTER COLUMN document_html DROP NOT NULL;
ALTER TABLE invoice ALTER COLUMN document_sha256 DROP NOT NULL;

-- What was billed too much, given back under a number series of its own. An invoice is never rewritten.
CREATE TABLE credit_note (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  invoice_id uuid NOT NULL,
  number text NOT NULL UNIQUE,
  sequence integer NOT NULL,
  reason text NOT NULL CHECK (length(reason) BETWEEN 3 AND 500),
  total_cents bigint NOT NULL CHECK (total_cents > 0),
  -- Who issued it: an operator's name, or the job.
  issued_by text NOT NULL,
  issued_at timestamptz NOT NULL,
  html text NOT NULL,
  html_sha256 bytea NOT NULL CHECK (length(html_sha256) = 32),
  pdf bytea NOT NULL,
  pdf_sha256 bytea NOT NULL CHECK (length(pdf_sha256) = 32),
  UNIQUE (org_id, sequence),
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, invoice_id) REFERENCES invoice (org_id, id)
);
CREATE INDEX credit_note_invoice_idx ON credit_note (org_id, invoice_id);
CREATE TABLE credit_note_line (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  credit_note_id uuid NOT NULL,
  position integer NOT NULL,
  -- The line of the invoice that it takes from.
  invoice_position integer NOT NULL,
  description text NOT NULL,
  cents bigint NOT NULL CHECK (cents > 0),
  UNIQUE (credit_note_id, position),
  FOREIGN KEY (org_id, credit_note_id) REFERENCES credit_note (org_id, id)
);
CREATE INDEX credit_note_line_org_idx ON credit_note_line (org_id, credit_note_id);

SELECT protect_tenant_table('usage_day_digest'), protect_tenant_table('invoice_document'), protect_tenant_table('credit_note'),
  protect_tenant_table('credit_note_line');
GRANT SELECT ON usage_day_digest, invoice_document, credit_note, credit_note_line TO atpar_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_day_digest TO atpar_worker;
GRANT SELECT, INSERT ON invoice_document, credit_note, credit_note_line TO atpar_worker;
