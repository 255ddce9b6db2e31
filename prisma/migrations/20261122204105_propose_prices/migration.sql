-- What a provider bills at least once any was used: 10 seconds of sound, say.
ALTER TABLE price_version ADD COLUMN minimum_units bigint NOT NULL DEFAULT 0 CHECK (minimum_units >= 0);

-- No book may hold two prices for the same thing under the same condition. The key is compared by its hash, as a range of one number, because
-- plain GiST compares ranges and not texts (btree_gist would, and is not everywhere).
ALTER TABLE price_version ADD CONSTRAINT price_version_no_overlap EXCLUDE USING gist (
  int8range(
    hashtextextended(offering_id || '|' || bucket || '|' || context_from::text || '|' || coalesce(service_tier, '') || '|' || coalesce(window_from_minute::text, ''), 0),
    hashtextextended(offering_id || '|' || bucket || '|' || context_from::text || '|' || coalesce(service_tier, '') || '|' || coalesce(window_from_minute::text, ''), 0),
    '[]') WITH &&,
  int4range(price_book_id, retired_book_id) WITH &&);

-- ── what an import would change, until somebody says yes or no ──────────────────────────────────────────────────────────────────
CREATE TABLE price_proposal (
  id uuid PRIMARY KEY,
  source text NOT NULL,
  source_version text NOT NULL,
  -- seed | nightly | operator
  origin text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX price_proposal_created_idx ON price_proposal (created_at DESC);

CREATE TABLE price_proposal_line (
  id uuid PRIMARY KEY,
  proposal_id uuid NOT NULL REFERENCES price_proposal (id),
  position integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('added', 'changed', 'retired')),
  offering_id text NOT NULL REFERENCES offering (id),
  bucket text NOT NULL,
  context_from integer NOT NULL DEFAULT 0,
  service_tier text,
  window_from_minute integer CHECK (window_from_minute BETWEEN 0 AND 1439),
  window_to_minute integer CHECK (window_to_minute BETWEEN 0 AND 1440),
  -- The row in force that it would retire.
  before_version_id uuid REFERENCES price_version (id),
  before_amount_pusd bigint,
  before_per_units bigint,
  amount_pusd bigint CHECK (amount_pusd >= 0),
  per_units bigint CHECK (per_units > 0),
  minimum_units bigint NOT NULL DEFAULT 0 CHECK (minimum_units >= 0),
  effective_from date NOT NULL,
  source_url text NOT NULL,
  checked_on date NOT NULL,
  -- More than ×3 either way, to and from 0 included: more often a mistake than a sale.
  needs_person boolean GENERATED ALWAYS AS (before_amount_pusd IS NOT NULL AND amount_pusd IS NOT NULL AND (
    amount_pusd::numeric * before_per_units > 3 * before_amount_pusd::numeric * per_units
    OR before_amount_pusd::numeric * per_units > 3 * amount_pusd::numeric * before_per_units)) STORED,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'approved', 'rejected', 'superseded')),
  decided_by text,
  is_automatic boolean NOT NULL DEFAULT false,
  decided_at timestamptz,
  price_book_id integer REFERENCES price_book (id),
  UNIQUE (proposal_id, position),
  CHECK ((kind = 'retired') = (amount_pusd IS NULL) AND (amount_pusd IS NULL) = (per_units IS NULL)),
  CHECK ((kind = 'added') = (before_version_id IS NULL) AND (before_version_id IS NULL) = (before_amount_pusd IS NULL) AND (before_version_id IS NULL) = (before_per_units IS NULL)),
  CHECK ((status = 'open') = (decided_at IS NULL)),
  CHECK ((status = 'approved') = (price_book_id IS NOT NULL)),
  CHECK (status NOT IN ('approved', 'rejected') OR length(decided_by) > 0),
  CONSTRAINT price_proposal_line_asks_a_person CHECK (NOT (needs_person AND is_automatic AND status = 'approved'))
);
CREATE INDEX price_proposal_line_proposal_idx ON price_proposal_line (proposal_id);
CREATE INDEX price_proposal_line_offering_idx ON price_proposal_line (offering_id);
CREATE INDEX price_proposal_line_before_idx ON price_proposal_line (before_version_id);
CREATE INDEX price_proposal_line_book_idx ON price_proposal_line (price_book_id);
CREATE INDEX price_proposal_line_open_idx ON price_proposal_line (proposal_id) WHERE status = 'open';

-- ── usage that a later book prices lower, or prices at all ──────────────────────────────────────────────────────────────────────
CREATE TABLE price_rerating (
  price_book_id integer PRIMARY KEY REFERENCES price_book (id),
  -- The earliest day from which one of the book's new prices counts.
  from_day date NOT NULL,
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'done')),
  -- The last request looked at in the run under way; null when none is.
  reached_request uuid,
  looked_at bigint NOT NULL DEFAULT 0,
  corrected bigint NOT NULL DEFAULT 0,
  credited_pusd numeric(38, 0) NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);

