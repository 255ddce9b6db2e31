import { PassThrough } from 'node:stream'
import { createGzip } from 'node:zlib'
import { pack, type Pack } from 'tar-stream'
import type { KeptContent } from '@atpar/core/kept-content'
import type { Db } from '@atpar/db/client'
import { listKeptRequests } from '@atpar/db/content-policies'
import { exportOrganization } from '@atpar/db/organization-export'
import { withTenant, type Tenant } from '@atpar/db/tenant'

const addFile = (archive: Pack, file: { readonly name: string; readonly text: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    archive.entry({ name: file.name }, file.text, (error) => {
      if (error == null) resolve()
      else reject(error)
    })
  })

const fileOf = (table: string, number: number): string => `data/${table}/${String(number).padStart(6, '0')}.jsonl`

/** The proxy opens so many at once. */
const CONTENTS_AT_ONCE = 50

export type ContentSource = (orgId: string, requestIds: readonly string[]) => Promise<ReadonlyMap<string, KeptContent>>

/** Prompts and answers as lines of JSON, for people: where it is read back, nothing could open what was sealed here. */
const addContents = async (
  archive: Pack,
  { db, tenant, readContents }: { readonly db: Db; readonly tenant: Tenant; readonly readContents: ContentSource },
): Promise<void> => {
  let after: string | null = null
  for (let number = 1; ; number += 1) {
    const page = { after, limit: CONTENTS_AT_ONCE }
    const ids: readonly string[] = await withTenant(db, tenant, (tx) => listKeptRequests(tx, tenant.orgId, page))
    if (ids.length === 0) return
    const contents = await readContents(tenant.orgId, ids)
    const lines = [...contents].map(([requestId, content]) => JSON.stringify({ request_id: requestId, ...content }))
    await addFile(archive, {
      name: `content/${String(number).padStart(6, '0')}.jsonl`,
      text: lines.map((line) => `${line}\n`).join(''),
    })
    after = ids.at(-1) ?? null
  }
}

/**
 * A `.tar.gz` of everything of one organization, made while it is sent: files of lines of JSON in chunks, the manifest last. When something breaks
 * half-way the stream ends with an error and the archive lacks its manifest, so that nobody takes it for whole.
 */
export const streamArchive = (db: Db, tenant: Tenant, readContents?: ContentSource): PassThrough => {
  const archive = pack()
  const out = new PassThrough()
  const gzip = createGzip()
  const fail = (error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error)))
  archive.once('error', fail)
  gzip.once('error', fail)
  archive.pipe(gzip).pipe(out)
  // Whoever stops reading ends the export, and with it the snapshot that it holds.
  out.once('close', () => archive.destroy())
  const write = async (): Promise<void> => {
    const manifest = await exportOrganization(db, tenant, ({ table, number, lines }) =>
      addFile(archive, { name: fileOf(table, number), text: `${lines.join('\n')}\n` }),
    )
    if (readContents !== undefined) await addContents(archive, { db, tenant, readContents })
    await addFile(archive, { name: 'manifest.json', text: JSON.stringify(manifest, null, 2) })
    archive.finalize()
  }
  write().catch(fail)
  return out
}
