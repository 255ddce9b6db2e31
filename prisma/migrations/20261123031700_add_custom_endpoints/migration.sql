-- Addresses of an organization's own that speak OpenAI's, Anthropic's or Google's format, and the models it calls there. What is secret of one is in
-- its credential, under the same id; it goes with it.
CREATE TABLE custom_endpoint (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  -- The middle of `custom/<endpoint>/<model>`.
  name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  -- For the screen only: the headers are sealed beside the key.
  header_names text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, name),
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, id) REFERENCES credential (org_id, id) ON DELETE CASCADE
);

CREATE TABLE custom_model (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  name text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$'),
  upstream_model text NOT NULL CHECK (length(upstream_model) BETWEEN 1 AND 200),
  task text NOT NULL DEFAULT 'chat' CHECK (task IN ('chat', 'embeddings')),
  reasoning boolean NOT NULL DEFAULT false,
  context_tokens integer CHECK (context_tokens > 0),
  max_output_tokens integer CHECK (max_output_tokens > 0),
  -- What the organization says a million tokens cost it: for its own figures, never for a bill of ours. Null = it does not say.
  input_pusd bigint CHECK (input_pusd >= 0),
  output_pusd bigint CHECK (output_pusd >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, endpoint_id, name),
  CHECK ((input_pusd IS NULL) = (output_pusd IS NULL)),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES custom_endpoint (org_id, id) ON DELETE CASCADE
);

SELECT protect_tenant_table('custom_endpoint'), protect_tenant_table('custom_model');

GRANT SELECT, INSERT, UPDATE (name, header_names), DELETE ON custom_endpoint TO atpar_app;
GRANT SELECT, INSERT, UPDATE (upstream_model, task, reasoning, context_tokens, max_output_tokens, input_pusd, output_pusd), DELETE ON custom_model TO atpar_app;
GRANT SELECT, DELETE ON custom_endpoint, custom_model TO atpar_worker;
GRANT SELECT ON custom_endpoint, custom_model TO atpar_definer;
CREATE POLICY definer ON custom_endpoint FOR SELECT TO atpar_definer USING (true);
CREATE POLICY definer ON custom_model FOR SELECT TO atpar_definer USING (true);

CREATE CONSTRAINT TRIGGER custom_endpoint_changed AFTER INSERT OR UPDATE OR DELETE ON custom_endpoint DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION record_change('tenant');
CREATE CONSTRAINT TRIGGER custom_model_changed AFTER INSERT OR UPDATE OR DELETE ON custom_model DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION record_change('tenant');

-- As before, and what is called at those that are endpoints. A switched-off endpoint is told of without its secret: its models exist, and cannot be called.
DROP FUNCTION find_credentials(uuid);
CREATE FUNCTION find_credentials(wanted_org uuid)
RETURNS TABLE (credential_id uuid, provider_id text, preference text, status text, secret_version integer, sealing_key_id text, sealed bytea,
  endpoint_name text, endpoint_models jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.id, c.provider_id, c.preference, c.status, c.secret_version, c.sealing_key_id, CASE WHEN c.status = 'active' THEN c.sealed END,
    e.name, CASE WHEN e.id IS NOT NULL THEN (SELECT coalesce(jsonb_agg(jsonb_build_object('name', m.name, 'upstreamModel', m.upstream_model, 'task', m.task,
      'reasoning', m.reasoning, 'contextTokens', m.context_tokens, 'maxOutputTokens', m.max_output_tokens, 'inputPusd', m.input_pusd::text,
      'outputPusd', m.output_pusd::text, 'createdAtMs', floor(extract(epoch FROM m.created_at) * 1000)) ORDER BY m.name), '[]')
      FROM custom_model m WHERE m.org_id = c.org_id AND m.endpoint_id = c.id) END
  FROM credential c LEFT JOIN custom_endpoint e ON e.org_id = c.org_id AND e.id = c.id
  WHERE c.org_id = wanted_org AND (c.status <> 'disabled' OR e.id IS NOT NULL) ORDER BY c.created_at, c.id
$$;
REVOKE EXECUTE ON FUNCTION find_credentials(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_credentials(uuid) TO atpar_gateway;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_credentials(uuid) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
