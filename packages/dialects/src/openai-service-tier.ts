const TIERS: Readonly<Record<string, string>> = {
  auto: 'auto',
  default: 'default',
  standard_only: 'default',
  flex: 'flex',
  priority: 'priority',
  scale: 'scale',
}

/** The tier by OpenAI's names; one it does not know is dropped and named. */
export const encodeServiceTier = (tier: string | null, dropped: Set<string>): string | null => {
  if (tier === null) return null
  const known = TIERS[tier]
  if (known === undefined) dropped.add('service_tier')
  return known ?? null
}

/** Anthropic's name of the ordinary tier is "standard". */
export const writeServiceTier = (tier: string): string => (tier === 'standard' ? 'default' : tier)
