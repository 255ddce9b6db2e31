-- The record of acts becomes one chain of hashes per organization. The chain is made here and not in the services: no role may write the columns
-- that make it, so none can write an entry outside it. What is personal (details, address) enters the hash as a salted digest, so that it can be
-- erased and the chain still be checked (decision 0003).
ALTER TABLE audit_log
  ADD COLUMN actor_kind text NOT NULL DEFAULT 'system' CHECK (actor_kind IN ('member', 'management-key', 'support', 'system')),
  ADD COLUMN management_key_id uuid,
  ADD COLUMN support_access_id uuid,
  ADD COLUMN session_id uuid,
  ADD COLUMN sequence bigint,
  ADD COLUMN salt bytea,
  ADD COLUMN details_digest bytea,
  ADD COLUMN hash bytea,
  ADD COLUMN erased_at timestamptz,
  -- Fields of the hashed text are told apart by line feeds.
  ADD CHECK (concat(action, subject_kind, subject_id) !~ E'[\n\r]'),
  ADD UNIQUE (org_id, sequence);

CREATE TABLE audit_head (
  org_id uuid PRIMARY KEY,
  sequence bigint NOT NULL,
  hash bytea NOT NULL
);
SELECT protect_tenant_table('audit_head');

-- The heads of one day, kept where nobody can change them: whoever rewrites a whole chain afterwards contradicts the anchors before it.
CREATE TABLE audit_anchor (
  org_id uuid NOT NULL,
  day date NOT NULL,
  sequence bigint NOT NULL,
  hash bytea NOT NULL,
  anchored_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, day)
);
SELECT protect_tenant_table('audit_anchor');

