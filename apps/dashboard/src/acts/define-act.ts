import type { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import {
  can,
  holdsAnyForm,
  isScopedPermission,
  reaches,
  type Belonging,
  type Permission,
  type Role,
  type ScopedPermission,
  type Standing,
  type TeamRole,
} from '@atpar/core/permissions'
import { recordAudit, type AuditActor, type AuditEntry } from '@atpar/db/audit-log'
import type { Tx } from '@atpar/db/client'
import { readClockOffsetMs } from '@atpar/db/clock'
import { listTeamRoles } from '@atpar/db/teams'
import { withTenant, type OrgId } from '@atpar/db/tenant'
import { readDeps } from '../deps.ts'
import { refuseNul } from './refuse-nul.ts'

/** Who acts: a signed-in member, a management key with a role of its own, or an operator whom the organization lets look. */
export type Actor =
  | { readonly kind: 'member'; readonly userId: string; readonly memberId: string; readonly role: Role }
  | { readonly kind: 'management-key'; readonly managementKeyId: string; readonly role: Role }
  | { readonly kind: 'support'; readonly userId: string; readonly supportAccessId: string; readonly role: 'support' }

export interface ActContext {
  readonly orgId: OrgId
  readonly actor: Actor
  readonly ip: string | null
  /** Of the person's log-in, for the record of acts. */
  readonly sessionId?: string
  readonly around?: Around
}

/** Work of the caller in the act's own transaction: all of it happens or nothing does. */
export interface Around {
  /** Throws to refuse the act. */
  readonly before: (tx: Tx) => Promise<void>
  readonly after: (tx: Tx, result: unknown) => Promise<void>
}

/** What an act works with: one transaction that sees one organization, and who asks. */
export interface Act extends Standing {
  readonly tx: Tx
  readonly orgId: OrgId
  readonly actor: Actor
  /** Null for a management key. */
  readonly userId: string | null
  /** Now by the installation's clock. */
  readonly atMs: number
  /** For an act whose permission comes in several lengths: whether one of them covers this thing. @throws AppError not_found */
  readonly requireReach: (permission: ScopedPermission, thing: Belonging) => void
  /** Into the record of acts, in this transaction. */
  readonly audit: (entry: Omit<AuditEntry, keyof AuditActor>) => Promise<void>
}

export interface ActDefinition<Input extends z.ZodType, Result> {
  /** Verb and noun, kebab-case: `create-key`. */
  readonly name: string
  /** `read` changes nothing and wakes nobody. */
  readonly effect: 'read' | 'write'
  /** What the actor's role must include, in any of its lengths; `run` then calls `requireReach` with whose the thing is. */
  readonly permission: Permission | ScopedPermission
  /** Strict: an unknown field is refused. */
  readonly input: Input
  readonly run: (act: Act, input: z.output<Input>) => Promise<Result>
}

/** Calls the act. `input` is checked here, whoever calls. @throws AppError invalid_request naming the field, forbidden, and what `run` throws. */
export interface RunnableAct<Input extends z.ZodType, Result> {
  (context: ActContext, input: unknown): Promise<Result>
  readonly definition: ActDefinition<Input, Result>
}

const parseInput = <Input extends z.ZodType>(schema: Input, input: unknown): z.output<Input> => {
  refuseNul(input)
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue?.path.map(String).join('.') ?? ''
  throw new AppError('invalid_request', {
    message:
      path === '' ? (issue?.message ?? 'The request is not valid.') : `${path}: ${issue?.message ?? 'is not valid'}`,
    ...(path === '' ? {} : { param: path }),
  })
}

const userOf = (actor: Actor): string | null => (actor.kind === 'management-key' ? null : actor.userId)

export const asAuditActor = ({ actor, ip, sessionId }: ActContext): AuditActor => ({
  actorKind: actor.kind,
  actorUserId: userOf(actor),
  ...(actor.kind === 'management-key' ? { managementKeyId: actor.managementKeyId } : {}),
  ...(actor.kind === 'support' ? { supportAccessId: actor.supportAccessId } : {}),
  ...(sessionId === undefined ? {} : { sessionId }),
  ...(ip === null ? {} : { ip }),
})

const includes = (standing: Standing, permission: Permission | ScopedPermission): boolean =>
  isScopedPermission(permission) ? holdsAnyForm(standing, permission) : can(standing.role, permission)

/**
 * One act of management: a screen's action and the management API's route call the same function with the same permission, the same checks of
 * its input, in one transaction with its audit entry. Every act is listed in `catalogue.ts`, from which the authorization matrix is generated.
 */
export const defineAct = <Input extends z.ZodType, Result>(
  definition: ActDefinition<Input, Result>,
): RunnableAct<Input, Result> => {
  const call = async (context: ActContext, input: unknown): Promise<Result> => {
    const { orgId, actor, around } = context
    const { db, nowMs, announceChange } = readDeps()
    // Whatever a permission says: a visit of support changes nothing.
    if (actor.kind === 'support' && definition.effect === 'write') throw new AppError('forbidden')
    const userId = userOf(actor)
    const memberId = actor.kind === 'member' ? actor.memberId : null
    const tenant = { orgId, userId }
    const isSupport = actor.kind === 'support'
    const visited: Omit<AuditEntry, keyof AuditActor>[] = []
    const result = await withTenant(
      db,
      isSupport ? { ...tenant, supportAccessId: actor.supportAccessId } : tenant,
      async (tx) => {
        const teamRoles = memberId === null ? new Map<string, TeamRole>() : await listTeamRoles(tx, orgId, memberId)
        const standing: Standing = { role: actor.role, memberId, teamRoles }
        if (!includes(standing, definition.permission)) throw new AppError('forbidden')
        const act: Act = {
          ...standing,
          tx,
          orgId,
          actor,
          userId,
          atMs: nowMs() + (await readClockOffsetMs(tx)),
          requireReach: (permission, thing) => {
            // As for an id nobody has: whether the thing exists is not theirs to know.
            if (!reaches(standing, permission, thing)) throw new AppError('not_found')
          },
          audit: async (entry) => {
            // A transaction of support writes nothing, not even that; see below.
            if (isSupport) visited.push(entry)
            else await recordAudit(tx, orgId, { ...entry, ...asAuditActor(context) })
          },
        }
        const parsed = parseInput(definition.input, input)
        await around?.before(tx)
        const answer = await definition.run(act, parsed)
        await around?.after(tx, answer)
        return answer
      },
    )
    if (visited.length > 0)
      await withTenant(db, tenant, async (tx) => {
        for (const entry of visited) await recordAudit(tx, orgId, { ...entry, ...asAuditActor(context) })
      })
    if (definition.effect === 'write') await announceChange()
    return result
  }
  return Object.assign(call, { definition })
}
