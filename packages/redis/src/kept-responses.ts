import type { Redis } from './client.ts'

/** Who keeps an answer: a provider, on the platform's account or on one of the organization's own. */
export interface Keeper {
  readonly providerId: string
  /** Null = the platform's account. */
  readonly credentialId: string | null
}

const keyOf = (orgId: string, id: string): string => `{${orgId}}:kept:${id}`

/** Notes who keeps these ids (an answer and its items) for this organization, until `lifeMs` from now. @throws when Redis cannot be asked. */
export const rememberKeeper = async (
  redis: Redis,
  {
    orgId,
    ids,
    keeper,
    lifeMs,
  }: { readonly orgId: string; readonly ids: readonly string[]; readonly keeper: Keeper; readonly lifeMs: number },
): Promise<void> => {
  const text = `${keeper.providerId} ${keeper.credentialId ?? ''}`
  const pipeline = redis.pipeline()
  for (const id of ids) pipeline.set(keyOf(orgId, id), text, 'PX', lifeMs)
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error
}

/** Who keeps each, null where this organization has no such id. @throws when Redis cannot be asked. */
export const findKeepers = async (
  redis: Redis,
  { orgId, ids }: { readonly orgId: string; readonly ids: readonly string[] },
): Promise<readonly (Keeper | null)[]> => {
  const found = await redis.mget(ids.map((id) => keyOf(orgId, id)))
  return found.map((text) => {
    const [providerId, credentialId] = text?.split(' ') ?? []
    return providerId === undefined
      ? null
      : { providerId, credentialId: credentialId === '' ? null : (credentialId ?? null) }
  })
}

export const forgetKept = async (redis: Redis, orgId: string, id: string): Promise<void> => {
  await redis.del(keyOf(orgId, id))
}
