/** A simulated provider says no. Formats turn it into their own error body; nothing else is thrown on purpose. */
export class Refusal extends Error {
  readonly status: number
  readonly detail: RefusalDetail

  constructor(status: number, message: string, detail: RefusalDetail = {}) {
    super(message)
    this.name = 'Refusal'
    this.status = status
    this.detail = detail
  }
}

export interface RefusalDetail {
  /** The field at fault, where the format names it. */
  param?: string
  /** The provider's own short code, where the format has one. */
  code?: string
  retryAfterSeconds?: number
}

/** The sentence a provider would send with a status nobody gave a sentence for. */
export function describeStatus(status: number): string {
  switch (status) {
    case 400:
      return 'The request could not be understood.'
    case 401:
      return 'The key that came with this request is not valid.'
    case 403:
      return 'This key may not use this model.'
    case 404:
      return 'No such model.'
    case 413:
      return 'The request is larger than this provider takes.'
    case 429:
      return 'Too many requests for this key. Slow down and try again.'
    case 503:
      return 'The model has no capacity at the moment. Try again later.'
    case 529:
      return 'Overloaded'
    default:
      return 'The provider failed while answering. Try again.'
  }
}
