export interface ProveOptions {
  readonly quick: boolean
  readonly seed: number
  /** Progress, apart from the figures. */
  readonly note: (line: string) => void
}
