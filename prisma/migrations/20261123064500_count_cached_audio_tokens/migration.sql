-- Cached audio is counted in tokens by the proxy (core's INPUT_BUCKETS); without it here, a rebuilt or audited token budget would forgive it.
CREATE OR REPLACE FUNCTION count_tokens(units jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(sum((units ->> bucket)::bigint), 0)::bigint FROM unnest(ARRAY['input_uncached', 'cache_read', 'cache_read_audio', 'cache_write_5m', 'cache_write_1h',
    'audio_in', 'image_in', 'output_text', 'output_reasoning', 'audio_out', 'image_out']) AS bucket
$$;
