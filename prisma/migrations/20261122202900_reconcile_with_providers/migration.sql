-- What providers say they charge us, beside what our events say, by provider, model and UTC day; and what somebody has to look at.
-- None of this belongs to an organization: a provider's bill knows our account only.
CREATE TABLE provider_bill_import (
  id uuid PRIMARY KEY,
  provider text NOT NULL,
  -- openai-usage | openai-costs | anthropic-usage | anthropic-costs | csv
  source text NOT NULL,
  -- Of the report's bytes: the same report twice changes nothing.
  source_sha256 bytea NOT NULL CHECK (length(source_sha256) = 32),
  from_day date NOT NULL,
  until_day date NOT NULL CHECK (until_day > from_day),
  lines integer NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX provider_bill_import_sha_idx ON provider_bill_import (source_sha256);

CREATE TABLE provider_bill (
  provider text NOT NULL,
  -- As the provider names it.
  model text NOT NULL,
  day date NOT NULL,
  bucket text NOT NULL,
  -- Null where the report that would say is not in yet; costs and counts come in separate reports.
  units bigint CHECK (units >= 0),
  cost_pusd numeric(38, 0),
  units_import_id uuid REFERENCES provider_bill_import (id),
  cost_import_id uuid REFERENCES provider_bill_import (id),
  imported_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, day, model, bucket),
  CHECK (units IS NOT NULL OR cost_pusd IS NOT NULL)
);
CREATE INDEX provider_bill_units_import_idx ON provider_bill (units_import_id);
CREATE INDEX provider_bill_cost_import_idx ON provider_bill (cost_import_id);

CREATE TABLE incident (
  id uuid PRIMARY KEY,
  -- What sort of thing, and which one: one open incident at most speaks of it.
  kind text NOT NULL,
  subject text NOT NULL,
  -- Null when it concerns the installation.
  affected_org uuid REFERENCES organization (id),
  summary text NOT NULL,
  difference_pusd numeric(38, 0) NOT NULL DEFAULT 0,
  detail jsonb NOT NULL DEFAULT '{}',
  opened_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  closed_by uuid REFERENCES app_user (id),
  -- Null when it went away by itself.
  closing_reason text CHECK (length(closing_reason) BETWEEN 1 AND 500),
  CHECK (closed_by IS NULL OR (closed_at IS NOT NULL AND closing_reason IS NOT NULL))
);
CREATE UNIQUE INDEX incident_open_key ON incident (kind, subject) WHERE closed_at IS NULL;
CREATE INDEX incident_opened_idx ON incident (opened_at DESC);
CREATE INDEX incident_affected_org_idx ON incident (affected_org);
CREATE INDEX incident_closed_by_idx ON incident (closed_by);

CREATE TABLE reconciliation (
  provider text NOT NULL,
  model text NOT NULL,
  day date NOT NULL,
  -- Our names for what was served under the provider's: how an organization's roll-ups find their days here.
  model_ids text[] NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('equal', 'explained', 'different')),
  our_cost_pusd numeric(38, 0) NOT NULL,
  bill_cost_pusd numeric(38, 0),
  unexplained_units bigint NOT NULL,
  unexplained_pusd numeric(38, 0) NOT NULL,
  -- One object per bucket: ours, billed, difference and what explains it; counts as text.
  buckets jsonb NOT NULL,
  incident_id uuid REFERENCES incident (id),
  compared_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, day, model)
);
CREATE INDEX reconciliation_day_idx ON reconciliation (day DESC);
CREATE INDEX reconciliation_incident_idx ON reconciliation (incident_id);

GRANT SELECT, INSERT ON provider_bill_import TO atpar_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON provider_bill, reconciliation TO atpar_worker;
GRANT SELECT, INSERT, UPDATE ON incident TO atpar_worker;

