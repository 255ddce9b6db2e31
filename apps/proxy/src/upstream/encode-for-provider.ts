import type { ChatRequest } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import { spliceJson, type JsonEdit } from '@atpar/core/json-splice'
import { editsWithout, listAskedInVain, omitParameters, type Parameter } from '@atpar/core/parameters'
import {
  UNGRANTED_FIELDS,
  type CallerDialect,
  type ProviderDialect,
  type UpstreamTarget,
} from '@atpar/dialects/contract'
import { everyCallerDialect, everyProviderDialect } from '@atpar/dialects/registry'

/** A conversation as its caller sent it. */
export interface AskedChat {
  readonly bytes: Uint8Array
  readonly json: JsonObject
  readonly dialect: CallerDialect['id']
}

/** How a provider is to be asked. Plain data: it goes to other threads. */
export interface ProviderWish {
  readonly to: ProviderDialect['id']
  readonly target: UpstreamTarget
  /** Parameters the offering does not take. */
  readonly missing: readonly Parameter[]
  readonly offeringId: string
  /** As people call it. */
  readonly provider: string
}

export interface EncodedChat {
  readonly body: Uint8Array | string
  /** Names of what was left out. */
  readonly dropped: readonly string[]
}

/** The body for a provider: the caller's bytes with the listed edits where both speak one format. @throws AppError when the format cannot say what the caller said. */
export const encodeForProvider = ({ bytes, json, dialect }: AskedChat, wish: ProviderWish): EncodedChat => {
  const { to, target, provider } = wish
  const vain = listVain(json, wish)
  if (to === dialect)
    return {
      body: spliceJson(bytes, listEdits(json, wish, vain), Buffer.allocUnsafe),
      dropped: listLeftOut(json, vain),
    }
  const format = everyProviderDialect[to]
  const decoded = everyCallerDialect[dialect].decodeRequest(vain.length === 0 ? json : omitParameters(json, vain))
  const request = requireTranslatable(decoded, provider)
  const { body, dropped } = format.encodeRequest(request, target)
  return {
    body: JSON.stringify(body),
    dropped: vain.length === 0 ? dropped : [...vain, ...dropped],
  }
}

/** What is asked for and left out, because the offering does not take it. @throws AppError `unsupported_parameter` where it cannot be left out. */
export const listVain = (json: JsonObject, { missing, offeringId }: ProviderWish): readonly Parameter[] => {
  const vain = listAskedInVain(json, missing)
  if (vain.includes('tools')) throw toolsUnsupported(offeringId)
  return vain
}

/** The listed edits of a body that is in the provider's own format. */
export const listEdits = (
  json: JsonObject,
  { to, target }: ProviderWish,
  vain: readonly Parameter[],
): readonly JsonEdit[] => {
  const edits = everyProviderDialect[to].passThroughEdits(json, target)
  return vain.length === 0 ? edits : [...edits, ...editsWithout(json, vain)]
}

/** What a body that passes in its own format loses on the way. */
export const listLeftOut = (json: JsonObject, vain: readonly Parameter[]): readonly string[] =>
  json.plugins === undefined && json.transforms === undefined ? vain : [...vain, ...listUngranted(json)]

const listUngranted = (json: JsonObject): readonly string[] =>
  UNGRANTED_FIELDS.filter((field) => {
    const value = json[field]
    return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)
  })

/** @throws AppError `unsupported_parameter` for what only a provider of the caller's own format could carry out. */
const requireTranslatable = (request: ChatRequest, provider: string): ChatRequest => {
  const [first] = request.untranslatable ?? []
  if (first === undefined) return request
  throw new AppError('unsupported_parameter', {
    param: first,
    message: `${first} works only at a provider that speaks the format of this request itself, and ${provider} does not. Leave it out, or name a model of such a provider.`,
  })
}

/** An answer in prose is no answer to who asked for a call. */
const toolsUnsupported = (offeringId: string): AppError =>
  new AppError('unsupported_parameter', {
    param: 'tools',
    message: `"${offeringId}" calls no tools. Choose another model.`,
  })

export const NONE_DROPPED: readonly string[] = []
const MAX_DROPPED_NAMES = 20
/** Some of the names are the caller's own words, and they go into a header and into the record. */
const PLAIN_NAME = /^[\w.[\]-]{1,60}$/

export const listDropped = (names: readonly string[]): readonly string[] =>
  [...new Set(names)].filter((name) => PLAIN_NAME.test(name)).slice(0, MAX_DROPPED_NAMES)
