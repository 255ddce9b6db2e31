import { randomBytes } from 'node:crypto'
import { newUuidV7 } from '@atpar/core/ids'
import { parseUsd } from '@atpar/core/money'
import { generateApiKey, hmacKey } from '@atpar/crypto/api-key'
import type { Pool } from 'pg'
import { PEPPER } from './secrets.ts'

/** An organization with one team, one member and one key, as a whole-system run needs it. */
export interface SeededTenant {
  readonly orgId: string
  readonly slug: string
  readonly teamId: string
  readonly memberId: string
  readonly keyId: string
  readonly key: string
}

export interface TenantPlan {
  readonly name: string
  /** Hard monthly budgets in dollars, per level. */
  readonly budgets?: Partial<Readonly<Record<'organization' | 'team' | 'member' | 'key', string>>>
  readonly rateLimits?: Partial<Readonly<Record<'organization' | 'team' | 'member' | 'key', number>>>
  /** Monthly budgets of the key that are anything but a hard sum of dollars. */
  readonly keyBudgets?: readonly KeyBudget[]
  readonly labels?: readonly string[]
  readonly cidrs?: readonly string[]
}

export interface KeyBudget {
  readonly usd?: string
  readonly tokens?: number
  readonly modelId?: string
  readonly tag?: string
  readonly hard: boolean
}

const newId = (): string => newUuidV7({ nowMs: Date.now, randomBytes })

/** Written as the owner of the tables, past the dashboard: what is under test here begins at the proxy. */
export const createTenant = async (owner: Pool, plan: TenantPlan): Promise<SeededTenant> => {
  const [orgId, userId, memberId, teamId, keyId] = [newId(), newId(), newId(), newId(), newId()]
  const slug = `${plan.name}-${randomBytes(3).toString('hex')}`
  const generated = generateApiKey('test')
  const client = await owner.connect()
  try {
    await client.query('BEGIN')
    await client.query(`SELECT set_config('atpar.org_id', $1, true), set_config('atpar.user_id', $2, true)`, [
      orgId,
      userId,
    ])
    await client.query('INSERT INTO app_user (id, email, name) VALUES ($1, $2, $3)', [
      userId,
      `${slug}@example.test`,
      'System Test',
    ])
    await client.query('INSERT INTO organization (id, slug, name) VALUES ($1, $2, $3)', [orgId, slug, plan.name])
    await client.query(`INSERT INTO membership (id, org_id, user_id, role) VALUES ($1, $2, $3, 'owner')`, [
      memberId,
      orgId,
      userId,
    ])
    await client.query('INSERT INTO team (id, org_id, name) VALUES ($1, $2, $3)', [teamId, orgId, 'Default'])
    await client.query(
      `INSERT INTO team_membership (org_id, team_id, member_id, role) VALUES ($1, $2, $3, 'team_admin')`,
      [orgId, teamId, memberId],
    )
    await client.query(
      `INSERT INTO api_key (id, org_id, team_id, member_id, kind, name, hmac, pepper_id, public_prefix, last_four, created_by, labels, allowed_cidrs) VALUES ($1, $2, $3, $4, 'member', 'system', $5, $6, $7, $8, $9, $10, $11)`,
      [
        keyId,
        orgId,
        teamId,
        memberId,
        Buffer.from(hmacKey(generated.text, PEPPER.secret)),
        PEPPER.id,
        generated.publicPrefix,
        generated.lastFour,
        userId,
        plan.labels ?? [],
        plan.cidrs ?? [],
      ],
    )
    const scopes = { organization: orgId, team: teamId, member: memberId, key: keyId }
    for (const [scope, dollars] of Object.entries({ organization: '1000', ...plan.budgets })) {
      await client.query(
        `INSERT INTO budget (id, org_id, scope, scope_id, limit_pusd, period) VALUES ($1, $2, $3, $4, $5, 'month')`,
        [newId(), orgId, scope, scopes[scope as keyof typeof scopes], parseUsd(dollars).toString()],
      )
    }
    for (const budget of plan.keyBudgets ?? [])
      await client.query(
        `INSERT INTO budget (id, org_id, scope, scope_id, unit, limit_pusd, limit_tokens, model_id, tag, hard, period) VALUES ($1, $2, 'key', $3, $4, $5, $6, $7, $8, $9, 'month')`,
        [
          newId(),
          orgId,
          keyId,
          budget.tokens === undefined ? 'usd' : 'tokens',
          parseUsd(budget.usd ?? '0').toString(),
          budget.tokens ?? null,
          budget.modelId ?? null,
          budget.tag ?? null,
          budget.hard,
        ],
      )
    for (const [scope, perMinute] of Object.entries(plan.rateLimits ?? {})) {
      await client.query(
        'INSERT INTO rate_limit (id, org_id, scope, scope_id, requests_per_minute) VALUES ($1, $2, $3, $4, $5)',
        [newId(), orgId, scope, scopes[scope as keyof typeof scopes], perMinute],
      )
    }
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
  return { orgId, slug, teamId, memberId, keyId, key: generated.text }
}
