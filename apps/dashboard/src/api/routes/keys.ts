import { z } from 'zod'
import { ENDPOINTS } from '@atpar/core/key-scope'
import type { KeySummary } from '@atpar/db/api-keys'
import { createKeyAct } from '../../acts/keys/create-key.ts'
import { endFormerSecretsAct } from '../../acts/keys/end-former-secrets.ts'
import { listKeysAct } from '../../acts/keys/list-keys.ts'
import { readKeyAct } from '../../acts/keys/read-key.ts'
import { revokeKeyAct } from '../../acts/keys/revoke-key.ts'
import { rotateKeyAct } from '../../acts/keys/rotate-key.ts'
import { updateKeyAct } from '../../acts/keys/update-key.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import {
  id,
  instant,
  nullableId,
  pageOf,
  pageQuery,
  pusdText,
  toInstant,
  toInstantOrNull,
  toMs,
  toUsd,
  usd,
} from '../wire.ts'
import { newBudget, newRateLimit, toBudgetInput, toRateInput } from './limit-words.ts'

const names = z.array(z.string())

const fields = {
  key_id: id,
  name: z.string(),
  kind: z.enum(['member', 'service']),
  status: z.enum(['active', 'revoked']),
  member_id: nullableId.meta({ description: 'Null for a service key.' }),
  team_id: nullableId.meta({ description: 'The team it counts against.' }),
  shown: z.string().meta({ description: 'The parts of the key that are no secret.', example: 'atpar_live_Ab3…x9Yz' }),
  labels: names,
  allowed_models: names.meta({ description: 'Empty = all; so for the three below.' }),
  allowed_endpoints: names,
  allowed_routes: names,
  allowed_cidrs: names,
  expires_at: instant.nullable(),
  created_at: instant,
  revoked_at: instant.nullable(),
  last_used_at: instant.nullable().meta({ description: 'To the hour.' }),
  spent_this_month_usd: usd,
  spent_this_month_pusd: pusdText,
}
const key = z.strictObject(fields).meta({ id: 'Key' })
const text = z.string().meta({ description: 'The whole key: in this answer and never again.' })
const createdKey = z.strictObject({ key, api_key: text }).meta({ id: 'CreatedKey' })
const rotatedKey = z.strictObject({ key, api_key: text, former_ends_at: instant }).meta({ id: 'RotatedKey' })

const show = (summary: KeySummary) => ({
  key_id: summary.keyId,
  name: summary.name,
  kind: summary.kind,
  status: summary.status,
  member_id: summary.memberId,
  team_id: summary.teamId,
  shown: `${summary.publicPrefix}…${summary.lastFour}`,
  labels: [...summary.labels],
  allowed_models: [...summary.allowedModels],
  allowed_endpoints: [...summary.allowedEndpoints],
  allowed_routes: [...summary.allowedRoutes],
  allowed_cidrs: [...summary.allowedCidrs],
  expires_at: toInstantOrNull(summary.expiresAtMs),
  created_at: toInstant(summary.createdAtMs),
  revoked_at: toInstantOrNull(summary.revokedAtMs),
  last_used_at: toInstantOrNull(summary.lastUsedAtMs),
  spent_this_month_usd: toUsd(summary.spentThisMonthPusd),
  spent_this_month_pusd: summary.spentThisMonthPusd.toString(),
})

const expiry = z.iso.datetime({ offset: true })
/** Null and an empty list both allow everything. */
const allowed = names.max(100).nullable().optional()
const endpoints = z.array(z.enum(ENDPOINTS)).max(ENDPOINTS.length).nullable().optional()

const scopeBody = {
  allowed_models: allowed,
  allowed_endpoints: endpoints,
  allowed_routes: allowed,
  allowed_cidrs: allowed,
  labels: names.max(16).nullable().optional(),
  expires_at: expiry.nullable().optional().meta({ description: 'Null = it does not expire.' }),
}

type ScopeBody = { readonly [Name in keyof typeof scopeBody]?: z.output<(typeof scopeBody)[Name]> }

/** Absent stays absent, null becomes what allows everything. */
const listOf = <Name extends string>(name: Name, list: readonly string[] | null | undefined) =>
  list === undefined ? {} : { [name]: list ?? [] }

const toScopeInput = (body: ScopeBody) => ({
  ...listOf('allowedModels', body.allowed_models),
  ...listOf('allowedEndpoints', body.allowed_endpoints),
  ...listOf('allowedRoutes', body.allowed_routes),
  ...listOf('allowedCidrs', body.allowed_cidrs),
  ...listOf('labels', body.labels),
  ...(body.expires_at === undefined ? {} : { expiresAtMs: body.expires_at === null ? null : toMs(body.expires_at) }),
})

