-- Whose a customer at Stripe is: two installations may share an account there, and an organization that moved keeps its id.
INSERT INTO platform_setting (key, value) VALUES ('installation_id', to_jsonb(gen_random_uuid()::text)) ON CONFLICT (key) DO NOTHING;

-- ── the operator's page of accounts ─────────────────────────────────────────────────────────────────────────────────────────────
GRANT SELECT ON credit_standing, billing_account, invoice_collection, credit_note, credit_note_settlement, refund, invoice TO atpar_definer;
GRANT UPDATE (granted_pusd) ON credit_standing TO atpar_definer;
GRANT UPDATE (way, state, attempts, next_attempt_at, updated_at) ON credit_note_settlement TO atpar_definer;
DO $$
DECLARE
  needed text;
BEGIN
  FOREACH needed IN ARRAY ARRAY['credit_standing', 'billing_account', 'invoice_collection', 'credit_note', 'credit_note_settlement', 'refund', 'invoice'] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_policies WHERE schemaname = 'public' AND tablename = needed AND policyname = 'definer') THEN
      EXECUTE format('CREATE POLICY definer ON %I TO atpar_definer USING (true) WITH CHECK (true)', needed);
    END IF;
  END LOOP;
END $$;

-- Whoever owes most first; `wanted` is part of a name or an address.
CREATE FUNCTION operator_accounts(wanted text)
RETURNS TABLE (org_id uuid, org_slug text, org_name text, line_pusd bigint, starter_pusd bigint, granted_pusd bigint, owed_pusd numeric, dunning_stage text,
  oldest_unpaid_due_at timestamptz, has_card boolean, is_prepaid_only boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT o.id, o.slug, o.name, c.line_pusd, c.starter_pusd, c.granted_pusd, c.owed_pusd, c.dunning_stage, c.oldest_unpaid_due_at,
    a.payment_method_id IS NOT NULL, a.prepaid_only_since IS NOT NULL
  FROM credit_standing c JOIN organization o ON o.id = c.org_id LEFT JOIN billing_account a ON a.org_id = c.org_id
  WHERE is_operator_asking() AND o.status <> 'closed' AND (wanted = '' OR position(lower(wanted) IN lower(o.name)) > 0 OR position(lower(wanted) IN o.slug) > 0)
  ORDER BY c.dunning_stage <> 'none' DESC, c.owed_pusd DESC, o.slug LIMIT 100
$$;

-- Null takes the grant away. False when nobody has this id.
CREATE FUNCTION operator_grant_credit(wanted_org uuid, wanted_pusd bigint, wanted_reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  former bigint;
BEGIN
  IF NOT is_operator_asking() THEN
    RETURN false;
  END IF;
  SELECT c.granted_pusd INTO former FROM credit_standing c JOIN organization o ON o.id = c.org_id AND o.status <> 'closed' WHERE c.org_id = wanted_org FOR UPDATE OF c;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE credit_standing SET granted_pusd = wanted_pusd WHERE credit_standing.org_id = wanted_org;
  INSERT INTO audit_log (id, org_id, actor_kind, action, subject_kind, subject_id, before, after)
    VALUES (new_uuid_v7(), wanted_org, 'system', 'credit-granted', 'organization', wanted_org::text, jsonb_build_object('grantedPusd', former::text),
      jsonb_build_object('grantedPusd', wanted_pusd::text, 'reason', wanted_reason, 'operator', current_actor()::text));
  RETURN true;
END $$;

-- Credit notes that did not reach Stripe, or are on their way for longer than ten minutes.
CREATE FUNCTION operator_stuck_credit_notes()
RETURNS TABLE (credit_note_id uuid, org_slug text, number text, invoice_number text, total_cents bigint, way text, state text, attempts integer, last_error text,
  is_refund_refused boolean, issued_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT n.id, o.slug, n.number, i.number, n.total_cents, s.way, s.state, s.attempts, s.last_error, coalesce(r.state IN ('failed', 'canceled'), false), n.issued_at
  FROM credit_note_settlement s JOIN credit_note n ON n.id = s.credit_note_id JOIN invoice i ON i.id = n.invoice_id JOIN organization o ON o.id = n.org_id
  LEFT JOIN refund r ON r.credit_note_id = n.id
  WHERE is_operator_asking() AND (s.state = 'failed' OR (s.state = 'requested' AND s.attempts > 1 AND s.updated_at < now() - interval '10 minutes'))
  ORDER BY n.issued_at LIMIT 200
$$;

-- Tried again from the beginning; what a card does not take back goes into the balance. False when it has not failed.
CREATE FUNCTION operator_redo_credit_note(wanted_note uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  redone credit_note_settlement;
BEGIN
  IF NOT is_operator_asking() THEN
    RETURN false;
  END IF;
  UPDATE credit_note_settlement s SET state = 'requested', attempts = 0, next_attempt_at = now(), updated_at = now(),
    way = CASE WHEN EXISTS (SELECT 1 FROM refund r WHERE r.credit_note_id = s.credit_note_id AND r.state IN ('failed', 'canceled')) THEN 'balance' ELSE s.way END
  WHERE s.credit_note_id = wanted_note AND s.state = 'failed' RETURNING s.* INTO redone;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO audit_log (id, org_id, actor_kind, action, subject_kind, subject_id, after)
    VALUES (new_uuid_v7(), redone.org_id, 'system', 'credit-note-redone', 'credit-note', wanted_note::text, jsonb_build_object('way', redone.way, 'operator', current_actor()::text));
  RETURN true;
END $$;

REVOKE EXECUTE ON FUNCTION operator_accounts(text), operator_grant_credit(uuid, bigint, text), operator_stuck_credit_notes(), operator_redo_credit_note(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION operator_accounts(text), operator_grant_credit(uuid, bigint, text), operator_stuck_credit_notes(), operator_redo_credit_note(uuid) TO atpar_app;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION operator_accounts(text) OWNER TO atpar_definer;
ALTER FUNCTION operator_grant_credit(uuid, bigint, text) OWNER TO atpar_definer;
ALTER FUNCTION operator_stuck_credit_notes() OWNER TO atpar_definer;
ALTER FUNCTION operator_redo_credit_note(uuid) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
