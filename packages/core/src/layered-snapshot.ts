import type { CustomCatalogue } from './custom-models.ts'
import type { Snapshot } from './snapshot.ts'

/** The catalogue with one organization's own models over it. Nothing is copied: the catalogue is the same for everybody. */
export const layerSnapshot = (base: Snapshot, own: CustomCatalogue): Snapshot => ({
  ...base,
  models: layerMap(base.models, own.models),
  offerings: layerMap(base.offerings, own.offerings),
})

/** Both as one, read-only. What is in both comes from `top`, and is listed once. */
const layerMap = <Value>(
  base: ReadonlyMap<string, Value>,
  top: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> => {
  function* entries(): Generator<[string, Value], undefined> {
    for (const entry of base) if (!top.has(entry[0])) yield entry
    yield* top
  }
  function* keys(): Generator<string, undefined> {
    for (const [key] of entries()) yield key
  }
  function* values(): Generator<Value, undefined> {
    for (const [, value] of entries()) yield value
  }
  const layered: ReadonlyMap<string, Value> = {
    get size() {
      return [...keys()].length
    },
    get: (key) => top.get(key) ?? base.get(key),
    has: (key) => top.has(key) || base.has(key),
    forEach: (visit) => {
      for (const [key, value] of entries()) visit(value, key, layered)
    },
    entries,
    keys,
    values,
    [Symbol.iterator]: entries,
  }
  return layered
}
