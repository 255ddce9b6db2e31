import type { ErrorCode } from '@atpar/core/errors'
import type { UpstreamProblem } from './contract.ts'
import { maskMessage } from './mask-message.ts'

/** What a provider's HTTP status means for us, the same for every format. */
const classifyStatus = (status: number): ErrorCode => {
  if (status === 429) return 'upstream_rate_limited'
  // 402: our own account there is out of money, which is as much our affair as a refused credential.
  if (status === 401 || status === 402 || status === 403) return 'upstream_unauthorized'
  if (status === 408) return 'upstream_timeout'
  if (status >= 400 && status < 500) return 'upstream_rejected'
  return 'upstream_failed'
}

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  upstream_rate_limited: 'The provider is rate limiting this model',
  upstream_unauthorized: 'The provider refused our credential. We have been told',
  upstream_rejected: 'The provider refused the request',
  upstream_failed: 'The provider failed',
  upstream_timeout: 'The provider did not answer in time',
}

export interface ProviderWords {
  readonly message: string | null
  readonly code: string | null
  /** Set when the words themselves say more than the status. */
  readonly means?: ErrorCode
}

/** The provider's words are repeated where they help the caller (a refused request, a limit), not where they are about us. */
export const describeProblem = (status: number, words: ProviderWords): UpstreamProblem => {
  const code = words.means ?? classifyStatus(status)
  const sentence = SENTENCES[code] ?? 'The provider failed'
  const isCallersAffair = code === 'upstream_rejected' || code === 'upstream_rate_limited'
  const message =
    isCallersAffair && words.message !== null && words.message !== ''
      ? `${sentence}: ${words.message}`
      : `${sentence} (status ${status}).`
  return {
    code,
    providerCode: words.code === null ? null : maskMessage(words.code).slice(0, 100),
    message: maskMessage(message),
  }
}
