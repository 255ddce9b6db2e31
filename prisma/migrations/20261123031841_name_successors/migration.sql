-- What a provider names in the place of a model it takes away: told before that day, and in the refusal after it.
ALTER TABLE offering ADD COLUMN successor_id text REFERENCES model (id);
CREATE INDEX offering_successor_id_idx ON offering (successor_id);
