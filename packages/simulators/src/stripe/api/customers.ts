import { z } from 'zod'

import { emit } from '../events.ts'
import { changeBalance } from '../money/customer-balance.ts'
import type { Customer } from '../objects.ts'
import { address, applyMetadata, boolean, clearable, ignored, integer, listing, metadata, text } from '../params.ts'
import { refuse, refuseMissing } from '../refusal.ts'
import { compileSearch } from '../search.ts'
import { randomText, type World } from '../world.ts'
import { attachMethod } from './payment-methods.ts'
import { find, many, one, plain, type Route } from './route.ts'
import { createTaxId } from './tax-ids.ts'

const fields = {
  address: z.union([z.literal(''), address]).optional(),
  balance: integer.optional(),
  business_name: clearable.optional(),
  description: clearable.optional(),
  email: clearable.optional(),
  individual_name: clearable.optional(),
  invoice_prefix: text.optional(),
  invoice_settings: z
    .strictObject({ default_payment_method: clearable.optional(), custom_fields: ignored, footer: ignored })
    .optional(),
  metadata: metadata.optional(),
  name: clearable.optional(),
  next_invoice_sequence: integer.optional(),
  phone: clearable.optional(),
  preferred_locales: z.array(z.string()).optional(),
  tax: ignored,
  tax_exempt: z.enum(['none', 'exempt', 'reverse', '']).optional(),
}

const shapeOfFields = z.strictObject(fields)

/** A customer that is not deleted. */
function findCustomer(world: World, id: string | undefined, param?: string): Customer {
  return find(world.tables.customers, id, 'customer', param)
}

const orNull = (value: string) => (value === '' ? null : value)

function change(world: World, customer: Customer, given: z.infer<typeof shapeOfFields>): void {
  if (given.address !== undefined) {
    customer.address =
      given.address === ''
        ? null
        : {
            city: given.address.city ?? null,
            country: given.address.country ?? null,
            line1: given.address.line1 ?? null,
            line2: given.address.line2 ?? null,
            postal_code: given.address.postal_code ?? null,
            state: given.address.state ?? null,
          }
  }
  if (given.balance !== undefined) customer.balance = given.balance
  if (given.description !== undefined) customer.description = orNull(given.description)
  if (given.email !== undefined) customer.email = orNull(given.email)
  if (given.name !== undefined) customer.name = orNull(given.name)
  if (given.phone !== undefined) customer.phone = orNull(given.phone)
  if (given.preferred_locales !== undefined) customer.preferred_locales = given.preferred_locales
  if (given.invoice_prefix !== undefined) customer.invoice_prefix = given.invoice_prefix
  if (given.next_invoice_sequence !== undefined) customer.next_invoice_sequence = given.next_invoice_sequence
  if (given.tax_exempt !== undefined) customer.tax_exempt = given.tax_exempt === '' ? 'none' : given.tax_exempt
  customer.metadata = applyMetadata(customer.metadata, given.metadata)
  const method = given.invoice_settings?.default_payment_method
  if (method !== undefined) setDefaultMethod(world, customer, method)
}

function setDefaultMethod(world: World, customer: Customer, method: string): void {
  if (method !== '' && world.tables.paymentMethods.get(method)?.customer !== customer.id) {
    throw refuseMissing('PaymentMethod', method, 'invoice_settings[default_payment_method]')
  }
  customer.invoice_settings.default_payment_method = orNull(method)
}

function newCustomer(world: World): Customer {
  return {
    id: world.newId('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created: world.now(),
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: randomText(8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  }
}

const retrieve = one({ method: 'GET', path: '/v1/customers/:id' }, {}, (world, _, { ids: [id] }) =>
  findCustomer(world, id),
)

export const customerRoutes: readonly Route[] = [
  one(
    { method: 'POST', path: '/v1/customers' },
    {
      ...fields,
      payment_method: text.optional(),
      tax_id_data: z.array(z.strictObject({ type: text, value: text })).optional(),
      validate: boolean.optional(),
    },
    (world, params) => {
      const { payment_method: method, tax_id_data: taxIds, invoice_settings: settings, ...rest } = params
      const customer = newCustomer(world)
      change(world, customer, rest)
      world.tables.customers.set(customer.id, customer)
      emit(world, 'customer.created', customer)
      const attached = method === undefined ? undefined : attachMethod(world, method, customer)
      for (const taxId of taxIds ?? []) createTaxId(world, customer, taxId)
      if (settings?.default_payment_method !== undefined) {
        const wanted = settings.default_payment_method
        setDefaultMethod(world, customer, wanted === method && attached !== undefined ? attached.id : wanted)
      }
      return customer
    },
  ),
  many('/v1/customers', { ...listing, email: text.optional() }, (world, { email }) => ({
    items: [...world.tables.customers.values()].filter((one) => email === undefined || one.email === email),
  })),
  plain(
    { method: 'GET', path: '/v1/customers/search' },
    { query: text, limit: integer.optional(), page: text.optional() },
    (world, { query, limit }, { path }) => {
      const matches = compileSearch(query)
      const data = [...world.tables.customers.values()].filter((one) => matches({ ...one })).toReversed()
      return { object: 'search_result', data: data.slice(0, limit ?? 10), has_more: false, next_page: null, url: path }
    },
  ),
  {
    method: 'GET',
    path: '/v1/customers/:id',
    run: (world, given, call) => {
      const id = call.ids[0] ?? ''
      if (world.tables.deletedCustomers.has(id)) return { id, object: 'customer', deleted: true }
      return retrieve.run(world, given, call)
    },
  },
  one({ method: 'POST', path: '/v1/customers/:id' }, fields, (world, params, { ids: [id] }) => {
    const customer = findCustomer(world, id)
    change(world, customer, params)
    emit(world, 'customer.updated', customer)
    return customer
  }),
  plain({ method: 'DELETE', path: '/v1/customers/:id' }, {}, (world, _, { ids: [id] }) => {
    const customer = findCustomer(world, id)
    world.tables.customers.delete(customer.id)
    world.tables.deletedCustomers.set(customer.id, true)
    for (const method of world.tables.paymentMethods.values()) {
      if (method.customer === customer.id) method.customer = null
    }
    emit(world, 'customer.deleted', customer)
    return { id: customer.id, object: 'customer', deleted: true }
  }),
  many('/v1/customers/:id/balance_transactions', listing, (world, _, { ids: [id] }) => {
    const customer = findCustomer(world, id)
    return {
      items: [...world.tables.customerBalanceTransactions.values()].filter((one) => one.customer === customer.id),
    }
  }),
  one(
    { method: 'POST', path: '/v1/customers/:id/balance_transactions' },
    { amount: integer, currency: text, description: text.optional(), metadata: metadata.optional() },
    (world, { amount, currency, description, metadata: given }, { ids: [id] }) => {
      if (currency !== 'usd') throw refuse(`Invalid currency: ${currency}`, { param: 'currency' })
      return changeBalance(world, findCustomer(world, id), {
        amount,
        currency,
        type: 'adjustment',
        description: description ?? null,
        metadata: applyMetadata({}, given),
      })
    },
  ),
]
