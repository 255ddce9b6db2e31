import { DAY_MS } from '@atpar/core/durations'
import { generateToken, hashToken } from '@atpar/crypto/token'
import type { ActingRole, Standing, TeamRole } from '@atpar/core/permissions'
import { setBudget } from '@atpar/db/budgets'
import { pusd } from '@atpar/core/money'
import { createInvitation } from '@atpar/db/invitations'
import { NO_POLICY } from '@atpar/core/guardrails'
import { setGuardrail } from '@atpar/db/guardrails'
import { setRateLimit } from '@atpar/db/rate-limits'
import { requestSupportAccess } from '@atpar/db/support-access'
import { createTeam, putInTeam } from '@atpar/db/teams'
import { withActor, withTenant } from '@atpar/db/tenant'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import {
  createKeyWith,
  createMemberWith,
  createOrganizationWith,
  createUserWith,
  type MadeOrganization,
} from '@atpar/testkit/factories'
import { buildId, buildUsageEvent } from '@atpar/testkit/usage-events'
import type { ActContext } from '../../src/acts/define-act.ts'
import { addCredentialAct } from '../../src/acts/credentials/add-credential.ts'
import { addCustomEndpointAct } from '../../src/acts/custom-endpoints/add-custom-endpoint.ts'
import { setCustomModelAct } from '../../src/acts/custom-endpoints/set-custom-model.ts'
import { rotateKeyAct } from '../../src/acts/keys/rotate-key.ts'
import { grantSupportAccessAct } from '../../src/acts/support/grant-support-access.ts'
import type { ActWorld } from '../act-world.ts'
import { issueInvoice } from '../arrange.ts'
import { makeManagementKey } from '../call-api.ts'

/** A guardrail found something in each request, so that it is listed where only those are. */
const GUARDED = {
  attempt: null,
  offeringId: 'email',
  provider: 'guardrails',
  result: 'guarded',
  reason: '1 place noted',
} as const

/** Of both: whose name is typed is not what is asked here. */
export const ORGANIZATION_NAME = 'Company'

/** A member of one team with one of everything that can be asked for by id. */
export interface Place {
  readonly memberId: string
  readonly teamId: string
  readonly keyId: string
  readonly budgetId: string
  readonly rateLimitId: string
  readonly guardrailId: string
  readonly requestId: string
  readonly invoiceId: string
  readonly invitationId: string
  readonly accessId: string
  readonly managementKeyId: string
  readonly credentialId: string
  readonly endpointId: string
}

export interface Person {
  readonly name: string
  readonly context: ActContext
  readonly standing: Standing
  /** Whether they look at the organization that the places `red` and `blue` are in. */
  readonly isOurs: boolean
}

export interface Company {
  readonly people: readonly Person[]
  readonly places: {
    readonly red: Place
    readonly blue: Place
    readonly foreign: Place
    /** Ids nobody has. */
    readonly random: Place
  }
  /** A third team of ours, empty. */
  readonly greenTeamId: string
  readonly operatorEmail: string
  /** Text of the management key of each role. */
  readonly managementKeys: Readonly<Record<'admin' | 'billing' | 'viewer', string>>
}

type Shared = Pick<Place, 'invoiceId' | 'invitationId' | 'accessId' | 'managementKeyId' | 'credentialId' | 'endpointId'>

const makeShared = async (world: ActWorld, organization: MadeOrganization, operatorUserId: string): Promise<Shared> => {
  const { orgId, slug, ownerMemberId, owner } = organization
  const { invoiceId } = await issueInvoice(world.pool, slug)
  const { invitationId } = await withTenant(world.ownerDb, { orgId, userId: owner.userId }, (tx) =>
    createInvitation(tx, orgId, {
      email: `guest@${slug}.test`,
      role: 'viewer',
      teamId: null,
      teamRole: 'developer',
      tokenHash: hashToken(generateToken()),
      invitedByUserId: owner.userId,
      expiresAtMs: Date.now() + DAY_MS,
    }),
  )
  await withActor(world.db, operatorUserId, (tx) => requestSupportAccess(tx, { slug, reason: 'Calls fail', hours: 4 }))
  const { credentialId } = await addCredentialAct(await world.actAs(orgId, ownerMemberId), {
    providerId: 'openai',
    label: 'Ours',
    apiKey: 'sk-0123456789abcdefghij',
  })
  const { endpointId } = await addCustomEndpointAct(await world.actAs(orgId, ownerMemberId), {
    name: 'house',
    label: 'House',
    shape: 'openai-chat',
    baseUrl: 'https://models.example.com/v1',
  })
  const model = { name: 'llama', upstreamModel: 'their-llama' }
  await setCustomModelAct(await world.actAs(orgId, ownerMemberId), { endpointId, model })
  const { rows } = await world.pool.query<{ id: string }>('SELECT id FROM support_access WHERE org_id = $1', [orgId])
  const { managementKeyId } = await makeManagementKey(world, { orgId, memberId: ownerMemberId, role: 'viewer' })
  return { invoiceId, invitationId, accessId: rows[0]?.id ?? '', managementKeyId, credentialId, endpointId }
}