const owner = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('member'), member_id: id, team_id: nullableId.optional() }),
    z.strictObject({ kind: z.literal('service'), team_id: id }),
  ])
  .meta({ description: 'A member, or a team for a service key that outlives its members.' })

const toOwner = (wanted: z.output<typeof owner>) =>
  wanted.kind === 'service'
    ? { kind: wanted.kind, teamId: wanted.team_id }
    : { kind: wanted.kind, memberId: wanted.member_id, teamId: wanted.team_id ?? null }

export const KEY_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/keys',
    operation: 'listKeys',
    tag: 'Keys',
    summary: 'List keys',
    description: 'Active and revoked ones, in the order of their ids.',
    act: listKeysAct,
    query: z.strictObject({
      ...pageQuery,
      status: z.enum(['active', 'revoked']).optional(),
      member_id: id.optional(),
      team_id: id.optional(),
      search: z.string().max(100).optional(),
    }),
    status: 200,
    answer: pageOf(key),
    toInput: ({ query }) => ({
      status: query.status,
      memberId: query.member_id,
      teamId: query.team_id,
      search: query.search,
    }),
    toAnswer: ({ keys }, { query }) => pageOfAll(keys, { query, placeOf: (row) => row.keyId, show }),
  }),
  defineRoute({
    method: 'POST',
    path: '/keys',
    operation: 'createKey',
    tag: 'Keys',
    summary: 'Create a key',
    description: 'With its budgets and limits, so that it is never without them. The key is shown in this answer only.',
    act: createKeyAct,
    body: z.strictObject({
      name: z.string().max(80),
      owner,
      ...scopeBody,
      budgets: z.array(newBudget).max(8).optional(),
      rate_limit: newRateLimit.nullable().optional(),
    }),
    status: 201,
    answer: createdKey,
    toInput: ({ body }) => ({
      name: body.name,
      owner: toOwner(body.owner),
      ...toScopeInput(body),
      budgets: (body.budgets ?? []).map(toBudgetInput),
      rateLimit: body.rate_limit == null ? null : toRateInput(body.rate_limit),
    }),
    toAnswer: (issued) => ({ key: show(issued.key), api_key: issued.apiKey }),
  }),
  defineRoute({
    method: 'GET',
    path: '/keys/{key_id}',
    operation: 'readKey',
    tag: 'Keys',
    summary: 'Read a key',
    act: readKeyAct,
    status: 200,
    answer: key,
    toInput: ({ params }) => ({ keyId: params['key_id'] }),
    toAnswer: show,
  }),
  defineRoute({
    method: 'PATCH',
    path: '/keys/{key_id}',
    operation: 'updateKey',
    tag: 'Keys',
    summary: 'Change a key',
    description: 'Its name, labels, what it may be used for and when it ends. Effective on every proxy within seconds.',
    act: updateKeyAct,
    body: z.strictObject({ name: z.string().max(80).optional(), ...scopeBody }),
    status: 200,
    answer: key,
    errors: ['conflict'],
    toInput: ({ params, body }) => ({
      keyId: params['key_id'],
      ...(body.name === undefined ? {} : { name: body.name }),
      ...toScopeInput(body),
    }),
    toAnswer: show,
  }),
  defineRoute({
    method: 'POST',
    path: '/keys/{key_id}/rotate',
    operation: 'rotateKey',
    tag: 'Keys',
    summary: 'Rotate a key',
    description: 'It stays the same key with a new secret; the former one works on for the overlap.',
    act: rotateKeyAct,
    body: z.strictObject({ overlap_minutes: z.number().int().min(0).max(1440).optional() }),
    status: 200,
    answer: rotatedKey,
    toInput: ({ params, body }) => ({
      keyId: params['key_id'],
      ...(body.overlap_minutes === undefined ? {} : { overlapMinutes: body.overlap_minutes }),
    }),
    toAnswer: (rotated) => ({
      key: show(rotated.key),
      api_key: rotated.apiKey,
      former_ends_at: toInstant(rotated.formerEndsAtMs),
    }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/keys/{key_id}/former-secrets',
    operation: 'endFormerSecrets',
    tag: 'Keys',
    summary: 'End a rotation’s overlap',
    description: 'From now on only the newest secret works.',
    act: endFormerSecretsAct,
    status: 204,
    toInput: ({ params }) => ({ keyId: params['key_id'] }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/keys/{key_id}',
    operation: 'revokeKey',
    tag: 'Keys',
    summary: 'Revoke a key',
    description: 'For good. Requests that already run finish; the next one is refused within seconds.',
    act: revokeKeyAct,
    status: 204,
    toInput: ({ params }) => ({ keyId: params['key_id'] }),
  }),
]
