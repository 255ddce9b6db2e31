import { z } from 'zod'
import { askProxy, type ProxyAddress } from './ask-proxy.ts'

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

/** The proxy opens the key and asks; this process could not. @throws AppError upstream_failed when no proxy answers. */
export const askProxyToTest = (proxy: ProxyAddress, question: CredentialQuestion): Promise<CredentialAnswer> =>
  askProxy(proxy, {
    path: '/internal/credentials/test',
    body: question,
    answer: answerSchema,
    trouble: 'The gateway could not be asked to test this key. Nothing was changed; try again in a moment.',
  })

type CredentialStatus = 'active' | 'disabled' | 'refused'

/** What a test teaches of a credential: one that was refused and is taken now is in use again, one that is not taken is marked; a switched-off one stays off. */
export const statusAfterTest = (status: CredentialStatus, { result }: CredentialAnswer): CredentialStatus => {
  if (status === 'refused' && result === 'ok') return 'active'
  return status === 'active' && result === 'refused' ? 'refused' : status
}
