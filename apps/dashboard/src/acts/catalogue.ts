import { exportAuditAct } from './audit/export-audit.ts'
import { listAuditAct } from './audit/list-audit.ts'
import { verifyAuditAct } from './audit/verify-audit.ts'
import { openBillingPortalAct } from './billing/open-billing-portal.ts'
import { readBillingAct } from './billing/read-billing.ts'
import { setAutoTopUpAct } from './billing/set-auto-top-up.ts'
import { setBillingDetailsAct } from './billing/set-billing-details.ts'
import { startCardSetupAct } from './billing/start-card-setup.ts'
import { startTopUpAct } from './billing/start-top-up.ts'
import { readContentAct } from './content/read-content.ts'
import { readContentPolicyAct } from './content/read-content-policy.ts'
import { setContentPolicyAct } from './content/set-content-policy.ts'
import { addCredentialAct } from './credentials/add-credential.ts'
import { deleteCredentialAct } from './credentials/delete-credential.ts'
import { listCredentialsAct } from './credentials/list-credentials.ts'
import { readCredentialAct } from './credentials/read-credential.ts'
import { replaceCredentialAct } from './credentials/replace-credential.ts'
import { testCredentialAct } from './credentials/test-credential.ts'
import { updateCredentialAct } from './credentials/update-credential.ts'
import { addCustomEndpointAct } from './custom-endpoints/add-custom-endpoint.ts'
import { listCustomEndpointsAct } from './custom-endpoints/list-custom-endpoints.ts'
import { readCustomEndpointAct } from './custom-endpoints/read-custom-endpoint.ts'
import { removeCustomEndpointAct } from './custom-endpoints/remove-custom-endpoint.ts'
import { removeCustomModelAct } from './custom-endpoints/remove-custom-model.ts'
import { replaceCustomEndpointAct } from './custom-endpoints/replace-custom-endpoint.ts'
import { setCustomModelAct } from './custom-endpoints/set-custom-model.ts'
import { testCustomEndpointAct } from './custom-endpoints/test-custom-endpoint.ts'
import { updateCustomEndpointAct } from './custom-endpoints/update-custom-endpoint.ts'
import { deleteOrganizationAct } from './data/delete-organization.ts'
import { exportOrganizationAct } from './data/export-organization.ts'
import { restoreOrganizationAct } from './data/restore-organization.ts'
import { listGuardedRequestsAct } from './guardrails/list-guarded-requests.ts'
import { listGuardrailLevelsAct } from './guardrails/list-guardrail-levels.ts'
import { listGuardrailsAct } from './guardrails/list-guardrails.ts'
import { removeGuardrailAct } from './guardrails/remove-guardrail.ts'
import { setGuardrailAct } from './guardrails/set-guardrail.ts'
import { tryGuardrailsAct } from './guardrails/try-guardrails.ts'
import { listInvoicesAct } from './invoices/list-invoices.ts'
import { readInvoiceAct } from './invoices/read-invoice.ts'
import { createKeyAct } from './keys/create-key.ts'
import { endFormerSecretsAct } from './keys/end-former-secrets.ts'
import { listKeysAct } from './keys/list-keys.ts'
import { readKeyAct } from './keys/read-key.ts'
import { revokeKeyAct } from './keys/revoke-key.ts'
import { rotateKeyAct } from './keys/rotate-key.ts'
import { updateKeyAct } from './keys/update-key.ts'
import { listBudgetsAct } from './limits/list-budgets.ts'
import { listRateLimitsAct } from './limits/list-rate-limits.ts'
import { readLimitsAct } from './limits/read-limits.ts'
import { removeBudgetAct } from './limits/remove-budget.ts'
import { removeRateLimitAct } from './limits/remove-rate-limit.ts'
import { setBudgetAct } from './limits/set-budget.ts'
import { setRateLimitAct } from './limits/set-rate-limit.ts'
import { updateBudgetAct } from './limits/update-budget.ts'
import { createManagementKeyAct } from './management-keys/create-management-key.ts'
import { listManagementKeysAct } from './management-keys/list-management-keys.ts'
import { revokeManagementKeyAct } from './management-keys/revoke-management-key.ts'
import { changeRoleAct } from './members/change-role.ts'
import { inviteMembersAct } from './members/invite-members.ts'
import { leaveOrganizationAct } from './members/leave-organization.ts'
import { listInvitationsAct } from './members/list-invitations.ts'
import { listMembersAct } from './members/list-members.ts'
import { readMemberAct } from './members/read-member.ts'
import { removeMemberAct } from './members/remove-member.ts'
import { resendInvitationAct } from './members/resend-invitation.ts'
import { revokeInvitationAct } from './members/revoke-invitation.ts'
import { readOrganizationAct } from './organization/read-organization.ts'
import { readSecurityAct } from './organization/read-security.ts'
import { setTwoFactorPolicyAct } from './organization/set-two-factor-policy.ts'
import { updateOrganizationAct } from './organization/update-organization.ts'
import { listRequestsAct } from './requests/list-requests.ts'
import { readRequestAct } from './requests/read-request.ts'
import { listRoutesAct } from './routes/list-routes.ts'
import { approveSupportAccessAct } from './support/approve-support-access.ts'
import { endSupportAccessAct } from './support/end-support-access.ts'
import { grantSupportAccessAct } from './support/grant-support-access.ts'
import { listSupportAccessAct } from './support/list-support-access.ts'
import { archiveTeamAct } from './teams/archive-team.ts'
import { createTeamAct } from './teams/create-team.ts'
import { listTeamsAct } from './teams/list-teams.ts'
import { moveMemberAct } from './teams/move-member.ts'
import { readTeamAct } from './teams/read-team.ts'
import { removeFromTeamAct } from './teams/remove-from-team.ts'
import { renameTeamAct } from './teams/rename-team.ts'
import { setTeamRoleAct } from './teams/set-team-role.ts'
import { exportFocusAct } from './usage/export-focus.ts'
import { exportUsageAct } from './usage/export-usage.ts'
import { readChargebackAct } from './usage/read-chargeback.ts'
import { readUsageAct } from './usage/read-usage.ts'

