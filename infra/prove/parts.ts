import type { Figure } from '../bench/figures.ts'
import { figuresOrReason } from './figures-or-reason.ts'
import type { ProveOptions } from './options.ts'

/** A piece of a proof that stands for itself. */
export interface Part {
  /** What `--only` calls it. */
  readonly name: string
  /** Why the quick form leaves it out; absent when it does not. */
  readonly notQuick?: string
  readonly play: (options: ProveOptions) => Promise<readonly Figure[]>
}

/**
 * Plays the parts in their order, or the one that was asked for. One that cannot be measured is a figure that falls short, with its reason, and the
 * others go on. @throws RangeError when there is no part of the name that was asked for
 */
export const proveParts = async (parts: readonly Part[], options: ProveOptions): Promise<readonly Figure[]> => {
  const chosen = parts.filter(({ name }) => options.only === null || options.only === name)
  if (chosen.length === 0)
    throw new RangeError(
      `There is no part called "${options.only}". Parts: ${parts.map(({ name }) => name).join(', ')}.`,
    )
  const figures: Figure[] = []
  for (const part of chosen) {
    if (options.isStopped()) break
    if (options.quick && options.only === null && part.notQuick !== undefined) {
      options.note(`${part.name}: left out of the quick form: ${part.notQuick}`)
      continue
    }
    const from = performance.now()
    figures.push(...(await figuresOrReason(part.name, () => part.play(options))))
    options.note(`${part.name}: ${((performance.now() - from) / 1_000).toFixed(0)} s`)
  }
  return figures
}
