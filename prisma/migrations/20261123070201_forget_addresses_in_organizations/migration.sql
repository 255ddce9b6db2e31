-- Somebody who deletes their account leaves their address in the organizations they belonged to: on the invitation they came by and in the record of
-- acts. For `erase_own_account`, which as the owner of the tables sees one organization at a time.
CREATE FUNCTION organizations_once_of(wanted_user uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT m.org_id FROM membership m WHERE m.user_id = wanted_user ORDER BY m.org_id
$$;
REVOKE EXECUTE ON FUNCTION organizations_once_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION organizations_once_of(uuid) TO CURRENT_USER;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION organizations_once_of(uuid) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;

-- What an entry said is erased on record, as when an organization goes: the chain holds, and that something was there stays to be seen.
CREATE FUNCTION forget_address(wanted_user uuid, address text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  place uuid;
BEGIN
  FOR place IN SELECT organizations_once_of(wanted_user) LOOP
    PERFORM set_config('atpar.org_id', place::text, true);
    UPDATE invitation SET email = 'erased-' || id || '@invalid' WHERE org_id = place AND email = address;
    PERFORM erase_audit_details(place, (SELECT array_agg(a.sequence) FROM audit_log a WHERE a.org_id = place
      AND position(to_json(address)::text IN coalesce(a.before::text, '') || coalesce(a.after::text, '')) > 0), new_uuid_v7(), 'account deleted');
  END LOOP;
  PERFORM set_config('atpar.org_id', '', true);
END $$;
REVOKE EXECUTE ON FUNCTION forget_address(uuid, text) FROM PUBLIC;

-- As before, and with the address in the organizations.
CREATE OR REPLACE FUNCTION erase_own_account() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  asking uuid := current_actor();
  address text;
BEGIN
  -- Locked before the question, so that an invitation accepted at the same moment is either seen or waits.
  SELECT u.email INTO address FROM app_user u WHERE u.id = asking AND u.deleted_at IS NULL AND NOT u.is_operator FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'nobody who can be erased is asking';
  END IF;
  IF belongs_elsewhere(asking, '00000000-0000-0000-0000-000000000000') THEN
    RAISE EXCEPTION 'the person still belongs to an organization';
  END IF;
  PERFORM forget_address(asking, address);
  PERFORM erase_person(asking);
END $$;
