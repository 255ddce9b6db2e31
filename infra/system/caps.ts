import { formatUsd, parseUsd, pusd, type Pusd } from '@atpar/core/money'
import { request } from 'undici'
import { waitUntilSettled } from './settled.ts'
import type { RunningSystem } from './start-system.ts'
import type { SeededTenant } from './tenant.ts'

export interface CapReport {
  readonly budgetPusd: Pusd
  readonly billedPusd: Pusd
  readonly answered: number
  readonly refused: number
  /** Statuses that were neither an answer nor a refusal by the budget. */
  readonly others: readonly string[]
  /** What the last refusal said. */
  readonly refusal: {
    readonly status: number
    readonly code: string
    readonly scope: string
    readonly limit: string
  } | null
}

interface CapPlan {
  readonly budget: string
  readonly parallel: number
  readonly stream: boolean
}

/** Many calls at once against one small budget, then one by one until the refusal sticks. */
export const playCap = async (system: RunningSystem, tenant: SeededTenant, plan: CapPlan): Promise<CapReport> => {
  const statuses: { readonly status: number; readonly body: string }[] = []
  const call = async (): Promise<number> => {
    const answer = await request(`${system.proxyUrls[0] ?? ''}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
      body: JSON.stringify({
        model: 'gpt-4o',
        max_completion_tokens: 400,
        stream: plan.stream,
        messages: [{ role: 'user', content: 'Tell me about the sea. [[sim:{"tokens":150}]]' }],
      }),
    })
    statuses.push({ status: answer.statusCode, body: await answer.body.text() })
    return answer.statusCode
  }
  await Promise.all(Array.from({ length: plan.parallel }, call))
  for (let inARow = 0, tries = 0; inARow < 3 && tries < 200; tries += 1)
    inARow = (await call()) === 402 ? inARow + 1 : 0
  await waitUntilSettled(system)
  const { rows } = await system.owner.query<{ billed: string }>(
    'SELECT coalesce(sum(billed_pusd), 0)::text AS billed FROM usage_event WHERE key_id = $1',
    [tenant.keyId],
  )
  const lastRefusal = statuses.findLast((each) => each.status === 402)
  return {
    budgetPusd: parseUsd(plan.budget),
    billedPusd: pusd(BigInt(rows[0]?.billed ?? '0')),
    answered: statuses.filter((each) => each.status === 200).length,
    refused: statuses.filter((each) => each.status === 402).length,
    others: statuses.flatMap((each) =>
      each.status === 200 || each.status === 402 ? [] : [`${each.status} ${each.body.slice(0, 200)}`],
    ),
    refusal: lastRefusal === undefined ? null : readRefusal(lastRefusal),
  }
}

interface RefusalBody {
  readonly error: {
    readonly code: string
    readonly metadata?: { readonly limit?: { readonly scope: string; readonly limit: string } }
  }
}

const readRefusal = ({ status, body }: { readonly status: number; readonly body: string }): CapReport['refusal'] => {
  const { error } = JSON.parse(body) as RefusalBody
  return {
    status,
    code: error.code,
    scope: error.metadata?.limit?.scope ?? '',
    limit: error.metadata?.limit?.limit ?? '',
  }
}

/** Σ held over every counter of an organization, in nano-dollars, as Redis has it. */
export const readHeld = async (system: RunningSystem, orgId: string): Promise<bigint> => {
  const { Redis } = await import('ioredis')
  const redis = new Redis(system.redis.url)
  try {
    let held = 0n
    for (const key of await redis.keys(`q:{${orgId}}:b:*`)) held += BigInt((await redis.hget(key, 'held')) ?? '0')
    return held
  } finally {
    redis.disconnect()
  }
}

export const describeCap = (report: CapReport): string =>
  `$${formatUsd(report.billedPusd, 4)} of $${formatUsd(report.budgetPusd, 2)}, ${report.answered} answered, ${report.refused} refused`
