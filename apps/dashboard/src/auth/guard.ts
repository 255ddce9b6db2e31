import { headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import { cache } from 'react'
import { AppError } from '@atpar/core/errors'
import { can, type ActingRole, type Permission } from '@atpar/core/permissions'
import { listMemberships, recordVisit, type OrganizationOfUser } from '@atpar/db/members'
import { withActor, withTenant, type OrgId, type Tenant } from '@atpar/db/tenant'
import { listTwoFactorRequirements } from '@atpar/db/two-factor'
import type { ActContext, Actor } from '../acts/define-act.ts'
import { readDeps } from '../deps.ts'
import { listSupportVisits, type SupportVisit } from '@atpar/db/support-access'
import { recordSupportView } from './support-view.ts'
import { readClient } from './client.ts'
import { readSession, type Session } from './session.ts'

/** A signed-in person inside one organization: what every page and action of a tenant starts from. */
export interface Visit {
  readonly session: Session
  readonly organization: OrganizationOfUser
  readonly organizations: readonly OrganizationOfUser[]
  readonly orgId: OrgId
  readonly memberId: string
  readonly role: ActingRole
  readonly tenant: Tenant
  /** Set when this is an operator whom the organization lets look. */
  readonly support: SupportVisit | null
}

const actorOf = ({ session, memberId, role, support }: Visit): Actor => {
  if (support !== null)
    return { kind: 'support', userId: session.userId, supportAccessId: support.accessId, role: 'support' }
  // A visit without a grant has a member's role; the type cannot say so.
  if (role === 'support') throw new AppError('forbidden')
  return { kind: 'member', userId: session.userId, memberId, role }
}

/** The signed-in person as an actor: what every function of `acts` takes. */
export const actAs = async (visit: Visit): Promise<ActContext> => ({
  orgId: visit.orgId,
  actor: actorOf(visit),
  ip: readClient(await headers()).ip,
  sessionId: visit.session.sessionId,
})

export const requireUser = async (): Promise<Session> => (await readSession()) ?? redirect('/log-in')

/** The signed-in person's organizations, read once per request. */
export const readOrganizations = cache(async (userId: string): Promise<readonly OrganizationOfUser[]> =>
  withActor(readDeps().db, userId, (tx) => listMemberships(tx)),
)

/** "Last seen" is written once in five minutes, not on every page. */
const VISIT_RULE = { limit: 1, windowMs: 5 * 60_000 }

const noteVisit = async (tenant: Tenant, memberId: string): Promise<void> => {
  const { db, throttle } = readDeps()
  if (throttle.take(`visit:${memberId}`, VISIT_RULE))
    await withTenant(db, tenant, (tx) => recordVisit(tx, tenant.orgId, memberId))
}

/** What a visit of support calls its member: an id that no row has. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

/** An operator's way in: only by a grant of the organization that runs at this moment, and never without a trace. */
const visitAsSupport = async (session: Session, slug: string): Promise<Visit> => {
  if (!session.isOperator) notFound()
  const visits = await withActor(readDeps().db, session.userId, (tx) => listSupportVisits(tx))
  const support = visits.find((candidate) => candidate.slug === slug && candidate.expiresAtMs !== null) ?? notFound()
  const { orgId, name, status } = support
  await recordSupportView(support, session)
  return {
    session,
    organization: { orgId, slug, name, status, memberId: NOBODY, role: 'viewer' },
    organizations: [],
    orgId,
    memberId: NOBODY,
    role: 'support',
    tenant: { orgId, userId: session.userId, supportAccessId: support.accessId },
    support,
  }
}

const readTwoFactorRequirements = cache(async (userId: string): Promise<ReadonlySet<string>> =>
  withActor(readDeps().db, userId, listTwoFactorRequirements),
)

/** Where the organization asks for one, who has none sets it up before anything else. */
const requireSecondFactor = async (session: Session, organization: OrganizationOfUser): Promise<void> => {
  if (session.hasTwoFactor) return
  if ((await readTwoFactorRequirements(session.userId)).has(organization.orgId))
    redirect(`/account/two-factor?required=${encodeURIComponent(organization.slug)}`)
}

/** Strangers log in; members of other organizations get the 404 that a slug nobody uses gets. */
export const requireOrganization = cache(async (slug: string): Promise<Visit> => {
  const session = await readSession()
  if (session === null) redirect(`/log-in?next=${encodeURIComponent(`/${slug}`)}`)
  const organizations = await readOrganizations(session.userId)
  const organization = organizations.find((candidate) => candidate.slug === slug)
  if (organization === undefined) return visitAsSupport(session, slug)
  const orgId = organization.orgId
  await requireSecondFactor(session, organization)
  const tenant = { orgId, userId: session.userId }
  await noteVisit(tenant, organization.memberId)
  return {
    session,
    organization,
    organizations,
    orgId,
    memberId: organization.memberId,
    role: organization.role,
    tenant,
    support: null,
  }
})

/** The first line of every action: who asks, in which organization, and whether their role includes it. @throws AppError forbidden */
export const requirePermission = async (slug: string, permission: Permission): Promise<Visit> => {
  const visit = await requireOrganization(slug)
  if (!can(visit.role, permission)) throw new AppError('forbidden')
  return visit
}

/** For pages: what a role may not see does not exist for it. */
export const requirePagePermission = async (slug: string, permission: Permission): Promise<Visit> => {
  const visit = await requireOrganization(slug)
  return can(visit.role, permission) ? visit : notFound()
}
