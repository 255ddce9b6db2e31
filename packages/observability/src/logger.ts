import { pino, type DestinationStream } from 'pino'

/** Structured log lines: an event name (noun-verb) and its facts. Never a prompt, a completion or a credential. */
export interface Logger {
  debug(event: string, facts?: LogFacts): void
  info(event: string, facts?: LogFacts): void
  warn(event: string, facts?: LogFacts): void
  error(event: string, facts?: LogFacts): void
}

export type LogFacts = Readonly<Record<string, unknown>>

export interface LoggerOptions {
  readonly service: string
  readonly level: string
  readonly destination?: DestinationStream
}

/** Names that hold secrets wherever they appear, in lower case and without - and _; the second guard, after not logging them at all. */
const SECRET_NAMES = new Set([
  'authorization',
  'password',
  'secret',
  'token',
  'key',
  'apikey',
  'xapikey',
  'xgoogapikey',
  'cookie',
  'setcookie',
  'prompt',
  'messages',
])
const MAX_DEPTH = 8

const isPlainObject = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** A copy without secrets. By hand, because pino's own redaction knows paths of fixed depth, not names. */
const redact = (value: unknown, depth: number): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value) && !isPlainObject(value)) return value
  if (depth === MAX_DEPTH) return '[too deep]'
  if (Array.isArray(value)) return value.map((each) => redact(each, depth + 1))
  return redactMembers(value, depth)
}

const redactMembers = (members: object, depth: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name,
      SECRET_NAMES.has(name.replace(/[-_]/g, '').toLowerCase()) ? '[redacted]' : redact(value, depth + 1),
    ]),
  )

/** JSON lines on standard output. CR and LF in values are escaped by JSON itself, so a log line cannot be forged. */
export const createLogger = (options: LoggerOptions): Logger => {
  const sink = pino(
    {
      level: options.level,
      base: { service: options.service },
      // Called for lines that are written, not for those below the level.
      formatters: { log: (facts) => redactMembers(facts, 0) },
    },
    options.destination,
  )
  return {
    debug: (event, facts) => sink.debug(facts ?? {}, event),
    info: (event, facts) => sink.info(facts ?? {}, event),
    warn: (event, facts) => sink.warn(facts ?? {}, event),
    error: (event, facts) => sink.error(facts ?? {}, event),
  }
}
