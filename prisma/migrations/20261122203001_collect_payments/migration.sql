-- Stripe collects, we compute. What we know of the outside lies here: whom we charge, how far the push of an invoice came, what was paid, given back
-- and disputed, and which events were heard. An issued invoice itself is never rewritten, so its collection has a row of its own.

-- ── who pays ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE billing_account (
  org_id uuid PRIMARY KEY REFERENCES organization (id),
  -- Made on the first need and once: the first attempt is noted before Stripe is asked, so that a later one searches before it creates.
  customer_requested_at timestamptz,
  stripe_customer_id text UNIQUE CHECK (stripe_customer_id ~ '^cus_'),
  livemode boolean,
  -- What the customer says about itself; null = the organization's name, and its owners' addresses.
  legal_name text CHECK (length(legal_name) BETWEEN 1 AND 200),
  email text CHECK (length(email) BETWEEN 3 AND 320),
  line1 text CHECK (length(line1) <= 200),
  line2 text CHECK (length(line2) <= 200),
  city text CHECK (length(city) <= 100),
  state text CHECK (length(state) <= 100),
  postal_code text CHECK (length(postal_code) <= 20),
  country text CHECK (country ~ '^[A-Z]{2}$'),
  tax_id_kind text CHECK (length(tax_id_kind) <= 40),
  tax_id text CHECK (length(tax_id) <= 40),
  -- The default payment method as Stripe described it; never a number.
  payment_method_id text,
  payment_method_kind text,
  card_brand text,
  card_last4 text CHECK (card_last4 ~ '^[0-9]{4}$'),
  card_exp_month smallint CHECK (card_exp_month BETWEEN 1 AND 12),
  card_exp_year smallint CHECK (card_exp_year BETWEEN 2000 AND 2200),
  card_fingerprint text,
  payment_method_at timestamptz,
  -- A disputed charge: from then on nothing is lent.
  prepaid_only_since timestamptz,
  -- Stripe would not compute tax without a better address: the customer is asked, and nothing is finalised until then.
  tax_location_wanted_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- One card under many organizations is how starter credit is farmed.
CREATE INDEX billing_account_fingerprint_idx ON billing_account (card_fingerprint) WHERE card_fingerprint IS NOT NULL;

-- ── what is collected ───────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE invoice_collection (
  invoice_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  -- draft: nothing at Stripe that counts · pushing: a draft of this version may be there · open, paid, void, uncollectible: as Stripe says ·
  -- not_collected: nothing to collect, or nobody to collect by.
  state text NOT NULL CHECK (state IN ('draft', 'pushing', 'open', 'paid', 'void', 'uncollectible', 'not_collected')),
  -- What of the invoice the prepaid balance paid before Stripe was asked for the rest.
  prepaid_cents bigint NOT NULL DEFAULT 0 CHECK (prepaid_cents >= 0),
  -- invoice.total_cents − prepaid_cents: the subtotal Stripe must come to.
  amount_cents bigint NOT NULL CHECK (amount_cents >= 0),
  -- Null until Stripe computed it, and for ever without Stripe.
  tax_cents bigint CHECK (tax_cents >= 0),
  paid_cents bigint NOT NULL DEFAULT 0,
  stripe_invoice_id text UNIQUE,
  -- In every idempotency key; raised when a draft had to be thrown away.
  push_version integer NOT NULL DEFAULT 1 CHECK (push_version > 0),
  -- Of the first request of this version: Stripe may forget its keys a day later, and from then on we search first.
  push_started_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  last_error text CHECK (length(last_error) <= 1000),
  -- Waits for a person: a location for the tax, or a draft that came out wrong again.
  blocked_reason text CHECK (blocked_reason IN ('tax_location', 'mismatch', 'refused')),
  due_at timestamptz,
  finalised_at timestamptz,
  paid_at timestamptz,
  -- Stripe's retries of the charge, as it reports them.
  charge_attempts integer NOT NULL DEFAULT 0,
  charge_failed_at timestamptz,
  charge_failure text CHECK (length(charge_failure) <= 200),
  next_charge_at timestamptz,
  hosted_url text,
  read_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, invoice_id),
  FOREIGN KEY (org_id, invoice_id) REFERENCES invoice (org_id, id)
);
CREATE INDEX invoice_collection_unpaid_idx ON invoice_collection (org_id, due_at) WHERE state IN ('draft', 'pushing', 'open');

CREATE TABLE payment (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  purpose text NOT NULL CHECK (purpose IN ('invoice', 'topup')),
  -- Null for a top-up.
  invoice_id uuid,
  -- The charge that succeeded is the natural key of the money; an invoice paid out of band has its Stripe invoice's id here.
  stripe_charge_id text NOT NULL UNIQUE,
  stripe_payment_intent_id text,
  balance_transaction_id text UNIQUE,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  fee_cents bigint NOT NULL DEFAULT 0,
  refunded_cents bigint NOT NULL DEFAULT 0 CHECK (refunded_cents >= 0 AND refunded_cents <= amount_cents),
  card_brand text,
  card_last4 text,
  risk_level text,
  livemode boolean NOT NULL,
  paid_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, invoice_id) REFERENCES invoice (org_id, id)
);
CREATE INDEX payment_org_idx ON payment (org_id, paid_at DESC);
CREATE INDEX payment_invoice_idx ON payment (org_id, invoice_id);
CREATE INDEX payment_intent_idx ON payment (stripe_payment_intent_id);

