import { PassThrough } from 'node:stream'
import { createGzip } from 'node:zlib'
import { pack, type Pack } from 'tar-stream'
import type { Db } from '@atpar/db/client'
import { exportOrganization } from '@atpar/db/organization-export'
import type { Tenant } from '@atpar/db/tenant'

const addFile = (archive: Pack, file: { readonly name: string; readonly text: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    archive.entry({ name: file.name }, file.text, (error) => {
      if (error == null) resolve()
      else reject(error)
    })
  })

const fileOf = (table: string, number: number): string => `data/${table}/${String(number).padStart(6, '0')}.jsonl`

/**
 * A `.tar.gz` of everything of one organization, made while it is sent: files of lines of JSON in chunks, the manifest last. When something breaks
 * half-way the stream ends with an error and the archive lacks its manifest, so that nobody takes it for whole.
 */
export const streamArchive = (db: Db, tenant: Tenant): PassThrough => {
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
    await addFile(archive, { name: 'manifest.json', text: JSON.stringify(manifest, null, 2) })
    archive.finalize()
  }
  write().catch(fail)
  return out
}
