-- Budgets that count tokens, or only one model's or one tag's requests, are made again and audited like the others.

-- Input and output tokens of an event, as token budgets count them (packages/core/src/usage.ts: INPUT_BUCKETS and OUTPUT_BUCKETS).
CREATE FUNCTION count_tokens(units jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(sum((units ->> bucket)::bigint), 0)::bigint FROM unnest(ARRAY['input_uncached', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'audio_in',
    'image_in', 'output_text', 'output_reasoning', 'audio_out', 'image_out']) AS bucket
$$;

-- What one budget has counted in [since, until), in pico-USD or tokens, without the requests in left_out: those are still open or not yet
-- counted in Redis, and their own settlement adds them there. null = no such budget. Money of a whole level comes from the roll-ups.
CREATE FUNCTION counted_usage_except(wanted_org uuid, wanted_budget uuid, since timestamptz, until timestamptz, left_out uuid[]) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN b.unit = 'usd' AND b.model_id IS NULL AND b.tag IS NULL
    THEN budget_usage_except(wanted_org, b.scope, b.scope_id, since, until, left_out)
    ELSE (
      SELECT coalesce(sum(CASE b.unit WHEN 'tokens' THEN count_tokens(u.units) ELSE u.billed_pusd END), 0) FROM usage_event u
      WHERE u.org_id = wanted_org AND u.request_id <> ALL (left_out)
        AND (since IS NULL OR u.request_id >= uuid_v7_floor(since)) AND (until IS NULL OR u.request_id < uuid_v7_floor(until))
        AND CASE b.scope WHEN 'organization' THEN u.org_id WHEN 'team' THEN u.team_id WHEN 'member' THEN u.member_id WHEN 'key' THEN u.key_id END = b.scope_id
        AND (b.model_id IS NULL OR u.model_id = b.model_id) AND (b.tag IS NULL OR b.tag = ANY (u.tags)))
    END
  FROM budget b WHERE b.org_id = wanted_org AND b.id = wanted_budget
$$;

REVOKE EXECUTE ON FUNCTION counted_usage_except(uuid, uuid, timestamptz, timestamptz, uuid[]) FROM PUBLIC;
-- The worker audits Redis against the same sum.
GRANT EXECUTE ON FUNCTION counted_usage_except(uuid, uuid, timestamptz, timestamptz, uuid[]) TO atpar_gateway, atpar_worker;
-- As the role that owns it: only an owner hands out what is its own.
SET LOCAL ROLE atpar_definer;
GRANT EXECUTE ON FUNCTION find_budgets(uuid, uuid[]) TO atpar_worker;
RESET ROLE;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION counted_usage_except(uuid, uuid, timestamptz, timestamptz, uuid[]) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
