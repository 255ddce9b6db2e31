import type { Model } from '@atpar/core/snapshot'
import type { Keeper } from '@atpar/redis/kept-responses'
import { expect, test } from 'vitest'
import type { Candidate } from '../upstream/candidates.ts'
import type { KeptResponses } from './kept-responses.ts'
import { pinPlan } from './pin-plan.ts'

const candidate = (id: string, credentialId: string | null = null): Candidate =>
  ({
    id,
    providerId: id.split('/')[0],
    credential: credentialId === null ? null : { credentialId },
  }) as unknown as Candidate

const plan = {
  model: { id: 'gpt-4o' } as Model,
  candidates: [candidate('openai/gpt-4o', 'own-1'), candidate('openai/gpt-4o'), candidate('azure/gpt-4o')],
  skipped: [],
}

const keptBy = (keepers: Readonly<Record<string, Keeper>>): KeptResponses => ({
  remember: () => Promise.resolve(),
  find: (_orgId, ids) => Promise.resolve(ids.map((id) => keepers[id] ?? null)),
  forget: () => Promise.resolve(),
})

const onPlatform: Keeper = { providerId: 'openai', credentialId: null }
const onOwn: Keeper = { providerId: 'openai', credentialId: 'own-1' }
const pin = (keepers: Readonly<Record<string, Keeper>>, ids: readonly string[]) =>
  pinPlan(keptBy(keepers), { orgId: 'org', plan, ids })

test('only the account that keeps a response is asked, and the trail says why no other', async () => {
  const pinned = await pin({ resp_1: onPlatform }, ['resp_1'])
  expect(pinned.candidates).toEqual([plan.candidates[1]])
  expect(pinned.skipped.map(({ offeringId }) => offeringId)).toEqual(['openai/gpt-4o', 'azure/gpt-4o'])
  expect((await pin({ resp_1: onOwn }, ['resp_1'])).candidates).toEqual([plan.candidates[0]])
})

test.each([
  ['an id that nobody keeps', {}, ['resp_1']],
  ['one of several that nobody keeps', { resp_1: onPlatform }, ['resp_1', 'msg_2']],
  ['two that different accounts keep', { resp_1: onPlatform, msg_2: onOwn }, ['resp_1', 'msg_2']],
  ['one whose keeper cannot serve the model', { resp_1: { providerId: 'xai', credentialId: null } }, ['resp_1']],
])('%s is refused with what to do', async (_what, keepers, ids) => {
  await expect(pin(keepers, ids)).rejects.toMatchObject({
    code: 'response_not_kept',
    message: expect.stringContaining('Send the whole conversation'),
  })
})
