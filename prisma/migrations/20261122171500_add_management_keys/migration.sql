-- Keys of the management API, apart from the keys that call models: neither is ever good for what the other does. And the answers the API gave,
-- so that a call repeated with its idempotency key is answered and not done again.
CREATE TABLE management_key (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  role text NOT NULL CHECK (role IN ('admin', 'billing', 'viewer')),
  allowed_cidrs text[] NOT NULL DEFAULT '{}' CHECK (cardinality(allowed_cidrs) <= 50),
  hmac bytea NOT NULL UNIQUE CHECK (length(hmac) = 32),
  pepper_id text NOT NULL,
  public_prefix text NOT NULL,
  last_four text NOT NULL,
  created_by uuid NOT NULL REFERENCES app_user (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_on date,
  revoked_at timestamptz,
  UNIQUE (org_id, id)
);
CREATE INDEX management_key_org_idx ON management_key (org_id);
CREATE INDEX management_key_created_by_idx ON management_key (created_by);

CREATE TABLE management_answer (
  org_id uuid NOT NULL,
  management_key_id uuid NOT NULL,
  -- SHA-256 of the caller's Idempotency-Key, and of method, path and body.
  idempotency_hash bytea NOT NULL CHECK (length(idempotency_hash) = 32),
  request_hash bytea NOT NULL CHECK (length(request_hash) = 32),
  status smallint,
  -- The body may hold a key that is shown once, so it is sealed under the management key's own text, which is stored nowhere.
  sealed_body bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (management_key_id, idempotency_hash),
  FOREIGN KEY (org_id, management_key_id) REFERENCES management_key (org_id, id) ON DELETE CASCADE,
  CHECK ((status IS NULL) = (sealed_body IS NULL))
);
CREATE INDEX management_answer_org_key_idx ON management_answer (org_id, management_key_id);

SELECT protect_tenant_table('management_key'), protect_tenant_table('management_answer');

GRANT SELECT (id, org_id, name, role, allowed_cidrs, pepper_id, public_prefix, last_four, created_by, created_at, expires_at, last_used_on, revoked_at),
  INSERT, UPDATE (last_used_on, revoked_at) ON management_key TO atpar_app;
GRANT SELECT, INSERT, UPDATE (status, sealed_body), DELETE ON management_answer TO atpar_app;
GRANT SELECT (id, org_id, name, role, created_by, created_at, expires_at, last_used_on, revoked_at), UPDATE (revoked_at), DELETE ON management_key TO atpar_worker;
GRANT SELECT (org_id, management_key_id, created_at), DELETE ON management_answer TO atpar_worker;

GRANT SELECT ON management_key TO atpar_definer;
CREATE POLICY definer ON management_key FOR SELECT TO atpar_definer USING (true);

-- Whom a management key speaks for, before an organization is known. It stops with the person who made it: that person has read its text, and
-- whoever leaves, or may no longer make such keys, is out.
CREATE FUNCTION find_management_key(wanted_hmac bytea) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT jsonb_build_object(
    'managementKeyId', k.id, 'orgId', k.org_id, 'role', k.role, 'allowedCidrs', to_jsonb(k.allowed_cidrs),
    'state', CASE
      WHEN k.revoked_at IS NOT NULL OR o.status = 'closed' THEN 'revoked'
      WHEN k.expires_at <= now() THEN 'expired'
      WHEN NOT EXISTS (SELECT 1 FROM membership m WHERE m.org_id = k.org_id AND m.user_id = k.created_by AND m.status = 'active' AND m.role IN ('owner', 'admin')) THEN 'orphaned'
      ELSE 'active' END,
    'isUsedToday', k.last_used_on = (now() AT TIME ZONE 'UTC')::date)
  FROM management_key k JOIN organization o ON o.id = k.org_id
  WHERE k.hmac = wanted_hmac
$$;
REVOKE EXECUTE ON FUNCTION find_management_key(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_management_key(bytea) TO atpar_app;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_management_key(bytea) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
