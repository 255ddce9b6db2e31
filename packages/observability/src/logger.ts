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

/** Names that hold secrets wherever they appear; the second guard, after not logging them at all. */
const SECRET_NAMES = ['authorization', 'password', 'secret', 'token', 'key', 'apiKey', 'cookie', 'prompt', 'messages']
const SECRET_PATHS = SECRET_NAMES.flatMap((name) => [name, `*.${name}`])

/** JSON lines on standard output. CR and LF in values are escaped by JSON itself, so a log line cannot be forged. */
export const createLogger = (options: LoggerOptions): Logger => {
  const sink = pino({ level: options.level, base: { service: options.service }, redact: { paths: SECRET_PATHS, censor: '[redacted]' } }, options.destination)
  return {
    debug: (event, facts) => sink.debug(facts ?? {}, event),
    info: (event, facts) => sink.info(facts ?? {}, event),
    warn: (event, facts) => sink.warn(facts ?? {}, event),
    error: (event, facts) => sink.error(facts ?? {}, event),
  }
}
