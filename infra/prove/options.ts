export interface ProveOptions {
  readonly quick: boolean
  readonly seed: number
  /** How many requests a long mix has; each proof has its own number. */
  readonly requests: number | null
  /** Only this fault scenario (its number); null = everything. */
  readonly scenario: number | null
  /** Only this part of a proof that has parts; null = all of them. */
  readonly only: string | null
  /** Somebody asked a long run to end: it reports on what it has made. */
  readonly isStopped: () => boolean
  /** Progress, apart from the figures. */
  readonly note: (line: string) => void
}
