-- What of a credit note is tax, given back to the state's account and not to ours.
ALTER TABLE credit_note ADD COLUMN tax_cents bigint NOT NULL DEFAULT 0 CHECK (tax_cents >= 0 AND tax_cents <= total_cents);

-- What becomes of a credit note after it was issued. The note itself is never rewritten.
CREATE TABLE credit_note_settlement (
  credit_note_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  -- lowers_due: taken off what is still to be paid · refund: back to the card · balance: into the prepaid balance
  way text NOT NULL CHECK (way IN ('lowers_due', 'refund', 'balance')),
  -- requested: not known to have reached Stripe · settled · failed: a person looks at it · local: Stripe has no such invoice
  state text NOT NULL CHECK (state IN ('requested', 'settled', 'failed', 'local')),
  stripe_credit_note_id text UNIQUE,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  last_error text CHECK (length(last_error) <= 1000),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, credit_note_id),
  FOREIGN KEY (org_id, credit_note_id) REFERENCES credit_note (org_id, id)
);
CREATE INDEX credit_note_settlement_waiting_idx ON credit_note_settlement (next_attempt_at) WHERE state = 'requested';

-- What credit notes took off an invoice before it was paid.
ALTER TABLE invoice_collection ADD COLUMN credited_cents bigint NOT NULL DEFAULT 0 CHECK (credited_cents >= 0);

SELECT protect_tenant_table('credit_note_settlement');
GRANT SELECT ON credit_note_settlement TO atpar_app;
GRANT SELECT, INSERT, UPDATE ON credit_note_settlement TO atpar_worker;
