import { AppError } from '@atpar/core/errors'
import type { GuardPolicy } from '@atpar/core/guardrails'
import type { Keeper } from '@atpar/redis/kept-responses'
import { identify, requireEndpoint } from '../call/authenticate.ts'
import type { Deps } from '../deps.ts'
import { openAnswerGuard } from '../guarding/answer-guard.ts'
import { readKeyText } from '../http/key-text.ts'
import { peerOf } from '../http/networks.ts'
import { parseLoosely } from '../upstream/parse-loosely.ts'
import { hideCredential } from '../upstream/hide-sent.ts'
import { collectBody, type UpstreamReply } from '../upstream/http.ts'
import { targetFor, type ProviderTarget } from '../upstream/targets.ts'
import type { RouteRequest } from './infer.ts'
import type { FreeRoute } from './route.ts'

const PATH = /^\/v1\/responses\/([A-Za-z0-9_-]{1,200})(\/input_items|\/cancel)?$/
/** Nothing else of a query reaches the provider. */
const QUERY = ['include', 'include[]', 'after', 'before', 'limit', 'order']

const ANSWER_WITHIN_MS = 30_000
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/**
 * `GET` and `DELETE /v1/responses/{id}`, `…/input_items`, `…/cancel`: passed on to the provider that keeps the response, free of charge. Someone
 * else's response answers exactly as one that never was.
 */
const keptResponse = async (deps: Deps, { request, reply }: RouteRequest, path: string): Promise<void> => {
  const [, id = '', part = ''] = PATH.exec(path) ?? []
  const { method = 'GET' } = request
  const caller = await identify(deps, { keyText: readKeyText(request.headers), peer: peerOf(request) })
  requireEndpoint(caller, 'responses')
  const [keeper] = await deps.kept.find(caller.orgId, [id])
  const target = keeper === null || keeper === undefined ? null : await findKeeper(deps, caller.orgId, keeper)
  if (target === null) throw unknownResponse(id)
  const answer = await ask(deps, target, { method, path: `/responses/${id}${part}${queryOf(request.url ?? '')}` })
  const bytes = await collectBody(answer.body, MAX_ANSWER_BYTES)
  if (answer.status !== 200) throw refusalOf(target, answer.status, { id, text: bytes.toString('utf8') })
  if (method === 'DELETE') await deps.kept.forget(caller.orgId, id)
  const sent = method === 'GET' && caller.guard?.answers === true ? guardKept(bytes, caller.guard) : bytes
  reply.sendWhole(200, { 'content-type': 'application/json', 'x-atpar-provider': target.providerId }, sent)
}

/** It may have been written before there was a guardrail. @throws AppError `answer_withheld` */
const guardKept = (bytes: Buffer, policy: GuardPolicy): Uint8Array => {
  const guarded = openAnswerGuard(policy).bytes(bytes)
  if (guarded instanceof AppError) throw guarded
  return guarded
}

const unknownResponse = (id: string): AppError =>
  new AppError('not_found', {
    message: `There is no response "${id.slice(0, 100)}". Providers that keep responses keep those made with "store": true.`,
  })

/** Null when the account it was made on is no longer here. */
const findKeeper = async (deps: Deps, orgId: string, keeper: Keeper): Promise<ProviderTarget | null> => {
  if (keeper.credentialId === null)
    return deps.targets.isReachable(keeper.providerId)
      ? targetFor(deps.targets.find(keeper.providerId), 'openai-responses')
      : null
  const own = await deps.credentials.find(orgId)
  const access = own?.accessesOf(keeper.providerId).find(({ credentialId }) => credentialId === keeper.credentialId)
  return access === undefined ? null : targetFor(access.target, 'openai-responses')
}

const queryOf = (url: string): string => {
  const at = url.indexOf('?')
  if (at === -1) return ''
  const kept = new URLSearchParams()
  for (const [name, value] of new URLSearchParams(url.slice(at + 1))) if (QUERY.includes(name)) kept.append(name, value)
  return kept.size === 0 ? '' : `?${kept.toString()}`
}

const ask = async (
  deps: Deps,
  target: ProviderTarget,
  { method, path }: { readonly method: string; readonly path: string },
): Promise<UpstreamReply> => {
  try {
    return await deps.upstream.send({
      origin: target.origin,
      path: target.pathPrefix + path,
      ...(method === 'GET' || method === 'DELETE' ? { method } : {}),
      headers: target.headers,
      body: null,
      publicOnly: target.publicOnly,
      firstByteTimeoutMs: ANSWER_WITHIN_MS,
      idleTimeoutMs: ANSWER_WITHIN_MS,
    })
  } catch (cause) {
    throw new AppError('upstream_failed', { metadata: { provider: target.providerId }, cause })
  }
}

const refusalOf = (
  target: ProviderTarget,
  status: number,
  { id, text }: { readonly id: string; readonly text: string },
): AppError => {
  if (status === 404) return unknownResponse(id)
  const { code, message, providerCode } = target.dialect.decodeError(
    status,
    parseLoosely(hideCredential(text, target.headers)),
  )
  return new AppError(code, {
    message: `${target.displayName}: ${message}`,
    metadata: {
      provider: target.providerId,
      providerStatus: status,
      ...(providerCode === null ? {} : { providerCode }),
    },
  })
}

const place = (method: FreeRoute['method'], part: string): FreeRoute => ({
  kind: 'free',
  method,
  path: `/v1/responses/{id}${part}`,
  matches: (path) => (PATH.exec(path)?.[2] ?? null) === (part === '' ? null : part) && PATH.test(path),
  handle: keptResponse,
})

export const keptResponses: readonly FreeRoute[] = [
  place('GET', ''),
  place('DELETE', ''),
  place('GET', '/input_items'),
  place('POST', '/cancel'),
]
