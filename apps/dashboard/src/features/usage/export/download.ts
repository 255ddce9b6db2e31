import { Readable } from 'node:stream'
import { AppError } from '@atpar/core/errors'
import { actAs, requireOrganization } from '../../../auth/guard.ts'
import { exportLines } from './lines.ts'
import { parseExportQuery, type ExportFormat, type ExportQuery } from './query-string.ts'

interface ExportRoute {
  readonly params: Promise<{ readonly org: string }>
}

const NAMES: Readonly<Record<ExportFormat, string>> = {
  csv: 'usage.csv',
  jsonl: 'usage.jsonl',
  focus: 'focus-1.2.csv',
  team: 'cost-by-team.csv',
  member: 'cost-by-member.csv',
  key: 'cost-by-key.csv',
  tag: 'cost-by-tag.csv',
}

const encode = async function* (lines: AsyncGenerator<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const text of lines) if (text !== '') yield encoder.encode(text)
}

const refuse = (error: AppError): Response =>
  new Response(`${error.message}\n`, {
    status: error.code === 'not_found' || error.code === 'forbidden' ? 404 : 400,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'private, no-store' },
  })

const nameOf = (org: string, query: ExportQuery): string => {
  const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)
  return `${org}-${dayOf(query.fromMs)}-${dayOf(query.toMs - 1)}-${NAMES[query.format]}`
}

/**
 * `?format=csv|jsonl|focus|team|member|key|tag&from=2026-11-01&to=2026-11-30`, by UTC days, `to` included; `&after=<cursor>` goes on behind an event.
 * Read page by page as fast as it is taken, one page in memory at a time.
 */
export const downloadUsage = async (request: Request, { params }: ExportRoute): Promise<Response> => {
  const { org } = await params
  const context = await actAs(await requireOrganization(org))
  try {
    const query = parseExportQuery(new URL(request.url).searchParams)
    const lines = exportLines(context, query)
    // The first page decides: what is refused is refused before anything is sent.
    const first = await lines.next()
    const second = await lines.next()
    const all = async function* (): AsyncGenerator<string> {
      if (first.done !== true) yield first.value
      if (second.done !== true) yield second.value
      yield* lines
    }
    return new Response(Readable.toWeb(Readable.from(encode(all()))) as ReadableStream<Uint8Array>, {
      headers: {
        'content-type': query.format === 'jsonl' ? 'application/x-ndjson; charset=utf-8' : 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="${nameOf(org, query)}"`,
        'cache-control': 'private, no-store',
        'x-content-type-options': 'nosniff',
      },
    })
  } catch (error) {
    if (error instanceof AppError) return refuse(error)
    throw error
  }
}
