-- Place in a boot's journal (segment × 2^32 + byte) before which everything is in usage_event. acked_seq cannot say it: one long request
-- holds it back while thousands of later ones are shipped, and a rebuild of the counters must wait for exactly those.
ALTER TABLE proxy_boot ADD COLUMN shipped_position bigint NOT NULL DEFAULT 0;
