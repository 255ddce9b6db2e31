import { Readable } from 'node:stream'
import { exportOrganizationAct } from '../../acts/data/export-organization.ts'
import { actAs, requirePagePermission } from '../../auth/guard.ts'
import { isRecent } from '../../auth/recent-auth.ts'
import { readDeps } from '../../deps.ts'
import { streamArchive } from './archive.ts'

interface ExportRoute {
  readonly params: Promise<{ readonly org: string }>
}

/** A form posts here: a link that someone is made to follow must not start it. */
export const downloadExport = async (_request: Request, { params }: ExportRoute): Promise<Response> => {
  const { org } = await params
  const visit = await requirePagePermission(org, 'organization:export')
  if (!isRecent(visit.session.reauthenticatedAtMs))
    return new Response('Confirm who you are on the page, then download.', { status: 403 })
  await exportOrganizationAct(await actAs(visit), {})
  const day = new Date(readDeps().nowMs()).toISOString().slice(0, 10)
  const { db, readContents } = readDeps()
  return new Response(Readable.toWeb(streamArchive(db, visit.tenant, readContents)) as ReadableStream<Uint8Array>, {
    headers: {
      'content-type': 'application/gzip',
      'content-disposition': `attachment; filename="${org}-${day}.tar.gz"`,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}
