-- Atpar's first schema. Ids are UUIDv7 made by the application. Money is pico-USD: bigint per row, numeric in sums.
-- Roles (created with their passwords by apply-migrations.ts before this runs):
--   atpar_app      dashboard: one organization at a time, by row-level security
--   atpar_gateway  proxy: catalogue, key lookup, nothing else of a tenant's
--   atpar_shipper  journal → usage_event: inserts, never changes or deletes a fact
--   atpar_worker   background jobs over every organization
--   atpar_definer  owns the narrow functions that serve what has no tenant yet; cannot log in, bypasses nothing

-- ── who is asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE FUNCTION current_org() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('atpar.org_id', true), '')::uuid $$;
CREATE FUNCTION current_actor() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('atpar.user_id', true), '')::uuid $$;

-- ── installation ────────────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE platform_setting (
  key text PRIMARY KEY,
  value jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- One counter, taken at commit by deferred triggers, so that numbers become visible in order and a poll misses nothing.
CREATE TABLE change_counter (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), seq bigint NOT NULL);
INSERT INTO change_counter (seq) VALUES (0);
CREATE TABLE change_log (
  seq bigint PRIMARY KEY,
  kind text NOT NULL,
  org_id uuid,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE app_user (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  name text NOT NULL,
  password_hash text,
  email_verified_at timestamptz,
  is_operator boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);
CREATE TABLE user_session (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES app_user (id),
  token_hash bytea NOT NULL UNIQUE,
  user_agent text,
  ip text,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX user_session_user_id_idx ON user_session (user_id);

-- ── tenancy ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE organization (
  id uuid PRIMARY KEY,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed')),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE team (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  created_at timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz,
  UNIQUE (org_id, name),
  UNIQUE (org_id, id)
);
CREATE TABLE membership (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  user_id uuid NOT NULL REFERENCES app_user (id),
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'billing', 'developer', 'viewer')),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'removed')),
  created_at timestamptz NOT NULL DEFAULT now(),
  removed_at timestamptz,
  UNIQUE (org_id, user_id),
  UNIQUE (org_id, id)
);
CREATE INDEX membership_user_id_idx ON membership (user_id);
CREATE TABLE team_membership (
  org_id uuid NOT NULL REFERENCES organization (id),
  team_id uuid NOT NULL,
  member_id uuid NOT NULL,
  role text NOT NULL DEFAULT 'developer' CHECK (role IN ('team_admin', 'developer')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, member_id),
  FOREIGN KEY (org_id, team_id) REFERENCES team (org_id, id),
  FOREIGN KEY (org_id, member_id) REFERENCES membership (org_id, id)
);
CREATE INDEX team_membership_org_team_idx ON team_membership (org_id, team_id);
CREATE INDEX team_membership_org_member_idx ON team_membership (org_id, member_id);
CREATE TABLE invitation (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  team_id uuid,
  email text NOT NULL CHECK (email = lower(email)),
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'billing', 'developer', 'viewer')),
  token_hash bytea NOT NULL UNIQUE,
  invited_by uuid NOT NULL REFERENCES app_user (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  accepted_at timestamptz,
  revoked_at timestamptz,
  FOREIGN KEY (org_id, team_id) REFERENCES team (org_id, id)
);
CREATE INDEX invitation_org_team_idx ON invitation (org_id, team_id);
CREATE INDEX invitation_invited_by_idx ON invitation (invited_by);

