'use server'

import { revalidatePath } from 'next/cache'
import { setAutoTopUpAct } from '../../acts/billing/set-auto-top-up.ts'
import { setBillingDetailsAct } from '../../acts/billing/set-billing-details.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'
import { parseCents } from '../../format/parse-cents.ts'

const DETAIL_FIELDS = [
  'legalName',
  'email',
  'line1',
  'line2',
  'city',
  'state',
  'postalCode',
  'country',
  'taxIdKind',
  'taxId',
] as const

export const setBillingDetailsAction = async (
  orgSlug: string,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction(
    'set-billing-details',
    async (): Promise<FormState> => {
      const input = Object.fromEntries(DETAIL_FIELDS.map((name) => [name, form.get(name)]))
      await setBillingDetailsAct(await actAs(await requireOrganization(orgSlug)), input)
      revalidatePath(`/${orgSlug}/settings/billing`)
      return { status: 'done' }
    },
    DETAIL_FIELDS,
  )

const AMOUNTS = { thresholdCents: 'threshold', amountCents: 'amount', dailyCapCents: 'dailyCap' } as const

export const setAutoTopUpAction = async (orgSlug: string, _previous: FormState, form: FormData): Promise<FormState> =>
  runAction(
    'set-auto-top-up',
    async (): Promise<FormState> => {
      const amounts: Record<string, bigint> = {}
      for (const [field, name] of Object.entries(AMOUNTS)) {
        const cents = parseCents(form.get(name))
        if (cents === null) return { status: 'failed', fields: { [field]: 'Use an amount like 25 or 12.50.' } }
        amounts[field] = cents
      }
      await setAutoTopUpAct(await actAs(await requireOrganization(orgSlug)), {
        isEnabled: form.get('isEnabled') === 'on',
        ...amounts,
      })
      revalidatePath(`/${orgSlug}/settings/billing`)
      return { status: 'done' }
    },
    Object.keys(AMOUNTS),
  )
