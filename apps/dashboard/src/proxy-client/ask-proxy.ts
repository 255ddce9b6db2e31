import { z } from 'zod'
import { AppError } from '@atpar/core/errors'

export interface ProxyAddress {
  readonly url: string
  readonly token: string
}

interface ProxyQuestion<Answer> {
  readonly path: string
  readonly body: object
  readonly answer: z.ZodType<Answer>
  /** What a person is told when no proxy answers. */
  readonly trouble: string
}

/** Longer than the proxy itself waits for anybody. */
const TIMEOUT_MS = 8_000

/** Asks a proxy for what this process has no key to. @throws AppError upstream_failed when none answers, or not as it should. */
export const askProxy = async <Answer>(
  proxy: ProxyAddress,
  { path, body, answer, trouble }: ProxyQuestion<Answer>,
): Promise<Answer> => {
  try {
    const response = await fetch(`${proxy.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${proxy.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!response.ok) throw new Error(`the proxy answered ${response.status}`)
    return answer.parse(await response.json())
  } catch (cause) {
    throw new AppError('upstream_failed', { message: trouble, cause: withoutContent(cause) })
  }
}

/** An error of a parser quotes what it could not read: that is not repeated. */
const withoutContent = (cause: unknown): unknown =>
  cause instanceof z.ZodError || cause instanceof SyntaxError ? new Error(cause.name) : cause
