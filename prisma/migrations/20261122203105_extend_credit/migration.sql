-- What stands between using and paying: how much an organization may owe, what an unpaid invoice leads to, and money paid in advance.

-- ── interim invoices ────────────────────────────────────────────────────────────────────────────────────────────────────────────
-- Sequence 1 is the invoice of the month; 2 and up claim a part of it early, on account. Events belong to the month's invoice alone, which lists all
-- of them and takes off what was claimed before: interim_pusd.
ALTER TABLE invoice ADD COLUMN interim_pusd numeric(38, 0) NOT NULL DEFAULT 0 CHECK (interim_pusd >= 0);
DO $$
DECLARE
  old_check text;
BEGIN
  SELECT conname INTO STRICT old_check FROM pg_constraint WHERE conrelid = 'invoice'::regclass AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%carry_in_pusd%';
  EXECUTE format('ALTER TABLE invoice DROP CONSTRAINT %I', old_check);
END $$;
ALTER TABLE invoice ADD CONSTRAINT invoice_adds_up CHECK (usage_pusd - interim_pusd + carry_in_pusd - carry_out_pusd = total_cents::numeric * 10000000000);

-- ── credit line and dunning ─────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE credit_standing (
  org_id uuid PRIMARY KEY REFERENCES organization (id),
  -- Given on the day it was founded.
  starter_pusd bigint NOT NULL CHECK (starter_pusd >= 0),
  -- By an operator; null = nothing.
  granted_pusd bigint CHECK (granted_pusd >= 0),
  -- As of refreshed_at; what enforces it is the organization's credit in `budget`.
  line_pusd bigint NOT NULL CHECK (line_pusd >= 0),
  owed_pusd numeric(38, 0) NOT NULL DEFAULT 0,
  dunning_stage text NOT NULL DEFAULT 'none' CHECK (dunning_stage IN ('none', 'notice', 'no_new_keys', 'line_halved', 'suspended', 'uncollectible')),
  oldest_unpaid_id uuid,
  oldest_unpaid_due_at timestamptz,
  refreshed_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((dunning_stage = 'none') OR oldest_unpaid_due_at IS NOT NULL)
);
-- Each stage of each unpaid invoice is told of once.
CREATE TABLE dunning_notice (
  org_id uuid NOT NULL REFERENCES organization (id),
  invoice_id uuid NOT NULL,
  stage text NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now(),
  told_at timestamptz,
  PRIMARY KEY (invoice_id, stage),
  FOREIGN KEY (org_id, invoice_id) REFERENCES invoice (org_id, id)
);
CREATE INDEX dunning_notice_org_idx ON dunning_notice (org_id, invoice_id);

-- Every organization has had credit as a budget until now: that is what it started with.
INSERT INTO credit_standing (org_id, starter_pusd, line_pusd)
  SELECT o.id, coalesce(b.limit_pusd, 0), coalesce(b.limit_pusd, 0) FROM organization o
  LEFT JOIN budget b ON b.org_id = o.id AND b.is_credit AND b.archived_at IS NULL AND b.period = 'month';

-- ── money paid in advance ───────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE auto_top_up (
  org_id uuid PRIMARY KEY REFERENCES organization (id),
  is_enabled boolean NOT NULL DEFAULT false,
  threshold_cents bigint NOT NULL CHECK (threshold_cents BETWEEN 0 AND 100000000),
  amount_cents bigint NOT NULL CHECK (amount_cents BETWEEN 500 AND 1000000),
  daily_cap_cents bigint NOT NULL CHECK (daily_cap_cents BETWEEN 500 AND 100000000),
  -- One automatic top-up per epoch: it ends when that one did, and when a person switches it on again.
  epoch bigint NOT NULL DEFAULT 1,
  -- After one failure it waits for a person.
  paused_at timestamptz,
  pause_reason text CHECK (length(pause_reason) <= 200),
  set_by uuid REFERENCES app_user (id),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (amount_cents <= daily_cap_cents)
);
CREATE INDEX auto_top_up_set_by_idx ON auto_top_up (set_by);
CREATE TABLE topup (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  -- Null = a person pays on Stripe's page.
  trigger_epoch bigint,
  amount_cents bigint NOT NULL CHECK (amount_cents BETWEEN 500 AND 1000000),
  -- requested: not known to have reached Stripe · pending: waits for the customer or the bank · requires_action never credits by itself.
  state text NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
  stripe_payment_intent_id text UNIQUE,
  stripe_checkout_session_id text UNIQUE,
  failure text CHECK (length(failure) <= 300),
  requested_by uuid REFERENCES app_user (id),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  told_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  UNIQUE (org_id, trigger_epoch),
  UNIQUE (org_id, id)
);
CREATE INDEX topup_org_idx ON topup (org_id, created_at DESC);
CREATE INDEX topup_requested_by_idx ON topup (requested_by);
CREATE INDEX topup_open_idx ON topup (next_attempt_at) WHERE state IN ('requested', 'pending', 'requires_action');

-- ── who may touch it ────────────────────────────────────────────────────────────────────────────────────────────────────────────
SELECT protect_tenant_table(fresh) FROM unnest(ARRAY['credit_standing', 'dunning_notice', 'auto_top_up', 'topup']::regclass[]) AS fresh;
-- An organization is born with its standing; from then on only the worker moves it.
GRANT SELECT, INSERT ON credit_standing TO atpar_app;
GRANT SELECT, INSERT, UPDATE (is_enabled, threshold_cents, amount_cents, daily_cap_cents, epoch, paused_at, pause_reason, set_by, updated_at) ON auto_top_up TO atpar_app;
-- A person may ask for a top-up and learn its page; what became of it Stripe says.
GRANT SELECT, INSERT, UPDATE (stripe_checkout_session_id) ON topup TO atpar_app;
GRANT SELECT, INSERT, UPDATE ON credit_standing, dunning_notice, auto_top_up, topup TO atpar_worker;
