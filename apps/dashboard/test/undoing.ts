import type { Db } from '@atpar/db/client'

class Undo extends Error {}

/** Does everything and undoes it, so that each of hundreds of acts meets the same untouched company. */
export const undoing = (db: Db): Db =>
  new Proxy(db, {
    get: (target, name): unknown => {
      if (name !== '$transaction') return Reflect.get(target, name)
      return async (work: (tx: unknown) => Promise<unknown>, options: object) => {
        let result: unknown
        try {
          await target.$transaction(async (tx) => {
            result = await work(tx)
            throw new Undo()
          }, options)
        } catch (error) {
          if (!(error instanceof Undo)) throw error
        }
        return result
      }
    },
  })
