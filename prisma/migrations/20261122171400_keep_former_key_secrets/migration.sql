-- A rotated key stays the same key: its row gets a new secret, and the former one is kept here for as long as it still opens the same door. So
-- its id, its limits, what counts against them and its usage go on without a seam, whichever of the two secrets a caller sends.
CREATE TABLE key_former_secret (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  key_id uuid NOT NULL,
  hmac bytea NOT NULL UNIQUE,
  pepper_id text NOT NULL,
  public_prefix text NOT NULL,
  last_four text NOT NULL,
  replaced_by uuid REFERENCES app_user (id),
  replaced_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  is_leaked boolean NOT NULL DEFAULT false,
  FOREIGN KEY (org_id, key_id) REFERENCES api_key (org_id, id)
);
CREATE INDEX key_former_secret_org_key_idx ON key_former_secret (org_id, key_id);
CREATE INDEX key_former_secret_replaced_by_idx ON key_former_secret (replaced_by);
SELECT protect_tenant_table('key_former_secret');
CREATE CONSTRAINT TRIGGER key_former_secret_changed AFTER INSERT OR UPDATE OR DELETE ON key_former_secret DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION record_change('tenant');

-- A second row per rotation would have split one key's spend in two.
ALTER TABLE api_key DROP COLUMN replaced_key_id;

-- Which crossings of a threshold people were told of: once per budget, period and threshold, however often the job runs.
CREATE TABLE budget_notice (
  org_id uuid NOT NULL REFERENCES organization (id),
  budget_id uuid NOT NULL REFERENCES budget (id),
  period_id text NOT NULL,
  threshold integer NOT NULL CHECK (threshold BETWEEN 1 AND 1000),
  noticed_at timestamptz NOT NULL DEFAULT now(),
  -- Null until every mail about it is queued: a job that died in between is finished by the next.
  told_at timestamptz,
  PRIMARY KEY (budget_id, period_id, threshold)
);
CREATE INDEX budget_notice_org_idx ON budget_notice (org_id, noticed_at);
CREATE INDEX budget_notice_untold_idx ON budget_notice (noticed_at) WHERE told_at IS NULL;
SELECT protect_tenant_table('budget_notice');

GRANT SELECT (id, org_id, key_id, pepper_id, public_prefix, last_four, replaced_by, replaced_at, expires_at, is_leaked), UPDATE (expires_at, is_leaked) ON key_former_secret TO atpar_app;
GRANT SELECT ON budget_notice TO atpar_app;
GRANT SELECT, INSERT, UPDATE ON budget_notice TO atpar_worker;
-- Whom a notice about a key concerns; why a key stopped.
GRANT SELECT (allowed_routes, allowed_cidrs, labels, revoked_reason), UPDATE (revoked_reason) ON api_key TO atpar_worker;

GRANT SELECT, INSERT ON key_former_secret TO atpar_definer;
CREATE POLICY definer ON key_former_secret FOR SELECT TO atpar_definer USING (true);
GRANT UPDATE (hmac, pepper_id, public_prefix, last_four) ON api_key TO atpar_definer;

