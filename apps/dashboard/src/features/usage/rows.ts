/** One line of the usage table. */
export interface UsageRow {
  readonly id: string
  readonly name: string
  readonly requests: number
  readonly failures: number
  readonly inputTokens: bigint
  readonly outputTokens: bigint
  readonly billedPusd: bigint
}

/** The total is the sum of the rows shown, so the two cannot disagree. */
export const sumRows = (rows: readonly UsageRow[]): Omit<UsageRow, 'id' | 'name'> =>
  rows.reduce<Omit<UsageRow, 'id' | 'name'>>(
    (sum, row) => ({
      requests: sum.requests + row.requests,
      failures: sum.failures + row.failures,
      inputTokens: sum.inputTokens + row.inputTokens,
      outputTokens: sum.outputTokens + row.outputTokens,
      billedPusd: sum.billedPusd + row.billedPusd,
    }),
    { requests: 0, failures: 0, inputTokens: 0n, outputTokens: 0n, billedPusd: 0n },
  )
