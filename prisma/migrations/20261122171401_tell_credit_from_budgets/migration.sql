-- What an organization may spend before it has paid is ours to set, and stands beside the budgets it sets for itself: neither forgives the other.
ALTER TABLE budget ADD COLUMN is_credit boolean NOT NULL DEFAULT false, ADD CHECK (NOT is_credit OR scope = 'organization');
UPDATE budget SET is_credit = true WHERE scope = 'organization' AND period = 'month' AND unit = 'usd' AND model_id IS NULL AND tag IS NULL AND hard AND time_zone = 'UTC';
DROP INDEX budget_live_idx;
CREATE UNIQUE INDEX budget_live_idx ON budget (org_id, scope, scope_id, period, unit, coalesce(model_id, ''), coalesce(tag, ''), is_credit) WHERE archived_at IS NULL;

-- Whose word a key's scope is: who made it, or who last changed it. Its holder may narrow what someone else decided, never widen it.
ALTER TABLE api_key ADD COLUMN scope_set_by uuid REFERENCES app_user (id);
UPDATE api_key SET scope_set_by = created_by;
CREATE INDEX api_key_scope_set_by_idx ON api_key (scope_set_by);
GRANT SELECT (scope_set_by), UPDATE (scope_set_by) ON api_key TO atpar_app;
