import { CHAIN_COLUMNS, createChainCheck, type ChainLink, type ChainReport, type ChainWitness } from './audit-chain.ts'
import type { Tx } from './client.ts'
import type { Pool } from './pool.ts'
import type { OrgId } from './tenant.ts'

/** Either of the two ways into the database, as far as this needs it. */
type Ask = <Row>(text: string, values: readonly unknown[]) => Promise<readonly Row[]>

export const CHAIN_PAGE = 1_000

const WITNESSES = `
  SELECT 'the kept end of the chain' AS name, sequence::text, encode(hash, 'hex') AS hash FROM audit_head WHERE org_id = $1::uuid
  UNION ALL SELECT 'the anchor of ' || day, sequence::text, encode(hash, 'hex') FROM audit_anchor WHERE org_id = $1::uuid`

const LINKS = `SELECT ${CHAIN_COLUMNS} FROM audit_log WHERE org_id = $1::uuid AND sequence > $2::bigint ORDER BY audit_log.sequence LIMIT ${CHAIN_PAGE}`

const UNCHAINED = 'SELECT count(*)::int AS count FROM audit_log WHERE org_id = $1::uuid AND sequence IS NULL'

const readLinks = async function* (ask: Ask, orgId: string): AsyncGenerator<ChainLink> {
  let after = '0'
  for (;;) {
    const page = await ask<ChainLink>(LINKS, [orgId, after])
    yield* page
    const last = page.at(-1)
    if (page.length < CHAIN_PAGE || last === undefined) return
    after = last.sequence
  }
}

const verify = async (ask: Ask, orgId: string, outside: readonly ChainWitness[] = []): Promise<ChainReport> => {
  // Before the chain: entries that join meanwhile come after what the witnesses saw.
  const witnesses = await ask<{ name: string; sequence: string; hash: string }>(WITNESSES, [orgId])
  const check = createChainCheck([
    ...outside,
    ...witnesses.map((row): ChainWitness => ({ name: row.name, sequence: BigInt(row.sequence), hash: row.hash })),
  ])
  for await (const link of readLinks(ask, orgId)) check.take(link)
  const [unchained] = await ask<{ count: number }>(UNCHAINED, [orgId])
  const report = check.finish()
  if (unchained === undefined || unchained.count === 0) return report
  const loose = { sequence: 0, what: `${unchained.count} entries stand outside the chain` }
  return { ...report, faults: [...report.faults, loose] }
}

/** One page of the chain in its order, as it was hashed: what an export carries, so that whoever holds it can check it alone. */
export const readChainPage = (tx: Tx, orgId: OrgId, afterSequence: string): Promise<readonly ChainLink[]> =>
  tx.$queryRawUnsafe(LINKS, orgId, afterSequence)

/** For one's own organization, inside `withTenant`. Reads every entry: 1,000 take about 20 ms. */
export const verifyAuditChain = (tx: Tx, orgId: OrgId): Promise<ChainReport> =>
  verify((text, values) => tx.$queryRawUnsafe(text, ...values), orgId)

/** For whoever looks after the installation, as the worker's role; `outside` are states of the chain that somebody kept elsewhere. */
export const verifyAuditChainOf = (
  pool: Pool,
  orgId: string,
  outside: readonly ChainWitness[] = [],
): Promise<ChainReport> =>
  verify(
    async <Row>(text: string, values: readonly unknown[]) => (await pool.query(text, [...values])).rows as Row[],
    orgId,
    outside,
  )
