-- What requests may hold: one policy for each level that has one. Its members are checked where it is set and read with defaults, so that a new one
-- needs no migration.
CREATE TABLE guardrail (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  scope text NOT NULL CHECK (scope IN ('organization', 'team', 'member', 'key')),
  scope_id uuid NOT NULL,
  policy jsonb NOT NULL CHECK (jsonb_typeof(policy) = 'object' AND pg_column_size(policy) <= 65536),
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, scope, scope_id)
);

SELECT protect_tenant_table('guardrail');

GRANT SELECT, INSERT, UPDATE (policy, version, updated_at), DELETE ON guardrail TO atpar_app;
GRANT SELECT, DELETE ON guardrail TO atpar_worker;
GRANT SELECT ON guardrail TO atpar_definer;
CREATE POLICY definer ON guardrail FOR SELECT TO atpar_definer USING (true);

CREATE CONSTRAINT TRIGGER guardrail_changed AFTER INSERT OR UPDATE OR DELETE ON guardrail DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION record_change('tenant');

-- As before, and the policies on every level above the key.
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
    'guardrails', (SELECT coalesce(jsonb_agg(jsonb_build_object('scope', g.scope, 'policy', g.policy) ORDER BY g.id), '[]')
      FROM guardrail g JOIN levels l ON g.org_id = l.org_id AND g.scope = l.scope AND g.scope_id = l.scope_id),
    'changeSeq', (SELECT seq FROM change_counter))
  FROM standing s
$$;

REVOKE EXECUTE ON FUNCTION find_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_key(bytea) TO atpar_gateway;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_key(bytea) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;

-- As before, and the policies, whose blocked terms are the organization's own words.
CREATE OR REPLACE FUNCTION erase_organization(wanted_org uuid) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  target organization;
  gone text;
  person record;
  people integer := 0;
BEGIN
  PERFORM set_config('atpar.org_id', wanted_org::text, true);
  SELECT * INTO target FROM organization WHERE id = wanted_org FOR UPDATE;
  IF target.id IS NULL OR target.erased_at IS NOT NULL OR target.deletion_due_at IS NULL OR target.deletion_due_at > now() THEN
    RAISE EXCEPTION 'organization % is not due to be erased', wanted_org;
  END IF;
  -- Secrets, and what says something about people and nothing about money. Children before parents.
  FOREACH gone IN ARRAY ARRAY['credential_use', 'credential', 'key_former_secret', 'management_answer', 'management_key', 'invitation', 'member_visit',
    'budget_notice', 'guardrail', 'team_membership', 'support_access'] LOOP
    IF to_regclass('public.' || gone) IS NOT NULL THEN
      EXECUTE format('DELETE FROM %I WHERE org_id = $1', gone) USING wanted_org;
    END IF;
  END LOOP;
  UPDATE api_key SET status = 'revoked', revoked_at = coalesce(revoked_at, now()), revoked_reason = coalesce(revoked_reason, 'organization-deleted'),
    hmac = sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), name = 'Key ' || right(id::text, 8), labels = '{}', allowed_cidrs = '{}', last_four = '····'
  WHERE org_id = wanted_org;
  UPDATE team SET name = 'Team ' || right(id::text, 12), archived_at = coalesce(archived_at, now()) WHERE org_id = wanted_org;
  UPDATE route SET name = 'route-' || right(id::text, 12), archived_at = coalesce(archived_at, now()) WHERE org_id = wanted_org;
  UPDATE route_version SET note = '' WHERE org_id = wanted_org;
  UPDATE budget SET archived_at = coalesce(archived_at, now()) WHERE org_id = wanted_org;
  UPDATE rate_limit SET archived_at = coalesce(archived_at, now()) WHERE org_id = wanted_org;
  UPDATE membership SET status = 'removed', removed_at = coalesce(removed_at, now()) WHERE org_id = wanted_org;
  FOR person IN SELECT m.user_id FROM membership m WHERE m.org_id = wanted_org LOOP
    -- Staff keep their log-in.
    CONTINUE WHEN belongs_elsewhere(person.user_id, wanted_org) OR EXISTS (SELECT 1 FROM app_user u WHERE u.id = person.user_id AND u.is_operator);
    PERFORM erase_person(person.user_id);
    people := people + 1;
  END LOOP;
  UPDATE organization SET name = 'Deleted organization', slug = 'deleted-' || replace(id::text, '-', ''), status = 'closed', erased_at = now(), deletion_requested_by = NULL
  WHERE id = wanted_org;
  PERFORM erase_audit_details(wanted_org, (SELECT array_agg(sequence) FROM audit_log WHERE org_id = wanted_org AND sequence IS NOT NULL), new_uuid_v7(), 'organization deleted');
  INSERT INTO audit_log (id, org_id, actor_kind, action, subject_kind, subject_id, after)
    VALUES (new_uuid_v7(), wanted_org, 'system', 'organization-erased', 'organization', wanted_org::text, jsonb_build_object('people', people));
  PERFORM set_config('atpar.org_id', '', true);
  RETURN people;
END $$;
