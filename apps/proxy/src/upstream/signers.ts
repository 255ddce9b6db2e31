import { createAwsSigner } from '@atpar/crypto/aws-signature'
import type { Signing } from '@atpar/providers/upstream-call'
import type { SentBody } from './body-pieces.ts'
import type { GoogleTokens } from './google-tokens.ts'

/** What is signed of a call. */
export interface SignableCall {
  readonly method: 'GET' | 'POST'
  /** As it goes over the wire, with its query. */
  readonly path: string
  readonly body: SentBody | null
}

/** The headers that show a credential which is not simply a header. @throws SigningFailure when there is nothing to show. */
export type RequestSigner = (
  call: SignableCall,
) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>

export interface SignerDeps {
  readonly googleTokens: GoogleTokens
  /** Real time: signatures of another hour are refused. */
  readonly wallMs: () => number
}

/** @param place.origin where the calls go. @param place.tokenUrl where tokens are bought, if not where the signing itself says. */
export const createSigner = (
  { googleTokens, wallMs }: SignerDeps,
  signing: Signing,
  place: { readonly origin: string; readonly tokenUrl: string | null },
): RequestSigner => {
  switch (signing.kind) {
    case 'sigv4': {
      const sign = createAwsSigner(signing, signing)
      const { host } = new URL(place.origin)
      return ({ method, path, body }) => sign({ method, host, path, body: body ?? '' }, wallMs())
    }
    case 'google-service-account': {
      const account = googleTokens.of(signing, place.tokenUrl ?? signing.tokenUrl)
      return () => {
        const token = account.find()
        return typeof token === 'string' ? bearer(token) : token.then(bearer)
      }
    }
  }
}

const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` })
