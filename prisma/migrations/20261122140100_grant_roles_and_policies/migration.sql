-- Who may touch what. Grants say which columns, policies say which rows; both are needed, either one alone refuses.
-- FORCE makes the policies bind the owner of the tables too, so that a service started with the owner's URL by mistake still sees one tenant.

-- ── row-level security on everything that belongs to an organization ────────────────────────────────────────────────────────────
-- Called again for each new partition: one read directly obeys its own policies, not its parent's.
CREATE FUNCTION protect_tenant_table(target regclass) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('CREATE POLICY tenant ON %s USING (org_id = current_org()) WITH CHECK (org_id = current_org())', target);
  EXECUTE format('CREATE POLICY worker ON %s TO atpar_worker USING (true) WITH CHECK (true)', target);
END $$;
REVOKE EXECUTE ON FUNCTION protect_tenant_table(regclass) FROM PUBLIC;

DO $$
DECLARE
  tenant_table regclass;
BEGIN
  FOR tenant_table IN
    SELECT c.oid FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  LOOP
    PERFORM protect_tenant_table(tenant_table);
  END LOOP;
END $$;

ALTER TABLE organization ENABLE ROW LEVEL SECURITY;
ALTER TABLE organization FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organization USING (id = current_org()) WITH CHECK (id = current_org());
CREATE POLICY worker ON organization TO atpar_worker USING (true) WITH CHECK (true);

ALTER TABLE app_user ENABLE ROW LEVEL SECURITY;
ALTER TABLE app_user FORCE ROW LEVEL SECURITY;
CREATE POLICY self ON app_user USING (id = current_actor()) WITH CHECK (id = current_actor());
-- Names beside keys and audit entries, former members included.
CREATE POLICY same_organization ON app_user FOR SELECT USING (id IN (SELECT user_id FROM membership WHERE org_id = current_org()));
CREATE POLICY worker ON app_user TO atpar_worker USING (true) WITH CHECK (true);

ALTER TABLE user_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_session FORCE ROW LEVEL SECURITY;
CREATE POLICY self ON user_session USING (user_id = current_actor()) WITH CHECK (user_id = current_actor());
CREATE POLICY worker ON user_session TO atpar_worker USING (true) WITH CHECK (true);

-- ── every role ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
GRANT USAGE ON SCHEMA public TO atpar_app, atpar_gateway, atpar_shipper, atpar_worker, atpar_definer;
-- What a service needs to know about the catalogue and the installation is no tenant's secret.
GRANT SELECT ON provider, model, offering, price_book, price_version, platform_setting TO atpar_app, atpar_gateway, atpar_worker;

-- ── app: the dashboard. Secrets may be written and never read back ──────────────────────────────────────────────────────────────
GRANT SELECT, INSERT, UPDATE (name, slug) ON organization TO atpar_app;
GRANT SELECT, INSERT, UPDATE (name, archived_at) ON team TO atpar_app;
GRANT SELECT, INSERT, UPDATE (role, status, removed_at) ON membership TO atpar_app;
GRANT SELECT, INSERT, DELETE, UPDATE (role) ON team_membership TO atpar_app;
GRANT SELECT (id, email, name, email_verified_at, is_operator, created_at, deleted_at), INSERT (id, email, name, password_hash),
  UPDATE (email, name, password_hash, email_verified_at, deleted_at) ON app_user TO atpar_app;
GRANT SELECT (id, user_id, user_agent, ip, created_at, last_seen_at, expires_at, revoked_at), INSERT,
  UPDATE (last_seen_at, expires_at, revoked_at) ON user_session TO atpar_app;
GRANT SELECT (id, org_id, team_id, email, role, invited_by, created_at, expires_at, accepted_at, revoked_at), INSERT,
  UPDATE (accepted_at, revoked_at) ON invitation TO atpar_app;
GRANT SELECT (id, org_id, team_id, member_id, kind, name, pepper_id, public_prefix, last_four, status, allowed_models, allowed_endpoints, expires_at, last_used_on, created_by, created_at, revoked_at),
  INSERT, UPDATE (name, status, allowed_models, allowed_endpoints, expires_at, revoked_at) ON api_key TO atpar_app;
