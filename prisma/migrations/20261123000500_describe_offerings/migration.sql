-- What an offering takes, why it has no price, and when its provider takes it away. Empty parameters = not on record.
ALTER TABLE offering
  ADD COLUMN parameters text[] NOT NULL DEFAULT '{}',
  ADD COLUMN unpriced_reason text,
  ADD COLUMN retires_on date;
