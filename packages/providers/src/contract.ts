import type { Parameter } from '@atpar/core/parameters'
import type { ProviderDialectId, WireQuirks } from '@atpar/dialects/contract'
import type { ProviderMedia } from '@atpar/dialects/media-contract'
import type { ProviderTasks } from '@atpar/dialects/task-contract'

/** How a provider wants to be shown a credential. Schemes that sign are data too: the proxy has the functions they name. */
export type AuthScheme =
  | { readonly kind: 'bearer'; readonly keyOptional?: boolean }
  | {
      readonly kind: 'header'
      readonly name: string
      readonly keyOptional?: boolean
      /** Before the key, with its space: `Token `. */
      readonly prefix?: string
      readonly extra?: Readonly<Record<string, string>>
    }
  /**
   * AWS Signature Version 4 over every request. The fields are `region`, `accessKeyId` and `sessionToken`; without an access key id the key is an
   * API key of the service and goes as a bearer token.
   */
  | { readonly kind: 'sigv4'; readonly service: string }
  /**
   * The key is the JSON file of a Google service account: a signed assertion buys a token of an hour, which goes as a bearer token. The address in
   * the file is not looked at: it could lead anywhere.
   */
  | {
      readonly kind: 'google-service-account'
      readonly tokenUrl: string
      readonly scope: string
      /** Where the simulators stand for `tokenUrl`. */
      readonly simulatorTokenPath: string
    }
  | { readonly kind: 'none' }

/** A part of a credential beside its key. Values may stand in an address, as `{name}`. */
export interface CredentialField {
  readonly name: string
  readonly label: string
  readonly hint: string
  /** Name of the setting that holds the platform's own. */
  readonly env: string
  /** What a value looks like, from its first letter to its last; nothing else comes near an address or a header. */
  readonly pattern: RegExp
  readonly example: string
  readonly isOptional?: boolean
  readonly isSecret?: boolean
  /** Taken where none was given. */
  readonly fallback?: string
}

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
  /** Counts the tokens of a request without answering it, free of charge, in those of its formats that have a way. */
  readonly countsTokens?: boolean
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
  /** Everything before the dialect's own path, fields of the credential in braces; null = the operator must give one. */
  readonly baseUrl: string | null
  /** Name of the setting that overrides `baseUrl`; null where that makes no sense. */
  readonly baseUrlEnv: string | null
  /** The format it is spoken to unless the caller speaks one of `alsoSpeaks`. */
  readonly dialect: ProviderDialectId
  /** Further formats of chat below the same base URL: a caller who speaks one of them is passed through in it. */
  readonly alsoSpeaks?: readonly ProviderDialectId[]
  /** The formats of what is no chat, for each task it has models of. `completion` is of the chat family. */
  readonly tasks?: ProviderTasks
  /** Likewise for pictures and sounds. */
  readonly media?: ProviderMedia
  /** Holds conversations in sound, over a WebSocket at this path in OpenAI's format. */
  readonly realtimePath?: string
  readonly auth: AuthScheme
  /** Name of the setting that holds the platform's key; null = needs none. */
  readonly credentialEnv: string | null
  /** What a credential has beside its key. */
  readonly credentialFields?: readonly CredentialField[]
  /** Optional fields that the platform's simulated credential does without: they ask for another way. */
  readonly simulatedWithout?: readonly string[]
  /** What the key is called there, where it is not simply an API key. */
  readonly keyLabel?: string
  /** Another base URL where a field of the credential has this value. */
  readonly baseUrlWhere?: { readonly field: string; readonly is: string; readonly baseUrl: string }
  /**
   * Where calls of a model go below the base URL, where that is not simply the dialect's own path: `{path}` is that path, `{model}` the provider's
   * name of the model, `{name}` a field of the credential. The first whose field is set counts; null = no field.
   */
  readonly pathTemplates?: readonly { readonly whenField: string | null; readonly template: string }[]
  /** A customer who brings a key names its address too. Absent = a customer's key goes where the platform's goes. */
  readonly ownBaseUrl?: 'required'
  /** What such an address looks like. */
  readonly ownBaseUrlExample?: string
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
  /** Members of the body that make it do what its answer does not count; refused on an account of ours. Absent = none known. */
  readonly unmeteredFields?: readonly string[]
  /** Values of `anthropic-beta` that callers may pass on. Absent = it knows no such header. */
  readonly betas?: readonly string[]
  readonly links: ProviderLinks
  /** This provider's id in `@pydantic/genai-prices`; null = prices come from the overlay alone. */
  readonly priceSourceId: string | null
  /** Path below the simulators' origin that stands for this provider. */
  readonly simulatorPath: string
}