GRANT SELECT, INSERT, UPDATE (limit_pusd, hard, time_zone, version, archived_at) ON budget TO atpar_app;
GRANT SELECT, INSERT, UPDATE (requests_per_minute, tokens_per_minute, concurrency, version, archived_at) ON rate_limit TO atpar_app;
GRANT SELECT (id, org_id, provider_id, label, sealing_key_id, status, created_at), INSERT, UPDATE (label, status), DELETE ON credential TO atpar_app;
GRANT SELECT, INSERT, UPDATE (name, archived_at) ON route TO atpar_app;
GRANT SELECT, INSERT, UPDATE (status, policy, note, published_by, published_at) ON route_version TO atpar_app;
GRANT SELECT, INSERT ON audit_log TO atpar_app;
GRANT SELECT ON usage_event, usage_rollup_hourly, ledger_transaction, ledger_entry, invoice, invoice_line, period_close, proof_run TO atpar_app;

-- ── gateway: the proxy. A tenant's rows only through find_key and budget_usage below ────────────────────────────────────────────
GRANT SELECT ON change_counter, change_log TO atpar_gateway;
CREATE POLICY gateway ON change_log FOR SELECT TO atpar_gateway USING (true);
GRANT SELECT, INSERT, UPDATE ON proxy_boot TO atpar_gateway;

-- ── shipper: adds facts, never changes or deletes one. SELECT is what ON CONFLICT and RETURNING ask for ─────────────────────────
GRANT SELECT, INSERT ON usage_event TO atpar_shipper;
CREATE POLICY shipper_reads ON usage_event FOR SELECT TO atpar_shipper USING (true);
CREATE POLICY shipper_adds ON usage_event FOR INSERT TO atpar_shipper WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON usage_rollup_hourly TO atpar_shipper;
CREATE POLICY shipper ON usage_rollup_hourly TO atpar_shipper USING (true) WITH CHECK (true);
GRANT SELECT ON period_close, platform_setting TO atpar_shipper;
CREATE POLICY shipper ON period_close FOR SELECT TO atpar_shipper USING (true);
GRANT SELECT, INSERT, UPDATE ON proxy_boot TO atpar_shipper;
GRANT INSERT ON usage_quarantine TO atpar_shipper;

-- ── worker: every organization, but facts, postings and the record of acts only grow ────────────────────────────────────────────
GRANT SELECT, INSERT, UPDATE, DELETE ON provider, model, offering, platform_setting, team, team_membership, membership, budget, rate_limit, route, route_version,
  usage_rollup_hourly, proxy_boot, usage_quarantine, stripe_event, proof_run, change_log TO atpar_worker;
GRANT SELECT, INSERT, UPDATE ON organization, invoice, period_close, price_book, price_version TO atpar_worker;
GRANT SELECT, INSERT ON usage_event, ledger_transaction, ledger_entry, invoice_line, audit_log TO atpar_worker;
GRANT SELECT ON change_counter TO atpar_worker;
GRANT SELECT (id, email, name, email_verified_at, is_operator, created_at, deleted_at) ON app_user TO atpar_worker;
GRANT SELECT (id, user_id, user_agent, ip, created_at, last_seen_at, expires_at, revoked_at), UPDATE (revoked_at), DELETE ON user_session TO atpar_worker;
GRANT SELECT (id, org_id, team_id, email, role, invited_by, created_at, expires_at, accepted_at, revoked_at), UPDATE (revoked_at) ON invitation TO atpar_worker;
GRANT SELECT (id, org_id, team_id, member_id, kind, name, pepper_id, public_prefix, last_four, status, allowed_models, allowed_endpoints, expires_at, last_used_on, created_by, created_at, revoked_at),
  UPDATE (status, revoked_at, last_used_on) ON api_key TO atpar_worker;
GRANT SELECT (id, org_id, provider_id, label, sealing_key_id, status, created_at), UPDATE (status) ON credential TO atpar_worker;

-- ── definer: what the functions below read ──────────────────────────────────────────────────────────────────────────────────────
GRANT SELECT, UPDATE ON change_counter TO atpar_definer;
GRANT INSERT ON change_log TO atpar_definer;
CREATE POLICY definer ON change_log FOR INSERT TO atpar_definer WITH CHECK (true);
GRANT SELECT ON api_key, organization, team, membership, team_membership, budget, rate_limit, app_user, user_session, invitation TO atpar_definer;
GRANT SELECT (org_id, request_id, team_id, member_id, key_id, billed_pusd) ON usage_event TO atpar_definer;
GRANT SELECT (org_id, hour, team_id, member_id, key_id, billed_pusd) ON usage_rollup_hourly TO atpar_definer;
DO $$
DECLARE
  readable text;
