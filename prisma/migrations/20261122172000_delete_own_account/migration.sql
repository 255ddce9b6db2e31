-- A person deletes their own account. The links in their mails are reached by hash alone and had no policy for whoever erases: the owner of the tables,
-- whom row-level security binds too, found none of them.
CREATE POLICY self ON email_token
  USING (user_id = current_actor() OR email = (SELECT u.email FROM app_user u WHERE u.id = current_actor()))
  WITH CHECK (user_id = current_actor());

-- As before, and with the links sent to their address before anybody knew whose it is. They go first: the address leads to them.
CREATE OR REPLACE FUNCTION erase_person(wanted_user uuid) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  owned record;
BEGIN
  PERFORM set_config('atpar.user_id', wanted_user::text, true);
  DELETE FROM email_token WHERE email = (SELECT u.email FROM app_user u WHERE u.id = wanted_user);
  FOR owned IN
    SELECT con.conrelid::regclass AS name, a.attname AS owner_column FROM pg_constraint con
    JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = con.conkey[1]
    WHERE con.contype = 'f' AND con.confrelid = 'app_user'::regclass AND cardinality(con.conkey) = 1 AND con.conrelid <> 'organization'::regclass
      AND NOT EXISTS (SELECT 1 FROM pg_attribute o WHERE o.attrelid = con.conrelid AND o.attname = 'org_id' AND NOT o.attisdropped)
  LOOP
    EXECUTE format('DELETE FROM %s WHERE %I = $1', owned.name, owned.owner_column) USING wanted_user;
  END LOOP;
  UPDATE app_user SET email = 'erased-' || id || '@invalid', name = 'Erased person', password_hash = NULL, email_verified_at = NULL, deleted_at = coalesce(deleted_at, now())
  WHERE id = wanted_user;
  PERFORM set_config('atpar.user_id', '', true);
END $$;

-- Runs as the owner of the tables, like `erase_organization`. It takes no id: it erases whoever is asking, and nobody who still belongs somewhere.
CREATE FUNCTION erase_own_account() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  asking uuid := current_actor();
BEGIN
  -- Locked before the question, so that an invitation accepted at the same moment is either seen or waits.
  PERFORM 1 FROM app_user WHERE id = asking AND deleted_at IS NULL AND NOT is_operator FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'nobody who can be erased is asking';
  END IF;
  IF belongs_elsewhere(asking, '00000000-0000-0000-0000-000000000000') THEN
    RAISE EXCEPTION 'the person still belongs to an organization';
  END IF;
  PERFORM erase_person(asking);
END $$;
REVOKE EXECUTE ON FUNCTION erase_own_account() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_own_account() TO atpar_app;
