/** Another installation than the one in this folder. An empty text counts as unset. */
export const readOperatorEnv = () => {
  const read = (name: string): string | undefined => (process.env[name] === '' ? undefined : process.env[name])
  return {
    DATABASE_URL: read('DATABASE_URL'),
    DATABASE_URL_GATEWAY: read('DATABASE_URL_GATEWAY'),
    SEALING_PRIVATE_KEYS: read('SEALING_PRIVATE_KEYS'),
    REDIS_URL: read('REDIS_URL'),
    OWNER_DATABASE_URL: read('OWNER_DATABASE_URL'),
    SIMULATION: read('SIMULATION'),
    OPENAI_ADMIN_KEY: read('OPENAI_ADMIN_KEY'),
    OPENAI_BASE_URL: read('OPENAI_BASE_URL'),
    ANTHROPIC_ADMIN_KEY: read('ANTHROPIC_ADMIN_KEY'),
    ANTHROPIC_BASE_URL: read('ANTHROPIC_BASE_URL'),
    AUDIT_SIGNING_SEED: read('AUDIT_SIGNING_SEED'),
  }
}