interface Whose {
  readonly organization: MadeOrganization
  readonly memberId: string
  readonly teamId: string
  readonly shared: Shared
}

const furnish = async (world: ActWorld, { organization, memberId, teamId, shared }: Whose): Promise<Place> => {
  const { orgId, ownerMemberId } = organization
  const { keyId } = await createKeyWith(world.ownerDb, { orgId, holder: { kind: 'member', memberId, teamId } })
  // A former secret, so that there is one to end.
  await rotateKeyAct(await world.actAs(orgId, ownerMemberId), { keyId })
  const level = { scope: 'key', scopeId: keyId } as const
  const { budget, rateLimit, guardrail } = await withTenant(world.ownerDb, { orgId, userId: null }, async (tx) => ({
    budget: await setBudget(tx, orgId, { ...level, limitPusd: pusd(10n ** 12n), period: 'day', hard: true }),
    guardrail: await setGuardrail(tx, orgId, { ...level, policy: NO_POLICY }),
    rateLimit: await setRateLimit(tx, orgId, {
      ...level,
      requestsPerMinute: 9,
      tokensPerMinute: null,
      concurrency: null,
    }),
  }))
  const event = buildUsageEvent({ orgId, keyId, memberId, teamId, trail: [GUARDED] })
  await ingestUsageEvents(world.pool, { events: [event] })
  return {
    ...shared,
    memberId,
    teamId,
    keyId,
    budgetId: budget.id,
    rateLimitId: rateLimit.id,
    guardrailId: guardrail.id,
    requestId: event.requestId,
  }
}

const randomPlace = (): Place => ({
  memberId: buildId(Date.now()),
  teamId: buildId(Date.now()),
  keyId: buildId(Date.now()),
  budgetId: buildId(Date.now()),
  rateLimitId: buildId(Date.now()),
  guardrailId: buildId(Date.now()),
  requestId: buildId(Date.now()),
  invoiceId: buildId(Date.now()),
  invitationId: buildId(Date.now()),
  accessId: buildId(Date.now()),
  managementKeyId: buildId(Date.now()),
  credentialId: buildId(Date.now()),
  endpointId: buildId(Date.now()),
})

const standingOf = (
  role: ActingRole,
  memberId: string | null,
  teamRoles: readonly [string, TeamRole][] = [],
): Standing => ({
  role,
  memberId,
  teamRoles: new Map(teamRoles),
})

const makeOperator = async (world: ActWorld, email: string) => {
  const user = await createUserWith(world.ownerDb, { email, name: 'An operator' })
  await world.pool.query('UPDATE app_user SET is_operator = true WHERE id = $1', [user.userId])
  return user
}

const makeKeyPerson = async (
  world: ActWorld,
  { orgId, ownerMemberId }: MadeOrganization,
  role: 'admin' | 'billing' | 'viewer',
): Promise<{ readonly person: Person; readonly text: string }> => {
  const { managementKeyId, text } = await makeManagementKey(world, { orgId, memberId: ownerMemberId, role })
  const person: Person = {
    name: `management key (${role})`,
    context: { orgId, actor: { kind: 'management-key', managementKeyId, role }, ip: null },
    standing: standingOf(role, null),
    isOurs: true,
  }
  return { person, text }
}