CREATE TABLE refund (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  payment_id uuid NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  -- What the money given back is set against: our own expense, a claim that a credit note lowered, or the prepaid balance.
  settles text NOT NULL CHECK (settles IN ('refunds', 'ar_open', 'prepaid_credit')),
  -- requested: not known to have reached Stripe.
  state text NOT NULL CHECK (state IN ('requested', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
  stripe_refund_id text UNIQUE,
  balance_transaction_id text UNIQUE,
  failure_balance_transaction_id text UNIQUE,
  credit_note_id uuid,
  -- Null when it was made at Stripe.
  requested_by uuid,
  attempts integer NOT NULL DEFAULT 0,
  last_error text CHECK (length(last_error) <= 1000),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (org_id, payment_id) REFERENCES payment (org_id, id)
);
CREATE INDEX refund_org_idx ON refund (org_id, payment_id);

CREATE TABLE dispute (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  payment_id uuid NOT NULL,
  stripe_dispute_id text NOT NULL UNIQUE,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  reason text NOT NULL,
  -- Stripe's word for it.
  state text NOT NULL CHECK (length(state) <= 40),
  outcome text CHECK (outcome IN ('won', 'lost')),
  evidence_due_at timestamptz,
  evidence_submitted_at timestamptz,
  evidence jsonb,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (org_id, payment_id) REFERENCES payment (org_id, id)
);
CREATE INDEX dispute_org_idx ON dispute (org_id, payment_id);

-- ── what Stripe said ────────────────────────────────────────────────────────────────────────────────────────────────────────────
-- An event is a hint to read its object again, so its body is not kept.
DROP TABLE stripe_event;
CREATE TABLE stripe_event (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 255),
  type text NOT NULL CHECK (length(type) <= 255),
  object_id text NOT NULL,
  livemode boolean NOT NULL,
  api_version text,
  -- When Stripe made it.
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  -- webhook, or the sweep that found what no webhook brought.
  source text NOT NULL CHECK (source IN ('webhook', 'sweep')),
  deliveries integer NOT NULL DEFAULT 1,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  applied_at timestamptz,
  -- applied · unchanged · ignored (nothing of ours) · failed (given up; a person redelivers it)
  outcome text CHECK (outcome IN ('applied', 'unchanged', 'ignored', 'failed')),
  last_error text CHECK (length(last_error) <= 1000)
);
CREATE INDEX stripe_event_waiting_idx ON stripe_event (next_attempt_at) WHERE applied_at IS NULL;
CREATE INDEX stripe_event_received_idx ON stripe_event (received_at DESC);

-- Stripe's own book of money, read line by line: what the ledger's cash is proven against. Of no organization until its source is recognised.
CREATE TABLE stripe_balance_transaction (
  id text PRIMARY KEY,
  type text NOT NULL,
  source_id text,
  amount_cents bigint NOT NULL,
  fee_cents bigint NOT NULL,
  currency text NOT NULL,
  occurred_at timestamptz NOT NULL,
  read_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stripe_balance_transaction_source_idx ON stripe_balance_transaction (source_id);

-- ── ledger ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
ALTER TABLE ledger_transaction ADD CONSTRAINT ledger_transaction_kind_check CHECK (kind IN (
  'usage', 'invoice', 'tax', 'payment', 'fee', 'refund', 'dispute', 'topup', 'prepaid_use', 'promo', 'credit_note', 'write_off', 'adjustment'));

-- ── who may touch it ────────────────────────────────────────────────────────────────────────────────────────────────────────────
SELECT protect_tenant_table(fresh) FROM unnest(ARRAY['billing_account', 'invoice_collection', 'payment', 'refund', 'dispute']::regclass[]) AS fresh;

GRANT SELECT, INSERT, UPDATE ON billing_account TO atpar_app;
-- Money moves by the worker's hand alone; the dashboard asks for a refund and reads the rest.
GRANT SELECT ON invoice_collection, payment, dispute TO atpar_app;
GRANT SELECT, INSERT ON refund TO atpar_app;
-- The webhook's route takes note of an event; the worker reads its object.
GRANT SELECT, INSERT, UPDATE (deliveries, next_attempt_at, applied_at, outcome, attempts) ON stripe_event TO atpar_app;

GRANT SELECT, INSERT, UPDATE ON billing_account, invoice_collection, payment, refund, dispute TO atpar_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON stripe_event TO atpar_worker;
GRANT SELECT, INSERT ON stripe_balance_transaction TO atpar_worker;

-- ── an organization that is erased ──────────────────────────────────────────────────────────────────────────────────────────────
-- Who it was goes; that its money moved stays, under ids that lead to nobody.
CREATE FUNCTION erase_billing_details() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE billing_account SET legal_name = NULL, email = NULL, line1 = NULL, line2 = NULL, city = NULL, state = NULL, postal_code = NULL, tax_id_kind = NULL,
    tax_id = NULL, payment_method_id = NULL, payment_method_kind = NULL, card_brand = NULL, card_last4 = NULL, card_exp_month = NULL, card_exp_year = NULL,
    card_fingerprint = NULL, payment_method_at = NULL WHERE org_id = NEW.id;
  UPDATE payment SET card_brand = NULL, card_last4 = NULL WHERE org_id = NEW.id;
  UPDATE dispute SET evidence = NULL WHERE org_id = NEW.id;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION erase_billing_details() FROM PUBLIC;
CREATE TRIGGER organization_erases_billing AFTER UPDATE OF erased_at ON organization FOR EACH ROW
  WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL) EXECUTE FUNCTION erase_billing_details();
