-- Invitations name the role in the team as well, there is one open per address, and a link that is over says why it is over. The organization sees
-- when a member last looked at it: at it, not at the site, because what they do elsewhere is none of its business.
ALTER TABLE invitation ADD COLUMN team_role text NOT NULL DEFAULT 'developer' CHECK (team_role IN ('team_admin', 'developer'));
CREATE UNIQUE INDEX invitation_open_idx ON invitation (org_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL;
-- Sending one again replaces its token: the older mail's link is then one that nobody knows.
GRANT SELECT (team_role), UPDATE (token_hash, expires_at) ON invitation TO atpar_app;
GRANT SELECT (team_role) ON invitation TO atpar_worker;

-- Apart from membership, whose every change wakes the proxies.
CREATE TABLE member_visit (
  org_id uuid NOT NULL REFERENCES organization (id),
  member_id uuid PRIMARY KEY,
  seen_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (org_id, member_id) REFERENCES membership (org_id, id)
);
CREATE INDEX member_visit_org_idx ON member_visit (org_id, member_id);
SELECT protect_tenant_table('member_visit');
GRANT SELECT, INSERT, UPDATE (seen_at) ON member_visit TO atpar_app;
GRANT SELECT, DELETE ON member_visit TO atpar_worker;

-- Whoever holds the token learns what it is for, also when it is over: the page says which of the three it is.
DROP FUNCTION find_invitation(bytea);
CREATE FUNCTION find_invitation(wanted_hash bytea)
RETURNS TABLE (invitation_id uuid, org_id uuid, org_slug text, org_name text, team_id uuid, team_name text, email text, role text, team_role text,
  inviter_name text, expires_at timestamptz, accepted_at timestamptz, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT i.id, i.org_id, o.slug, o.name, t.id, t.name, i.email, i.role, i.team_role, u.name, i.expires_at, i.accepted_at, i.revoked_at
  FROM invitation i JOIN organization o ON o.id = i.org_id JOIN app_user u ON u.id = i.invited_by
  LEFT JOIN team t ON t.org_id = i.org_id AND t.id = i.team_id AND t.archived_at IS NULL
  WHERE i.token_hash = wanted_hash AND o.status <> 'closed'
$$;
REVOKE EXECUTE ON FUNCTION find_invitation(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_invitation(bytea) TO atpar_app;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION find_invitation(bytea) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