BEGIN
  FOREACH readable IN ARRAY ARRAY['api_key', 'organization', 'team', 'membership', 'team_membership', 'budget', 'rate_limit', 'app_user', 'user_session',
    'invitation', 'usage_event', 'usage_rollup_hourly']
  LOOP
    EXECUTE format('CREATE POLICY definer ON %I FOR SELECT TO atpar_definer USING (true)', readable);
  END LOOP;
END $$;

-- ── functions that serve what has no tenant yet ─────────────────────────────────────────────────────────────────────────────────
-- Whom a key speaks for, in the shape of core's Caller; money as text. Null when no key has this hash. STABLE, so every table and the change
-- number are read in the snapshot of one statement: a later change is always one with a higher number.
-- A key stops with what it hangs on: its organization closed, its team archived, its member removed or no longer in its team.
-- A member's key that names no team counts against the team its member joined first.
CREATE FUNCTION find_key(wanted_hmac bytea) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH found AS (
    SELECT k.*, o.status AS org_status,
      coalesce(k.team_id, (SELECT tm.team_id FROM team_membership tm JOIN team t ON t.id = tm.team_id AND t.archived_at IS NULL
        WHERE tm.org_id = k.org_id AND tm.member_id = k.member_id ORDER BY tm.created_at, tm.team_id LIMIT 1)) AS counted_team_id
    FROM api_key k JOIN organization o ON o.id = k.org_id
    WHERE k.hmac = wanted_hmac
  ), standing AS (
    SELECT f.*,
      f.status = 'revoked' OR f.org_status = 'closed'
      OR EXISTS (SELECT 1 FROM team t WHERE t.org_id = f.org_id AND t.id = f.team_id AND t.archived_at IS NOT NULL)
      OR EXISTS (SELECT 1 FROM membership m WHERE m.org_id = f.org_id AND m.id = f.member_id AND m.status <> 'active')
      OR (f.kind = 'member' AND f.team_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM team_membership tm WHERE tm.org_id = f.org_id AND tm.team_id = f.team_id AND tm.member_id = f.member_id))
      AS is_revoked
    FROM found f
  ), levels AS (
    SELECT s.org_id, level.scope, level.scope_id
    FROM standing s, LATERAL (VALUES ('key', s.id), ('member', s.member_id), ('team', s.counted_team_id), ('organization', s.org_id)) AS level (scope, scope_id)
    WHERE level.scope_id IS NOT NULL
  )
  SELECT jsonb_build_object(
    'keyId', s.id, 'keyName', s.name, 'keyStatus', CASE WHEN s.is_revoked THEN 'revoked' ELSE 'active' END,
    'expiresAtMs', floor(extract(epoch FROM s.expires_at) * 1000),
    'orgId', s.org_id, 'orgStatus', CASE WHEN s.org_status = 'active' THEN 'active' ELSE 'suspended' END,
    'teamId', s.counted_team_id, 'memberId', s.member_id,
    'allowedModels', to_jsonb(s.allowed_models), 'allowedEndpoints', to_jsonb(s.allowed_endpoints),
    'budgets', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'scope', b.scope, 'scopeId', b.scope_id, 'limitPusd', b.limit_pusd::text,
        'period', b.period, 'timeZone', b.time_zone, 'hard', b.hard, 'version', b.version) ORDER BY b.id), '[]')
      FROM budget b JOIN levels l ON b.org_id = l.org_id AND b.scope = l.scope AND b.scope_id = l.scope_id WHERE b.archived_at IS NULL),
    'rateLimits', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'scope', r.scope, 'scopeId', r.scope_id, 'requestsPerMinute', r.requests_per_minute,
        'tokensPerMinute', r.tokens_per_minute, 'concurrency', r.concurrency, 'version', r.version) ORDER BY r.id), '[]')
      FROM rate_limit r JOIN levels l ON r.org_id = l.org_id AND r.scope = l.scope AND r.scope_id = l.scope_id WHERE r.archived_at IS NULL),
    'changeSeq', (SELECT seq FROM change_counter))
  FROM standing s
