import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Redis } from './client.ts'
import { epochKey, keyPrefix } from './quota-keys.ts'

export interface Script {
  readonly source: string
  readonly sha: string
}

const loadScript = (fileName: string): Script => {
  const source = readFileSync(new URL(fileName, import.meta.url), 'utf8')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

export const QUOTA_SCRIPT = loadScript('./quota.lua')
export const REBUILD_SCRIPT = loadScript('./rebuild.lua')

export const FIELD_END = '\u001f'

/** Operations as the one argument that quota.lua splits again. */
const joinFields = (fields: readonly string[]): string => [...fields, ''].join(FIELD_END)

/** For text that others wrote. JSON escapes control characters, so none of ours ever holds it. @throws RangeError when it does. */
export const asField = (text: string): string => {
  if (text.includes(FIELD_END)) throw new RangeError('a payload must be JSON text: it holds the byte that ends a field')
  return text
}

/** Text, or lists of text: the scripts reply nothing else. */
export type ScriptReply = string | readonly ScriptReply[]

/** One per operation; null when the script did nothing, because the data is not of this run of Redis, or said what it never says. */
export const repliesOf = (reply: unknown): readonly ScriptReply[] | null => {
  if (Array.isArray(reply)) return reply as readonly ScriptReply[]
  if (typeof reply !== 'string' || !(reply === '' || reply.endsWith(FIELD_END))) return null
  const texts = reply.split(FIELD_END)
  texts.pop()
  return texts
}

export const isMissingScript = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('NOSCRIPT')

/** Runs a script by its hash and sends the source only to a server that has never seen it. */
export const runScript = async (
  redis: Redis,
  script: Script,
  call: { readonly key: string; readonly args: readonly string[] },
): Promise<ScriptReply> => {
  try {
    return (await redis.evalsha(script.sha, 1, call.key, ...call.args)) as ScriptReply
  } catch (error) {
    if (!isMissingScript(error)) throw error
    return (await redis.eval(script.source, 1, call.key, ...call.args)) as ScriptReply
  }
}

/** One call of the quota script outside of the request path: a reply per operation, or `REBUILD`. `stamp` '' skips the epoch check. */
export const runQuotaOperations = async (
  redis: Redis,
  orgId: string,
  call: { readonly stamp: string; readonly operations: readonly string[] },
): Promise<ScriptReply> => {
  const reply = await runScript(redis, QUOTA_SCRIPT, {
    key: epochKey(orgId),
    args: [keyPrefix(orgId), call.stamp, joinFields(call.operations)],
  })
  return repliesOf(reply) ?? reply
}

/**
 * What tells this run of this server from any other: a restart changes `run_id`, a failover or a full resync the replication id. A data set
 * whose epoch carries another stamp may be empty, cut or stale, even though its epoch key is there.
 */
export const readServerStamp = async (redis: Redis): Promise<string> => {
  const info = await redis.info()
  const runId = /^run_id:(\w+)/m.exec(info)?.[1]
  const replicationId = /^master_replid:(\w+)/m.exec(info)?.[1]
  if (runId === undefined || replicationId === undefined)
    throw new Error('INFO of this Redis names no run_id and master_replid, so a lost data set could not be noticed')
  return `${runId}/${replicationId}`
}
