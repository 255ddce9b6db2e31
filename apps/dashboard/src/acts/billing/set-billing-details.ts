import { z } from 'zod'
import { readBillingAccount, setBillingDetails } from '@atpar/db/billing-account'
import { AppError } from '@atpar/core/errors'
import { defineAct } from '../define-act.ts'

/** Empty text is no text. */
const line = (most: number) =>
  z
    .string()
    .trim()
    .max(most, `Use at most ${most} characters.`)
    .nullable()
    .default(null)
    .transform((text) => (text === '' ? null : text))

/** Whom invoices name and where they are sent. They hold for invoices issued from now on. @throws AppError invalid_request naming the field */
export const setBillingDetailsAct = defineAct({
  name: 'set-billing-details',
  effect: 'write',
  permission: 'payment:manage',
  input: z.strictObject({
    legalName: line(200),
    email: z
      .union([z.literal(''), z.email('Use an e-mail address like billing@example.com.').max(320)])
      .nullable()
      .default(null)
      .transform((text) => (text === '' ? null : text)),
    line1: line(200),
    line2: line(200),
    city: line(100),
    state: line(100),
    postalCode: line(20),
    country: z
      .union([z.literal(''), z.string().regex(/^[A-Z]{2}$/, 'Choose a country.')])
      .nullable()
      .default(null)
      .transform((text) => (text === '' ? null : text)),
    taxIdKind: line(40),
    taxId: line(40),
  }),
  run: async (act, input) => {
    if ((input.taxId === null) !== (input.taxIdKind === null))
      throw new AppError('invalid_request', {
        param: input.taxId === null ? 'taxId' : 'taxIdKind',
        message: 'A tax id needs its kind, and a kind its id.',
      })
    const { details: before } = await readBillingAccount(act.tx, act.orgId)
    await setBillingDetails(act.tx, act.orgId, input)
    await act.audit({
      action: 'billing-details-set',
      subjectKind: 'organization',
      subjectId: act.orgId,
      before: { ...before },
      after: { ...input },
    })
  },
})
