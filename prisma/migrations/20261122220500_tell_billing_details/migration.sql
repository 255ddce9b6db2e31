-- What an organization says about itself is told to its customer at Stripe by the worker, after it was changed here.
ALTER TABLE billing_account
  -- Nobody wrote it.
  DROP COLUMN customer_requested_at,
  -- When Stripe is to be told; null = it knows. Moved on while an attempt is under way.
  ADD COLUMN tell_details_at timestamptz,
  -- Why Stripe does not take the tax id, in its words.
  ADD COLUMN tax_id_refusal text CHECK (length(tax_id_refusal) <= 500);
UPDATE billing_account SET tell_details_at = now() WHERE tax_id IS NOT NULL;
CREATE INDEX billing_account_untold_idx ON billing_account (tell_details_at) WHERE tell_details_at IS NOT NULL;
