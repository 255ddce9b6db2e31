import { randomInt } from 'node:crypto'
import type { Pusd } from '@atpar/core/money'
import { AppError } from '@atpar/core/errors'
import { recordAudit } from './audit-log.ts'
import type { Db, Tx } from './client.ts'
import { setBudget } from './budgets.ts'
import { newId } from './new-id.ts'
import { asOrgId, withTenant, type OrgId } from './tenant.ts'
import { isUniqueViolation } from './unique-violation.ts'

export interface NewOrganization {
  readonly name: string
  readonly ownerUserId: string
  /** The organization's hard budget per month until a card is on file; 0 leaves only BYOK, local and simulated models. */
  readonly starterCreditPusd: Pusd
  /** Only when the address is wanted as is; otherwise it is made from the name. */
  readonly slug?: string
}

export interface CreatedOrganization {
  readonly orgId: OrgId
  readonly slug: string
  readonly ownerMemberId: string
  readonly defaultTeamId: string
}

export interface OrganizationSettings {
  readonly orgId: OrgId
  readonly slug: string
  readonly name: string
  readonly status: 'active' | 'suspended' | 'closed'
  readonly createdAtMs: number
}

const MAX_SLUG_LENGTH = 40
/** First parts of paths of the dashboard; `/<slug>` must never be one. */
const RESERVED = new Set([
  'account',
  'admin',
  'api',
  'docs',
  'healthz',
  'home',
  'invoices',
  'join',
  'log-in',
  'log-out',
  'login',
  'logout',
  'models',
  'new',
  'new-organization',
  'operator',
  'prices',
  'prices.json',
  'pricing',
  'settings',
  'sign-up',
  'signup',
  'source',
  'status',
  'v1',
])

/** "Zürich Labs, Inc." → "zurich-labs-inc". Never empty. */
export const slugify = (name: string): string => {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const slug = plain
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG_LENGTH)
    .replace(/^-+|-+$/g, '')
  return slug === '' ? 'organization' : slug
}

export const isReservedSlug = (slug: string): boolean => RESERVED.has(slug)

const SLUG_ATTEMPTS = 8
const SUFFIX_LIMIT = 10_000

/** Which slugs others have is invisible here, so the unique index is the only one to ask: try, and add a number when it says no. */
const candidateSlug = (wanted: string, attempt: number): string =>
  attempt === 0 && !isReservedSlug(wanted) ? wanted : `${wanted}-${randomInt(2, attempt < 2 ? 100 : SUFFIX_LIMIT)}`

const insertOrganization = (db: Db, organization: NewOrganization, slug: string): Promise<CreatedOrganization> => {
  const orgId = asOrgId(newId())
  const ownerMemberId = newId()
  const defaultTeamId = newId()
  return withTenant(db, { orgId, userId: organization.ownerUserId }, async (tx) => {
    await tx.organization.create({ data: { id: orgId, slug, name: organization.name.trim() } })
    await tx.membership.create({ data: { id: ownerMemberId, orgId, userId: organization.ownerUserId, role: 'owner' } })
    await tx.team.create({ data: { id: defaultTeamId, orgId, name: 'Default' } })
    await tx.teamMembership.create({
      data: { orgId, teamId: defaultTeamId, memberId: ownerMemberId, role: 'team_admin' },
    })
    await setBudget(tx, orgId, {
      scope: 'organization',
      scopeId: orgId,
      limitPusd: organization.starterCreditPusd,
      period: 'month',
      hard: true,
      isCredit: true,
    })
    await tx.creditStanding.create({
      data: { orgId, starterPusd: organization.starterCreditPusd, linePusd: organization.starterCreditPusd },
    })
    await recordAudit(tx, orgId, {
      actorUserId: organization.ownerUserId,
      action: 'organization-created',
      subjectKind: 'organization',
      subjectId: orgId,
      after: { name: organization.name.trim(), slug },
    })
    return { orgId, slug, ownerMemberId, defaultTeamId }
  })
}

/**
 * The organization, its owner, a team called "Default" that the owner administers, and the organization's monthly budget, all or nothing.
 * A slug that is taken gets a number at its end.
 */
export const createOrganization = async (db: Db, organization: NewOrganization): Promise<CreatedOrganization> => {
  const wanted = organization.slug ?? slugify(organization.name)
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await insertOrganization(db, organization, candidateSlug(wanted, attempt))
    } catch (error) {
      if (!isUniqueViolation(error) || attempt === SLUG_ATTEMPTS) throw error
    }
  }
}

const STATUS = { active: 'active', suspended: 'suspended', closed: 'closed' } as const

export const readOrganization = async (tx: Tx, orgId: OrgId): Promise<OrganizationSettings | null> => {
  const organization = await tx.organization.findUnique({ where: { id: orgId } })
  if (organization === null) return null
  return {
    orgId,
    slug: organization.slug,
    name: organization.name,
    status: STATUS[organization.status as keyof typeof STATUS],
    createdAtMs: organization.createdAt.getTime(),
  }
}

/** The slug stays: changing it is `changeSlug`, because links carry it. */
export const renameOrganization = async (tx: Tx, orgId: OrgId, name: string): Promise<void> => {
  await tx.organization.updateMany({ where: { id: orgId }, data: { name: name.trim() } })
}

const SLUG = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/

/** What is wrong with a slug a person typed, as a sentence; null when nothing is. Whether it is taken, only the database knows. */
export const findSlugFault = (slug: string): string | null => {
  if (slug.length < 2 || slug.length > MAX_SLUG_LENGTH) return `Use 2 to ${MAX_SLUG_LENGTH} characters.`
  if (!SLUG.test(slug)) return 'Use small letters, digits and single hyphens between them.'
  return isReservedSlug(slug) ? 'This address is used by the site itself.' : null
}

/** The old address leads nowhere from then on, and is free for others. @throws AppError conflict (param `slug`) when another organization has it. */
export const changeSlug = async (tx: Tx, orgId: OrgId, slug: string): Promise<void> => {
  try {
    await tx.organization.updateMany({ where: { id: orgId }, data: { slug } })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new AppError('conflict', { message: 'This address is taken.', param: 'slug', cause: error })
  }
}
