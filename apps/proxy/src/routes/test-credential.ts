import { AppError } from '@atpar/core/errors'
import { isUuid } from '@atpar/core/ids'
import { isJsonObject } from '@atpar/core/json'
import type { Deps } from '../deps.ts'
import { readBody } from '../http/body.ts'
import { requireInternalToken } from '../http/internal-token.ts'
import { parseJsonBody } from '../http/json-body.ts'
import { parseLoosely } from '../upstream/parse-loosely.ts'
import { collectBody } from '../upstream/http.ts'
import { SigningFailure } from '../upstream/signing-failure.ts'
import type { ProviderTarget } from '../upstream/targets.ts'
import type { RouteRequest } from './infer.ts'

export const TEST_CREDENTIAL_PATH = '/internal/credentials/test'

const MAX_QUESTION_BYTES = 1_024
const ANSWER_WITHIN_MS = 5_000
/** Read for the connection's sake and thrown away. */
const MAX_IGNORED_BYTES = 8 * 1024 * 1024

/** What a test may say: never a word of the provider's own. */
interface TestResult {
  readonly result: 'ok' | 'refused' | 'unreachable' | 'unexpected'
  /** `4xx` and the like; null when nothing answered. */
  readonly statusClass: string | null
  /** Of an address of the customer's own: what it says it serves, as far as its list can be read. */
  readonly models?: readonly string[]
}

/** `POST /internal/credentials/test` from the dashboard: is this key taken? Asks the provider for something that costs nothing. */
export const testCredential = async (deps: Deps, { request, reply }: RouteRequest): Promise<void> => {
  requireInternalToken(deps, request, TEST_CREDENTIAL_PATH)
  const { orgId, credentialId } = parseJsonBody(await readBody(request, { maxBytes: MAX_QUESTION_BYTES }))
  if (typeof orgId !== 'string' || typeof credentialId !== 'string' || !isUuid(orgId) || !isUuid(credentialId))
    throw new AppError('invalid_request', { message: 'orgId and credentialId are ids.' })
  const target = await deps.findOwnTarget(orgId, credentialId)
  if (target === 'unknown') throw new AppError('not_found', { message: 'There is no such credential.' })
  const result: TestResult =
    target === 'unusable' ? { result: 'unreachable', statusClass: null } : await ask(deps, target)
  reply.sendWhole(200, { 'content-type': 'application/json' }, JSON.stringify(result))
}

const ask = async (deps: Deps, target: ProviderTarget): Promise<TestResult> => {
  try {
    const method = target.keyCheckBy === null ? 'GET' : 'POST'
    const path = target.pathPrefix + target.keyCheckPath
    const body = target.keyCheckBy === null ? null : '{}'
    const signed = target.sign === null ? null : await target.sign({ method, path, body })
    const answer = await deps.upstream.send({
      origin: target.origin,
      path,
      method,
      headers: { ...target.headers, ...signed },
      body,
      publicOnly: target.publicOnly,
      firstByteTimeoutMs: ANSWER_WITHIN_MS,
      idleTimeoutMs: ANSWER_WITHIN_MS,
    })
    const text = (await collectBody(answer.body, MAX_IGNORED_BYTES)).toString('utf8')
    const result = judge(target, answer.status, text)
    return {
      result,
      statusClass: `${Math.floor(answer.status / 100)}xx`,
      ...(result === 'ok' && target.publicOnly ? { models: readModelNames(parseLoosely(text)) } : {}),
    }
  } catch (error) {
    if (error instanceof SigningFailure && error.code === 'upstream_unauthorized')
      return { result: 'refused', statusClass: error.status === 0 ? null : `${Math.floor(error.status / 100)}xx` }
    deps.log.info('credential-test-unanswered', {
      providerId: target.providerId,
      error: error instanceof Error && 'code' in error ? String(error.code) : 'no answer',
    })
    return { result: 'unreachable', statusClass: null }
  }
}

const MAX_NAMES = 200
const NAME = /^[\x21-\x7e]{1,200}$/

/** `data[].id` as OpenAI and Anthropic list them, `models[].name` as Google does. Nothing else of the answer is shown to anybody. */
const readModelNames = (answer: unknown): readonly string[] => {
  if (!isJsonObject(answer)) return []
  const listed: unknown = answer['data'] ?? answer['models']
  if (!Array.isArray(listed)) return []
  return listed
    .flatMap((entry: unknown): string[] => {
      const name = isJsonObject(entry) ? (entry['id'] ?? entry['name']) : null
      return typeof name === 'string' && NAME.test(name) ? [name.replace(/^models\//, '')] : []
    })
    .slice(0, MAX_NAMES)
}

const judge = (target: ProviderTarget, status: number, text: string): TestResult['result'] => {
  if (status >= 200 && status < 300) return 'ok'
  // An empty request is refused for what it lacks only by a server that has taken the key.
  if (target.keyCheckBy === 'empty-request' && (status === 400 || status === 422)) return 'ok'
  // The dialect knows providers that refuse a key with 400.
  const { code } = target.dialect.decodeError(status, parseLoosely(text))
  if (code === 'upstream_unauthorized') return status === 402 ? 'unexpected' : 'refused'
  return status === 429 || status >= 500 ? 'unreachable' : 'unexpected'
}