-- ── access ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE api_key (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  team_id uuid,
  member_id uuid,
  kind text NOT NULL CHECK (kind IN ('member', 'service')),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  hmac bytea NOT NULL UNIQUE,
  pepper_id text NOT NULL,
  public_prefix text NOT NULL,
  last_four text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
  allowed_models text[] NOT NULL DEFAULT '{}',
  allowed_endpoints text[] NOT NULL DEFAULT '{}',
  expires_at timestamptz,
  last_used_on date,
  created_by uuid REFERENCES app_user (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz,
  CHECK ((kind = 'member' AND member_id IS NOT NULL) OR (kind = 'service' AND team_id IS NOT NULL)),
  FOREIGN KEY (org_id, team_id) REFERENCES team (org_id, id),
  FOREIGN KEY (org_id, member_id) REFERENCES membership (org_id, id)
);
CREATE INDEX api_key_org_member_idx ON api_key (org_id, member_id);
CREATE INDEX api_key_org_team_idx ON api_key (org_id, team_id);
CREATE INDEX api_key_created_by_idx ON api_key (created_by);

CREATE TABLE budget (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  scope text NOT NULL CHECK (scope IN ('organization', 'team', 'member', 'key')),
  scope_id uuid NOT NULL,
  limit_pusd bigint NOT NULL CHECK (limit_pusd >= 0 AND limit_pusd <= 9000000000000000000),
  period text NOT NULL CHECK (period IN ('day', 'week', 'month', 'total')),
  time_zone text NOT NULL DEFAULT 'UTC',
  hard boolean NOT NULL DEFAULT true,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz
);
CREATE UNIQUE INDEX budget_live_idx ON budget (org_id, scope, scope_id, period) WHERE archived_at IS NULL;

CREATE TABLE rate_limit (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  scope text NOT NULL CHECK (scope IN ('organization', 'team', 'member', 'key')),
  scope_id uuid NOT NULL,
  requests_per_minute integer CHECK (requests_per_minute > 0),
  tokens_per_minute bigint CHECK (tokens_per_minute > 0),
  concurrency integer CHECK (concurrency > 0),
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz
);
CREATE UNIQUE INDEX rate_limit_live_idx ON rate_limit (org_id, scope, scope_id) WHERE archived_at IS NULL;

-- ── catalogue and prices (no tenant) ────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE provider (
  id text PRIMARY KEY,
  display_name text NOT NULL,
  dialect text NOT NULL,
  enabled boolean NOT NULL DEFAULT true
);
CREATE TABLE credential (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  provider_id text NOT NULL REFERENCES provider (id),
  label text NOT NULL,
  sealed bytea NOT NULL,
  sealing_key_id text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX credential_org_provider_idx ON credential (org_id, provider_id);
CREATE INDEX credential_provider_idx ON credential (provider_id);
CREATE TABLE model (
  id text PRIMARY KEY,
  display_name text NOT NULL,
  family text NOT NULL,
  author text NOT NULL,
  reasoning boolean NOT NULL DEFAULT false,
  input_modalities text[] NOT NULL DEFAULT '{text}',
  output_modalities text[] NOT NULL DEFAULT '{text}',
  aliases text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  deprecated_at timestamptz
);
CREATE TABLE offering (
  id text PRIMARY KEY,
  model_id text NOT NULL REFERENCES model (id),
  provider_id text NOT NULL REFERENCES provider (id),
  upstream_model text NOT NULL,
  context_tokens integer,
  max_output_tokens integer,
  priority integer NOT NULL DEFAULT 100,
  funding text NOT NULL DEFAULT 'platform' CHECK (funding IN ('platform', 'byok', 'local')),
  enabled boolean NOT NULL DEFAULT true,
  UNIQUE (provider_id, upstream_model)
);
CREATE INDEX offering_model_id_idx ON offering (model_id);

-- A book is the whole set of prices in force at one moment. Rows are never changed, only retired by a later book.
CREATE TABLE price_book (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  source_version text NOT NULL,
  note text NOT NULL DEFAULT '',
  approved_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE price_version (
  id uuid PRIMARY KEY,
  offering_id text NOT NULL REFERENCES offering (id),
  price_book_id integer NOT NULL REFERENCES price_book (id),
  retired_book_id integer REFERENCES price_book (id),
  bucket text NOT NULL,
  amount_pusd bigint NOT NULL CHECK (amount_pusd >= 0),
  per_units bigint NOT NULL CHECK (per_units > 0),
  context_from integer NOT NULL DEFAULT 0,
  service_tier text,
  window_from_minute integer CHECK (window_from_minute BETWEEN 0 AND 1439),
  window_to_minute integer CHECK (window_to_minute BETWEEN 0 AND 1440),
  effective_from date NOT NULL,
  source_url text NOT NULL,
  checked_on date NOT NULL,
  CHECK (retired_book_id > price_book_id)
);
CREATE INDEX price_version_offering_idx ON price_version (offering_id);
CREATE INDEX price_version_book_idx ON price_version (price_book_id);
CREATE INDEX price_version_retired_idx ON price_version (retired_book_id);
CREATE UNIQUE INDEX price_version_in_force_idx ON price_version (offering_id, bucket, context_from, service_tier, window_from_minute) NULLS NOT DISTINCT
  WHERE retired_book_id IS NULL;

-- ── routes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE route (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz,
  UNIQUE (org_id, name),
  UNIQUE (org_id, id)
);
CREATE TABLE route_version (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  route_id uuid NOT NULL,
  number integer NOT NULL,
  status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published', 'retired')),
  policy jsonb NOT NULL,
  note text NOT NULL DEFAULT '',
  published_by uuid REFERENCES app_user (id),
  published_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (route_id, number),
  FOREIGN KEY (org_id, route_id) REFERENCES route (org_id, id)
);
CREATE INDEX route_version_org_route_idx ON route_version (org_id, route_id);
CREATE INDEX route_version_published_by_idx ON route_version (published_by);

-- ── facts ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
-- Partitioned by request_id because a UUIDv7 starts with its millisecond: the key stays (request_id, attempt, kind, seq) and months are ranges.
-- No foreign keys: facts outlive organizations, and six of them cut ingest to a third.
CREATE TABLE usage_event (
  request_id uuid NOT NULL,
  attempt smallint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('settle', 'correction', 'refund')),
  seq smallint NOT NULL,
  org_id uuid NOT NULL,
  team_id uuid,
  member_id uuid,
  key_id uuid NOT NULL,
  endpoint text NOT NULL,
  caller_dialect text NOT NULL,
  streamed boolean NOT NULL,
  provider text NOT NULL,
  offering_id text NOT NULL,
  model_requested text NOT NULL,
  model_id text NOT NULL,
  model_served text,
  route_version_id uuid,
  service_tier text,
  funding text NOT NULL CHECK (funding IN ('platform', 'byok', 'local')),
  started_at timestamptz NOT NULL,
  first_byte_at timestamptz,
  ended_at timestamptz NOT NULL,
  billing_period date NOT NULL,
  -- The period whose invoice bills it: billing_period, or the open one when that was already closed at ingest.
  invoice_period date NOT NULL,
  price_book_id integer NOT NULL,
  units jsonb NOT NULL,
  usage_source text NOT NULL,
  provider_usage_raw jsonb,
  provider_request_id text,
  provider_stated_cost_pusd bigint,
  cost_pusd bigint NOT NULL,
  billed_pusd bigint NOT NULL,
  absorbed_pusd bigint NOT NULL,
  absorbed_reason text,
  outcome text NOT NULL,
  is_final boolean NOT NULL,
  http_status smallint NOT NULL,
  error_code text,
  estimate_pusd bigint NOT NULL,
  trail jsonb NOT NULL,
  proxy_id text NOT NULL,
  proxy_boot_id uuid NOT NULL,
  proxy_seq bigint NOT NULL,
  ingested_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (request_id, attempt, kind, seq),
  CHECK (kind <> 'settle' OR (cost_pusd >= 0 AND billed_pusd >= 0)),
  CHECK (funding <> 'platform' OR cost_pusd = billed_pusd + absorbed_pusd),
  CHECK (funding = 'platform' OR billed_pusd = 0)
) PARTITION BY RANGE (request_id);
CREATE INDEX usage_event_org_idx ON usage_event (org_id, request_id);

CREATE TABLE usage_event_default PARTITION OF usage_event DEFAULT;

-- Lowest UUIDv7 of an instant: the bound of a month's partition.
CREATE FUNCTION uuid_v7_floor(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-0000-0000-000000000000')::uuid
  FROM (SELECT lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS h) AS t
$$;

CREATE TABLE usage_rollup_hourly (
  org_id uuid NOT NULL,
  hour timestamptz NOT NULL,
  invoice_period date NOT NULL,
  billing_period date NOT NULL,
  team_id uuid,
  member_id uuid,
  key_id uuid NOT NULL,
  model_id text NOT NULL,
  provider text NOT NULL,
  route_version_id uuid,
  price_book_id integer NOT NULL,
  funding text NOT NULL,
  events bigint NOT NULL DEFAULT 0,
  requests bigint NOT NULL DEFAULT 0,
  failures bigint NOT NULL DEFAULT 0,
  input_uncached bigint NOT NULL DEFAULT 0,
  cache_read bigint NOT NULL DEFAULT 0,
  cache_write_5m bigint NOT NULL DEFAULT 0,
  cache_write_1h bigint NOT NULL DEFAULT 0,
  output_text bigint NOT NULL DEFAULT 0,
  output_reasoning bigint NOT NULL DEFAULT 0,
  other_units jsonb NOT NULL DEFAULT '{}',
  cost_pusd numeric(38, 0) NOT NULL DEFAULT 0,
  billed_pusd numeric(38, 0) NOT NULL DEFAULT 0,
  absorbed_pusd numeric(38, 0) NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX usage_rollup_hourly_key ON usage_rollup_hourly
  (org_id, hour, invoice_period, billing_period, team_id, member_id, key_id, model_id, provider, route_version_id, price_book_id, funding) NULLS NOT DISTINCT;
-- When a key was last used, and what one key spent.
CREATE INDEX usage_rollup_hourly_key_id_idx ON usage_rollup_hourly (org_id, key_id, hour);

CREATE TABLE proxy_boot (
  boot_id uuid PRIMARY KEY,
  proxy_id text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  -- Highest number up to which every begin has its terminal event in usage_event, and the last number that the journal gave out.
  acked_seq bigint NOT NULL DEFAULT 0,
  last_seq bigint NOT NULL DEFAULT 0
);
CREATE TABLE usage_quarantine (
  id uuid PRIMARY KEY,
  proxy_boot_id uuid,
  raw text NOT NULL,
  error text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz
);

-- ── ledger and invoices ─────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE ledger_transaction (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  -- What it stands for; posting the same thing twice is refused here, for ever.
  natural_key text NOT NULL UNIQUE,
  kind text NOT NULL,
  period date NOT NULL,
  memo text NOT NULL DEFAULT '',
  posted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_transaction_org_idx ON ledger_transaction (org_id, period);
CREATE TABLE ledger_entry (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  transaction_id uuid NOT NULL REFERENCES ledger_transaction (id),
  account text NOT NULL,
  -- Debit positive, credit negative; every transaction sums to zero.
  amount_pusd numeric(38, 0) NOT NULL
);
CREATE INDEX ledger_entry_transaction_idx ON ledger_entry (transaction_id);
CREATE INDEX ledger_entry_org_account_idx ON ledger_entry (org_id, account);
CREATE FUNCTION check_ledger_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT coalesce(sum(amount_pusd), 0) FROM ledger_entry WHERE transaction_id = NEW.transaction_id) <> 0 THEN
    RAISE EXCEPTION 'ledger transaction % does not balance', NEW.transaction_id;
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION check_ledger_balance();

CREATE TABLE invoice (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  period date NOT NULL,
  sequence integer NOT NULL DEFAULT 1,
  number text NOT NULL UNIQUE,
  status text NOT NULL CHECK (status IN ('finalised', 'carried', 'paid')),
  usage_pusd numeric(38, 0) NOT NULL,
  carry_in_pusd numeric(38, 0) NOT NULL,
  carry_out_pusd numeric(38, 0) NOT NULL,
  total_cents bigint NOT NULL CHECK (total_cents >= 0),
  event_count bigint NOT NULL,
  evidence jsonb NOT NULL,
  document_html text NOT NULL,
  document_sha256 bytea NOT NULL,
  issued_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, period, sequence),
  UNIQUE (org_id, id),
  CHECK (usage_pusd + carry_in_pusd - carry_out_pusd = total_cents::numeric * 10000000000)
);
CREATE TABLE invoice_line (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  invoice_id uuid NOT NULL,
  position integer NOT NULL,
  -- usage | late_usage | carry_over
  kind text NOT NULL,
  description text NOT NULL,
  billing_period date NOT NULL,
  model_id text,
  provider text,
  price_book_id integer,
  units jsonb NOT NULL,
  amount_pusd numeric(38, 0) NOT NULL,
  cents bigint NOT NULL,
  UNIQUE (invoice_id, position),
  FOREIGN KEY (org_id, invoice_id) REFERENCES invoice (org_id, id)
);
CREATE INDEX invoice_line_org_invoice_idx ON invoice_line (org_id, invoice_id);
CREATE TABLE period_close (
  org_id uuid NOT NULL REFERENCES organization (id),
  period date NOT NULL,
  invoice_id uuid NOT NULL,
  closed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, period),
  FOREIGN KEY (org_id, invoice_id) REFERENCES invoice (org_id, id)
);
CREATE INDEX period_close_org_invoice_idx ON period_close (org_id, invoice_id);
CREATE TABLE proof_run (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  proof text NOT NULL,
  period date NOT NULL,
  difference_pusd numeric(38, 0) NOT NULL,
  detail jsonb NOT NULL,
  ran_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX proof_run_org_idx ON proof_run (org_id, ran_at DESC);

CREATE TABLE stripe_event (
  id text PRIMARY KEY,
  type text NOT NULL,
  payload jsonb NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  processed_at timestamptz
);

-- ── record of acts ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE audit_log (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  actor_user_id uuid,
  action text NOT NULL,
  subject_kind text NOT NULL,
  subject_id text NOT NULL,
  before jsonb,
  after jsonb,
  ip text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_log_org_idx ON audit_log (org_id, id);

-- ── change feed ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE FUNCTION record_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  changed jsonb := to_jsonb(coalesce(NEW, OLD));
  next_seq bigint;
BEGIN
  UPDATE change_counter SET seq = seq + 1 RETURNING seq INTO next_seq;
  INSERT INTO change_log (seq, kind, org_id)
    VALUES (next_seq, TG_ARGV[0], CASE WHEN TG_TABLE_NAME = 'organization' THEN (changed ->> 'id')::uuid ELSE (changed ->> 'org_id')::uuid END);
  RETURN NULL;
END $$;
DO $$
DECLARE
  watched record;
BEGIN
  FOR watched IN SELECT * FROM (VALUES
    ('organization', 'tenant'), ('team', 'tenant'), ('membership', 'tenant'), ('team_membership', 'tenant'), ('api_key', 'tenant'), ('budget', 'tenant'),
    ('rate_limit', 'tenant'), ('credential', 'tenant'), ('route', 'tenant'), ('route_version', 'tenant')) AS t (name, kind)
  LOOP
    EXECUTE format('CREATE CONSTRAINT TRIGGER %I_changed AFTER INSERT OR UPDATE OR DELETE ON %I DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_change(%L)',
      watched.name, watched.name, watched.kind);
  END LOOP;
END $$;
-- A whole book or an import touches thousands of rows: one entry a statement is enough for these.
CREATE FUNCTION record_catalogue_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  next_seq bigint;
BEGIN
  UPDATE change_counter SET seq = seq + 1 RETURNING seq INTO next_seq;
  INSERT INTO change_log (seq, kind, org_id) VALUES (next_seq, 'catalogue', NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER provider_changed AFTER INSERT OR UPDATE OR DELETE ON provider FOR EACH STATEMENT EXECUTE FUNCTION record_catalogue_change();
CREATE TRIGGER model_changed AFTER INSERT OR UPDATE OR DELETE ON model FOR EACH STATEMENT EXECUTE FUNCTION record_catalogue_change();
CREATE TRIGGER offering_changed AFTER INSERT OR UPDATE OR DELETE ON offering FOR EACH STATEMENT EXECUTE FUNCTION record_catalogue_change();
CREATE TRIGGER price_book_changed AFTER INSERT ON price_book FOR EACH STATEMENT EXECUTE FUNCTION record_catalogue_change();
CREATE TRIGGER price_version_changed AFTER INSERT OR UPDATE ON price_version FOR EACH STATEMENT EXECUTE FUNCTION record_catalogue_change();
CREATE TRIGGER platform_setting_changed AFTER INSERT OR UPDATE OR DELETE ON platform_setting FOR EACH STATEMENT EXECUTE FUNCTION record_catalogue_change();
