-- Customers' own provider credentials: written by the dashboard, opened by the proxy alone. `sealed` is no role's to read; the proxy gets it through
-- the functions below, and what it learns of a credential goes to a table of its own, which the change feed does not watch.
ALTER TABLE credential
  DROP CONSTRAINT credential_status_check,
  ADD CONSTRAINT credential_status_check CHECK (status IN ('active', 'disabled', 'refused')),
  -- Whether calls may go over the platform when this credential cannot serve.
  ADD COLUMN preference text NOT NULL DEFAULT 'prefer' CHECK (preference IN ('prefer', 'only')),
  -- The last characters of the key as its owner typed it, to tell one from another.
  ADD COLUMN hint text NOT NULL DEFAULT '' CHECK (length(hint) <= 4),
  -- For the screen only: the address that counts is sealed beside the key.
  ADD COLUMN base_url text CHECK (length(base_url) <= 500),
  -- Counts the secrets this row has had, and is bound into the seal.
  ADD COLUMN secret_version integer NOT NULL DEFAULT 1 CHECK (secret_version > 0),
  ADD COLUMN secret_set_at timestamptz NOT NULL DEFAULT now(),
  ADD UNIQUE (org_id, id);

CREATE TABLE credential_use (
  credential_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  last_used_at timestamptz,
  last_failed_at timestamptz,
  -- One of our error codes, never a provider's words.
  last_error text CHECK (length(last_error) <= 64),
  last_status integer,
  refused_at timestamptz,
  refusal_mailed_at timestamptz,
  FOREIGN KEY (org_id, credential_id) REFERENCES credential (org_id, id) ON DELETE CASCADE
);
CREATE INDEX credential_use_org_idx ON credential_use (org_id, credential_id);
SELECT protect_tenant_table('credential_use');

-- Which private halves a running proxy holds: sealing for one that nobody can open would stop every call on own credentials.
ALTER TABLE proxy_boot ADD COLUMN sealing_key_ids text[] NOT NULL DEFAULT '{}';

GRANT SELECT (preference, hint, base_url, secret_version, secret_set_at),
  UPDATE (preference, hint, base_url, secret_version, secret_set_at, sealed, sealing_key_id) ON credential TO atpar_app;
GRANT SELECT (preference, hint, base_url, secret_version, secret_set_at) ON credential TO atpar_worker;
GRANT SELECT, DELETE ON credential_use TO atpar_app;
GRANT SELECT, UPDATE (refusal_mailed_at) ON credential_use TO atpar_worker;

GRANT SELECT, UPDATE (status, sealed, sealing_key_id) ON credential TO atpar_definer;
GRANT SELECT, INSERT, UPDATE ON credential_use TO atpar_definer;
CREATE POLICY definer_reads ON credential FOR SELECT TO atpar_definer USING (true);
CREATE POLICY definer_changes ON credential FOR UPDATE TO atpar_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON credential_use TO atpar_definer USING (true) WITH CHECK (true);

-- One organization's credentials, oldest first. A refused one comes without its secret: that it is there still decides whether the platform may serve.
CREATE FUNCTION find_credentials(wanted_org uuid)
RETURNS TABLE (credential_id uuid, provider_id text, preference text, status text, secret_version integer, sealing_key_id text, sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.id, c.provider_id, c.preference, c.status, c.secret_version, c.sealing_key_id, CASE WHEN c.status = 'active' THEN c.sealed END
  FROM credential c WHERE c.org_id = wanted_org AND c.status <> 'disabled' ORDER BY c.created_at, c.id
$$;

-- One of them, whatever its status: to be tested.
CREATE FUNCTION find_credential(wanted_org uuid, wanted_id uuid)
RETURNS TABLE (provider_id text, secret_version integer, sealing_key_id text, sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.provider_id, c.secret_version, c.sealing_key_id, c.sealed FROM credential c WHERE c.org_id = wanted_org AND c.id = wanted_id
$$;

-- What a proxy saw of a credential; null error = it served. A secret that was replaced meanwhile is not spoken of.
CREATE FUNCTION note_credential_use(wanted_org uuid, wanted_id uuid, seen_version integer, seen_error text, seen_status integer, is_refusal boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  is_first boolean := false;
BEGIN
  IF is_refusal THEN
    UPDATE credential c SET status = 'refused' WHERE c.org_id = wanted_org AND c.id = wanted_id AND c.secret_version = seen_version AND c.status = 'active';
    is_first := FOUND;
  END IF;
  INSERT INTO credential_use AS u (credential_id, org_id, last_used_at, last_failed_at, last_error, last_status, refused_at)
    SELECT c.id, c.org_id, CASE WHEN seen_error IS NULL THEN now() END, CASE WHEN seen_error IS NOT NULL THEN now() END, seen_error, seen_status,
      CASE WHEN is_first THEN now() END
    FROM credential c WHERE c.org_id = wanted_org AND c.id = wanted_id AND c.secret_version = seen_version
    ON CONFLICT (credential_id) DO UPDATE SET
      last_used_at = coalesce(EXCLUDED.last_used_at, u.last_used_at),
      last_failed_at = coalesce(EXCLUDED.last_failed_at, u.last_failed_at),
      last_error = coalesce(EXCLUDED.last_error, u.last_error),
      last_status = coalesce(EXCLUDED.last_status, u.last_status),
      refused_at = coalesce(EXCLUDED.refused_at, u.refused_at),
      refusal_mailed_at = CASE WHEN EXCLUDED.refused_at IS NULL THEN u.refusal_mailed_at END;
  RETURN is_first;
END $$;

-- For rotating the sealing key, page by page in the order of ids.
CREATE FUNCTION list_sealed(after_id uuid, page_size integer)
RETURNS TABLE (org_id uuid, credential_id uuid, secret_version integer, sealing_key_id text, sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.org_id, c.id, c.secret_version, c.sealing_key_id, c.sealed FROM credential c
  WHERE after_id IS NULL OR c.id > after_id ORDER BY c.id LIMIT least(page_size, 1000)
$$;

-- False when the row was sealed anew or deleted meanwhile: then there is nothing left to do for it.
CREATE FUNCTION reseal_credential(wanted_org uuid, wanted_id uuid, old_sealed bytea, new_sealed bytea, new_key_id text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE credential c SET sealed = new_sealed, sealing_key_id = new_key_id WHERE c.org_id = wanted_org AND c.id = wanted_id AND c.sealed = old_sealed;
  RETURN FOUND;
END $$;

REVOKE EXECUTE ON FUNCTION find_credentials(uuid), find_credential(uuid, uuid), note_credential_use(uuid, uuid, integer, text, integer, boolean),
  list_sealed(uuid, integer), reseal_credential(uuid, uuid, bytea, bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_credentials(uuid), find_credential(uuid, uuid), note_credential_use(uuid, uuid, integer, text, integer, boolean),
  list_sealed(uuid, integer), reseal_credential(uuid, uuid, bytea, bytea, text) TO atpar_gateway;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_credentials(uuid) OWNER TO atpar_definer;
ALTER FUNCTION find_credential(uuid, uuid) OWNER TO atpar_definer;
ALTER FUNCTION note_credential_use(uuid, uuid, integer, text, integer, boolean) OWNER TO atpar_definer;
ALTER FUNCTION list_sealed(uuid, integer) OWNER TO atpar_definer;
ALTER FUNCTION reseal_credential(uuid, uuid, bytea, bytea, text) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
