/** So many entries go before the table is made anew: few enough that it is still young then, enough to cost nothing an entry. */
const RENEW_AFTER = 256

/**
 * A map for entries that soon go again, made anew now and then. V8's own map leaves its outgrown tables behind, each of which knows the next: once one
 * of them is in the long-lived heap, all that follow stay, with the entries of their time, until the next full collection (measured: 200 bytes a
 * request). A loop over it must not delete.
 */
export class ChurningMap<Key, Value> {
  #entries = new Map<Key, Value>()
  #gone = 0

  get(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  has(key: Key): boolean {
    return this.#entries.has(key)
  }

  set(key: Key, value: Value): void {
    this.#entries.set(key, value)
  }

  delete(key: Key): boolean {
    if (!this.#entries.delete(key)) return false
    this.#gone += 1
    // In proportion to what is left, so that the copy costs less than what went.
    if (this.#gone >= RENEW_AFTER && this.#gone >= this.#entries.size) {
      this.#gone = 0
      this.#entries = new Map(this.#entries)
    }
    return true
  }

  values(): MapIterator<Value> {
    return this.#entries.values()
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.#entries[Symbol.iterator]()
  }
}
