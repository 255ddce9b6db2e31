-- What a model does: chat, as all of them did so far, or something else with endpoints, formats and units of its own.
ALTER TABLE model ADD COLUMN task text NOT NULL DEFAULT 'chat';
