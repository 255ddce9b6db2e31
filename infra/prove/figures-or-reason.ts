import type { Figure } from '../bench/figures.ts'

const MOST_SHOWN = 300

/** What was measured; when that could not be, why, as a figure that falls short: one part that fails must not hide the others. */
export const figuresOrReason = async (
  name: string,
  measure: () => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> => {
  try {
    return await measure()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [{ name, value: `could not be measured: ${reason.slice(0, MOST_SHOWN)}`, reach: 'measured', ok: false }]
  }
}
