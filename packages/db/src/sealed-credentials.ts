import type { CustomModel } from '@atpar/core/custom-models'
import { pusd, type Pusd } from '@atpar/core/money'
import type { Pool } from './pool.ts'

/** A secret as it is stored, with all that is bound into its seal. */
export interface SealedSecret {
  readonly orgId: string
  readonly credentialId: string
  readonly secretVersion: number
  readonly sealingKeyId: string
  readonly sealed: Uint8Array
}

/** One of an organization's own credentials that is switched on, or an endpoint's. */
export interface SealedCredential {
  readonly credentialId: string
  readonly providerId: string
  /** `only` = calls to this provider never go over the platform's account. */
  readonly preference: 'prefer' | 'only'
  /** Null while the provider refuses it: it cannot serve, but its preference still counts. Also of an endpoint that is switched off. */
  readonly secret: SealedSecret | null
  /** Of an endpoint of one's own: it is called for these models and for nothing else. */
  readonly endpoint: { readonly name: string; readonly models: readonly CustomModel[] } | null
}

interface CredentialRecord {
  readonly credential_id: string
  readonly provider_id: string
  readonly preference: 'prefer' | 'only'
  readonly secret_version: number
  readonly sealing_key_id: string
  readonly sealed: Buffer | null
  readonly endpoint_name: string | null
  readonly endpoint_models: readonly CustomModelRecord[] | null
}

type CustomModelRecord = Omit<CustomModel, 'inputPusd' | 'outputPusd'> & {
  readonly inputPusd: string | null
  readonly outputPusd: string | null
}

const toAmount = (text: string | null): Pusd | null => (text === null ? null : pusd(BigInt(text)))

const toCustomModel = (record: CustomModelRecord): CustomModel => ({
  ...record,
  inputPusd: toAmount(record.inputPusd),
  outputPusd: toAmount(record.outputPusd),
})

/** Oldest first, which is the order in which they are tried. For the proxy. */
export const findCredentials = async (pool: Pool, orgId: string): Promise<readonly SealedCredential[]> => {
  const { rows } = await pool.query<CredentialRecord>({
    name: 'find-credentials',
    text: 'SELECT credential_id, provider_id, preference, secret_version, sealing_key_id, sealed, endpoint_name, endpoint_models FROM find_credentials($1)',
    values: [orgId],
  })
  return rows.map((row) => ({
    credentialId: row.credential_id,
    providerId: row.provider_id,
    preference: row.preference,
    secret:
      row.sealed === null
        ? null
        : {
            orgId,
            credentialId: row.credential_id,
            secretVersion: row.secret_version,
            sealingKeyId: row.sealing_key_id,
            sealed: row.sealed,
          },
    endpoint:
      row.endpoint_name === null
        ? null
        : { name: row.endpoint_name, models: (row.endpoint_models ?? []).map(toCustomModel) },
  }))
}

/** One of them whatever its status, to be tested; null when it is not this organization's. */
export const findCredentialSecret = async (
  pool: Pool,
  orgId: string,
  credentialId: string,
): Promise<{ readonly providerId: string; readonly secret: SealedSecret } | null> => {
  const { rows } = await pool.query<
    Pick<CredentialRecord, 'provider_id' | 'secret_version' | 'sealing_key_id'> & { readonly sealed: Buffer }
  >('SELECT provider_id, secret_version, sealing_key_id, sealed FROM find_credential($1, $2)', [orgId, credentialId])
  const [row] = rows
  if (row === undefined) return null
  return {
    providerId: row.provider_id,
    secret: {
      orgId,
      credentialId,
      secretVersion: row.secret_version,
      sealingKeyId: row.sealing_key_id,
      sealed: row.sealed,
    },
  }
}

export interface CredentialNote {
  readonly orgId: string
  readonly credentialId: string
  /** A secret that was replaced since is not spoken of. */
  readonly secretVersion: number
  /** One of our error codes; null when it served. */
  readonly error: string | null
  readonly httpStatus: number | null
  /** The provider does not take this key: no more calls go out with it until it is replaced or switched on again. */
  readonly isRefusal: boolean
}

/** What a proxy saw. @returns true when this was the first to say that it is refused. */
export const noteCredentialUse = async (pool: Pool, note: CredentialNote): Promise<boolean> => {
  const { rows } = await pool.query<{ is_first: boolean }>({
    name: 'note-credential-use',
    text: 'SELECT note_credential_use($1, $2, $3, $4, $5, $6) AS is_first',
    values: [note.orgId, note.credentialId, note.secretVersion, note.error, note.httpStatus, note.isRefusal],
  })
  return rows[0]?.is_first === true
}

interface SealedRecord {
  readonly org_id: string
  readonly credential_id: string
  readonly secret_version: number
  readonly sealing_key_id: string
  readonly sealed: Buffer
}

/** A page of every organization's sealed secrets in the order of their ids, those of switched-off and refused credentials included. At most 1,000. */
export const listSealed = async (
  pool: Pool,
  page: { readonly afterId: string | null; readonly size: number },
): Promise<readonly SealedSecret[]> => {
  const { rows } = await pool.query<SealedRecord>(
    'SELECT org_id, credential_id, secret_version, sealing_key_id, sealed FROM list_sealed($1, $2)',
    [page.afterId, page.size],
  )
  return rows.map((row) => ({
    orgId: row.org_id,
    credentialId: row.credential_id,
    secretVersion: row.secret_version,
    sealingKeyId: row.sealing_key_id,
    sealed: row.sealed,
  }))
}

/** Swaps the sealed bytes of a row. @returns false when it was sealed anew or deleted since it was read. */
export const reseal = async (
  pool: Pool,
  old: SealedSecret,
  fresh: { readonly sealed: Uint8Array; readonly sealingKeyId: string },
): Promise<boolean> => {
  const { rows } = await pool.query<{ done: boolean }>('SELECT reseal_credential($1, $2, $3, $4, $5) AS done', [
    old.orgId,
    old.credentialId,
    Buffer.from(old.sealed),
    Buffer.from(fresh.sealed),
    fresh.sealingKeyId,
  ])
  return rows[0]?.done === true
}

/** Heartbeats come every 5 s; a boot that missed three of them is not waited for. */
const LIVE_WITHIN_SECONDS = 15

/** How many running proxies could not open what is sealed for this key. */
export const countBootsWithoutSealingKey = async (pool: Pool, sealingKeyId: string): Promise<number> => {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM proxy_boot
     WHERE ended_at IS NULL AND last_seen_at > now() - make_interval(secs => $2) AND NOT ($1 = ANY (sealing_key_ids))`,
    [sealingKeyId, LIVE_WITHIN_SECONDS],
  )
  return rows[0]?.count ?? 0
}
