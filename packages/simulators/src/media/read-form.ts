import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy } from '@fastify/busboy'

import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'

export interface Form {
  fields: ReadonlyMap<string, readonly string[]>
  files: readonly { name: string; fileName: string; contentType: string; bytes: Buffer }[]
}

/** The parts of a multipart body; 400 when it is none. */
export async function readForm({ request, body }: Exchange): Promise<Form> {
  const fields = new Map<string, string[]>()
  const files: { name: string; fileName: string; contentType: string; bytes: Buffer }[] = []
  try {
    const parser = new Busboy({
      headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' },
      limits: { fieldNameSize: 200 },
    })
    parser.on('field', (name, value) => fields.set(name, [...(fields.get(name) ?? []), value]))
    parser.on('file', (...[name, stream, fileName, , contentType]) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => files.push({ name, fileName, contentType, bytes: Buffer.concat(parts) }))
      stream.on('error', (error: Error) => parser.destroy(error))
    })
    await pipeline(Readable.from([body]), parser)
  } catch (error) {
    throw new Refusal(400, `Could not parse multipart form: ${error instanceof Error ? error.message : String(error)}`)
  }
  return { fields, files }
}

/** The last value of a field, as most servers read it. */
export const fieldOf = (form: Form, name: string): string | undefined => form.fields.get(name)?.at(-1)

/** Refuses fields the real provider does not know. */
export function refuseStrangers(names: Iterable<string>, known: ReadonlySet<string>): void {
  for (const name of names)
    if (!known.has(name.replace(/\[\]$/, '')))
      throw new Refusal(400, `Unknown parameter: '${name}'.`, { param: name, code: 'unknown_parameter' })
}