/** Every act there is: what the authorization matrix walks. An act that is missing here fails a test. */
export const ACTS = [
  exportAuditAct,
  listAuditAct,
  verifyAuditAct,
  openBillingPortalAct,
  readBillingAct,
  setAutoTopUpAct,
  setBillingDetailsAct,
  startCardSetupAct,
  startTopUpAct,
  readContentAct,
  readContentPolicyAct,
  setContentPolicyAct,
  addCredentialAct,
  deleteCredentialAct,
  listCredentialsAct,
  readCredentialAct,
  replaceCredentialAct,
  testCredentialAct,
  updateCredentialAct,
  addCustomEndpointAct,
  listCustomEndpointsAct,
  readCustomEndpointAct,
  removeCustomEndpointAct,
  removeCustomModelAct,
  replaceCustomEndpointAct,
  setCustomModelAct,
  testCustomEndpointAct,
  updateCustomEndpointAct,
  deleteOrganizationAct,
  exportOrganizationAct,
  restoreOrganizationAct,
  listGuardedRequestsAct,
  listGuardrailLevelsAct,
  listGuardrailsAct,
  removeGuardrailAct,
  setGuardrailAct,
  tryGuardrailsAct,
  listInvoicesAct,
  readInvoiceAct,
  createKeyAct,
  endFormerSecretsAct,
  listKeysAct,
  readKeyAct,
  revokeKeyAct,
  rotateKeyAct,
  updateKeyAct,
  listBudgetsAct,
  listRateLimitsAct,
  readLimitsAct,
  removeBudgetAct,
  removeRateLimitAct,
  setBudgetAct,
  setRateLimitAct,
  updateBudgetAct,
  createManagementKeyAct,
  listManagementKeysAct,
  revokeManagementKeyAct,
  changeRoleAct,
  inviteMembersAct,
  leaveOrganizationAct,
  listInvitationsAct,
  listMembersAct,
  readMemberAct,
  removeMemberAct,
  resendInvitationAct,
  revokeInvitationAct,
  readOrganizationAct,
  readSecurityAct,
  setTwoFactorPolicyAct,
  updateOrganizationAct,
  listRequestsAct,
  readRequestAct,
  listRoutesAct,
  approveSupportAccessAct,
  endSupportAccessAct,
  grantSupportAccessAct,
  listSupportAccessAct,
  archiveTeamAct,
  createTeamAct,
  listTeamsAct,
  moveMemberAct,
  readTeamAct,
  removeFromTeamAct,
  renameTeamAct,
  setTeamRoleAct,
  exportFocusAct,
  exportUsageAct,
  readChargebackAct,
  readUsageAct,
] as const
