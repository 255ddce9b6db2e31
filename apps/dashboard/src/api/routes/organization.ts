import { z } from 'zod'
import { readOrganizationAct } from '../../acts/organization/read-organization.ts'
import { updateOrganizationAct } from '../../acts/organization/update-organization.ts'
import type { OrganizationSettings } from '@atpar/db/organizations'
import { defineRoute } from '../define-route.ts'
import { id, instant, toInstant } from '../wire.ts'

const organization = z
  .strictObject({
    organization_id: id,
    slug: z.string().meta({ description: 'First part of the dashboard’s paths.' }),
    name: z.string(),
    status: z.enum(['active', 'suspended', 'closed']),
    created_at: instant,
  })
  .meta({ id: 'Organization' })

const show = (settings: OrganizationSettings) => ({
  organization_id: settings.orgId,
  slug: settings.slug,
  name: settings.name,
  status: settings.status,
  created_at: toInstant(settings.createdAtMs),
})

export const ORGANIZATION_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/organization',
    operation: 'readOrganization',
    tag: 'Organization',
    summary: 'Read the organization',
    description: 'The organization the management key belongs to.',
    act: readOrganizationAct,
    status: 200,
    answer: organization,
    toInput: () => ({}),
    toAnswer: show,
  }),
  defineRoute({
    method: 'PATCH',
    path: '/organization',
    operation: 'updateOrganization',
    tag: 'Organization',
    summary: 'Rename the organization',
    description: 'What is absent stays as it is.',
    act: updateOrganizationAct,
    body: z.strictObject({ name: z.string().optional(), slug: z.string().optional() }),
    status: 200,
    answer: organization,
    errors: ['conflict'],
    toInput: ({ body }) => body,
    toAnswer: show,
  }),
]
