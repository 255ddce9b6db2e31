import { emit } from '../events.ts'
import type { Customer, TaxId } from '../objects.ts'
import { listing, text } from '../params.ts'
import { refuse } from '../refusal.ts'
import type { World } from '../world.ts'
import { find, many, one, plain, type Route } from './route.ts'

const SHAPES: Readonly<Record<string, RegExp>> = {
  eu_vat: /^[A-Z]{2}[0-9A-Z]{2,12}$/,
  gb_vat: /^(?:GB|XI)?\d{9}(?:\d{3})?$/,
  us_ein: /^\d{2}-?\d{7}$/,
}

export function createTaxId(world: World, customer: Customer, { type, value }: { type: string; value: string }): TaxId {
  if (SHAPES[type]?.test(value) === false) {
    throw refuse(`Invalid value for ${type}.`, { code: 'tax_id_invalid', param: 'value' })
  }
  const taxId: TaxId = {
    id: world.newId('txi'),
    object: 'tax_id',
    country: value.slice(0, 2).replaceAll(/[^A-Z]/g, '') || null,
    created: world.now(),
    customer: customer.id,
    customer_account: null,
    livemode: false,
    owner: { type: 'customer', customer: customer.id, customer_account: null },
    type: type as TaxId['type'],
    value,
    verification: { status: 'verified', verified_address: null, verified_name: null },
  }
  world.tables.taxIds.set(taxId.id, taxId)
  emit(world, 'customer.tax_id.created', taxId)
  return taxId
}

const customerIn = (world: World, id: string | undefined) => find(world.tables.customers, id, 'customer')

function taxIdOf(world: World, customerId: string | undefined, id: string | undefined): TaxId {
  const taxId = find(world.tables.taxIds, id, 'tax_id')
  if (taxId.customer !== customerId) return find(new Map<string, TaxId>(), id, 'tax_id')
  return taxId
}

export const taxIdRoutes: readonly Route[] = [
  one(
    { method: 'POST', path: '/v1/customers/:id/tax_ids' },
    { type: text, value: text },
    (world, params, { ids: [id] }) => createTaxId(world, customerIn(world, id), params),
  ),
  many('/v1/customers/:id/tax_ids', listing, (world, _, { ids: [id] }) => {
    const customer = customerIn(world, id)
    return { items: [...world.tables.taxIds.values()].filter((one) => one.customer === customer.id) }
  }),
  one({ method: 'GET', path: '/v1/customers/:id/tax_ids/:id' }, {}, (world, _, { ids: [customer, id] }) =>
    taxIdOf(world, customer, id),
  ),
  plain({ method: 'DELETE', path: '/v1/customers/:id/tax_ids/:id' }, {}, (world, _, { ids: [customer, id] }) => {
    const taxId = taxIdOf(world, customer, id)
    world.tables.taxIds.delete(taxId.id)
    emit(world, 'customer.tax_id.deleted', taxId)
    return { id: taxId.id, object: 'tax_id', deleted: true }
  }),
]