GRANT SELECT ON price_proposal, price_proposal_line, price_rerating TO atpar_app, atpar_worker, atpar_definer;
GRANT INSERT, UPDATE ON price_proposal, price_proposal_line, price_rerating TO atpar_worker;
GRANT SELECT, INSERT ON price_book, price_version TO atpar_definer;
GRANT UPDATE (retired_book_id) ON price_version TO atpar_definer;
GRANT UPDATE (status, decided_by, is_automatic, decided_at, price_book_id) ON price_proposal_line TO atpar_definer;
GRANT INSERT ON price_rerating TO atpar_definer;

-- The one way in which prices come into force: a new book of exactly these lines, whose old rows are retired and kept. Lines whose old row is no longer
-- in force are superseded instead. Null when none of them was open.
CREATE FUNCTION approve_price_lines(wanted uuid[], approver text, automatic boolean) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  book integer;
  chosen uuid[];
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('atpar:catalogue'));
  UPDATE price_proposal_line l SET status = 'superseded', decided_at = now()
    WHERE l.id = ANY (wanted) AND l.status = 'open' AND (
      (l.before_version_id IS NOT NULL AND EXISTS (SELECT 1 FROM price_version p WHERE p.id = l.before_version_id AND p.retired_book_id IS NOT NULL))
      OR (l.before_version_id IS NULL AND EXISTS (SELECT 1 FROM price_version p WHERE p.retired_book_id IS NULL AND p.offering_id = l.offering_id AND p.bucket = l.bucket
        AND p.context_from = l.context_from AND p.service_tier IS NOT DISTINCT FROM l.service_tier AND p.window_from_minute IS NOT DISTINCT FROM l.window_from_minute)));
  SELECT array_agg(id) INTO chosen FROM price_proposal_line WHERE id = ANY (wanted) AND status = 'open';
  IF chosen IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO price_book (source, source_version, note, approved_by)
    SELECT min(p.source), max(p.source_version),
      format('%s added, %s changed, %s retired', count(*) FILTER (WHERE l.kind = 'added'), count(*) FILTER (WHERE l.kind = 'changed'), count(*) FILTER (WHERE l.kind = 'retired')), approver
    FROM price_proposal_line l JOIN price_proposal p ON p.id = l.proposal_id WHERE l.id = ANY (chosen)
    RETURNING id INTO book;
  UPDATE price_version p SET retired_book_id = book FROM price_proposal_line l WHERE l.id = ANY (chosen) AND p.id = l.before_version_id;
  INSERT INTO price_version (id, offering_id, price_book_id, bucket, amount_pusd, per_units, minimum_units, context_from, service_tier, window_from_minute, window_to_minute,
      effective_from, source_url, checked_on)
    SELECT gen_random_uuid(), offering_id, book, bucket, amount_pusd, per_units, minimum_units, context_from, service_tier, window_from_minute, window_to_minute,
      effective_from, source_url, checked_on
    FROM price_proposal_line WHERE id = ANY (chosen) AND kind <> 'retired';
  UPDATE price_proposal_line SET status = 'approved', decided_by = approver, is_automatic = automatic, decided_at = now(), price_book_id = book WHERE id = ANY (chosen);
  -- Nothing was billed before the first book.
  INSERT INTO price_rerating (price_book_id, from_day)
    SELECT book, min(effective_from) FROM price_proposal_line
    WHERE id = ANY (chosen) AND kind <> 'retired' AND EXISTS (SELECT 1 FROM price_book b WHERE b.id < book) HAVING count(*) > 0;
  RETURN book;
END $$;

CREATE FUNCTION reject_price_lines(wanted uuid[], rejecter text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  rejected integer;
BEGIN
  UPDATE price_proposal_line SET status = 'rejected', decided_by = rejecter, decided_at = now() WHERE id = ANY (wanted) AND status = 'open';
  GET DIAGNOSTICS rejected = ROW_COUNT;
  RETURN rejected;
END $$;

-- For the operator's pages: whoever is asking must be one. The book that came of it, or null.
CREATE FUNCTION operator_approve_price_lines(wanted uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT is_operator_asking() THEN
    RAISE EXCEPTION 'only an operator approves prices' USING ERRCODE = '42501';
  END IF;
  RETURN approve_price_lines(wanted, (SELECT name || ' <' || email || '>' FROM app_user WHERE id = current_actor()), false);
END $$;
CREATE FUNCTION operator_reject_price_lines(wanted uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT is_operator_asking() THEN
    RAISE EXCEPTION 'only an operator rejects prices' USING ERRCODE = '42501';
  END IF;
  RETURN reject_price_lines(wanted, (SELECT name || ' <' || email || '>' FROM app_user WHERE id = current_actor()));
END $$;

REVOKE EXECUTE ON FUNCTION approve_price_lines(uuid[], text, boolean), reject_price_lines(uuid[], text), operator_approve_price_lines(uuid[]), operator_reject_price_lines(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION approve_price_lines(uuid[], text, boolean), reject_price_lines(uuid[], text) TO atpar_worker, atpar_definer;
GRANT EXECUTE ON FUNCTION operator_approve_price_lines(uuid[]), operator_reject_price_lines(uuid[]) TO atpar_app;
GRANT CREATE ON SCHEMA public TO atpar_definer;
ALTER FUNCTION operator_approve_price_lines(uuid[]) OWNER TO atpar_definer;
ALTER FUNCTION operator_reject_price_lines(uuid[]) OWNER TO atpar_definer;
REVOKE CREATE ON SCHEMA public FROM atpar_definer;
