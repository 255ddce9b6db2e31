import type { Tx } from './client.ts'
import type { OrgId } from './tenant.ts'

/** Answers are remembered this long, by the database's own clock. */
const KEPT = '24 hours'

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

/**
 * Takes the call, in the transaction that does it. Of two at the same moment the second waits here for the first to commit or to fail.
 * @returns false when it was done before.
 */
export const claimAnswer = async (tx: Tx, orgId: OrgId, call: RepeatedCall): Promise<boolean> => {
  const { managementKeyId } = call
  await tx.$executeRaw`
    DELETE FROM management_answer WHERE org_id = ${orgId}::uuid AND management_key_id = ${managementKeyId}::uuid AND created_at < now() - ${KEPT}::interval`
  const claimed = await tx.$executeRaw`
    INSERT INTO management_answer (org_id, management_key_id, idempotency_hash, request_hash)
    VALUES (${orgId}::uuid, ${managementKeyId}::uuid, ${Uint8Array.from(call.idempotencyHash)}, ${Uint8Array.from(call.requestHash)})
    ON CONFLICT DO NOTHING`
  return claimed > 0
}

/** In the same transaction, after the work. */
export const storeAnswer = async (
  tx: Tx,
  orgId: OrgId,
  { call, status, sealedBody }: { readonly call: RepeatedCall } & Omit<StoredAnswer, 'requestHash'>,
): Promise<void> => {
  await tx.managementAnswer.updateMany({
    where: {
      orgId,
      managementKeyId: call.managementKeyId,
      idempotencyHash: Uint8Array.from(call.idempotencyHash),
    },
    data: { status, sealedBody: Uint8Array.from(sealedBody) },
  })
}

export const findAnswer = async (tx: Tx, orgId: OrgId, call: RepeatedCall): Promise<StoredAnswer | null> => {
  const rows = await tx.$queryRaw<{ request_hash: Uint8Array; status: number; sealed_body: Uint8Array }[]>`
    SELECT request_hash, status::int AS status, sealed_body FROM management_answer
    WHERE org_id = ${orgId}::uuid AND management_key_id = ${call.managementKeyId}::uuid AND idempotency_hash = ${Uint8Array.from(call.idempotencyHash)}
      AND status IS NOT NULL AND created_at >= now() - ${KEPT}::interval`
  const [row] = rows
  return row === undefined ? null : { requestHash: row.request_hash, status: row.status, sealedBody: row.sealed_body }
}
