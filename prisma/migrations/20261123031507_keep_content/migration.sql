-- What is kept of prompts and answers, and for how long. The nearest row counts: the team's, then the organization's; without one nothing is kept.
CREATE TABLE content_policy (
  org_id uuid NOT NULL REFERENCES organization (id),
  -- The organization's own id or one of its teams'.
  holder_id uuid NOT NULL,
  days integer NOT NULL CHECK (days IN (0, 7, 30)),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, holder_id)
);

-- One row for each request of which something is kept. Everything said in it is sealed by the proxy, which alone opens it.
CREATE TABLE kept_content (
  org_id uuid NOT NULL REFERENCES organization (id),
  request_id uuid NOT NULL,
  -- Whose policy it was kept under: its team, or the organization.
  holder_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  sealed bytea NOT NULL CHECK (octet_length(sealed) <= 524288),
  sealing_key_id text NOT NULL,
  PRIMARY KEY (org_id, request_id)
);
CREATE INDEX kept_content_due ON kept_content (expires_at);
CREATE INDEX kept_content_of_holder ON kept_content (org_id, holder_id, created_at);
-- It is compressed before it is sealed: trying again costs time and gains nothing.
ALTER TABLE kept_content ALTER COLUMN sealed SET STORAGE EXTERNAL;

SELECT protect_tenant_table('content_policy'), protect_tenant_table('kept_content');

GRANT SELECT, INSERT, UPDATE (days, updated_at), DELETE ON content_policy TO atpar_app;
GRANT SELECT, DELETE ON content_policy TO atpar_worker;
GRANT SELECT (org_id, request_id, holder_id, created_at, expires_at), DELETE ON kept_content TO atpar_app, atpar_worker;
GRANT SELECT ON content_policy TO atpar_definer;
CREATE POLICY definer ON content_policy FOR SELECT TO atpar_definer USING (true);
GRANT SELECT, INSERT ON kept_content TO atpar_definer;
CREATE POLICY definer ON kept_content FOR SELECT TO atpar_definer USING (true);
CREATE POLICY definer_keeps ON kept_content FOR INSERT TO atpar_definer WITH CHECK (true);

CREATE CONSTRAINT TRIGGER content_policy_changed AFTER INSERT OR UPDATE OR DELETE ON content_policy DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION record_change('tenant');

-- How many days the content of a holder's requests is kept. For the services: whoever may not see the policies is told 0.
CREATE FUNCTION content_days(wanted_org uuid, wanted_holder uuid) RETURNS integer LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(
    (SELECT days FROM content_policy WHERE org_id = wanted_org AND holder_id = wanted_holder),
    (SELECT days FROM content_policy WHERE org_id = wanted_org AND holder_id = wanted_org),
    0)
$$;

-- As find_key, and how long content of the key's requests is kept; no row when no key has this hash.
CREATE FUNCTION find_key_and_policy(wanted_hmac bytea) RETURNS TABLE (caller jsonb, days integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT found, content_days((found ->> 'orgId')::uuid, coalesce(found ->> 'teamId', found ->> 'orgId')::uuid)
  FROM find_key(wanted_hmac) AS found WHERE found IS NOT NULL
$$;

-- Keeps what the policy of this moment still allows, for as long as it says now, and returns how many that were. The lock is shared with whoever
-- lowers a policy, so that nothing is written behind its deletion.
CREATE FUNCTION keep_contents(orgs uuid[], requests uuid[], holders uuid[], texts bytea[], key_ids text[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  locked uuid;
  kept integer;
BEGIN
  FOR locked IN SELECT DISTINCT wanted FROM unnest(orgs) AS wanted ORDER BY wanted LOOP
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('content-policy:' || locked, 0));
  END LOOP;
  INSERT INTO kept_content (org_id, request_id, holder_id, expires_at, sealed, sealing_key_id)
    SELECT o.id, content.request_id, content.holder_id, now() + make_interval(days => allowed.days), content.sealed, content.key_id
    FROM unnest(orgs, requests, holders, texts, key_ids) AS content (org_id, request_id, holder_id, sealed, key_id)
    JOIN organization o ON o.id = content.org_id AND o.erased_at IS NULL,
      LATERAL content_days(content.org_id, content.holder_id) AS allowed (days)
    WHERE allowed.days > 0
    ON CONFLICT (org_id, request_id) DO NOTHING;
  GET DIAGNOSTICS kept = ROW_COUNT;
  RETURN kept;
END $$;

-- Only what may still be read: the day it was to be gone counts, not the day somebody deletes it.
CREATE FUNCTION find_contents(wanted_org uuid, wanted_requests uuid[]) RETURNS TABLE (request_id uuid, sealed bytea, sealing_key_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT k.request_id, k.sealed, k.sealing_key_id FROM kept_content k
  WHERE k.org_id = wanted_org AND k.request_id = ANY (wanted_requests) AND k.expires_at > now()
    AND k.created_at > now() - make_interval(days => content_days(k.org_id, k.holder_id))
$$;

-- An organization that is erased keeps nothing of what it said, whoever erases it.
CREATE FUNCTION erase_content() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM kept_content WHERE org_id = NEW.id;
  DELETE FROM content_policy WHERE org_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER organization_content_erased AFTER UPDATE OF erased_at ON organization
  FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION erase_content();

REVOKE EXECUTE ON FUNCTION content_days(uuid, uuid), find_key_and_policy(bytea), keep_contents(uuid[], uuid[], uuid[], bytea[], text[]),
  find_contents(uuid, uuid[]), erase_content() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION content_days(uuid, uuid) TO atpar_app, atpar_worker, atpar_definer;
GRANT EXECUTE ON FUNCTION find_key_and_policy(bytea), keep_contents(uuid[], uuid[], uuid[], bytea[], text[]), find_contents(uuid, uuid[]) TO atpar_gateway;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_key_and_policy(bytea) OWNER TO atpar_definer;
ALTER FUNCTION keep_contents(uuid[], uuid[], uuid[], bytea[], text[]) OWNER TO atpar_definer;
ALTER FUNCTION find_contents(uuid, uuid[]) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
