import { CUSTOM_TASKS, type CustomModel } from '@atpar/core/custom-models'
import { AppError } from '@atpar/core/errors'
import { isUuid } from '@atpar/core/ids'
import { pusd } from '@atpar/core/money'
import type { Tx } from './client.ts'
import {
  createCredential,
  CREDENTIAL_FIELDS,
  deleteCredential,
  replaceCredentialSecret,
  toCredentialSummary,
  updateCredential,
  type CredentialStatus,
  type CredentialSummary,
  type NewSecret,
} from './credentials.ts'
import { newId } from './new-id.ts'
import type { OrgId } from './tenant.ts'
import { isUniqueViolation } from './unique-violation.ts'

/** An organization's own endpoint: everything but what is sealed. Its id is its credential's. */
export interface CustomEndpointSummary extends Omit<CredentialSummary, 'credentialId' | 'preference'> {
  readonly endpointId: string
  /** The middle of `custom/<endpoint>/<model>`. */
  readonly name: string
  /** Their values are sealed beside the key. */
  readonly headerNames: readonly string[]
  readonly models: readonly CustomModel[]
}

const readRows = (tx: Tx, where: { readonly orgId: OrgId; readonly id?: string }) =>
  tx.customEndpoint.findMany({
    where,
    include: { credential: CREDENTIAL_FIELDS, models: { orderBy: { name: 'asc' } } },
    orderBy: { name: 'asc' },
  })

type EndpointRow = Awaited<ReturnType<typeof readRows>>[number]

const toModel = (row: EndpointRow['models'][number]): CustomModel => ({
  name: row.name,
  upstreamModel: row.upstreamModel,
  task: CUSTOM_TASKS.find((task) => task === row.task) ?? 'chat',
  reasoning: row.reasoning,
  contextTokens: row.contextTokens,
  maxOutputTokens: row.maxOutputTokens,
  inputPusd: row.inputPusd === null ? null : pusd(row.inputPusd),
  outputPusd: row.outputPusd === null ? null : pusd(row.outputPusd),
  createdAtMs: row.createdAt.getTime(),
})

const toSummary = ({ credential, ...row }: EndpointRow): CustomEndpointSummary => {
  const { credentialId, preference: _preference, ...summary } = toCredentialSummary(credential)
  return {
    ...summary,
    endpointId: credentialId,
    name: row.name,
    headerNames: row.headerNames,
    models: row.models.map(toModel),
  }
}

export const listCustomEndpoints = async (tx: Tx, orgId: OrgId): Promise<readonly CustomEndpointSummary[]> =>
  (await readRows(tx, { orgId })).map(toSummary)

/** Null for another organization's endpoint as for one that does not exist. */
export const findCustomEndpoint = async (
  tx: Tx,
  orgId: OrgId,
  endpointId: string,
): Promise<CustomEndpointSummary | null> => {
  const [row] = isUuid(endpointId) ? await readRows(tx, { orgId, id: endpointId }) : []
  return row === undefined ? null : toSummary(row)
}

export interface NewCustomEndpoint {
  readonly name: string
  readonly label: string
  /** One of the custom providers: the format it speaks. */
  readonly providerId: string
  readonly headerNames: readonly string[]
  readonly secret: NewSecret
}

const nameTaken = (name: string): AppError =>
  new AppError('conflict', { param: 'name', message: `There is an endpoint called "${name}" already.` })

/** @throws AppError conflict (param `name`) when the name is taken, invalid_request when there are too many credentials. */
export const createCustomEndpoint = async (
  tx: Tx,
  orgId: OrgId,
  { name, label, providerId, headerNames, secret }: NewCustomEndpoint,
): Promise<{ readonly endpointId: string }> => {
  // Asked first, so that the one who only mistyped is not left with a broken transaction; the index decides in a race.
  if ((await tx.customEndpoint.count({ where: { orgId, name } })) > 0) throw nameTaken(name)
  const { credentialId } = await createCredential(tx, orgId, { providerId, label, preference: 'prefer', secret })
  try {
    await tx.customEndpoint.createMany({ data: { id: credentialId, orgId, name, headerNames: [...headerNames] } })
  } catch (error) {
    throw isUniqueViolation(error) ? nameTaken(name) : error
  }
  return { endpointId: credentialId }
}

export interface CustomEndpointChange {
  readonly endpointId: string
  readonly name?: string
  readonly label?: string
  readonly status?: CredentialStatus
}

/** Its models are called by the new name at once, and by the old one no more. @returns false when it is not theirs. @throws AppError conflict (param `name`) */
export const updateCustomEndpoint = async (
  tx: Tx,
  orgId: OrgId,
  { endpointId, name, ...change }: CustomEndpointChange,
): Promise<boolean> => {
  if ((await findCustomEndpoint(tx, orgId, endpointId)) === null) return false
  if (name !== undefined) {
    try {
      await tx.customEndpoint.updateMany({ where: { id: endpointId, orgId }, data: { name } })
    } catch (error) {
      throw isUniqueViolation(error) ? nameTaken(name) : error
    }
  }
  return updateCredential(tx, orgId, { credentialId: endpointId, ...change })
}

/** Another address, key and headers in the same place, switched on. @returns false when it is not theirs, or was replaced at the same moment. */
export const replaceCustomEndpointSecret = async (
  tx: Tx,
  orgId: OrgId,
  {
    endpointId,
    headerNames,
    secret,
  }: { readonly endpointId: string; readonly headerNames: readonly string[]; readonly secret: NewSecret },
): Promise<boolean> => {
  if ((await findCustomEndpoint(tx, orgId, endpointId)) === null) return false
  await tx.customEndpoint.updateMany({ where: { id: endpointId, orgId }, data: { headerNames: [...headerNames] } })
  return replaceCredentialSecret(tx, orgId, { credentialId: endpointId, secret })
}

/** With its models and what is sealed; what went over it stays on record. @returns false when it is not theirs. */
export const deleteCustomEndpoint = async (tx: Tx, orgId: OrgId, endpointId: string): Promise<boolean> =>
  (await findCustomEndpoint(tx, orgId, endpointId)) !== null && deleteCredential(tx, orgId, endpointId)

/** Keeps what a proxy holds in memory for one organization small. */
const MAX_MODELS = 100

/** Adds a model, or describes the one of this name anew. @throws AppError not_found for an endpoint that is not theirs, invalid_request above the bound. */
export const setCustomModel = async (
  tx: Tx,
  orgId: OrgId,
  { endpointId, model }: { readonly endpointId: string; readonly model: Omit<CustomModel, 'createdAtMs'> },
): Promise<void> => {
  const endpoint = await findCustomEndpoint(tx, orgId, endpointId)
  if (endpoint === null) throw new AppError('not_found')
  const { name, ...facts } = model
  if (endpoint.models.length >= MAX_MODELS && !endpoint.models.some((known) => known.name === name))
    throw new AppError('invalid_request', { message: `An endpoint has at most ${MAX_MODELS} models.` })
  await tx.customModel.upsert({
    where: { orgId_endpointId_name: { orgId, endpointId, name } },
    create: { id: newId(), orgId, endpointId, name, ...facts },
    update: facts,
  })
}

/** @returns false when the endpoint is not theirs or has no such model. */
export const removeCustomModel = async (
  tx: Tx,
  orgId: OrgId,
  { endpointId, name }: { readonly endpointId: string; readonly name: string },
): Promise<boolean> => {
  if (!isUuid(endpointId)) return false
  const { count } = await tx.customModel.deleteMany({ where: { orgId, endpointId, name } })
  return count > 0
}
