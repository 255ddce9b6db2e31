import type { z } from 'zod'

import type { FormValue } from '../form.ts'
import { pageOf, type Page } from '../listing.ts'
import { readParams, type ListingParams } from '../params.ts'
import { refuseMissing } from '../refusal.ts'
import { listOf, renderExpanded, renderPlain } from '../render.ts'
import type { World } from '../world.ts'

export interface RouteCall {
  /** The ids in the path, in order. */
  ids: readonly string[]
  path: string
}

/** One entry of Stripe's API. */
export interface Route {
  method: 'GET' | 'POST' | 'DELETE'
  /** The path with `:id` where an id stands. */
  path: string
  run: (world: World, given: Record<string, FormValue>, call: RouteCall) => unknown
}

/** An entry that answers with one object. */
export function one<Shape extends z.ZodRawShape>(
  place: { method: Route['method']; path: string },
  shape: Shape,
  run: (world: World, params: z.infer<z.ZodObject<Shape>>, call: RouteCall) => { id: string },
): Route {
  return {
    ...place,
    run: (world, given, call) => {
      const { params, expand } = readParams(shape, given)
      return renderExpanded(world, renderPlain(world, run(world, params, call)), expand)
    },
  }
}

/** An entry that answers with something that is no object with an id. */
export function plain<Shape extends z.ZodRawShape>(
  place: { method: Route['method']; path: string },
  shape: Shape,
  run: (world: World, params: z.infer<z.ZodObject<Shape>>, call: RouteCall) => unknown,
): Route {
  return { ...place, run: (world, given, call) => run(world, readParams(shape, given).params, call) }
}

/** An entry that answers with a page of a list; `shape` must take the parameters of lists. */
export function many<Shape extends z.ZodRawShape>(
  path: string,
  shape: Shape,
  find: (
    world: World,
    params: z.infer<z.ZodObject<Shape>>,
    call: RouteCall,
  ) => { items: Iterable<{ id: string; created?: number }>; order?: 'as_kept' },
): Route {
  return {
    method: 'GET',
    path,
    run: (world, given, call) => {
      const { params, expand } = readParams(shape, given)
      const { items, order } = find(world, params, call)
      const page: Page<{ id: string }> = pageOf(items, params as ListingParams, order)
      const list = listOf(
        page.items.map((item) => renderPlain(world, item)),
        call.path,
        page.hasMore,
      )
      return renderExpanded(world, list, expand)
    },
  }
}

/** The object with this id, or Stripe's refusal. */
export function find<T>(place: ReadonlyMap<string, T>, id: string | undefined, noun: string, param?: string): T {
  const found = place.get(id ?? '')
  if (found === undefined) throw refuseMissing(noun, id ?? '', param)
  return found
}
