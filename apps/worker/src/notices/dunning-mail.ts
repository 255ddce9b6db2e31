import { DUNNING_DAYS, type DunningStage } from '@atpar/core/dunning'
import { DAY_MS } from '@atpar/core/durations'
import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import type { NoticeMail } from './notice-mail.ts'

export interface DunningFacts {
  readonly stage: Exclude<DunningStage, 'none'>
  readonly number: string
  readonly totalCents: bigint
  readonly dueAtMs: number
  readonly orgName: string
  /** Of the billing settings, where it is paid. */
  readonly payUrl: string
}

const SUBJECTS: Readonly<Record<DunningFacts['stage'], string>> = {
  notice: 'could not be charged',
  no_new_keys: 'is overdue: no new keys',
  line_halved: 'is overdue: half of the credit line',
  suspended: 'is overdue: calls are refused',
  uncollectible: 'was given up',
}

const dayOf = (dueAtMs: number, days: number): string => new Date(dueAtMs + days * DAY_MS).toISOString().slice(0, 10)

const consequenceOf = ({ stage, dueAtMs }: DunningFacts): string => {
  switch (stage) {
    case 'notice':
      return `Nothing changes yet. From ${dayOf(dueAtMs, DUNNING_DAYS.no_new_keys)} no new keys can be made, and on ${dayOf(dueAtMs, DUNNING_DAYS.suspended)} calls stop.`
    case 'no_new_keys':
      return `No new keys can be made. From ${dayOf(dueAtMs, DUNNING_DAYS.line_halved)} the credit line is half of what it was, and on ${dayOf(dueAtMs, DUNNING_DAYS.suspended)} calls stop.`
    case 'line_halved':
      return `The credit line is half of what it was. On ${dayOf(dueAtMs, DUNNING_DAYS.suspended)} calls stop.`
    case 'suspended':
      return 'Calls are refused with 402 billing_suspended. The dashboard, usage and exports stay open.'
    case 'uncollectible':
      return 'Calls stay refused. Paying it still brings everything back.'
  }
}

/** Which invoice, how much, what follows and when, and where to pay. */
export const writeDunningMail = (facts: DunningFacts): NoticeMail => ({
  subject: `Invoice ${facts.number} ${SUBJECTS[facts.stage]}`,
  text: `Invoice ${facts.number} of ${facts.orgName} over $${formatUsd(pusd(facts.totalCents * PUSD_PER_CENT), 2)} has not been paid. It was due on ${dayOf(facts.dueAtMs, 0)}.

${consequenceOf(facts)}

Pay it or change the card at ${facts.payUrl}
Within seconds of the payment everything works as before.
`,
})
