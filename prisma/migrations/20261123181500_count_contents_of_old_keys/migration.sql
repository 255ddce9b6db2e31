-- What was kept under other keys than these and may still be read: how many requests, and when the last of them is gone by itself. For whoever is
-- about to give those keys up.
CREATE FUNCTION find_contents_under_others(held_key_ids text[]) RETURNS TABLE (contents integer, gone_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT count(*)::integer, max(k.expires_at) FROM kept_content k WHERE k.sealing_key_id <> ALL (held_key_ids) AND k.expires_at > now()
$$;
REVOKE EXECUTE ON FUNCTION find_contents_under_others(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_contents_under_others(text[]) TO atpar_gateway;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_contents_under_others(text[]) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
