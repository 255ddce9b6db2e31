-- A credential that was imported has its place and no secret: `sealed` is empty until somebody enters the key again. There is nothing to seal anew in it.
DROP FUNCTION list_sealed(uuid, integer);
CREATE FUNCTION list_sealed(after_id uuid, page_size integer)
RETURNS TABLE (org_id uuid, credential_id uuid, secret_version integer, sealing_key_id text, sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.org_id, c.id, c.secret_version, c.sealing_key_id, c.sealed FROM credential c
  WHERE (after_id IS NULL OR c.id > after_id) AND octet_length(c.sealed) > 0 ORDER BY c.id LIMIT least(page_size, 1000)
$$;
REVOKE EXECUTE ON FUNCTION list_sealed(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_sealed(uuid, integer) TO atpar_gateway;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION list_sealed(uuid, integer) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;

-- Nobody switches on what has no secret.
ALTER TABLE credential ADD CONSTRAINT credential_secret_check CHECK (status <> 'active' OR octet_length(sealed) > 0);