$$;

-- Money billed at one level in [since, until); null = without that bound. Whole hours come from the roll-ups, the odd minutes at both ends
-- (midnight in Kolkata is 18:30 UTC) from the events, whose ids begin with their millisecond.
CREATE FUNCTION budget_usage(wanted_org uuid, wanted_scope text, wanted_scope_id uuid, since timestamptz, until timestamptz) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH bounds AS (
    SELECT since AS lower_bound, until AS upper_bound,
      CASE WHEN since = date_trunc('hour', since, 'UTC') THEN since ELSE date_trunc('hour', since, 'UTC') + interval '1 hour' END AS first_hour,
      date_trunc('hour', until, 'UTC') AS end_hour
  ), whole_hours AS (
    SELECT coalesce(sum(r.billed_pusd), 0) AS amount FROM usage_rollup_hourly r, bounds
    WHERE r.org_id = wanted_org AND (since IS NULL OR r.hour >= bounds.first_hour) AND (until IS NULL OR r.hour < bounds.end_hour)
      AND CASE wanted_scope WHEN 'organization' THEN r.org_id WHEN 'team' THEN r.team_id WHEN 'member' THEN r.member_id WHEN 'key' THEN r.key_id END = wanted_scope_id
  ), odd_minutes AS (
    SELECT coalesce(sum(e.billed_pusd), 0) AS amount
    FROM bounds, LATERAL (VALUES
      (bounds.lower_bound, least(bounds.first_hour, bounds.upper_bound)),
      (greatest(bounds.end_hour, bounds.first_hour, bounds.lower_bound), bounds.upper_bound)) AS edge (edge_from, edge_to),
      LATERAL (SELECT u.billed_pusd FROM usage_event u
        WHERE u.org_id = wanted_org AND u.request_id >= uuid_v7_floor(edge.edge_from) AND u.request_id < uuid_v7_floor(edge.edge_to)
          AND CASE wanted_scope WHEN 'organization' THEN u.org_id WHEN 'team' THEN u.team_id WHEN 'member' THEN u.member_id WHEN 'key' THEN u.key_id END = wanted_scope_id) AS e
    WHERE edge.edge_from < edge.edge_to
  )
  SELECT whole_hours.amount + odd_minutes.amount FROM whole_hours, odd_minutes
$$;

