import type { Model, Offering } from '@atpar/core/snapshot'
import type { Task } from '@atpar/core/task'
import type { Funding } from '@atpar/core/usage-event'
import type { PoolClient } from 'pg'
import { assembleRates, inBook, PRICE_COLUMNS, PRICE_ORDER, type PriceRecord } from './rates.ts'

export interface HeadRecord {
  readonly version: string
  readonly price_book_id: number
  readonly clock_offset_ms: string
}

interface ModelRecord {
  readonly id: string
  readonly display_name: string
  readonly family: string
  readonly author: string
  readonly task: Task
  readonly reasoning: boolean
  readonly aliases: string[]
  readonly input_modalities: string[]
  readonly output_modalities: string[]
  readonly created_at: Date
}

interface OfferingRecord {
  readonly id: string
  readonly model_id: string
  readonly task: Task
  readonly provider_id: string
  readonly upstream_model: string
  readonly context_tokens: number | null
  readonly max_output_tokens: number | null
  readonly priority: number
  readonly funding: Funding
  readonly enabled: boolean
  readonly parameters: string[]
  readonly unpriced_reason: string | null
  readonly retires_on: string | null
  readonly successor_id: string | null
}

const READ_HEAD = `
  SELECT (SELECT seq FROM change_counter)::text AS version, coalesce((SELECT max(id) FROM price_book), 0) AS price_book_id,
    coalesce((SELECT value #>> '{}' FROM platform_setting WHERE key = 'clock_offset_ms'), '0') AS clock_offset_ms`

export const readHead = async (client: PoolClient): Promise<HeadRecord> => {
  const { rows } = await client.query<HeadRecord>(READ_HEAD)
  const [head] = rows
  if (head === undefined) throw new Error('The change counter is missing.')
  return head
}

export const readOfferings = async (client: PoolClient, bookId: number): Promise<readonly Offering[]> => {
  const prices = await client.query<PriceRecord>(
    `SELECT ${PRICE_COLUMNS} FROM price_version p WHERE ${inBook('$1::int')} ORDER BY ${PRICE_ORDER}`,
    [bookId],
  )
  const rates = assembleRates(prices.rows)
  const { rows } = await client.query<OfferingRecord>(
    `SELECT o.id, o.model_id, m.task, o.provider_id, o.upstream_model, o.context_tokens, o.max_output_tokens, o.priority, o.funding, o.enabled AND p.enabled AS enabled,
       o.parameters, o.unpriced_reason, o.retires_on::text AS retires_on, o.successor_id
     FROM offering o JOIN provider p ON p.id = o.provider_id JOIN model m ON m.id = o.model_id ORDER BY o.model_id, o.priority, o.id`,
  )
  return rows.map((row) => ({
    id: row.id,
    modelId: row.model_id,
    task: row.task,
    providerId: row.provider_id,
    upstreamModel: row.upstream_model,
    contextTokens: row.context_tokens,
    maxOutputTokens: row.max_output_tokens,
    priority: row.priority,
    funding: row.funding,
    enabled: row.enabled,
    rates: rates.get(row.id) ?? null,
    parameters: row.parameters.length === 0 ? null : row.parameters,
    unpricedReason: row.unpriced_reason,
    retiresOn: row.retires_on,
    successorId: row.successor_id,
  }))
}

export const readModels = async (client: PoolClient, offerings: readonly Offering[]): Promise<readonly Model[]> => {
  const { rows } = await client.query<ModelRecord>(
    'SELECT id, display_name, family, author, task, reasoning, aliases, input_modalities, output_modalities, created_at FROM model ORDER BY id',
  )
  const offeringIds = Map.groupBy(offerings, (offering) => offering.modelId)
  return rows.map((row) => ({
    id: row.id,
    displayName: row.display_name,
    family: row.family,
    author: row.author,
    task: row.task,
    reasoning: row.reasoning,
    createdAtMs: row.created_at.getTime(),
    aliases: row.aliases,
    inputModalities: row.input_modalities,
    outputModalities: row.output_modalities,
    offeringIds: (offeringIds.get(row.id) ?? []).map((offering) => offering.id),
  }))
}
