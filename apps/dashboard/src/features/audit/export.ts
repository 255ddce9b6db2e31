import { Readable } from 'node:stream'
import type { ChainLink } from '@atpar/db/audit-chain'
import { exportAuditAct } from '../../acts/audit/export-audit.ts'
import type { ActContext } from '../../acts/define-act.ts'
import { actAs, requirePagePermission } from '../../auth/guard.ts'
import { csvLine } from '../../format/csv.ts'

interface ExportRoute {
  readonly params: Promise<{ readonly org: string }>
}

const COLUMNS = [
  ['sequence', 'sequence'],
  ['time', 'created'],
  ['actor', 'actor_kind'],
  ['user', 'actor_user_id'],
  ['management_key', 'management_key_id'],
  ['support_access', 'support_access_id'],
  ['session', 'session_id'],
  ['action', 'action'],
  ['subject_kind', 'subject_kind'],
  ['subject', 'subject_id'],
  ['before', 'before'],
  ['after', 'after'],
  ['ip', 'ip'],
  ['hash', 'hash'],
] as const satisfies readonly (readonly [string, keyof ChainLink])[]

const FORMATS = {
  csv: {
    type: 'text/csv',
    head: csvLine(COLUMNS.map(([title]) => title)),
    line: (link: ChainLink) => csvLine(COLUMNS.map(([, field]) => link[field])),
  },
  // Every field as it was hashed: with the rule in the documentation anyone can check the chain without us.
  jsonl: { type: 'application/x-ndjson', head: '', line: (link: ChainLink) => `${JSON.stringify(link)}\n` },
} as const

const readPages = async function* (
  context: ActContext,
  format: (typeof FORMATS)[keyof typeof FORMATS],
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(format.head)
  let after: string | null = '0'
  while (after !== null) {
    const page: { readonly entries: readonly ChainLink[]; readonly next: string | null } = await exportAuditAct(
      context,
      {
        after,
      },
    )
    yield encoder.encode(page.entries.map(format.line).join(''))
    after = page.next
  }
}

/** `?format=csv` or `jsonl`, sent page by page: the record may be longer than memory. */
export const downloadAudit = async (request: Request, { params }: ExportRoute): Promise<Response> => {
  const { org } = await params
  const context = await actAs(await requirePagePermission(org, 'audit:read'))
  const name = new URL(request.url).searchParams.get('format') === 'jsonl' ? 'jsonl' : 'csv'
  return new Response(Readable.toWeb(Readable.from(readPages(context, FORMATS[name]))) as ReadableStream<Uint8Array>, {
    headers: {
      'content-type': `${FORMATS[name].type}; charset=utf-8`,
      'content-disposition': `attachment; filename="${org}-audit-log.${name}"`,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}
