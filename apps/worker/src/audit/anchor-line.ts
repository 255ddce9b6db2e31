import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import type { ChainWitness } from '@atpar/db/audit-chain'

/** How long an organization's record was on one day, and the hash at its end. */
export interface Anchor {
  readonly orgId: string
  /** `YYYY-MM-DD` */
  readonly day: string
  readonly sequence: string
  /** 64 hex digits. */
  readonly hash: string
}

/** DER of an Ed25519 private key up to its 32 bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

const privateKeyOf = (seed: string): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, Buffer.from(seed, 'hex')]), format: 'der', type: 'pkcs8' })

const textOf = ({ orgId, day, sequence, hash }: Anchor): string => `atpar-anchor-1 ${day} ${orgId} ${sequence} ${hash}`

/** One line that can be mailed, printed or put in a bucket that locks: who holds it can prove later what the record said. */
export const formatAnchor = (anchor: Anchor, seed: string): string => {
  const text = textOf(anchor)
  return `${text} ${sign(null, Buffer.from(text), privateKeyOf(seed)).toString('base64url')}`
}

/** @throws Error naming the line when it is no anchor of this installation. */
export const readAnchor = (line: string, seed: string): Anchor => {
  const [rule, day, orgId, sequence, hash, signature, ...rest] = line.split(' ')
  const anchor = { orgId: orgId ?? '', day: day ?? '', sequence: sequence ?? '', hash: hash ?? '' }
  const isSigned =
    rule === 'atpar-anchor-1' &&
    rest.length === 0 &&
    verify(
      null,
      Buffer.from(textOf(anchor)),
      createPublicKey(privateKeyOf(seed)),
      Buffer.from(signature ?? '', 'base64url'),
    )
  if (!isSigned) throw new Error(`This line was not signed by this installation: ${line}`)
  return anchor
}

export const asWitness = (anchor: Anchor): ChainWitness => ({
  name: `the signed line of ${anchor.day}`,
  sequence: BigInt(anchor.sequence),
  hash: anchor.hash,
})
