import type { ApiRoute } from './define-route.ts'
import { AUDIT_ROUTES } from './routes/audit.ts'
import { BUDGET_ROUTES } from './routes/budgets.ts'
import { CONTENT_ROUTES } from './routes/content.ts'
import { CREDENTIAL_ROUTES } from './routes/credentials.ts'
import { CUSTOM_ENDPOINT_ROUTES } from './routes/custom-endpoints.ts'
import { GUARDRAIL_ROUTES } from './routes/guardrails.ts'
import { INVITATION_ROUTES } from './routes/invitations.ts'
import { INVOICE_ROUTES } from './routes/invoices.ts'
import { KEY_ROUTES } from './routes/keys.ts'
import { MEMBER_ROUTES } from './routes/members.ts'
import { ORGANIZATION_ROUTES } from './routes/organization.ts'
import { RATE_LIMIT_ROUTES } from './routes/rate-limits.ts'
import { REQUEST_ROUTES } from './routes/requests.ts'
import { ROUTING_ROUTES } from './routes/routing.ts'
import { TEAM_ROUTES } from './routes/teams.ts'
import { USAGE_EXPORT_ROUTES } from './routes/usage-exports.ts'
import { USAGE_ROUTES } from './routes/usage.ts'

/** Every route of the management API, in the order of its reference: the router, the OpenAPI document and the tests walk it. */
export const ROUTES: readonly ApiRoute[] = [
  ...ORGANIZATION_ROUTES,
  ...MEMBER_ROUTES,
  ...INVITATION_ROUTES,
  ...TEAM_ROUTES,
  ...KEY_ROUTES,
  ...BUDGET_ROUTES,
  ...RATE_LIMIT_ROUTES,
  ...GUARDRAIL_ROUTES,
  ...CREDENTIAL_ROUTES,
  ...CUSTOM_ENDPOINT_ROUTES,
  ...ROUTING_ROUTES,
  ...USAGE_ROUTES,
  ...USAGE_EXPORT_ROUTES,
  ...REQUEST_ROUTES,
  ...CONTENT_ROUTES,
  ...INVOICE_ROUTES,
  ...AUDIT_ROUTES,
]
