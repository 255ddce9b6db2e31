import { headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import { cache } from 'react'
import { AppError } from '@atpar/core/errors'
import { can, type Permission, type Role } from '@atpar/core/permissions'
import { listMemberships, recordVisit, type OrganizationOfUser } from '@atpar/db/members'
import { withActor, withTenant, type OrgId, type Tenant } from '@atpar/db/tenant'
import type { ActContext } from '../acts/define-act.ts'
import { readDeps } from '../deps.ts'
import { readClient } from './client.ts'
import { readSession, type Session } from './session.ts'

/** A signed-in person inside one organization: what every page and action of a tenant starts from. */
export interface Visit {
  readonly session: Session
  readonly organization: OrganizationOfUser
  readonly organizations: readonly OrganizationOfUser[]
  readonly orgId: OrgId
  readonly memberId: string
  readonly role: Role
  readonly tenant: Tenant
}

/** The signed-in person as an actor: what every function of `acts` takes. */
export const actAs = async (visit: Visit): Promise<ActContext> => ({
  orgId: visit.orgId,
  actor: { kind: 'member', userId: visit.session.userId, memberId: visit.memberId, role: visit.role },
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

/** Strangers log in; members of other organizations get the 404 that a slug nobody uses gets. */
export const requireOrganization = cache(async (slug: string): Promise<Visit> => {
  const session = await readSession()
  if (session === null) redirect(`/log-in?next=${encodeURIComponent(`/${slug}`)}`)
  const organizations = await readOrganizations(session.userId)
  const organization = organizations.find((candidate) => candidate.slug === slug) ?? notFound()
  const orgId = organization.orgId
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
