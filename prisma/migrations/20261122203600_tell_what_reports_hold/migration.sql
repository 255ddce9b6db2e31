-- A day that a report covers and does not name was not used, so it matters which figures a report holds even when it holds no line.
ALTER TABLE provider_bill_import ADD COLUMN has_units boolean NOT NULL DEFAULT false, ADD COLUMN has_costs boolean NOT NULL DEFAULT false;
CREATE INDEX provider_bill_import_days_idx ON provider_bill_import (provider, from_day, until_day);
