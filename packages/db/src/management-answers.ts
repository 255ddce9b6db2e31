import type { Tx } from './client.ts'
import type { OrgId } from './tenant.ts'

/** Which call of which key: hashes of 32 bytes, of the caller's idempotency key and of method, path and body. */
export interface RepeatedCall {
  readonly managementKeyId: string
  readonly idempotencyHash: Uint8Array
  readonly requestHash: Uint8Array
}

export interface StoredAnswer {
  readonly requestHash: Uint8Array
  readonly status: number
  readonly sealedBody: Uint8Array
}

/** Answers are remembered this long. */
const KEPT_MS = 24 * 3_600_000

/**
 * Takes the call, in the transaction that does it. Of two at the same moment the second waits here for the first to commit or to fail.
 * @returns false when it was done before.
 */
export const claimAnswer = async (
  tx: Tx,
  orgId: OrgId,
  { call, atMs }: { readonly call: RepeatedCall; readonly atMs: number },
): Promise<boolean> => {
  const { managementKeyId } = call
  await tx.managementAnswer.deleteMany({
    where: { orgId, managementKeyId, createdAt: { lt: new Date(atMs - KEPT_MS) } },
  })
  const claimed = await tx.$executeRaw`
    INSERT INTO management_answer (org_id, management_key_id, idempotency_hash, request_hash)
    VALUES (${orgId}::uuid, ${managementKeyId}::uuid, ${Uint8Array.from(call.idempotencyHash)}, ${Uint8Array.from(call.requestHash)})
    ON CONFLICT DO NOTHING`
  return claimed > 0
}

const addressOf = (call: RepeatedCall) => ({
  managementKeyId: call.managementKeyId,
  idempotencyHash: Uint8Array.from(call.idempotencyHash),
})

/** In the same transaction, after the work. */
export const storeAnswer = async (
  tx: Tx,
  orgId: OrgId,
  { call, status, sealedBody }: { readonly call: RepeatedCall } & Omit<StoredAnswer, 'requestHash'>,
): Promise<void> => {
  await tx.managementAnswer.updateMany({
    where: { orgId, ...addressOf(call) },
    data: { status, sealedBody: Uint8Array.from(sealedBody) },
  })
}

export const findAnswer = async (tx: Tx, orgId: OrgId, call: RepeatedCall): Promise<StoredAnswer | null> => {
  const row = await tx.managementAnswer.findFirst({ where: { orgId, ...addressOf(call) } })
  if (row?.status == null || row.sealedBody === null) return null
  return { requestHash: row.requestHash, status: row.status, sealedBody: row.sealedBody }
}