CREATE FUNCTION audit_details_digest(salt bytea, before jsonb, after jsonb, ip text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(salt || convert_to(concat_ws(E'\n', coalesce(before::text, ''), coalesce(after::text, ''), coalesce(ip, '')), 'UTF8'))
$$;

-- packages/db/src/audit-chain.ts computes the same from the columns: two implementations that have to agree.
CREATE FUNCTION audit_entry_hash(entry audit_log, previous bytea) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(convert_to(concat_ws(E'\n', 'atpar-audit-1', (entry).org_id, (entry).sequence, encode(previous, 'hex'), (entry).id,
    to_char((entry).created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), (entry).actor_kind,
    coalesce((entry).actor_user_id::text, ''), coalesce((entry).management_key_id::text, ''), coalesce((entry).support_access_id::text, ''),
    coalesce((entry).session_id::text, ''), (entry).action, (entry).subject_kind, (entry).subject_id, encode((entry).details_digest, 'hex')), 'UTF8'))
$$;

-- What there is already, in the order of its ids, which begin with their millisecond.
ALTER TABLE audit_log NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_head NO FORCE ROW LEVEL SECURITY;
UPDATE audit_log SET actor_kind = 'member' WHERE actor_user_id IS NOT NULL;
DO $$
DECLARE
  entry audit_log;
  head audit_head;
BEGIN
  FOR entry IN SELECT * FROM audit_log ORDER BY org_id, id LOOP
    SELECT * INTO head FROM audit_head WHERE org_id = entry.org_id;
    entry.sequence := coalesce(head.sequence, 0) + 1;
    entry.salt := decode(replace(gen_random_uuid()::text, '-', ''), 'hex');
    entry.details_digest := audit_details_digest(entry.salt, entry.before, entry.after, entry.ip);
    entry.hash := audit_entry_hash(entry, coalesce(head.hash, ''));
    UPDATE audit_log SET sequence = entry.sequence, salt = entry.salt, details_digest = entry.details_digest, hash = entry.hash WHERE id = entry.id;
    INSERT INTO audit_head (org_id, sequence, hash) VALUES (entry.org_id, entry.sequence, entry.hash)
      ON CONFLICT (org_id) DO UPDATE SET sequence = EXCLUDED.sequence, hash = EXCLUDED.hash;
  END LOOP;
END $$;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_head FORCE ROW LEVEL SECURITY;

-- At commit, as the change feed: entries join in the order in which they become visible, and no act holds the end of the chain while it still
-- waits for something else. The counter comes first for everybody, so that no two commits can wait for one another.
CREATE FUNCTION chain_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  entry audit_log := NEW;
  head audit_head;
BEGIN
  PERFORM 1 FROM change_counter FOR UPDATE;
  SELECT * INTO head FROM audit_head WHERE org_id = NEW.org_id FOR UPDATE;
  IF NEW.sequence IS NULL THEN
    entry.sequence := coalesce(head.sequence, 0) + 1;
    entry.salt := decode(replace(gen_random_uuid()::text, '-', ''), 'hex');
    entry.details_digest := audit_details_digest(entry.salt, entry.before, entry.after, entry.ip);
    entry.hash := audit_entry_hash(entry, coalesce(head.hash, ''));
    UPDATE audit_log SET sequence = entry.sequence, salt = entry.salt, details_digest = entry.details_digest, hash = entry.hash WHERE id = NEW.id;
  ELSIF NEW.sequence <> coalesce(head.sequence, 0) + 1 OR NEW.hash IS DISTINCT FROM audit_entry_hash(NEW, coalesce(head.hash, '')) THEN
    -- An import brings its chain along; it must be one.
    RAISE EXCEPTION 'audit entry % does not follow the chain of its organization', NEW.id;
  END IF;
  INSERT INTO audit_head (org_id, sequence, hash) VALUES (NEW.org_id, entry.sequence, entry.hash)
    ON CONFLICT (org_id) DO UPDATE SET sequence = EXCLUDED.sequence, hash = EXCLUDED.hash;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_log_chained AFTER INSERT ON audit_log DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chain_audit();

-- Takes the personal part out of entries and says so in an entry of its own, without which an erased entry counts as tampered with.
CREATE FUNCTION erase_audit_details(wanted_org uuid, wanted_sequences bigint[], erasure_id uuid, reason text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  erased bigint[];
BEGIN
  WITH gone AS (
    UPDATE audit_log SET before = NULL, after = NULL, ip = NULL, salt = NULL, erased_at = now()
    WHERE org_id = wanted_org AND sequence = ANY (wanted_sequences) AND erased_at IS NULL AND action <> 'audit-details-erased' RETURNING sequence)
  SELECT array_agg(sequence ORDER BY sequence) INTO erased FROM gone;
  IF erased IS NOT NULL THEN
    INSERT INTO audit_log (id, org_id, actor_kind, action, subject_kind, subject_id, after)
      VALUES (erasure_id, wanted_org, 'system', 'audit-details-erased', 'organization', wanted_org::text, jsonb_build_object('sequences', erased, 'reason', reason));
  END IF;
  RETURN coalesce(cardinality(erased), 0);
END $$;

-- ── who may what ────────────────────────────────────────────────────────────────────────────────────────────────────────────────
REVOKE INSERT ON audit_log FROM atpar_app, atpar_worker;
-- Not created_at either: nobody dates an entry back.
GRANT INSERT (id, org_id, actor_kind, actor_user_id, management_key_id, support_access_id, session_id, action, subject_kind, subject_id, before, after, ip)
  ON audit_log TO atpar_app, atpar_worker;
GRANT SELECT ON audit_head, audit_anchor TO atpar_app, atpar_worker;
GRANT INSERT ON audit_anchor TO atpar_worker;

GRANT SELECT, INSERT, UPDATE (sequence, salt, details_digest, hash, before, after, ip, erased_at) ON audit_log TO atpar_definer;
GRANT SELECT, INSERT, UPDATE ON audit_head TO atpar_definer;
CREATE POLICY definer ON audit_log TO atpar_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON audit_head TO atpar_definer USING (true) WITH CHECK (true);

REVOKE EXECUTE ON FUNCTION chain_audit(), erase_audit_details(uuid, bigint[], uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_audit_details(uuid, bigint[], uuid, text) TO atpar_worker;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION chain_audit() OWNER TO atpar_definer;
ALTER FUNCTION erase_audit_details(uuid, bigint[], uuid, text) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
