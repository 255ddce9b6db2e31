import type { BadgeTone } from '../ui/badge.tsx'

const OUTCOMES: Record<string, { readonly label: string; readonly tone: BadgeTone }> = {
  ok: { label: 'OK', tone: 'good' },
  client_abort: { label: 'Aborted by caller', tone: 'neutral' },
  upstream_error: { label: 'Provider error', tone: 'bad' },
  upstream_timeout: { label: 'Provider timeout', tone: 'bad' },
  gateway_error: { label: 'Our error', tone: 'bad' },
  budget_cut: { label: 'Cut by budget', tone: 'warning' },
  killed: { label: 'Lost with its process', tone: 'bad' },
}

const ABSORBED: Record<string, string> = {
  zero_output: 'the attempt failed without output',
  lost_attempt: 'another attempt answered',
  platform_fault: 'the fault was ours',
  hedge_loser: 'a parallel attempt was faster',
  abort_estimate: 'the provider’s count after the abort was higher',
  budget_cut: 'it passed the hard budget’s hold',
  unpriced: 'a kind of usage has no price on record',
  killed: 'its process died before it was settled',
}

export const describeOutcome = (outcome: string) => OUTCOMES[outcome] ?? { label: outcome, tone: 'neutral' as const }
export const describeAbsorbed = (reason: string) => ABSORBED[reason] ?? reason