-- ── the operator's pages: only who is an operator at this moment is answered ────────────────────────────────────────────────────
GRANT SELECT ON provider_bill, provider_bill_import, reconciliation, incident, proof_run TO atpar_definer;
GRANT UPDATE (closed_at, closed_by, closing_reason) ON incident TO atpar_definer;
CREATE POLICY definer ON proof_run FOR SELECT TO atpar_definer USING (true);

CREATE FUNCTION is_operator_asking() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM app_user WHERE id = current_actor() AND is_operator AND deleted_at IS NULL)
$$;

CREATE FUNCTION operator_reconciliation(since date)
RETURNS TABLE (provider text, model text, day date, verdict text, our_cost_pusd numeric, bill_cost_pusd numeric, unexplained_units bigint, unexplained_pusd numeric, buckets jsonb,
  incident_id uuid, is_incident_open boolean, compared_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT r.provider, r.model, r.day, r.verdict, r.our_cost_pusd, r.bill_cost_pusd, r.unexplained_units, r.unexplained_pusd, r.buckets, r.incident_id,
    EXISTS (SELECT 1 FROM incident i WHERE i.id = r.incident_id AND i.closed_at IS NULL), r.compared_at
  FROM reconciliation r WHERE r.day >= since AND is_operator_asking() ORDER BY r.day DESC, r.provider, r.model LIMIT 2000
$$;

CREATE FUNCTION operator_incidents()
RETURNS TABLE (incident_id uuid, kind text, subject text, summary text, org_slug text, difference_pusd numeric, opened_at timestamptz, seen_at timestamptz, closed_at timestamptz,
  closed_by_name text, closing_reason text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT i.id, i.kind, i.subject, i.summary, o.slug, i.difference_pusd, i.opened_at, i.seen_at, i.closed_at, u.name, i.closing_reason
  FROM incident i LEFT JOIN organization o ON o.id = i.affected_org LEFT JOIN app_user u ON u.id = i.closed_by
  WHERE is_operator_asking() ORDER BY i.closed_at DESC NULLS FIRST, i.opened_at DESC LIMIT 200
$$;

-- False when it is closed already or nobody has this id.
CREATE FUNCTION operator_close_incident(wanted_incident uuid, wanted_reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT is_operator_asking() THEN
    RETURN false;
  END IF;
  UPDATE incident SET closed_at = now(), closed_by = current_actor(), closing_reason = wanted_reason WHERE id = wanted_incident AND closed_at IS NULL;
  RETURN FOUND;
END $$;

-- The newest run of each proof of each organization and month: what differs first.
CREATE FUNCTION operator_proofs()
RETURNS TABLE (org_slug text, org_name text, period date, proof text, difference_pusd numeric, detail jsonb, ran_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT o.slug, o.name, newest.period, newest.proof, newest.difference_pusd, newest.detail, newest.ran_at
  FROM (SELECT DISTINCT ON (p.org_id, p.period, p.proof) p.* FROM proof_run p WHERE p.ran_at > now() - interval '40 days' ORDER BY p.org_id, p.period, p.proof, p.ran_at DESC, p.id DESC) AS newest
  JOIN organization o ON o.id = newest.org_id
  WHERE is_operator_asking() ORDER BY newest.difference_pusd <> 0 DESC, o.slug, newest.period DESC, newest.proof LIMIT 3000
$$;

REVOKE EXECUTE ON FUNCTION is_operator_asking(), operator_reconciliation(date), operator_incidents(), operator_close_incident(uuid, text), operator_proofs() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_operator_asking(), operator_reconciliation(date), operator_incidents(), operator_close_incident(uuid, text), operator_proofs() TO atpar_app;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION is_operator_asking() OWNER TO atpar_definer;
ALTER FUNCTION operator_reconciliation(date) OWNER TO atpar_definer;
ALTER FUNCTION operator_incidents() OWNER TO atpar_definer;
ALTER FUNCTION operator_close_incident(uuid, text) OWNER TO atpar_definer;
ALTER FUNCTION operator_proofs() OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
