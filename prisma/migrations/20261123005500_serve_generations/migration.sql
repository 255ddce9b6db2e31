-- What one request cost and how it was served, told to whoever holds a key of its organization: GET /v1/generation.
GRANT SELECT (attempt, kind, seq, endpoint, caller_dialect, streamed, provider, offering_id, model_requested, model_served, service_tier, funding, started_at,
  first_byte_at, ended_at, usage_source, cost_pusd, absorbed_pusd, absorbed_reason, outcome, is_final, http_status, error_code, trail) ON usage_event TO atpar_definer;

-- Every event of one request, attempt by attempt, corrections after what they correct; null when the organization has none of that id. Money as text.
CREATE FUNCTION find_generation(wanted_org uuid, wanted_request uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT jsonb_agg(jsonb_build_object(
    'attempt', u.attempt, 'kind', u.kind, 'endpoint', u.endpoint, 'callerDialect', u.caller_dialect, 'streamed', u.streamed, 'provider', u.provider,
    'offeringId', u.offering_id, 'modelRequested', u.model_requested, 'modelId', u.model_id, 'modelServed', u.model_served, 'serviceTier', u.service_tier,
    'funding', u.funding, 'startedAtMs', floor(extract(epoch FROM u.started_at) * 1000), 'firstByteAtMs', floor(extract(epoch FROM u.first_byte_at) * 1000),
    'endedAtMs', floor(extract(epoch FROM u.ended_at) * 1000), 'units', u.units, 'usageSource', u.usage_source, 'costPusd', u.cost_pusd::text,
    'billedPusd', u.billed_pusd::text, 'absorbedPusd', u.absorbed_pusd::text, 'absorbedReason', u.absorbed_reason, 'outcome', u.outcome, 'isFinal', u.is_final,
    'httpStatus', u.http_status, 'errorCode', u.error_code, 'trail', u.trail, 'tags', u.tags
  ) ORDER BY u.attempt, u.kind DESC, u.seq)
  FROM usage_event u WHERE u.org_id = wanted_org AND u.request_id = wanted_request
$$;

REVOKE EXECUTE ON FUNCTION find_generation(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_generation(uuid, uuid) TO atpar_gateway;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_generation(uuid, uuid) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