/** An operator whom the organization lets look. */
const makeSupport = async (world: ActWorld, { orgId, ownerMemberId }: MadeOrganization): Promise<Person> => {
  const { userId, email } = await makeOperator(world, 'otto@platform.test')
  const { accessId } = await grantSupportAccessAct(await world.actAs(orgId, ownerMemberId), {
    operatorEmail: email,
    reason: 'Calls fail',
    hours: 4,
  })
  return {
    name: 'support',
    context: { orgId, actor: { kind: 'support', userId, supportAccessId: accessId, role: 'support' }, ip: null },
    standing: standingOf('support', null),
    isOurs: true,
  }
}

/** One organization with everyone the product knows, another one, and an operator who was let in. */
export const makeCompany = async (world: ActWorld): Promise<Company> => {
  await world.pool.query(
    `INSERT INTO provider (id, display_name, dialect) VALUES ('openai', 'OpenAI', 'openai-chat'), ('custom', 'Custom endpoint', 'openai-chat') ON CONFLICT DO NOTHING`,
  )
  const ours = await createOrganizationWith(world.ownerDb, { name: ORGANIZATION_NAME, slug: 'ours' })
  const theirs = await createOrganizationWith(world.ownerDb, { name: ORGANIZATION_NAME, slug: 'theirs' })
  const operator = await makeOperator(world, 'olga@platform.test')
  const newTeam = async (name: string) =>
    (await withTenant(world.ownerDb, ours.tenant, (tx) => createTeam(tx, ours.orgId, name))).teamId
  const [redTeamId, blueTeamId, greenTeamId] = [await newTeam('Red'), await newTeam('Blue'), await newTeam('Green')]
  const join = (role: 'admin' | 'billing' | 'developer' | 'viewer', teamId?: string) =>
    createMemberWith(world.ownerDb, ours.orgId, { role, ...(teamId === undefined ? {} : { teamId }) })
  const administer = (memberId: string, teamId: string) =>
    withTenant(world.ownerDb, ours.tenant, (tx) => putInTeam(tx, ours.orgId, { teamId, memberId, role: 'team_admin' }))
  const member = async (
    name: string,
    memberId: string,
    teamRoles: readonly [string, TeamRole][] = [],
  ): Promise<Person> => {
    const context = await world.actAs(ours.orgId, memberId)
    return { name, context, standing: standingOf(context.actor.role, memberId, teamRoles), isOurs: true }
  }
  const developer = await join('developer', redTeamId)
  const neighbour = await join('developer', blueTeamId)
  const [redAdmin, blueAdmin] = [await join('developer'), await join('developer')]
  await administer(redAdmin.memberId, redTeamId)
  await administer(blueAdmin.memberId, blueTeamId)
  const shared = await makeShared(world, ours, operator.userId)
  const foreignShared = await makeShared(world, theirs, operator.userId)
  const keys = {
    admin: await makeKeyPerson(world, ours, 'admin'),
    billing: await makeKeyPerson(world, ours, 'billing'),
    viewer: await makeKeyPerson(world, ours, 'viewer'),
  }
  const theirOwner: Person = {
    name: 'owner of another organization',
    context: await world.actAs(theirs.orgId, theirs.ownerMemberId),
    standing: standingOf('owner', theirs.ownerMemberId),
    isOurs: false,
  }
  return {
    people: [
      await member('owner', ours.ownerMemberId, [[ours.defaultTeamId, 'team_admin']]),
      await member('admin', (await join('admin')).memberId),
      await member('billing', (await join('billing')).memberId),
      await member('developer', developer.memberId, [[redTeamId, 'developer']]),
      await member('viewer', (await join('viewer')).memberId),
      await member('admin of the red team', redAdmin.memberId, [[redTeamId, 'team_admin']]),
      await member('admin of the blue team', blueAdmin.memberId, [[blueTeamId, 'team_admin']]),
      keys.admin.person,
      keys.billing.person,
      keys.viewer.person,
      await makeSupport(world, ours),
      theirOwner,
    ],
    places: {
      red: await furnish(world, { organization: ours, memberId: developer.memberId, teamId: redTeamId, shared }),
      blue: await furnish(world, { organization: ours, memberId: neighbour.memberId, teamId: blueTeamId, shared }),
      foreign: await furnish(world, {
        organization: theirs,
        memberId: theirs.ownerMemberId,
        teamId: theirs.defaultTeamId,
        shared: foreignShared,
      }),
      random: randomPlace(),
    },
    greenTeamId,
    operatorEmail: 'olga@platform.test',
    managementKeys: { admin: keys.admin.text, billing: keys.billing.text, viewer: keys.viewer.text },
  }
}
