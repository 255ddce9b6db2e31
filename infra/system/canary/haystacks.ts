import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MatrixSystem } from '../matrix/matrix-system.ts'

export interface Haystack {
  readonly place: string
  readonly text: string
}

/** Every byte as a character of its own, so that text inside binary files is found as well. */
const readFolder = async (folder: string): Promise<readonly Haystack[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name)
        return { place: path.slice(folder.length + 1), text: (await readFile(path)).toString('latin1') }
      }),
  )
}

/** Every row of every table, whatever the tables are. */
const readDatabase = async ({ system: { owner } }: MatrixSystem): Promise<readonly Haystack[]> => {
  const { rows: tables } = await owner.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema')`,
  )
  const haystacks: Haystack[] = []
  for (const { name } of tables) {
    const { rows } = await owner.query<{ text: string }>(`SELECT to_jsonb(t)::text AS text FROM ${name} t`)
    haystacks.push({ place: `table ${name}`, text: rows.map(({ text }) => text).join('\n') })
  }
  return haystacks
}

/** Everything that stays behind: logs, journals, snapshots, all that Redis was ever told, all that Postgres holds, metrics, and URLs. */
export const collectHaystacks = async (stage: MatrixSystem): Promise<readonly Haystack[]> => {
  const { system, wire } = stage
  const processes = [...system.proxies, system.shipper, ...(system.worker === null ? [] : [system.worker])]
  const metrics = await Promise.all(
    system.proxyUrls.map(async (url) => ({ place: 'metrics', text: await (await fetch(`${url}/metrics`)).text() })),
  )
  return [
    ...processes.map((each) => ({ place: `log of ${each.name}`, text: each.output() })),
    ...metrics,
    ...(await readFolder(system.folder)),
    // Its append-only file has every command, those for what is gone again as well.
    ...(await readFolder(system.redis.dir)).map(({ place, text }) => ({ place: `Redis: ${place}`, text })),
    ...(await readDatabase(stage)),
    {
      place: 'URLs upstream',
      text: wire
        .all()
        .map(({ path }) => path)
        .join('\n'),
    },
  ]
}
