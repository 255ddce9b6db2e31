import { open, type SealingPrivateKey } from '@atpar/crypto/sealing'
import type { SealedSecret } from '@atpar/db/sealed-credentials'
import type { Logger } from '@atpar/observability/logger'
import { decodeCredentialSecret } from '@atpar/providers/credential'
import type { ProviderTarget, ProviderTargets } from '../upstream/targets.ts'

interface OpenerDeps {
  readonly keys: readonly SealingPrivateKey[]
  readonly targets: ProviderTargets
  readonly log: Logger
}

/** The one place where a customer's secret is opened: it leaves as a target whose headers carry it. Null, and logged, when it cannot be used here. */
export const createCredentialOpener =
  ({ keys, targets, log }: OpenerDeps) =>
  (providerId: string, secret: SealedSecret): ProviderTarget | null => {
    const { orgId, credentialId, secretVersion: version } = secret
    try {
      const bytes = open(keys, { orgId, credentialId, version }, { bytes: secret.sealed, keyId: secret.sealingKeyId })
      return targets.buildOwn(providerId, decodeCredentialSecret(bytes))
    } catch (error) {
      // Errors of sealing and decoding say what did not fit and nothing of what was in it.
      log.error('credential-unusable', {
        orgId,
        credentialId,
        providerId,
        error: error instanceof Error ? error.message : String(error),
      })
      return null
    }
  }
