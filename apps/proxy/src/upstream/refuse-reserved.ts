import { AppError } from '@atpar/core/errors'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { OfferingRates } from '@atpar/core/pricing'
import type { Reserved } from '@atpar/dialects/contract'
import type { Candidate } from './candidates.ts'

type Account = Pick<Candidate, 'id' | 'funding' | 'rates' | 'missing'> & {
  readonly target: Pick<Candidate['target'], 'displayName' | 'unmeteredFields'>
}

const OWN = 'or bring a credential of your own.'

const describe = ({ param, why }: Reserved, { id, target }: Account): string => {
  switch (why) {
    case 'stored':
      return `${param} names something stored in an account at ${target.displayName} that organizations share here. Send its content instead, ${OWN}`
    case 'unmetered':
      return `${param} makes ${target.displayName} do what its answer does not count or no price is on record for, so it could not be billed at list price. Leave it out, ${OWN}`
    case 'searches':
      return `${param} lets ${target.displayName} search, and "${id}" has no price of a search on record. Leave it out, choose another model, ${OWN}`
  }
}

/** In every row that an ordinary request may fall under. */
const pricesSearches = (rates: OfferingRates | null): boolean =>
  rates?.rows.every(({ serviceTier, prices }) => serviceTier !== null || prices.searches !== undefined) === true

const isAsked = (value: JsonValue | undefined): boolean => value !== undefined && value !== null && value !== false

/**
 * Why a request in the provider's own format cannot run on the platform's account there; null when it can. An account of the caller's own may do what
 * it likes: its ids are its owner's, and we bill nothing for it.
 */
export const refuseReserved = (
  reserved: readonly Reserved[] | undefined,
  body: JsonObject,
  account: Account,
): AppError | null => {
  if (account.funding !== 'platform') return null
  const { unmeteredFields } = account.target
  const field = unmeteredFields.find((name) => isAsked(body[name]))
  const found: Reserved | undefined =
    field === undefined
      ? reserved?.find(
          // What the offering is known not to take is left out, and said so.
          ({ param, why }) =>
            !account.missing.some((name) => name === param) && !(why === 'searches' && pricesSearches(account.rates)),
        )
      : { param: field, why: 'unmetered' }
  return found === undefined
    ? null
    : new AppError('unsupported_parameter', { param: found.param, message: describe(found, account) })
}
