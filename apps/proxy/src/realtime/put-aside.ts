import type { Turn, TurnEnd } from './turn.ts'

/** Money for what comes next of a conversation: there is always some, or there soon will be, or there is an error to be told. */
export interface PutAside {
  /** Resolves once there is money and the journal knows; whatever may cost waits for it. */
  begin(): Promise<void>
  /** One piece is complete: its terminal event, then money for the next unless there is none. */
  finish(how: TurnEnd, options: { readonly goesOn: boolean }): Promise<void>
  /** Resolves once there is money. */
  ready(): Promise<void>
  /** Lets go of what waited too long for its use, and puts money aside anew. */
  renew(): Promise<void>
  /** Ends what is open; nothing is opened after it. Idempotent. */
  close(how: TurnEnd): Promise<void>
}

/** @param first null = opened when it is asked for. */
export const putAside = (open: () => Promise<Turn>, first: Turn | null): PutAside => {
  let current: Promise<Turn> | null = first === null ? null : Promise.resolve(first)
  let isClosed = false

  const keep = (next: Promise<Turn>): Promise<Turn> => {
    current = next
    next.catch(() => {
      // Whoever waits for it is told why. It may be tried again.
      if (current === next) current = null
    })
    return next
  }

  const take = (): Promise<Turn> => {
    if (isClosed) throw new TypeError('the conversation is over')
    return current ?? keep(open())
  }

  return {
    begin: async () => (await take()).begin(),
    ready: async () => {
      await take()
    },
    finish: async (how, { goesOn }) => {
      const ended = take().then(async (turn) => {
        await turn.begin()
        await turn.end(how)
      })
      if (goesOn) void keep(ended.then(open))
      else current = null
      await ended
    },
    renew: async () => {
      const waiting = current
      if (waiting === null || isClosed) return
      await keep(waiting.then((turn) => turn.end(UNUSED)).then(open))
    },
    close: async (how) => {
      isClosed = true
      const last = current
      current = null
      const turn = await last?.catch(() => null)
      await turn?.end(how)
    },
  }
}

const UNUSED: TurnEnd = { outcome: 'client_abort', usage: null }
