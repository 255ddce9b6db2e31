-- What sign-in needs beyond a password: links by mail, second factors, identities at other providers, how fresh a session's proof is, and each
-- person's own record of what happened to their account.

ALTER TABLE user_session
  -- Opened by a password or a link, and good for nothing until the second factor is shown.
  ADD COLUMN awaits text CHECK (awaits = 'second-factor'),
  ADD COLUMN method text NOT NULL DEFAULT 'password'
    CHECK (method IN ('password', 'magic-link', 'e-mail', 'github', 'google', 'oidc')),
  -- When its person last proved who they are; null = not since this column exists.
  ADD COLUMN reauthenticated_at timestamptz;

ALTER TABLE organization ADD COLUMN require_two_factor boolean NOT NULL DEFAULT false;

CREATE TABLE email_token (
  id uuid PRIMARY KEY,
  purpose text NOT NULL CHECK (purpose IN ('sign-up', 'verify-email', 'reset-password', 'magic-link', 'reauthenticate')),
  email text NOT NULL CHECK (email = lower(email)),
  -- Null when nobody has the address (yet).
  user_id uuid REFERENCES app_user (id),
  token_hash bytea NOT NULL UNIQUE,
  name text,
  next_path text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX email_token_user_id_idx ON email_token (user_id);
CREATE INDEX email_token_email_idx ON email_token (email);
CREATE INDEX email_token_expires_at_idx ON email_token (expires_at);

CREATE TABLE user_totp (
  user_id uuid PRIMARY KEY REFERENCES app_user (id),
  -- AES-256-GCM under a key that is not in the database.
  sealed_secret bytea NOT NULL,
  -- Of the newest code taken: an older or equal one is a replay.
  last_step bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Null until the first code showed that the app and we share the secret.
  confirmed_at timestamptz
);

CREATE TABLE recovery_code (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES app_user (id),
  code_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz
);
CREATE INDEX recovery_code_user_id_idx ON recovery_code (user_id);

CREATE TABLE user_identity (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES app_user (id),
  provider text NOT NULL CHECK (provider IN ('github', 'google', 'oidc')),
  -- The provider's own name for the person. Addresses change hands, subjects do not.
  subject text NOT NULL,
  email text,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider, subject)
);
CREATE INDEX user_identity_user_id_idx ON user_identity (user_id);

CREATE TABLE security_event (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES app_user (id),
  event text NOT NULL,
  ip text,
  user_agent text,
  detail text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX security_event_user_id_idx ON security_event (user_id, id);

-- ── who may touch what ──────────────────────────────────────────────────────────────────────────────────────────────────────────
DO $$
DECLARE
  personal text;
BEGIN
  FOREACH personal IN ARRAY ARRAY['email_token', 'user_totp', 'recovery_code', 'user_identity', 'security_event']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', personal);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', personal);
    EXECUTE format('CREATE POLICY worker ON %I TO atpar_worker USING (true) WITH CHECK (true)', personal);
  END LOOP;
  -- Not email_token: its rows are reached by their hash alone, through the functions below.
  FOREACH personal IN ARRAY ARRAY['user_totp', 'recovery_code', 'user_identity', 'security_event']
  LOOP
    EXECUTE format('CREATE POLICY self ON %I USING (user_id = current_actor()) WITH CHECK (user_id = current_actor())', personal);
  END LOOP;
END $$;
CREATE POLICY definer ON email_token TO atpar_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON recovery_code TO atpar_definer USING (true) WITH CHECK (true);
CREATE POLICY definer ON user_identity FOR SELECT TO atpar_definer USING (true);
CREATE POLICY definer ON user_totp FOR SELECT TO atpar_definer USING (true);

GRANT SELECT (awaits, method, reauthenticated_at), UPDATE (reauthenticated_at) ON user_session TO atpar_app;
GRANT UPDATE (require_two_factor) ON organization TO atpar_app;
GRANT INSERT (email_verified_at) ON app_user TO atpar_app;
GRANT SELECT, INSERT, UPDATE (sealed_secret, last_step, confirmed_at, created_at), DELETE ON user_totp TO atpar_app;
GRANT SELECT (id, user_id, created_at, used_at), INSERT, DELETE ON recovery_code TO atpar_app;
GRANT SELECT, INSERT, UPDATE (email, last_used_at), DELETE ON user_identity TO atpar_app;
GRANT SELECT, INSERT ON security_event TO atpar_app;
-- To erase a person.
GRANT SELECT (id, email, user_id, expires_at), DELETE ON email_token TO atpar_worker;
GRANT SELECT (user_id), DELETE ON user_totp TO atpar_worker;
GRANT SELECT (id, user_id), DELETE ON recovery_code TO atpar_worker;
GRANT SELECT, DELETE ON user_identity, security_event TO atpar_worker;

