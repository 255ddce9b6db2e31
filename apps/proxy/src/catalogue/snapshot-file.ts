import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Snapshot } from '@atpar/core/snapshot'

/** The catalogue on disk, so that a proxy can start while Postgres is down. Holds prices and names, nothing of any tenant. */

const BIGINT_MARK = 'bigint:'

export const writeSnapshotFile = async (path: string, snapshot: Snapshot): Promise<void> => {
  const text = JSON.stringify(
    { ...snapshot, models: [...snapshot.models], aliases: [...snapshot.aliases], offerings: [...snapshot.offerings] },
    (_key, value: unknown) => (typeof value === 'bigint' ? BIGINT_MARK + value.toString() : value),
  )
  const temporary = `${path}.${process.pid}.tmp`
  await writeFile(temporary, text)
  await rename(temporary, path)
}

/** Null when there is none that can be read. */
export const readSnapshotFile = async (path: string): Promise<Snapshot | null> => {
  try {
    const stored = JSON.parse(await readFile(path, 'utf8'), (_key, value: unknown) =>
      typeof value === 'string' && value.startsWith(BIGINT_MARK) ? BigInt(value.slice(BIGINT_MARK.length)) : value,
    ) as StoredSnapshot
    return {
      ...stored,
      // Files of a version that knew nothing but chat say nothing of it.
      models: new Map(stored.models.map(([id, model]) => [id, { ...model, task: model.task ?? 'chat' }])),
      aliases: new Map(stored.aliases),
      offerings: new Map(
        stored.offerings.map(([id, offering]) => [id, { ...offering, task: offering.task ?? 'chat' }]),
      ),
    }
  } catch {
    // Absent or damaged: the caller decides what a start without a catalogue means.
    return null
  }
}

type Entries<Field> = Field extends ReadonlyMap<infer Key, infer Value> ? (readonly [Key, Value])[] : Field
type StoredSnapshot = { readonly [Name in keyof Snapshot]: Entries<Snapshot[Name]> }
