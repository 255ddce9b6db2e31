import { decideTax } from './invoice/tax.ts'
import { refuseParameter } from './refusal.ts'
import type { World } from './world.ts'

/** As an answer's JSON: with what is kept in tables of its own written beside it. */
type Rendered = Record<string, unknown>

const MOST_LINES_SHOWN = 10

/** A page of a list, as it is embedded in another object. */
export function listOf(data: readonly unknown[], url: string, hasMore = false) {
  return { object: 'list' as const, data, has_more: hasMore, url }
}

/** The object as Stripe shows it when nobody asks for more. */
export function renderPlain(world: World, object: { id: string }): Rendered {
  const copy: Rendered = structuredClone(object as unknown as Rendered)
  if (copy['object'] === 'invoice') {
    const lines = world.tables.invoiceLines.get(object.id) ?? []
    const shown = structuredClone(lines.slice(0, MOST_LINES_SHOWN))
    copy['lines'] = {
      ...listOf(shown, `/v1/invoices/${object.id}/lines`, lines.length > MOST_LINES_SHOWN),
      total_count: lines.length,
    }
  }
  if (copy['object'] === 'credit_note') {
    const lines = structuredClone(world.tables.creditNoteLines.get(object.id) ?? [])
    copy['lines'] = listOf(lines, `/v1/credit_notes/${object.id}/lines`)
  }
  return copy
}

/** What is left out unless it is asked for by name. */
function renderIncluded(world: World, parent: Rendered, name: string): unknown {
  const id = String(parent['id'])
  switch (`${String(parent['object'])}.${name}`) {
    case 'invoice.payments':
      return listOf(
        [...world.tables.invoicePayments.values()]
          .filter((payment) => payment.invoice === id)
          .map((payment) => renderPlain(world, payment)),
        `/v1/invoice_payments?invoice=${id}`,
      )
    case 'charge.refunds':
      return listOf(
        [...world.tables.refunds.values()]
          .filter((refund) => refund.charge === id)
          .map((refund) => renderPlain(world, refund)),
        `/v1/charges/${id}/refunds`,
      )
    case 'customer.tax':
      return renderTaxPlace(world, id)
    case 'customer.tax_ids':
      return listOf(
        [...world.tables.taxIds.values()]
          .filter((taxId) => taxId.customer === id)
          .map((taxId) => renderPlain(world, taxId)),
        `/v1/customers/${id}/tax_ids`,
      )
    default:
      return undefined
  }
}

/** Whether Stripe knows where a customer is taxed. */
function renderTaxPlace(world: World, id: string): Rendered {
  const customer = world.tables.customers.get(id)
  const decision = customer === undefined ? null : decideTax(world, customer)
  const place = {
    country: customer?.address?.country ?? '',
    source: 'billing_address',
    state: customer?.address?.state ?? null,
  }
  const isCollected = decision?.reason !== 'not_collecting'
  return {
    automatic_tax: decision === null ? 'unrecognized_location' : isCollected ? 'supported' : 'not_collecting',
    ip_address: null,
    location: decision === null ? null : place,
    provider: 'stripe',
  }
}

/** The object with the named references replaced by what they name, at most four deep, as Stripe allows. */
export function renderExpanded(world: World, object: Rendered, paths: readonly string[]): Rendered {
  for (const path of paths) {
    const parts = path.split('.')
    if (parts.length > 4 + parts.filter((part) => part === 'data').length) {
      throw refuseParameter('You cannot expand more than 4 levels of a property.', { param: 'expand' })
    }
    expandAt(world, object, { parts, path })
  }
  return object
}

function expandAt(world: World, value: unknown, { parts, path }: { parts: string[]; path: string }): void {
  const [name, ...rest] = parts
  if (name === undefined) return
  if (Array.isArray(value)) {
    for (const one of value) expandAt(world, one, { parts, path })
    return
  }
  if (typeof value !== 'object' || value === null) return
  const parent = value as Rendered
  // Null is a reference to nothing, and expands to nothing.
  const held = parent[name] === undefined ? renderIncluded(world, parent, name) : parent[name]
  if (held === undefined) {
    throw refuseParameter(`This property cannot be expanded (${path}).`, { param: 'expand' })
  }
  const resolved = resolve(world, held)
  parent[name] = resolved
  expandAt(world, resolved, { parts: rest, path })
}

function resolve(world: World, held: unknown): unknown {
  if (Array.isArray(held)) return held.map((one: unknown) => resolve(world, one))
  if (typeof held !== 'string') return held
  const found = findObject(world, held)
  return found === undefined ? held : renderPlain(world, found)
}

/** Any object by its id. */
function findObject({ tables }: World, id: string): { id: string } | undefined {
  const places: readonly ReadonlyMap<string, { id: string }>[] = [
    tables.customers,
    tables.paymentMethods,
    tables.paymentIntents,
    tables.charges,
    tables.invoices,
    tables.balanceTransactions,
    tables.refunds,
    tables.disputes,
    tables.setupIntents,
    tables.invoicePayments,
    tables.creditNotes,
    tables.customerBalanceTransactions,
    tables.checkoutSessions,
    tables.taxIds,
    tables.invoiceItems,
  ]
  for (const place of places) {
    const found = place.get(id)
    if (found !== undefined) return found
  }
  return undefined
}
