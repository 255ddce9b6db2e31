import { createHash, randomBytes } from 'node:crypto'
import { newUuidV7 } from '@atpar/core/ids'
import { parseUsd } from '@atpar/core/money'
import { parseSealingPrivateKeys, seal } from '@atpar/crypto/sealing'
import { encodeCredentialSecret } from '@atpar/providers/credential'
import type { Pool, PoolClient } from 'pg'
import { SEALING_PRIVATE_KEY } from './secrets.ts'

export interface OwnCredentialPlan {
  readonly orgId: string
  readonly providerId: string
  readonly apiKey: string
  /** What it has beside its key. */
  readonly fields?: Readonly<Record<string, string>>
  readonly preference?: 'prefer' | 'only'
  /** What it is sealed for; the system's own key unless told otherwise. */
  readonly sealingKey?: string
}

/** What the simulators' books know a key by. */
export const sha256 = (apiKey: string): string => createHash('sha256').update(apiKey).digest('hex')

/** One transaction as the owner of the tables, inside one organization. */
export const inOrganization = async <T>(
  owner: Pool,
  orgId: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> => {
  const client = await owner.connect()
  try {
    await client.query('BEGIN')
    await client.query(`SELECT set_config('atpar.org_id', $1, true)`, [orgId])
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

/** As the dashboard writes it. Proxies notice by their poll. @returns its id */
export const addOwnCredential = async (owner: Pool, plan: OwnCredentialPlan): Promise<string> => {
  const credentialId = newUuidV7({ nowMs: Date.now, randomBytes })
  const [key] = parseSealingPrivateKeys(plan.sealingKey ?? SEALING_PRIVATE_KEY)
  const sealed = seal(
    key.publicKey,
    { orgId: plan.orgId, credentialId, version: 1 },
    encodeCredentialSecret({
      apiKey: plan.apiKey,
      baseUrl: null,
      ...(plan.fields === undefined ? {} : { fields: plan.fields }),
    }),
  )
  await inOrganization(owner, plan.orgId, (client) =>
    client.query(
      `INSERT INTO credential (id, org_id, provider_id, label, preference, hint, sealed, sealing_key_id) VALUES ($1, $2, $3, 'Ours', $4, $5, $6, $7)`,
      [
        credentialId,
        plan.orgId,
        plan.providerId,
        plan.preference ?? 'prefer',
        plan.apiKey.slice(-4),
        Buffer.from(sealed.bytes),
        sealed.keyId,
      ],
    ),
  )
  return credentialId
}

export interface CustomEndpointPlan {
  readonly orgId: string
  /** One of the custom providers. */
  readonly providerId: string
  readonly apiKey: string
  readonly baseUrl: string
  readonly headers?: Readonly<Record<string, string>>
  /** Prices in dollars for a million tokens. */
  readonly models: readonly {
    readonly name: string
    readonly upstreamModel: string
    readonly inputUsd?: string
    readonly outputUsd?: string
  }[]
}

/** An endpoint called `house`, as the dashboard writes it. @returns its id */
export const addCustomEndpoint = async (owner: Pool, plan: CustomEndpointPlan): Promise<string> => {
  const endpointId = newUuidV7({ nowMs: Date.now, randomBytes })
  const [key] = parseSealingPrivateKeys(SEALING_PRIVATE_KEY)
  const sealed = seal(
    key.publicKey,
    { orgId: plan.orgId, credentialId: endpointId, version: 1 },
    encodeCredentialSecret({ apiKey: plan.apiKey, baseUrl: plan.baseUrl, headers: plan.headers ?? {} }),
  )
  await inOrganization(owner, plan.orgId, async (client) => {
    await client.query(
      `INSERT INTO credential (id, org_id, provider_id, label, sealed, sealing_key_id) VALUES ($1, $2, $3, 'House', $4, $5)`,
      [endpointId, plan.orgId, plan.providerId, Buffer.from(sealed.bytes), sealed.keyId],
    )
    await client.query(`INSERT INTO custom_endpoint (id, org_id, name) VALUES ($1, $2, 'house')`, [
      endpointId,
      plan.orgId,
    ])
    for (const { name, upstreamModel, inputUsd, outputUsd } of plan.models)
      await client.query(
        'INSERT INTO custom_model (id, org_id, endpoint_id, name, upstream_model, input_pusd, output_pusd) VALUES ($1, $2, $3, $4, $5, $6, $7)',
        [
          newUuidV7({ nowMs: Date.now, randomBytes }),
          plan.orgId,
          endpointId,
          name,
          upstreamModel,
          inputUsd === undefined ? null : parseUsd(inputUsd).toString(),
          outputUsd === undefined ? null : parseUsd(outputUsd).toString(),
        ],
      )
  })
  return endpointId
}