-- In the place of 20261122170000's: a former secret, while it lasts, speaks for the key that it was a secret of.
DROP FUNCTION find_key(bytea);
CREATE FUNCTION find_key(wanted_hmac bytea) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH found AS (
    SELECT k.*, o.status AS org_status, least(k.expires_at, secret.ends_at) AS ends_at,
      coalesce(k.team_id, (SELECT tm.team_id FROM team_membership tm JOIN team t ON t.id = tm.team_id AND t.archived_at IS NULL
        WHERE tm.org_id = k.org_id AND tm.member_id = k.member_id ORDER BY tm.created_at, tm.team_id LIMIT 1)) AS counted_team_id
    FROM (SELECT id AS key_id, NULL::timestamptz AS ends_at FROM api_key WHERE hmac = wanted_hmac
      UNION ALL SELECT key_id, expires_at FROM key_former_secret WHERE hmac = wanted_hmac) AS secret
    JOIN api_key k ON k.id = secret.key_id JOIN organization o ON o.id = k.org_id
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
    'keyId', s.id, 'keyName', s.name, 'keyKind', s.kind, 'keyStatus', CASE WHEN s.is_revoked THEN 'revoked' ELSE 'active' END,
    'expiresAtMs', floor(extract(epoch FROM s.ends_at) * 1000),
    'orgId', s.org_id, 'orgStatus', CASE WHEN s.org_status = 'active' THEN 'active' ELSE 'suspended' END,
    'teamId', s.counted_team_id, 'memberId', s.member_id,
    'allowedModels', to_jsonb(s.allowed_models), 'allowedEndpoints', to_jsonb(s.allowed_endpoints), 'allowedRoutes', to_jsonb(s.allowed_routes),
    'allowedCidrs', to_jsonb(s.allowed_cidrs), 'labels', to_jsonb(s.labels),
    'budgets', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'scope', b.scope, 'scopeId', b.scope_id, 'limitPusd', b.limit_pusd::text,
        'unit', b.unit, 'limitTokens', b.limit_tokens::text, 'modelId', b.model_id, 'tag', b.tag, 'softThresholds', to_jsonb(b.soft_thresholds),
        'period', b.period, 'timeZone', b.time_zone, 'hard', b.hard, 'version', b.version) ORDER BY b.id), '[]')
      FROM budget b JOIN levels l ON b.org_id = l.org_id AND b.scope = l.scope AND b.scope_id = l.scope_id WHERE b.archived_at IS NULL),
    'rateLimits', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'scope', r.scope, 'scopeId', r.scope_id, 'requestsPerMinute', r.requests_per_minute,
        'tokensPerMinute', r.tokens_per_minute, 'concurrency', r.concurrency,
        'modelId', r.model_id, 'tag', r.tag, 'version', r.version) ORDER BY r.id), '[]')
      FROM rate_limit r JOIN levels l ON r.org_id = l.org_id AND r.scope = l.scope AND r.scope_id = l.scope_id WHERE r.archived_at IS NULL),
    'changeSeq', (SELECT seq FROM change_counter))
  FROM standing s
$$;

-- Gives an active key of the organization that is asking a new secret and keeps the old one until `former_ends`. The app can write a hash and not
-- read one back, so the old one is moved here. False when there is no such key.
CREATE FUNCTION rotate_key_secret(wanted_key uuid, former_id uuid, new_hmac bytea, new_pepper_id text, new_prefix text, new_last_four text, former_ends timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM 1 FROM api_key k WHERE k.org_id = current_org() AND k.id = wanted_key AND k.status = 'active' FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  INSERT INTO key_former_secret (id, org_id, key_id, hmac, pepper_id, public_prefix, last_four, replaced_by, expires_at)
    SELECT former_id, k.org_id, k.id, k.hmac, k.pepper_id, k.public_prefix, k.last_four, current_actor(), former_ends FROM api_key k WHERE k.org_id = current_org() AND k.id = wanted_key;
  UPDATE api_key SET hmac = new_hmac, pepper_id = new_pepper_id, public_prefix = new_prefix, last_four = new_last_four WHERE org_id = current_org() AND id = wanted_key;
  RETURN true;
END $$;

-- For the public report of leaked keys, which knows no tenant: which key a secret opens today, and null for one that opens nothing. `former_id`
-- when it is a secret from before a rotation.
CREATE FUNCTION find_leaked_key(wanted_hmac bytea) RETURNS TABLE (org_id uuid, key_id uuid, former_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT k.org_id, k.id, secret.former_id
  FROM (SELECT a.id AS key_id, NULL::uuid AS former_id FROM api_key a WHERE a.hmac = wanted_hmac
    UNION ALL SELECT f.key_id, f.id FROM key_former_secret f WHERE f.hmac = wanted_hmac AND f.expires_at > now()) AS secret
  JOIN api_key k ON k.id = secret.key_id
  WHERE k.status = 'active' AND (k.expires_at IS NULL OR k.expires_at > now())
$$;

-- What a budget of the organization that is asking has counted in [since, until), for screens that must not depend on Redis. null = no such budget.
CREATE FUNCTION own_budget_usage(wanted_budget uuid, since timestamptz, until timestamptz) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT counted_usage_except(current_org(), wanted_budget, since, until, '{}')
$$;

REVOKE EXECUTE ON FUNCTION rotate_key_secret(uuid, uuid, bytea, text, text, text, timestamptz), find_leaked_key(bytea), own_budget_usage(uuid, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rotate_key_secret(uuid, uuid, bytea, text, text, text, timestamptz), find_leaked_key(bytea), own_budget_usage(uuid, timestamptz, timestamptz) TO atpar_app;
REVOKE EXECUTE ON FUNCTION find_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_key(bytea) TO atpar_gateway;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_key(bytea) OWNER TO atpar_definer;
ALTER FUNCTION rotate_key_secret(uuid, uuid, bytea, text, text, text, timestamptz) OWNER TO atpar_definer;
ALTER FUNCTION find_leaked_key(bytea) OWNER TO atpar_definer;
ALTER FUNCTION own_budget_usage(uuid, timestamptz, timestamptz) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
