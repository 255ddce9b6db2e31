-- A lease admits many requests of one proxy boot without asking Redis; what was spent on it is the sum of the events that carry its number.
ALTER TABLE usage_event ADD COLUMN lease_number integer;
CREATE INDEX usage_event_lease_idx ON usage_event (proxy_boot_id, lease_number) WHERE lease_number IS NOT NULL;
GRANT SELECT (proxy_boot_id, lease_number) ON usage_event TO atpar_definer;

-- counted_usage_except, without whatever was admitted by some leases too. One statement, so that all parts see the same events.
CREATE FUNCTION counted_usage_without(wanted_org uuid, wanted_budget uuid, since timestamptz, until timestamptz, left_out uuid[], lease_boots uuid[], lease_numbers integer[])
RETURNS numeric LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN b.unit = 'usd' AND b.model_id IS NULL AND b.tag IS NULL
    THEN budget_usage_except(wanted_org, b.scope, b.scope_id, since, until, left_out) - coalesce((
      SELECT sum(u.billed_pusd) FROM unnest(lease_boots, lease_numbers) AS lease (boot, number) JOIN usage_event u ON u.proxy_boot_id = lease.boot AND u.lease_number = lease.number
      WHERE u.org_id = wanted_org AND u.request_id <> ALL (left_out)
        AND (since IS NULL OR u.request_id >= uuid_v7_floor(since)) AND (until IS NULL OR u.request_id < uuid_v7_floor(until))
        AND CASE b.scope WHEN 'organization' THEN u.org_id WHEN 'team' THEN u.team_id WHEN 'member' THEN u.member_id WHEN 'key' THEN u.key_id END = b.scope_id
    ), 0)
    ELSE (
      SELECT coalesce(sum(CASE b.unit WHEN 'tokens' THEN count_tokens(u.units) ELSE u.billed_pusd END), 0) FROM usage_event u
      WHERE u.org_id = wanted_org AND u.request_id <> ALL (left_out)
        AND (u.lease_number IS NULL OR (u.proxy_boot_id, u.lease_number) NOT IN (SELECT boot, number FROM unnest(lease_boots, lease_numbers) AS lease (boot, number)))
        AND (since IS NULL OR u.request_id >= uuid_v7_floor(since)) AND (until IS NULL OR u.request_id < uuid_v7_floor(until))
        AND CASE b.scope WHEN 'organization' THEN u.org_id WHEN 'team' THEN u.team_id WHEN 'member' THEN u.member_id WHEN 'key' THEN u.key_id END = b.scope_id
        AND (b.model_id IS NULL OR u.model_id = b.model_id) AND (b.tag IS NULL OR b.tag = ANY (u.tags)))
    END
  FROM budget b WHERE b.org_id = wanted_org AND b.id = wanted_budget
$$;

REVOKE EXECUTE ON FUNCTION counted_usage_without(uuid, uuid, timestamptz, timestamptz, uuid[], uuid[], integer[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION counted_usage_without(uuid, uuid, timestamptz, timestamptz, uuid[], uuid[], integer[]) TO atpar_gateway, atpar_worker;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION counted_usage_without(uuid, uuid, timestamptz, timestamptz, uuid[], uuid[], integer[]) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
