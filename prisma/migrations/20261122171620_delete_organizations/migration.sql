-- Deleting an organization: suspended at once, erased a week later (decision 0004). Money facts stay under ids that no longer lead to anybody.
ALTER TABLE organization
  ADD COLUMN deletion_requested_at timestamptz,
  ADD COLUMN deletion_requested_by uuid REFERENCES app_user (id),
  ADD COLUMN deletion_due_at timestamptz,
  ADD COLUMN status_before_deletion text,
  ADD COLUMN erased_at timestamptz,
  ADD CHECK ((deletion_requested_at IS NULL) = (deletion_due_at IS NULL)),
  -- Whoever asks: the week to think again is the database's to keep.
  ADD CHECK (deletion_due_at >= deletion_requested_at + interval '7 days');
CREATE INDEX organization_deletion_requested_by_idx ON organization (deletion_requested_by);
CREATE INDEX organization_deletion_due_idx ON organization (deletion_due_at) WHERE deletion_due_at IS NOT NULL AND erased_at IS NULL;
GRANT UPDATE (deletion_requested_at, deletion_requested_by, deletion_due_at) ON organization TO atpar_app;

-- The dashboard cannot write the status: it may ask for a deletion or take that back, and the status follows.
CREATE FUNCTION follow_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.deletion_due_at IS NULL AND NEW.deletion_due_at IS NOT NULL THEN
    NEW.status_before_deletion := OLD.status;
    NEW.status := 'suspended';
  ELSIF OLD.deletion_due_at IS NOT NULL AND NEW.deletion_due_at IS NULL AND OLD.erased_at IS NULL THEN
    NEW.status := OLD.status_before_deletion;
    NEW.status_before_deletion := NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER organization_deletion BEFORE UPDATE OF deletion_due_at ON organization FOR EACH ROW EXECUTE FUNCTION follow_deletion();

-- Random, and in order with the ids that the application makes.
CREATE FUNCTION new_uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT (substr(uuid_v7_floor(clock_timestamp())::text, 1, 14) || '7' || substr(gen_random_uuid()::text, 16))::uuid
$$;

CREATE FUNCTION belongs_elsewhere(wanted_user uuid, except_org uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM membership m JOIN organization o ON o.id = m.org_id
    WHERE m.user_id = wanted_user AND m.org_id <> except_org AND m.status = 'active' AND o.status <> 'closed')
$$;

-- Takes away who somebody was. The row stays: facts, postings and records name its id. Everything of theirs outside any organization goes:
-- sessions, second factors, outside identities, tokens, by whatever tables there are when it runs.
CREATE FUNCTION erase_person(wanted_user uuid) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  owned record;
BEGIN
  PERFORM set_config('atpar.user_id', wanted_user::text, true);
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

-- Runs as the owner of the tables, like the adding of partitions: what has to go is in tables that did not exist when this was written. It takes one
-- id, sets it as the tenant so that row-level security holds it to that organization, and refuses any that is not due.
CREATE FUNCTION erase_organization(wanted_org uuid) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  target organization;
  gone text;
  person record;
  people integer := 0;
BEGIN
  PERFORM set_config('atpar.org_id', wanted_org::text, true);
  SELECT * INTO target FROM organization WHERE id = wanted_org FOR UPDATE;
  IF target.id IS NULL OR target.erased_at IS NOT NULL OR target.deletion_due_at IS NULL OR target.deletion_due_at > now() THEN
    RAISE EXCEPTION 'organization % is not due to be erased', wanted_org;
  END IF;
  -- Secrets, and what says something about people and nothing about money. Children before parents.
  FOREACH gone IN ARRAY ARRAY['credential_use', 'credential', 'key_former_secret', 'management_answer', 'management_key', 'invitation', 'member_visit',
    'budget_notice', 'team_membership', 'support_access'] LOOP
    IF to_regclass('public.' || gone) IS NOT NULL THEN
      EXECUTE format('DELETE FROM %I WHERE org_id = $1', gone) USING wanted_org;
    END IF;
  END LOOP;
  UPDATE api_key SET status = 'revoked', revoked_at = coalesce(revoked_at, now()), revoked_reason = coalesce(revoked_reason, 'organization-deleted'),
    hmac = sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), name = 'Key ' || right(id::text, 8), labels = '{}', allowed_cidrs = '{}', last_four = '····'
  WHERE org_id = wanted_org;
  UPDATE team SET name = 'Team ' || right(id::text, 12), archived_at = coalesce(archived_at, now()) WHERE org_id = wanted_org;
  UPDATE route SET name = 'route-' || right(id::text, 12), archived_at = coalesce(archived_at, now()) WHERE org_id = wanted_org;
  UPDATE route_version SET note = '' WHERE org_id = wanted_org;
  UPDATE budget SET archived_at = coalesce(archived_at, now()) WHERE org_id = wanted_org;
  UPDATE rate_limit SET archived_at = coalesce(archived_at, now()) WHERE org_id = wanted_org;
  UPDATE membership SET status = 'removed', removed_at = coalesce(removed_at, now()) WHERE org_id = wanted_org;
  FOR person IN SELECT m.user_id FROM membership m WHERE m.org_id = wanted_org LOOP
    -- Staff keep their log-in.
    CONTINUE WHEN belongs_elsewhere(person.user_id, wanted_org) OR EXISTS (SELECT 1 FROM app_user u WHERE u.id = person.user_id AND u.is_operator);
    PERFORM erase_person(person.user_id);
    people := people + 1;
  END LOOP;
  UPDATE organization SET name = 'Deleted organization', slug = 'deleted-' || replace(id::text, '-', ''), status = 'closed', erased_at = now(), deletion_requested_by = NULL
  WHERE id = wanted_org;
  PERFORM erase_audit_details(wanted_org, (SELECT array_agg(sequence) FROM audit_log WHERE org_id = wanted_org AND sequence IS NOT NULL), new_uuid_v7(), 'organization deleted');
  INSERT INTO audit_log (id, org_id, actor_kind, action, subject_kind, subject_id, after)
    VALUES (new_uuid_v7(), wanted_org, 'system', 'organization-erased', 'organization', wanted_org::text, jsonb_build_object('people', people));
  PERFORM set_config('atpar.org_id', '', true);
  RETURN people;
END $$;

REVOKE EXECUTE ON FUNCTION belongs_elsewhere(uuid, uuid), erase_person(uuid), erase_organization(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_organization(uuid) TO atpar_worker;
GRANT SELECT (deletion_requested_at, deletion_due_at, erased_at) ON organization TO atpar_worker;
GRANT EXECUTE ON FUNCTION belongs_elsewhere(uuid, uuid) TO CURRENT_USER;
SET LOCAL ROLE atpar_definer;
GRANT EXECUTE ON FUNCTION erase_audit_details(uuid, bigint[], uuid, text) TO SESSION_USER;
RESET ROLE;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION belongs_elsewhere(uuid, uuid) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
