-- An operator may look into an organization only while its owner or an admin allows it: a named person, a reason, at most a day, reading only.
CREATE TABLE support_access (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organization (id),
  operator_user_id uuid NOT NULL REFERENCES app_user (id),
  -- Kept here because the organization sees no user outside itself.
  operator_name text NOT NULL,
  operator_email text NOT NULL,
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  hours smallint NOT NULL CHECK (hours BETWEEN 1 AND 24),
  created_at timestamptz NOT NULL DEFAULT now(),
  granted_by uuid REFERENCES app_user (id),
  granted_at timestamptz,
  expires_at timestamptz,
  ended_by uuid REFERENCES app_user (id),
  ended_at timestamptz,
  CHECK ((granted_at IS NULL) = (expires_at IS NULL)),
  CHECK (expires_at <= granted_at + interval '24 hours')
);
CREATE INDEX support_access_org_idx ON support_access (org_id, created_at DESC);
CREATE INDEX support_access_operator_idx ON support_access (operator_user_id);
CREATE INDEX support_access_granted_by_idx ON support_access (granted_by);
CREATE INDEX support_access_ended_by_idx ON support_access (ended_by);
SELECT protect_tenant_table('support_access');
GRANT SELECT, INSERT, UPDATE (granted_by, granted_at, expires_at, ended_by, ended_at) ON support_access TO atpar_app;
GRANT SELECT ON support_access TO atpar_worker;

-- A transaction of a support visit names its grant. These tables hold nothing that support needs and much that it must not see.
CREATE FUNCTION is_support() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT coalesce(current_setting('atpar.support_id', true), '') <> '' $$;
DO $$
DECLARE
  hidden text;
BEGIN
  FOREACH hidden IN ARRAY ARRAY['credential', 'invitation', 'management_key', 'management_answer'] LOOP
    IF to_regclass('public.' || hidden) IS NOT NULL THEN
      EXECUTE format('CREATE POLICY hidden_from_support ON %I AS RESTRICTIVE TO atpar_app USING (NOT is_support()) WITH CHECK (NOT is_support())', hidden);
    END IF;
  END LOOP;
END $$;

GRANT SELECT, INSERT ON support_access TO atpar_definer;
CREATE POLICY definer ON support_access TO atpar_definer USING (true) WITH CHECK (true);

-- The organization a grant opens to whoever is asking, at this moment; null when there is none, it is over, or it is another operator's.
CREATE FUNCTION support_org(wanted_access uuid) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT s.org_id FROM support_access s JOIN app_user u ON u.id = s.operator_user_id JOIN organization o ON o.id = s.org_id
  WHERE s.id = wanted_access AND s.operator_user_id = current_actor() AND u.is_operator AND u.deleted_at IS NULL AND o.status <> 'closed'
    AND s.granted_at IS NOT NULL AND s.ended_at IS NULL AND s.expires_at > now()
$$;

-- What the operator who is asking asked for and was granted; what is over is left out.
CREATE FUNCTION list_support_visits() RETURNS TABLE (access_id uuid, org_id uuid, slug text, name text, status text, reason text, hours smallint, created_at timestamptz, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT s.id, o.id, o.slug, o.name, o.status, s.reason, s.hours, s.created_at, s.expires_at
  FROM support_access s JOIN app_user u ON u.id = s.operator_user_id JOIN organization o ON o.id = s.org_id
  WHERE s.operator_user_id = current_actor() AND u.is_operator AND u.deleted_at IS NULL AND o.status <> 'closed' AND s.ended_at IS NULL
    AND (s.expires_at IS NULL OR s.expires_at > now()) ORDER BY s.created_at DESC
$$;

CREATE FUNCTION find_operator(wanted_email text) RETURNS TABLE (user_id uuid, name text, email text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT u.id, u.name, u.email FROM app_user u WHERE u.email = lower(wanted_email) AND u.is_operator AND u.deleted_at IS NULL
$$;

-- Files the request of the operator who is asking, with its entry in the organization's record. Null when nobody has this address.
CREATE FUNCTION request_support_access(new_access uuid, new_entry uuid, wanted_slug text, wanted_reason text, wanted_hours integer) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  operator app_user;
  wanted_org uuid;
BEGIN
  SELECT * INTO operator FROM app_user WHERE id = current_actor() AND is_operator AND deleted_at IS NULL;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  SELECT id INTO wanted_org FROM organization WHERE slug = wanted_slug AND status <> 'closed';
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  INSERT INTO support_access (id, org_id, operator_user_id, operator_name, operator_email, reason, hours)
    VALUES (new_access, wanted_org, operator.id, operator.name, operator.email, wanted_reason, wanted_hours);
  INSERT INTO audit_log (id, org_id, actor_kind, actor_user_id, support_access_id, action, subject_kind, subject_id, after)
    VALUES (new_entry, wanted_org, 'support', operator.id, new_access, 'support-access-requested', 'support-access', new_access::text,
      jsonb_build_object('operator', operator.email, 'reason', wanted_reason, 'hours', wanted_hours));
  RETURN wanted_org;
END $$;

REVOKE EXECUTE ON FUNCTION support_org(uuid), list_support_visits(), find_operator(text), request_support_access(uuid, uuid, text, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION support_org(uuid), list_support_visits(), find_operator(text), request_support_access(uuid, uuid, text, text, integer) TO atpar_app;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION support_org(uuid) OWNER TO atpar_definer;
ALTER FUNCTION list_support_visits() OWNER TO atpar_definer;
ALTER FUNCTION find_operator(text) OWNER TO atpar_definer;
ALTER FUNCTION request_support_access(uuid, uuid, text, text, integer) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
