import type { Parameter } from '@atpar/core/parameters'
import type { ProviderDialectId, WireQuirks } from '@atpar/dialects/contract'

/** How a provider wants to be shown a credential. Schemes that sign (SigV4, Google's RS256) will name an injected function here. */
export type AuthScheme =
  | { readonly kind: 'bearer'; readonly keyOptional?: boolean }
  | { readonly kind: 'header'; readonly name: string; readonly extra?: Readonly<Record<string, string>> }
  | { readonly kind: 'none' }

/**
 * What to do upstream when the caller hangs up in the middle of an answer (money.md, decision 13; printed on the usage row):
 * - `cancel-estimate`: the provider stops when the connection closes, so close it and bill what was generated until then;
 * - `drain`: the provider runs on and bills to the end, so read on to its final count;
 * - `void`: the provider bills nothing for a cancelled answer.
 */
export type CancelPolicy = 'cancel-estimate' | 'drain' | 'void'

/** What this provider's wire does differently from the dialect it otherwise speaks. */
export interface Quirks extends WireQuirks {
  /** Where a stream carries its usage. `asked` = only with `stream_options.include_usage`; `always` = unasked. */
  readonly streamUsage: 'asked' | 'always'
  /** JSON path of the usage object in a stream's last usage-bearing event, where it is not the dialect's own. */
  readonly streamUsageField: string | null
  /** The output limit's field name where the dialect knows more than one. */
  readonly maxOutputField: 'max_tokens' | 'max_completion_tokens' | 'maxOutputTokens'
  /** Refuses request fields it does not know (400), so nothing of our own vocabulary may slip through. */
  readonly refusesUnknownFields: boolean
}

export type PromptCache = 'none' | 'automatic' | 'explicit'

/** What the provider's API can do at all; a model may do less. One conformance suite expands over this record. */
export interface Capabilities {
  readonly streaming: boolean
  readonly tools: boolean
  readonly imageInput: boolean
  readonly audioInput: boolean
  readonly jsonSchema: boolean
  readonly reasoning: boolean
  readonly multipleChoices: boolean
  readonly logprobs: boolean
  readonly promptCache: PromptCache
  /** Keeps answers under their ids when asked to (`store`), so that a later request can go on from them. */
  readonly keepsResponses?: boolean
}

/** Where a person reads more. Null = the provider has no such page. */
export interface ProviderLinks {
  readonly docs: string
  readonly prices: string | null
  readonly status: string | null
}

/** One provider, wholly as data. */
export interface Provider {
  readonly id: string
  readonly displayName: string
  /** Everything before the dialect's own path; null = the operator must give one. */
  readonly baseUrl: string | null
  /** Name of the setting that overrides `baseUrl`; null where that makes no sense. */
  readonly baseUrlEnv: string | null
  /** The format it is spoken to unless the caller speaks one of `alsoSpeaks`. */
  readonly dialect: ProviderDialectId
  /** Further formats of chat below the same base URL: a caller who speaks one of them is passed through in it. */
  readonly alsoSpeaks?: readonly ProviderDialectId[]
  readonly auth: AuthScheme
  /** Name of the setting that holds the platform's key; null = needs none. */
  readonly credentialEnv: string | null
  /** A customer who brings a key names its address too. Absent = a customer's key goes where the platform's goes. */
  readonly ownBaseUrl?: 'required'
  /** What is asked for, free of charge, to see whether a key is taken. */
  readonly keyCheckPath: string
  /** Where nothing free asks for a key: an empty request to `keyCheckPath` does, and is refused for its content only after its key was taken. */
  readonly keyCheckBy?: 'empty-request'
  /** Runs on the operator's own machines: never leaves the premises, costs 0. */
  readonly local: boolean
  readonly cancelPolicy: CancelPolicy
  readonly quirks: Quirks
  readonly capabilities: Capabilities
  /** The parameters its API takes; a model may take fewer. Null = not on record: all of them are passed on. */
  readonly parameters: readonly Parameter[] | null
  readonly links: ProviderLinks
  /** This provider's id in `@pydantic/genai-prices`; null = prices come from the overlay alone. */
  readonly priceSourceId: string | null
  /** Path below the simulators' origin that stands for this provider. */
  readonly simulatorPath: string
}
