import type { ReportedUsage } from './usage.ts'

/** A picture asked for in words, perhaps from other pictures. Neutral between the formats of providers. */
export interface ImageRequest {
  readonly task: 'image'
  readonly model: string
  readonly prompt: string
  readonly count: number
  /** In pixels, `1024x1536`; null = the provider's choice. */
  readonly size: string | null
  /** As the caller named it (`low`, `hd`); null = the provider's choice. */
  readonly quality: string | null
  readonly background: string | null
  /** `png`, `jpeg`, `webp`; null = the provider's choice. */
  readonly outputFormat: string | null
  /** Asked for as a link rather than as bytes, where the provider has links. */
  readonly wantsLink: boolean
  readonly stream: boolean
  /** Pictures to start from, by their places among the request's files. */
  readonly sources: readonly number[]
  /** The part that may change, likewise. */
  readonly mask: number | null
  readonly unmapped: readonly string[]
}

export interface Picture {
  /** Null where there is a link instead. */
  readonly base64: string | null
  readonly link: string | null
  readonly mediaType: string
  readonly revisedPrompt: string | null
}

export interface ImageAnswer {
  readonly task: 'image'
  readonly pictures: readonly Picture[]
  readonly usage: ReportedUsage | null
}
