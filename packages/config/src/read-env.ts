import { z } from 'zod'

/** One variable that is missing or wrong, in words a person can act on. */
export interface EnvProblem {
  readonly variable: string
  readonly problem: string
}

/** Every problem of an environment at once, so that nobody fixes them one start at a time. */
export class EnvError extends Error {
  readonly problems: readonly EnvProblem[]

  constructor(problems: readonly EnvProblem[]) {
    super(`The environment is not usable:\n${problems.map((each) => `  ${each.variable}: ${each.problem}`).join('\n')}`)
    this.name = 'EnvError'
    this.problems = problems
  }
}

/**
 * Parses `env` by `shape`, one zod schema per variable; empty text counts as unset. The value itself is never repeated in a message, because it may be a secret.
 * @throws EnvError naming every bad variable and what is expected.
 */
export const readEnv = <Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<Shape>> => {
  const present = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name in shape && value !== undefined && value !== ''),
  )
  const result = z.object(shape).safeParse(present)
  if (result.success) return result.data
  throw new EnvError(
    result.error.issues.map((issue) => ({
      variable: issue.path.join('.'),
      problem: present[String(issue.path[0])] === undefined ? `is not set (${issue.message})` : issue.message,
    })),
  )
}

const numeric = (what: string, minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d+$/, `expected ${what}, a whole number from ${minimum} to ${maximum}`)
    .transform(Number)
    .refine(
      (value) => value >= minimum && value <= maximum,
      `expected ${what}, a whole number from ${minimum} to ${maximum}`,
    )

export const portVariable = () => numeric('a port', 0, 65_535)
export const countVariable = (what: string, minimum: number, maximum: number) => numeric(what, minimum, maximum)
export const urlVariable = (...protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.some((each) => text.startsWith(`${each}//`)),
      `expected a URL that starts with ${protocols.map((each) => `${each}//`).join(' or ')}`,
    )
export const switchVariable = () => z.enum(['on', 'off'], { error: 'expected on or off' })
export const stripeKeyVariable = () =>
  z
    .string()
    .regex(/^(?:sk|rk)_(?:test|live)_\S+$/, "expected Stripe's secret key, which starts with sk_test_ or sk_live_")