CREATE FUNCTION find_login(wanted_email text) RETURNS TABLE (user_id uuid, name text, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT u.id, u.name, u.password_hash FROM app_user u WHERE u.email = lower(wanted_email) AND u.deleted_at IS NULL
$$;

CREATE FUNCTION find_session(wanted_hash bytea) RETURNS TABLE (session_id uuid, user_id uuid, email text, name text, is_operator boolean, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT s.id, u.id, u.email, u.name, u.is_operator, s.expires_at FROM user_session s JOIN app_user u ON u.id = s.user_id
  WHERE s.token_hash = wanted_hash AND s.revoked_at IS NULL AND s.expires_at > now() AND u.deleted_at IS NULL
$$;

CREATE FUNCTION find_invitation(wanted_hash bytea)
RETURNS TABLE (invitation_id uuid, org_id uuid, org_slug text, org_name text, team_id uuid, email text, role text, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT i.id, i.org_id, o.slug, o.name, i.team_id, i.email, i.role, i.expires_at FROM invitation i JOIN organization o ON o.id = i.org_id
  WHERE i.token_hash = wanted_hash AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now() AND o.status <> 'closed'
$$;

-- The organizations of the one who is asking, before one of them is chosen. Takes no user: it answers for current_actor() alone.
CREATE FUNCTION list_memberships() RETURNS TABLE (org_id uuid, slug text, name text, status text, member_id uuid, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT o.id, o.slug, o.name, o.status, m.id, m.role FROM membership m JOIN organization o ON o.id = m.org_id
  WHERE m.user_id = current_actor() AND m.status = 'active' AND o.status <> 'closed' ORDER BY m.created_at, m.id
$$;

REVOKE EXECUTE ON FUNCTION find_key(bytea), budget_usage(uuid, text, uuid, timestamptz, timestamptz), find_login(text), find_session(bytea), find_invitation(bytea),
  list_memberships(), record_change(), record_catalogue_change() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_key(bytea), budget_usage(uuid, text, uuid, timestamptz, timestamptz) TO atpar_gateway;
GRANT EXECUTE ON FUNCTION find_login(text), find_session(bytea), find_invitation(bytea), list_memberships() TO atpar_app;
-- The worker audits Redis against the same sum.
GRANT EXECUTE ON FUNCTION budget_usage(uuid, text, uuid, timestamptz, timestamptz) TO atpar_worker;

-- A function's new owner must be able to create in the schema, at this moment only.
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_key(bytea) OWNER TO atpar_definer;
ALTER FUNCTION budget_usage(uuid, text, uuid, timestamptz, timestamptz) OWNER TO atpar_definer;
ALTER FUNCTION find_login(text) OWNER TO atpar_definer;
ALTER FUNCTION find_session(bytea) OWNER TO atpar_definer;
ALTER FUNCTION find_invitation(bytea) OWNER TO atpar_definer;
ALTER FUNCTION list_memberships() OWNER TO atpar_definer;
ALTER FUNCTION record_change() OWNER TO atpar_definer;
ALTER FUNCTION record_catalogue_change() OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;

-- ── partitions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
-- Makes the month partitions of usage_event from months_back ago to months_ahead and returns how many were missing. Adding a partition takes
-- ownership of the parent, so this runs as the migrating owner; two small integers are all it takes from outside, and every name and bound
-- is computed from them. Rows that already fell into the default partition (a clock moved further ahead than the partitions) move to their month.
CREATE FUNCTION ensure_usage_partitions(months_back integer, months_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  this_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  month_start timestamptz;
  month_end timestamptz;
  partition_name text;
  missing integer := 0;
BEGIN
  IF months_back NOT BETWEEN 0 AND 24 OR months_ahead NOT BETWEEN 0 AND 24 THEN
    RAISE EXCEPTION 'months must lie between 0 and 24, not % and %', months_back, months_ahead;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('ensure_usage_partitions'));
  FOR offset_months IN -months_back .. months_ahead LOOP
    month_start := (this_month + make_interval(months => offset_months)) AT TIME ZONE 'UTC';
    month_end := (this_month + make_interval(months => offset_months + 1)) AT TIME ZONE 'UTC';
    partition_name := 'usage_event_' || to_char(month_start AT TIME ZONE 'UTC', 'YYYY_MM');
    CONTINUE WHEN to_regclass('public.' || partition_name) IS NOT NULL;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.usage_event INCLUDING ALL)', partition_name);
    ALTER TABLE public.usage_event_default NO FORCE ROW LEVEL SECURITY;
    EXECUTE format('WITH moved AS (DELETE FROM public.usage_event_default WHERE request_id >= %L AND request_id < %L RETURNING *) INSERT INTO public.%I SELECT * FROM moved',
      uuid_v7_floor(month_start), uuid_v7_floor(month_end), partition_name);
    ALTER TABLE public.usage_event_default FORCE ROW LEVEL SECURITY;
    EXECUTE format('ALTER TABLE public.usage_event ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
      partition_name, uuid_v7_floor(month_start), uuid_v7_floor(month_end));
    PERFORM protect_tenant_table(partition_name::regclass);
    missing := missing + 1;
  END LOOP;
  RETURN missing;
END $$;
REVOKE EXECUTE ON FUNCTION ensure_usage_partitions(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_usage_partitions(integer, integer) TO atpar_worker;
SELECT ensure_usage_partitions(1, 3);

-- ── sums over units ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
-- Adds two objects of bucket → count, key by key. Almost every event has no bucket outside the columns, hence the short cuts.
CREATE FUNCTION add_units(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN a = '{}' THEN b
    WHEN b = '{}' THEN a
    ELSE (SELECT jsonb_object_agg(bucket, total) FROM (
      SELECT bucket, sum(value::numeric) AS total FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) AS both_sides (bucket, value) GROUP BY bucket) AS sums)
  END
$$;
CREATE AGGREGATE sum_units (jsonb) (SFUNC = add_units, STYPE = jsonb, INITCOND = '{}', PARALLEL = SAFE);
