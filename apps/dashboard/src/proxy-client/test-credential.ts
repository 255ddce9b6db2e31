import { z } from 'zod'
import { AppError } from '@atpar/core/errors'

export interface CredentialQuestion {
  readonly orgId: string
  readonly credentialId: string
}

const answerSchema = z.object({
  /** `unexpected` = it answered, but neither with yes nor with no. */
  result: z.enum(['ok', 'refused', 'unreachable', 'unexpected']),
  /** `4xx` and the like; null when nothing answered. */
  statusClass: z.string().nullable(),
  /** Of an address of one's own that answered: what it says it serves. */
  models: z.array(z.string().max(200)).max(200).optional(),
})
export type CredentialAnswer = z.infer<typeof answerSchema>

/** Longer than the proxy waits for the provider. */
const TIMEOUT_MS = 8_000

export interface ProxyAddress {
  readonly url: string
  readonly token: string
}

/** The proxy opens the key and asks; this process could not. @throws AppError upstream_failed when no proxy answers. */
export const askProxyToTest = async (proxy: ProxyAddress, question: CredentialQuestion): Promise<CredentialAnswer> => {
  try {
    const answer = await fetch(`${proxy.url}/internal/credentials/test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${proxy.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(question),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!answer.ok) throw new Error(`the proxy answered ${answer.status}`)
    return answerSchema.parse(await answer.json())
  } catch (cause) {
    throw new AppError('upstream_failed', {
      message: 'The gateway could not be asked to test this key. Nothing was changed; try again in a moment.',
      cause,
    })
  }
}

type CredentialStatus = 'active' | 'disabled' | 'refused'

/** What a test teaches of a credential: one that was refused and is taken now is in use again, one that is not taken is marked; a switched-off one stays off. */
export const statusAfterTest = (status: CredentialStatus, { result }: CredentialAnswer): CredentialStatus => {
  if (status === 'refused' && result === 'ok') return 'active'
  return status === 'active' && result === 'refused' ? 'refused' : status
}
