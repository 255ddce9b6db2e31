import { HOUR_MS } from '@atpar/core/durations'
import { buildId } from '@atpar/testkit/usage-events'
import type { Permission, ScopedPermission } from '@atpar/core/permissions'
import type { Tx } from '@atpar/db/client'
import { requestDeletion } from '@atpar/db/organization-deletion'
import type { OrgId } from '@atpar/db/tenant'
import { ORGANIZATION_NAME, type Company, type Place } from './people.ts'

/** What the test knows of an act on its own account: stated here a second time on purpose, so that a slip in the act shows. */
export interface ActCase {
  readonly permission: Permission | ScopedPermission
  /** A thing with an id, or a list (or something else) that takes none. */
  readonly about: 'thing' | 'nothing'
  /** Where not every holder of the permission reaches every thing: by which lengths. The permission itself when it comes in several. */
  readonly reach?: ScopedPermission
  /** Refused to management keys. */
  readonly isForPeople?: true
  /** Refused although the permission is theirs, by name. */
  readonly refusedTo?: readonly string[]
  /** What must be so for there to be anything to do: in the act's own transaction, once the permission was found. */
  readonly before?: (tx: Tx, orgId: OrgId, userId: string) => Promise<unknown>
  readonly input: (place: Place, company: Company) => object
}

const nothing = (permission: Permission | ScopedPermission, input: object = {}): ActCase => ({
  permission,
  about: 'nothing',
  input: () => input,
})

const thing = (permission: Permission | ScopedPermission, input: ActCase['input']): ActCase => ({
  permission,
  about: 'thing',
  input,
})

const untilMs = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS
const dayMs = Math.floor(Date.now() / (24 * HOUR_MS)) * 24 * HOUR_MS
const unique = (): string => buildId(Date.now())

const OWN_ADDRESS = 'https://models.example.com/v1'

