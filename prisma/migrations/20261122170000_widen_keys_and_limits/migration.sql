-- Keys say from where, for which routes and under which labels they may be used, and why they stopped; budgets and limits may count one model or
-- one tag only, budgets also tokens instead of money; a usage event keeps the tags it was counted under.
ALTER TABLE api_key
  ADD COLUMN allowed_routes text[] NOT NULL DEFAULT '{}',
  ADD COLUMN allowed_cidrs text[] NOT NULL DEFAULT '{}',
  ADD COLUMN labels text[] NOT NULL DEFAULT '{}' CHECK (cardinality(labels) <= 16),
  ADD COLUMN replaced_key_id uuid,
  ADD COLUMN revoked_reason text CHECK (revoked_reason IN ('revoked', 'rotated', 'leaked', 'member-removed', 'team-archived', 'organization-deleted')),
  ADD UNIQUE (org_id, id);
ALTER TABLE api_key ADD FOREIGN KEY (org_id, replaced_key_id) REFERENCES api_key (org_id, id);
CREATE INDEX api_key_org_replaced_idx ON api_key (org_id, replaced_key_id);

ALTER TABLE budget
  ADD COLUMN unit text NOT NULL DEFAULT 'usd' CHECK (unit IN ('usd', 'tokens')),
  ADD COLUMN limit_tokens bigint CHECK (limit_tokens BETWEEN 0 AND 9000000000000000),
  ADD COLUMN model_id text,
  ADD COLUMN tag text CHECK (length(tag) BETWEEN 1 AND 64),
  ADD COLUMN soft_thresholds integer[] NOT NULL DEFAULT '{80,100}' CHECK (cardinality(soft_thresholds) <= 5),
  ADD CHECK ((unit = 'tokens') = (limit_tokens IS NOT NULL)),
  ADD CHECK (model_id IS NULL OR tag IS NULL);
DROP INDEX budget_live_idx;
CREATE UNIQUE INDEX budget_live_idx ON budget (org_id, scope, scope_id, period, unit, coalesce(model_id, ''), coalesce(tag, '')) WHERE archived_at IS NULL;

ALTER TABLE rate_limit
  ADD COLUMN model_id text,
  ADD COLUMN tag text CHECK (length(tag) BETWEEN 1 AND 64),
  ADD CHECK (model_id IS NULL OR tag IS NULL);
DROP INDEX rate_limit_live_idx;
CREATE UNIQUE INDEX rate_limit_live_idx ON rate_limit (org_id, scope, scope_id, coalesce(model_id, ''), coalesce(tag, '')) WHERE archived_at IS NULL;

ALTER TABLE usage_event ADD COLUMN tags text[] NOT NULL DEFAULT '{}';

GRANT SELECT (allowed_routes, allowed_cidrs, labels, replaced_key_id, revoked_reason), UPDATE (allowed_routes, allowed_cidrs, labels, revoked_reason) ON api_key TO atpar_app;
GRANT UPDATE (limit_tokens, soft_thresholds) ON budget TO atpar_app;
GRANT SELECT (tags, model_id, units) ON usage_event TO atpar_definer;

-- Dropped and not replaced: the function belongs to its role, and an owner of the schema may drop what only its owner may replace.
DROP FUNCTION find_key(bytea);
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
    'keyId', s.id, 'keyName', s.name, 'keyKind', s.kind, 'keyStatus', CASE WHEN s.is_revoked THEN 'revoked' ELSE 'active' END,
    'expiresAtMs', floor(extract(epoch FROM s.expires_at) * 1000),
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

REVOKE EXECUTE ON FUNCTION find_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_key(bytea) TO atpar_gateway;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_key(bytea) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;

-- Tables of later migrations tell of their changes too, and whoever migrates need not be a superuser.
SET LOCAL ROLE atpar_definer;
GRANT EXECUTE ON FUNCTION record_change(), record_catalogue_change() TO SESSION_USER;
RESET ROLE;
