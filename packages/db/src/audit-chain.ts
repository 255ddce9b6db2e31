import { createHash } from 'node:crypto'

/** An entry as text, exactly as it was hashed: `details` is what Postgres prints for the two JSON values and the address. */
export interface ChainLink {
  readonly org_id: string
  readonly sequence: string
  readonly id: string
  /** `2026-11-22T17:16:00.123456Z` */
  readonly created: string
  readonly actor_kind: string
  readonly actor_user_id: string | null
  readonly management_key_id: string | null
  readonly support_access_id: string | null
  readonly session_id: string | null
  readonly action: string
  readonly subject_kind: string
  readonly subject_id: string
  readonly before: string | null
  readonly after: string | null
  readonly ip: string | null
  /** Hex; null once the details are erased. */
  readonly salt: string | null
  readonly details_digest: string | null
  readonly hash: string | null
  readonly is_erased: boolean
}

/** Columns of a `ChainLink`, for `FROM audit_log`. */
export const CHAIN_COLUMNS = `org_id::text, sequence::text, id::text, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created, actor_kind,
  actor_user_id::text, management_key_id::text, support_access_id::text, session_id::text, action, subject_kind, subject_id, before::text, after::text, ip,
  encode(salt, 'hex') AS salt, encode(details_digest, 'hex') AS details_digest, encode(hash, 'hex') AS hash, erased_at IS NOT NULL AS is_erased`

const sha256 = (...parts: readonly (Uint8Array | string)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

const digestDetails = (link: ChainLink, salt: string): string =>
  sha256(Buffer.from(salt, 'hex'), [link.before ?? '', link.after ?? '', link.ip ?? ''].join('\n'))

const hashLink = (link: ChainLink, previousHash: string): string =>
  sha256(
    [
      'atpar-audit-1',
      link.org_id,
      link.sequence,
      previousHash,
      link.id,
      link.created,
      link.actor_kind,
      link.actor_user_id ?? '',
      link.management_key_id ?? '',
      link.support_access_id ?? '',
      link.session_id ?? '',
      link.action,
      link.subject_kind,
      link.subject_id,
      link.details_digest ?? '',
    ].join('\n'),
  )

/** A place of the chain that somebody wrote down outside it. */
export interface ChainWitness {
  readonly name: string
  readonly sequence: bigint
  readonly hash: string
}

export interface ChainFault {
  /** 0 = the chain as a whole. */
  readonly sequence: number
  readonly what: string
}

export interface ChainReport {
  readonly entries: number
  /** Entries whose personal details were erased on record. */
  readonly erased: number
  /** 64 hex digits; empty for an organization without entries. */
  readonly headHash: string
  /** The first things wrong, at most ten; empty when the chain holds. */
  readonly faults: readonly ChainFault[]
}

const MAX_FAULTS = 10
export const ERASURE_ACTION = 'audit-details-erased'

const erasedBy = (link: ChainLink): readonly string[] => {
  if (link.action !== ERASURE_ACTION || link.actor_kind !== 'system' || link.after === null) return []
  const { sequences } = JSON.parse(link.after) as { readonly sequences?: unknown }
  return Array.isArray(sequences) ? sequences.map(String) : []
}

/** What is wrong with the details of an entry, given that its place in the chain is sound. */
const faultOfDetails = (link: ChainLink): string | null => {
  if (link.is_erased)
    return link.salt === null && link.before === null && link.after === null && link.ip === null
      ? null
      : 'is marked as erased and still has details'
  if (link.salt === null) return 'has lost the salt of its details'
  return digestDetails(link, link.salt) === link.details_digest ? null : 'has other details than it was written with'
}

/**
 * Checks links in the order of their sequence. Finds a changed, removed, inserted or reordered entry, an erasure nobody recorded, and a chain
 * that was rewritten as a whole when a witness (the kept head, a daily anchor) remembers an older state of it.
 */
export const createChainCheck = (witnesses: readonly ChainWitness[]) => {
  const faults: ChainFault[] = []
  const expected = new Map<string, ChainWitness[]>()
  for (const witness of witnesses)
    expected.set(String(witness.sequence), [...(expected.get(String(witness.sequence)) ?? []), witness])
  const erased = new Set<string>()
  const recordedErasures = new Set<string>()
  let entries = 0
  let position = 0n
  let previousHash = ''

  const fault = (sequence: string, what: string): void => {
    if (faults.length < MAX_FAULTS) faults.push({ sequence: Number(sequence), what })
  }

  const take = (link: ChainLink): void => {
    entries += 1
    if (BigInt(link.sequence) !== position + 1n)
      fault(link.sequence, `stands where entry ${position + 1n} belongs: one is missing or added`)
    if (hashLink(link, previousHash) !== link.hash) fault(link.sequence, 'does not follow from the entry before it')
    const wrong = faultOfDetails(link)
    if (wrong !== null) fault(link.sequence, wrong)
    if (link.is_erased) erased.add(link.sequence)
    for (const sequence of erasedBy(link)) recordedErasures.add(sequence)
    for (const witness of expected.get(link.sequence) ?? [])
      if (witness.hash !== link.hash) fault(link.sequence, `is not the entry that ${witness.name} saw`)
    // Going on from what is stored, so that one changed entry is one fault and not all that follow.
    previousHash = link.hash ?? ''
    position = BigInt(link.sequence)
  }

  const finish = (): ChainReport => {
    for (const sequence of erased)
      if (!recordedErasures.has(sequence)) fault(sequence, 'lost its details without an entry that says so')
    for (const witness of witnesses)
      if (witness.sequence > position)
        fault(String(witness.sequence), `is missing: ${witness.name} saw it at the end of the chain`)
    return { entries, erased: erased.size, headHash: previousHash, faults }
  }

  return { take, finish }
}
