import { randomBytes } from 'node:crypto'
import { newUuidV7 } from '@atpar/core/ids'

/** Ids of rows made here. They sort by age, which keeps the indexes tight; no test or bill depends on their value. */
export const newId = (): string => newUuidV7({ nowMs: Date.now, randomBytes })
