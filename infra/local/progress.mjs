const isTerminal = process.stdout.isTTY === true

/** @param {string} text */
export function say(text) {
  process.stdout.write(`${text}\n`)
}

/** A failure whose message is all a person needs: printed as it is, without a stack. */
export class StartError extends Error {
  /** @override */
  name = 'StartError'
}

/**
 * Runs one step of the start and shows how it goes. `work` may return a few words about the outcome.
 * @template T
 * @param {string} title
 * @param {(note: (words: string) => void) => Promise<T> | T} work
 * @param {{ isOneOfSeveral?: boolean }} [options] steps that run side by side show their end only
 * @returns {Promise<T>}
 */
export async function step(title, work, { isOneOfSeveral = false } = {}) {
  const startedAt = Date.now()
  let words = ''
  if (isTerminal && !isOneOfSeveral) process.stdout.write(`  … ${title}`)
  /** @param {string} sign */
  const close = (sign) => {
    const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1)
    say(`${isTerminal ? '\r\u001B[K' : ''}  ${sign} ${title}${words === '' ? '' : `: ${words}`} (${seconds} s)`)
  }
  try {
    const result = await work((given) => {
      words = given
    })
    close('✓')
    return result
  } catch (error) {
    words = ''
    close('✗')
    throw error
  }
}

/**
 * Prints a failure for a person: the sentence alone when it was foreseen, the stack when it was not.
 * @param {unknown} error
 */
export function complain(error) {
  if (error instanceof StartError) say(`\n${error.message}\n`)
  else say(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}
