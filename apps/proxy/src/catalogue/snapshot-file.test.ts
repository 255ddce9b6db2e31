import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Snapshot } from '@atpar/core/snapshot'
import { readSnapshotFile, writeSnapshotFile } from './snapshot-file.ts'

const SNAPSHOT: Snapshot = {
  version: 7,
  priceBookId: 3,
  clockOffsetMs: 0,
  models: new Map([
    [
      'm',
      {
        id: 'm',
        displayName: 'M',
        family: 'f',
        author: 'a',
        task: 'chat',
        reasoning: false,
        createdAtMs: 1,
        aliases: ['x'],
        offeringIds: ['p/m'],
      },
    ],
  ]),
  aliases: new Map([['x', 'm']]),
  offerings: new Map([
    [
      'p/m',
      {
        id: 'p/m',
        modelId: 'm',
        task: 'chat',
        providerId: 'p',
        upstreamModel: 'm',
        contextTokens: null,
        maxOutputTokens: 10,
        priority: 1,
        funding: 'platform',
        enabled: true,
        rates: {
          offeringId: 'p/m',
          priceVersionId: 'v',
          rows: [
            {
              contextFrom: 0,
              serviceTier: null,
              window: null,
              prices: { input_uncached: { amountPusd: 9_007_199_254_740_993n, perUnits: 3n } },
            },
          ],
        },
      },
    ],
  ]),
}

describe('the catalogue on disk', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atpar-snapshot-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('comes back as it was, prices beyond what a float holds included', async () => {
    const path = join(folder, 'snapshot.json')
    await writeSnapshotFile(path, SNAPSHOT)
    expect(await readSnapshotFile(path)).toEqual(SNAPSHOT)
  })

  it('is nothing when it is absent or damaged, so that a start can say why it cannot go on', async () => {
    const path = join(folder, 'snapshot.json')
    expect(await readSnapshotFile(path)).toBeNull()
    await writeSnapshotFile(path, SNAPSHOT)
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 100))
    expect(await readSnapshotFile(path)).toBeNull()
  })
})
