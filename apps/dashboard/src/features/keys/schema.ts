import { parseCidr } from '@atpar/core/cidr'
import { ENDPOINTS } from '@atpar/core/key-scope'
import { readList, readText } from '../../form-fields.ts'
import { readAmountText, readRateLimit } from '../../limits/limit-forms.ts'

/** What was typed into the forms of keys, as the acts want it. Whether it makes sense they say themselves. */

/** `member:<id>:<team>`, `member:<id>:` or `service:<team>`: one choice of the form. */
export const ownerChoice = (owner: { readonly memberId: string | null; readonly teamId: string | null }): string =>
  owner.memberId === null ? `service:${owner.teamId ?? ''}` : `member:${owner.memberId}:${owner.teamId ?? ''}`

const readOwner = (form: FormData) => {
  const [kind, first = '', second = ''] = readText(form, 'owner').split(':')
  return kind === 'service'
    ? { kind, teamId: first }
    : { kind: 'member', memberId: first, teamId: second === '' ? null : second }
}

/** The end of the chosen day, UTC; null for none. */
const readExpiry = (form: FormData): number | null => {
  const day = readText(form, 'expiresOn')
  return day === '' ? null : Date.parse(`${day}T23:59:59.999Z`)
}

/** One address is a network of one. */
const readNetworks = (form: FormData): readonly string[] =>
  readList(form, 'allowedCidrs').map((entry) =>
    entry.includes('/') || parseCidr(entry) === null ? entry : `${entry}/${entry.includes(':') ? 128 : 32}`,
  )

/** Nothing chosen, or everything, allows all: also the endpoints to come. */
const readEndpoints = (form: FormData): readonly string[] => {
  const chosen = ENDPOINTS.filter((endpoint) => form.has(`endpoint:${endpoint}`))
  return chosen.length === ENDPOINTS.length ? [] : chosen
}

/** The fields of a key's form that are the same when it is made and when it is changed. */
export const readKeyFields = (form: FormData) => ({
  name: readText(form, 'name'),
  allowedModels: readList(form, 'allowedModels'),
  allowedEndpoints: readEndpoints(form),
  allowedCidrs: readNetworks(form),
  labels: readList(form, 'labels'),
  expiresAtMs: readExpiry(form),
})

const BUDGET_FIELDS = [
  { field: 'dailyBudget', period: 'day' },
  { field: 'monthlyBudget', period: 'month' },
] as const

export const readNewKey = (form: FormData) => {
  const rateLimit = readRateLimit(form)
  const hasRates = Object.values(rateLimit).some((part) => part !== null)
  return {
    ...readKeyFields(form),
    owner: readOwner(form),
    budgets: BUDGET_FIELDS.flatMap(({ field, period }) => {
      const limit = readAmountText(form, field)
      return limit === '' ? [] : [{ period, limit }]
    }),
    rateLimit: hasRates ? rateLimit : null,
  }
}

/** `budgets.1.limit` of the act → the input of the form that it was typed into. */
export const budgetFieldOf = (form: FormData, param: string): string | null => {
  const [, position] = /^budgets\.(\d)/.exec(param) ?? []
  const filled = BUDGET_FIELDS.filter(({ field }) => readAmountText(form, field) !== '')
  return position === undefined ? null : (filled[Number(position)]?.field ?? null)
}
