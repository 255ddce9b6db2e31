import { epochKey, keyPrefix } from './quota-keys.ts'
import { FIELD_END, QUOTA_SCRIPT } from './quota-script.ts'

/**
 * One call of quota.lua, written as it goes over the wire. Each operation's fields become bytes as they come, in a buffer that is used again: as one
 * text they would be copied three times, and a list of arguments costs more than all of it.
 */
export interface QuotaCall {
  add(fields: readonly string[]): void
  /** The whole EVALSHA. Add nothing from here on. */
  finish(stamp: string): Buffer
  /** The operations alone, for EVAL. */
  operations(): Buffer
  /** Only once Redis has answered: until then these bytes may still be on their way. */
  reuse(): void
}

const FIRST_BYTES = 16_384
/** A larger one was an exception and is not kept. */
const MOST_KEPT_BYTES = 524_288
const MOST_KEPT = 16
const END_BYTE = FIELD_END.charCodeAt(0)
const LINE_END = Buffer.from('\r\n')
/** Of what stands before the operations, all but the organization's id. */
const HEAD_BYTES = 512
/** UTF-8 of one UTF-16 unit. */
const MOST_BYTES_PER_UNIT = 3

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`
const HEAD = `*7\r\n${bulk('evalsha')}${bulk(QUOTA_SCRIPT.sha)}${bulk('1')}`

/** Opens calls whose buffers go from one to the next. */
export const createQuotaCalls = (): ((orgId: string) => QuotaCall) => {
  const free: Buffer[] = []

  return (orgId) => {
    let bytes = free.pop() ?? Buffer.allocUnsafeSlow(FIRST_BYTES)
    const room = HEAD_BYTES + orgId.length * 2 * MOST_BYTES_PER_UNIT
    let end = room

    const grow = (least: number): void => {
      const larger = Buffer.allocUnsafeSlow(Math.max(bytes.length * 2, least))
      bytes.copy(larger, 0, 0, end)
      bytes = larger
    }

    return {
      add: (fields) => {
        for (let index = 0; index < fields.length; index += 1) {
          const field = fields[index] ?? ''
          const most = end + field.length * MOST_BYTES_PER_UNIT + 1 + LINE_END.length
          if (most > bytes.length) grow(most)
          end += bytes.write(field, end)
          bytes[end] = END_BYTE
          end += 1
        }
      },
      finish: (stamp) => {
        const head = `${HEAD}${bulk(epochKey(orgId))}${bulk(keyPrefix(orgId))}${bulk(stamp)}$${end - room}\r\n`
        const start = room - Buffer.byteLength(head)
        bytes.write(head, start)
        LINE_END.copy(bytes, end)
        return bytes.subarray(start, end + LINE_END.length)
      },
      operations: () => bytes.subarray(room, end),
      reuse: () => {
        if (bytes.length <= MOST_KEPT_BYTES && free.length < MOST_KEPT) free.push(bytes)
      },
    }
  }
}