GRANT SELECT, INSERT, UPDATE, DELETE ON email_token TO atpar_definer;
GRANT SELECT, UPDATE (used_at) ON recovery_code TO atpar_definer;
GRANT SELECT ON user_identity TO atpar_definer;
GRANT SELECT (user_id, confirmed_at) ON user_totp TO atpar_definer;

-- ── functions that serve people who are not signed in yet ───────────────────────────────────────────────────────────────────────
DROP FUNCTION find_session(bytea);
CREATE FUNCTION find_session(wanted_hash bytea)
RETURNS TABLE (session_id uuid, user_id uuid, email text, name text, is_operator boolean, expires_at timestamptz, awaits text, method text,
  reauthenticated_at timestamptz, is_email_verified boolean, has_password boolean, has_two_factor boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT s.id, u.id, u.email, u.name, u.is_operator, s.expires_at, s.awaits, s.method, s.reauthenticated_at, u.email_verified_at IS NOT NULL,
    u.password_hash IS NOT NULL, EXISTS (SELECT 1 FROM user_totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL)
  FROM user_session s JOIN app_user u ON u.id = s.user_id
  WHERE s.token_hash = wanted_hash AND s.revoked_at IS NULL AND s.expires_at > now() AND u.deleted_at IS NULL
$$;

CREATE FUNCTION find_account(wanted_email text) RETURNS TABLE (user_id uuid, name text, is_email_verified boolean, has_two_factor boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT u.id, u.name, u.email_verified_at IS NOT NULL, EXISTS (SELECT 1 FROM user_totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL)
  FROM app_user u WHERE u.email = lower(wanted_email) AND u.deleted_at IS NULL
$$;

CREATE FUNCTION find_identity(wanted_provider text, wanted_subject text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT i.user_id FROM user_identity i JOIN app_user u ON u.id = i.user_id
  WHERE i.provider = wanted_provider AND i.subject = wanted_subject AND u.deleted_at IS NULL
$$;

-- Also forgets what ran out more than a day ago, so that nothing else has to.
CREATE FUNCTION issue_email_token(new_id uuid, new_purpose text, new_email text, new_user_id uuid, new_hash bytea, new_name text, new_next_path text,
  new_expires_at timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  DELETE FROM email_token WHERE expires_at < now() - interval '1 day';
  INSERT INTO email_token (id, purpose, email, user_id, token_hash, name, next_path, expires_at)
  VALUES (new_id, new_purpose, lower(new_email), new_user_id, new_hash, new_name, new_next_path, new_expires_at);
$$;

CREATE FUNCTION find_email_token(wanted_hash bytea, wanted_purpose text) RETURNS TABLE (email text, user_id uuid, name text, next_path text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT t.email, t.user_id, t.name, t.next_path FROM email_token t
  WHERE t.token_hash = wanted_hash AND t.purpose = wanted_purpose AND t.used_at IS NULL AND t.expires_at > now()
$$;

-- Of two clicks at once one finds nothing left: the update is the question.
CREATE FUNCTION use_email_token(wanted_hash bytea, wanted_purpose text) RETURNS TABLE (email text, user_id uuid, name text, next_path text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE email_token t SET used_at = now()
  WHERE t.token_hash = wanted_hash AND t.purpose = wanted_purpose AND t.used_at IS NULL AND t.expires_at > now()
  RETURNING t.email, t.user_id, t.name, t.next_path
$$;

-- Every open link to an address, once one of them changed what the account is.
CREATE FUNCTION void_email_tokens(wanted_email text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE email_token SET used_at = now() WHERE email = lower(wanted_email) AND used_at IS NULL
$$;

-- Takes no user: a code works for the one who is asking alone.
CREATE FUNCTION use_recovery_code(wanted_hash bytea) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH used AS (
    UPDATE recovery_code SET used_at = now() WHERE code_hash = wanted_hash AND user_id = current_actor() AND used_at IS NULL RETURNING 1
  )
  SELECT EXISTS (SELECT 1 FROM used)
$$;

-- Which organizations of the one who is asking let nobody in without a second factor.
CREATE FUNCTION list_two_factor_requirements() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT o.id FROM membership m JOIN organization o ON o.id = m.org_id
  WHERE m.user_id = current_actor() AND m.status = 'active' AND o.require_two_factor
$$;

DO $$
DECLARE
  signature text;
BEGIN
  GRANT CREATE ON SCHEMA public TO atpar_definer;
  FOREACH signature IN ARRAY ARRAY['find_session(bytea)', 'find_account(text)', 'find_identity(text, text)',
    'issue_email_token(uuid, text, text, uuid, bytea, text, text, timestamptz)', 'find_email_token(bytea, text)', 'use_email_token(bytea, text)',
    'void_email_tokens(text)', 'use_recovery_code(bytea)', 'list_two_factor_requirements()']
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', signature);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO atpar_app', signature);
    EXECUTE format('ALTER FUNCTION %s OWNER TO atpar_definer', signature);
  END LOOP;
  REVOKE CREATE ON SCHEMA public FROM atpar_definer;
END $$;
