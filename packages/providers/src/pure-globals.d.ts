/** The one global of the platform this package needs; `lib: ES2023` has no URL and IO stays out of tier 1. */
declare class URL {
  constructor(input: string)
  readonly protocol: string
  readonly origin: string
  readonly pathname: string
  readonly search: string
  readonly hash: string
  readonly username: string
  readonly password: string
}
