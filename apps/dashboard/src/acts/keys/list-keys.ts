import { z } from 'zod'
import { reaches } from '@atpar/core/permissions'
import { listKeys, type KeySummary } from '@atpar/db/api-keys'
import { defineAct } from '../define-act.ts'

export interface KeyPage {
  readonly keys: readonly KeySummary[]
  /** `keyId` to go on from; null at the end. */
  readonly next: string | null
}

const matches = (key: KeySummary, search: string): boolean =>
  [key.name, key.publicPrefix, key.lastFour, key.memberName, key.teamName, ...key.labels].some(
    (text) => text !== null && text.toLowerCase().includes(search),
  )

/** The keys within reach: one's own, those of the teams one administers, or all. Active ones first, newest first. */
export const listKeysAct = defineAct({
  name: 'list-keys',
  effect: 'read',
  permission: 'key:read',
  input: z.strictObject({
    status: z.enum(['active', 'revoked']).optional(),
    memberId: z.uuid().optional(),
    teamId: z.uuid().optional(),
    /** In the name, the public part, the holder's name or a label. */
    search: z.string().trim().max(100).default(''),
    /** Absent = all. */
    limit: z.int().min(1).optional(),
    after: z.uuid().optional(),
  }),
  run: async (act, input): Promise<KeyPage> => {
    const all = await listKeys(act.tx, act.orgId, { atMs: act.atMs })
    const found = all.filter(
      (key) =>
        reaches(act, 'key:read', key) &&
        (input.status === undefined || key.status === input.status) &&
        (input.memberId === undefined || key.memberId === input.memberId) &&
        (input.teamId === undefined || key.teamId === input.teamId) &&
        (input.search === '' || matches(key, input.search.toLowerCase())),
    )
    const from = input.after === undefined ? 0 : found.findIndex((key) => key.keyId === input.after) + 1
    const until = input.limit === undefined ? found.length : from + input.limit
    const keys = found.slice(from, until)
    return { keys, next: until < found.length ? (keys.at(-1)?.keyId ?? null) : null }
  },
})
