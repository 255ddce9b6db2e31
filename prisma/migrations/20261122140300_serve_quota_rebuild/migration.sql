-- What rebuilding lost quota counters needs to know (decision 0002).

-- Level, period and zone of budgets that Redis still counts, archived ones included.
CREATE FUNCTION find_budgets(wanted_org uuid, wanted_ids uuid[]) RETURNS TABLE (id uuid, scope text, scope_id uuid, period text, time_zone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT b.id, b.scope, b.scope_id, b.period, b.time_zone FROM budget b WHERE b.org_id = wanted_org AND b.id = ANY (wanted_ids)
$$;

-- budget_usage without some requests: those are still open or not yet counted in Redis, and their own settlement adds them there.
-- One statement, so that both sums see the same events.
CREATE FUNCTION budget_usage_except(wanted_org uuid, wanted_scope text, wanted_scope_id uuid, since timestamptz, until timestamptz, left_out uuid[]) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT budget_usage(wanted_org, wanted_scope, wanted_scope_id, since, until) - coalesce((
    SELECT sum(u.billed_pusd) FROM usage_event u
    WHERE u.org_id = wanted_org AND u.request_id = ANY (left_out)
      AND (since IS NULL OR u.request_id >= uuid_v7_floor(since)) AND (until IS NULL OR u.request_id < uuid_v7_floor(until))
      AND CASE wanted_scope WHEN 'organization' THEN u.org_id WHEN 'team' THEN u.team_id WHEN 'member' THEN u.member_id WHEN 'key' THEN u.key_id END = wanted_scope_id
  ), 0)
$$;

REVOKE EXECUTE ON FUNCTION find_budgets(uuid, uuid[]), budget_usage_except(uuid, text, uuid, timestamptz, timestamptz, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_budgets(uuid, uuid[]), budget_usage_except(uuid, text, uuid, timestamptz, timestamptz, uuid[]) TO atpar_gateway;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_budgets(uuid, uuid[]) OWNER TO atpar_definer;
ALTER FUNCTION budget_usage_except(uuid, text, uuid, timestamptz, timestamptz, uuid[]) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