/** Every act by its name. One that is missing here fails the test. */
export const CASES: Readonly<Record<string, ActCase>> = {
  'export-audit': nothing('audit:read'),
  'list-audit': nothing('audit:read'),
  'verify-audit': nothing('audit:read'),
  'delete-organization': { ...nothing('organization:delete', { name: ORGANIZATION_NAME }), isForPeople: true },
  'export-organization': nothing('organization:export'),
  'restore-organization': { ...nothing('organization:delete'), isForPeople: true, before: requestDeletion },

  'read-billing': nothing('invoice:read'),
  'set-auto-top-up': nothing('payment:manage', {
    isEnabled: false,
    thresholdCents: 500n,
    amountCents: 2_000n,
    dailyCapCents: 4_000n,
  }),
  'open-billing-portal': nothing('payment:manage'),
  'start-card-setup': nothing('payment:manage'),
  'start-top-up': nothing('payment:manage', { amountCents: 2_000n }),
  'set-billing-details': nothing('payment:manage', { legalName: 'Acme Robotics GmbH', country: 'DE' }),

  'list-invoices': nothing('invoice:read'),
  'read-invoice': thing('invoice:read', ({ invoiceId }) => ({ invoiceId })),

  'read-content': thing('content:read', ({ requestId }) => ({ requestId })),
  'read-content-policy': nothing('organization:read'),
  'set-content-policy': thing('content:manage', ({ teamId }) => ({ teamId, days: 0 })),

  'create-key': thing('key:create', ({ memberId, teamId }) => ({
    name: 'A key',
    owner: { kind: 'member', memberId, teamId },
  })),
  'end-former-secrets': thing('key:revoke', ({ keyId }) => ({ keyId })),
  'list-keys': nothing('key:read'),
  'read-key': thing('key:read', ({ keyId }) => ({ keyId })),
  'revoke-key': thing('key:revoke', ({ keyId }) => ({ keyId })),
  'rotate-key': thing('key:create', ({ keyId }) => ({ keyId })),
  'update-key': thing('key:create', ({ keyId }) => ({ keyId, name: 'Renamed' })),

  'list-budgets': { ...nothing('budget:read'), reach: 'usage:read' },
  'list-guarded-requests': nothing('request:read', { limit: 5 }),
  'list-guardrail-levels': { ...nothing('budget:read'), reach: 'usage:read' },
  'list-guardrails': { ...nothing('budget:read'), reach: 'usage:read' },
  'list-rate-limits': { ...nothing('budget:read'), reach: 'usage:read' },
  'read-limits': { ...thing('budget:read', ({ keyId }) => ({ scope: 'key', scopeId: keyId })), reach: 'usage:read' },
  'remove-budget': thing('budget:manage', ({ budgetId }) => ({ budgetId })),
  'remove-guardrail': thing('budget:manage', ({ guardrailId }) => ({ guardrailId })),
  'remove-rate-limit': thing('budget:manage', ({ rateLimitId }) => ({ rateLimitId })),
  'set-budget': thing('budget:manage', ({ keyId }) => ({ scope: 'key', scopeId: keyId, period: 'month', limit: '5' })),
  'set-guardrail': thing('budget:manage', ({ keyId }) => ({
    scope: 'key',
    scopeId: keyId,
    policy: { secrets: 'block' },
  })),
  'set-rate-limit': thing('budget:manage', ({ keyId }) => ({ scope: 'key', scopeId: keyId, requestsPerMinute: 5 })),
  'try-guardrails': {
    ...thing('budget:read', ({ keyId }) => ({ scope: 'key', scopeId: keyId, text: 'hello' })),
    reach: 'usage:read',
  },
  'update-budget': thing('budget:manage', ({ budgetId }) => ({ budgetId, limit: '7' })),

  'create-management-key': { ...nothing('management-key:manage', { name: 'CI', role: 'viewer' }), isForPeople: true },
  'list-management-keys': { ...nothing('management-key:manage'), isForPeople: true },
  'revoke-management-key': {
    ...thing('management-key:manage', ({ managementKeyId }) => ({ managementKeyId })),
    isForPeople: true,
  },

  'change-role': thing('member:update', ({ memberId }) => ({ memberId, role: 'viewer' })),
  'invite-members': {
    ...nothing('member:invite', { emails: ['new@example.test'], role: 'viewer' }),
    isForPeople: true,
  },
  'leave-organization': {
    ...nothing('organization:read'),
    isForPeople: true,
    // The last owner of each.
    refusedTo: ['owner', 'owner of another organization'],
  },
  'list-invitations': nothing('member:invite'),
  'list-members': nothing('member:read'),
  'read-member': thing('member:read', ({ memberId }) => ({ memberId })),
  'remove-member': thing('member:remove', ({ memberId }) => ({ memberId })),
  'resend-invitation': { ...thing('member:invite', ({ invitationId }) => ({ invitationId })), isForPeople: true },
  'revoke-invitation': thing('member:invite', ({ invitationId }) => ({ invitationId })),

  'read-organization': nothing('organization:read'),
  'update-organization': nothing('organization:update', { name: 'Renamed' }),
  'read-security': nothing('security:manage'),
  'set-two-factor-policy': nothing('security:manage', { requireTwoFactor: false }),

  'list-requests': nothing('request:read', { limit: 100 }),
  'read-request': thing('request:read', ({ requestId }) => ({ requestId })),
  'list-routes': nothing('route:read'),
  'export-focus': nothing('usage:read', { day: new Date(dayMs).toISOString().slice(0, 10) }),
  'export-usage': nothing('usage:read', { fromMs: untilMs - 24 * HOUR_MS, toMs: untilMs, limit: 10 }),
  'read-chargeback': nothing('usage:read', { fromMs: dayMs, toMs: dayMs + 48 * HOUR_MS, by: 'key' }),
  'read-usage': nothing('usage:read', {
    fromMs: untilMs - 24 * HOUR_MS,
    toMs: untilMs,
    step: 'total',
    groupBy: 'key',
  }),

  'approve-support-access': { ...thing('support:manage', ({ accessId }) => ({ accessId })), isForPeople: true },
  'end-support-access': thing('support:manage', ({ accessId }) => ({ accessId })),
  'grant-support-access': {
    permission: 'support:manage',
    about: 'nothing',
    isForPeople: true,
    input: (_place, { operatorEmail }) => ({ operatorEmail, reason: 'Calls fail', hours: 1 }),
  },
  'list-support-access': nothing('organization:read'),

  'archive-team': thing('team:manage', ({ teamId }) => ({ teamId })),
  'create-team': { ...nothing('team:manage'), input: () => ({ name: `Team ${unique()}` }) },
  'list-teams': nothing('team:read'),
  'move-member': thing('team:manage', ({ memberId, teamId }, { greenTeamId }) => ({
    memberId,
    fromTeamId: teamId,
    toTeamId: greenTeamId,
  })),
  'read-team': thing('team:read', ({ teamId }) => ({ teamId })),
  'remove-from-team': thing('team:manage', ({ teamId, memberId }) => ({ teamId, memberId })),
  'rename-team': thing('team:manage', ({ teamId }) => ({ teamId, name: `Team ${unique()}` })),
  'set-team-role': thing('team:manage', ({ teamId, memberId }) => ({ teamId, memberId, role: 'team_admin' })),

  'add-credential': nothing('credential:manage', {
    providerId: 'openai',
    label: 'Ours',
    apiKey: 'sk-0123456789abcdefghij',
  }),
  'delete-credential': thing('credential:manage', ({ credentialId }) => ({ credentialId })),
  'list-credentials': nothing('credential:manage'),
  'read-credential': thing('credential:manage', ({ credentialId }) => ({ credentialId })),
  'replace-credential': thing('credential:manage', ({ credentialId }) => ({
    credentialId,
    apiKey: 'sk-abcdefghij0123456789',
  })),
  'test-credential': thing('credential:manage', ({ credentialId }) => ({ credentialId })),
  'update-credential': thing('credential:manage', ({ credentialId }) => ({ credentialId, label: 'Renamed' })),

  'add-custom-endpoint': {
    ...nothing('credential:manage'),
    input: () => ({ name: `e${unique()}`, label: 'Ours', shape: 'openai-chat', baseUrl: OWN_ADDRESS }),
  },
  'list-custom-endpoints': nothing('credential:manage'),
  'read-custom-endpoint': thing('credential:manage', ({ endpointId }) => ({ endpointId })),
  'remove-custom-endpoint': thing('credential:manage', ({ endpointId }) => ({ endpointId })),
  'remove-custom-model': thing('credential:manage', ({ endpointId }) => ({ endpointId, name: 'llama' })),
  'replace-custom-endpoint': thing('credential:manage', ({ endpointId }) => ({ endpointId, baseUrl: OWN_ADDRESS })),
  'set-custom-model': thing('credential:manage', ({ endpointId }) => ({
    endpointId,
    model: { name: 'llama', upstreamModel: 'their-llama' },
  })),
  'test-custom-endpoint': thing('credential:manage', ({ endpointId }) => ({ endpointId })),
  'update-custom-endpoint': thing('credential:manage', ({ endpointId }) => ({ endpointId, label: 'Renamed' })),
}
