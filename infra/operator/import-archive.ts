import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { text } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { z } from 'zod'
import { EXPORT_FORMAT } from '@atpar/db/organization-export'

const tableSchema = z.object({
  rows: z.number().int().nonnegative(),
  columns: z.array(z.string().regex(/^[a-z0-9_]+$/)),
  withheld: z.array(z.string()),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})
const manifestSchema = z.object({
  format: z.literal(EXPORT_FORMAT),
  exportedAt: z.iso.datetime(),
  organization: z.object({ id: z.uuid(), slug: z.string(), name: z.string() }),
  tables: z.record(z.string().regex(/^[a-z0-9_]+$/), tableSchema),
})
export type Manifest = z.output<typeof manifestSchema>

export interface ArchiveChunk {
  readonly table: string
  readonly lines: readonly string[]
}

/** Chunks in the order they were written. `text()` of one file is at most a few thousand lines. */
const readFiles = async function* (file: string): AsyncGenerator<{ readonly name: string; readonly body: string }> {
  const archive = extract()
  const source = createReadStream(file)
  const gunzip = createGunzip()
  // Their errors end the archive's iteration with them.
  source.once('error', (error) => archive.destroy(error))
  gunzip.once('error', (error) => archive.destroy(error))
  source.pipe(gunzip).pipe(archive)
  for await (const entry of archive) yield { name: entry.header.name, body: await text(entry) }
}

/** Reads the archive once, checks it against its own manifest, and says what is in it. @throws Error naming what does not fit. */
export const checkArchive = async (file: string): Promise<Manifest> => {
  const found = new Map<string, { rows: number; hash: ReturnType<typeof createHash> }>()
  let manifest: Manifest | undefined
  for await (const { name, body } of readFiles(file)) {
    if (name === 'manifest.json') {
      manifest = manifestSchema.parse(JSON.parse(body))
      continue
    }
    // Words for people to read; nothing of them is read back.
    if (/^content\/\d{6}\.jsonl$/.test(name)) continue
    const table = /^data\/([a-z0-9_]+)\/\d{6}\.jsonl$/.exec(name)?.[1]
    if (table === undefined) throw new Error(`${name} does not belong into an export.`)
    const seen = found.get(table) ?? { rows: 0, hash: createHash('sha256') }
    found.set(table, seen)
    seen.rows += body.split('\n').length - 1
    seen.hash.update(body)
  }
  if (manifest === undefined) throw new Error('The archive has no manifest: it was cut off, or is no export.')
  for (const [table, told] of Object.entries(manifest.tables)) {
    const seen = found.get(table)
    const sha256 = (seen?.hash ?? createHash('sha256')).digest('hex')
    if ((seen?.rows ?? 0) !== told.rows || sha256 !== told.sha256)
      throw new Error(
        `${table} is not what the manifest says: ${seen?.rows ?? 0} of ${told.rows} rows, hash ${sha256}.`,
      )
    found.delete(table)
  }
  if (found.size > 0) throw new Error(`The manifest does not know ${[...found.keys()].join(', ')}.`)
  return manifest
}

export const readChunks = async function* (file: string): AsyncGenerator<ArchiveChunk> {
  for await (const { name, body } of readFiles(file)) {
    const table = /^data\/([a-z0-9_]+)\//.exec(name)?.[1]
    if (table !== undefined) yield { table, lines: body.split('\n').slice(0, -1) }
  }
}
