-- Evidence has columns for two more buckets. Digests of days that no invoice rests on yet are made again, by the rule that invoice will be issued by.
DELETE FROM usage_day_digest AS digest
WHERE NOT EXISTS (
  SELECT 1 FROM invoice WHERE invoice.org_id = digest.org_id AND invoice.period = digest.invoice_period AND invoice.sequence = 1
);
