-- How much of a row's cost and bill are corrections (kind 'correction', nothing of it positive but the cost of usage that had no price): an invoice shows
-- them on lines of their own, and is made of roll-ups.
ALTER TABLE usage_rollup_hourly ADD COLUMN corrected_cost_pusd numeric(38, 0) NOT NULL DEFAULT 0;
ALTER TABLE usage_rollup_hourly ADD COLUMN corrected_pusd numeric(38, 0) NOT NULL DEFAULT 0;
