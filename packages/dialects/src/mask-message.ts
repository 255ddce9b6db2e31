const MAX_LENGTH = 500
/** Patterns run over no more than this: an error page may be megabytes. */
const MAX_READ = 4_000

/** What may not leave: credentials, addresses, account ids. Every pattern is linear: no nested or adjacent unbounded repeats of the same class. */
const RULES: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'<>)\]]+/gi, '[url]'],
  [/\b(?:bearer|basic)\s+[^\s"',]+/gi, '[redacted]'],
  [/\b(?:sk|pk|rk|gsk|xai|ak|atp|key|token|hf|r8|nvapi|pplx|fw|csk|tgp|eyJ)[-_.][A-Za-z0-9*._-]{6,}/g, '[redacted]'],
  [/\b(?:AIza|AKIA|ASIA|ya29\.|eyJ)[A-Za-z0-9*._-]{8,}/g, '[redacted]'],
  [/\b(?:org|proj|user|acct|team)[-_][A-Za-z0-9]{8,}/g, '[redacted]'],
  [/((?:api[-_ ]?key|authorization|password|secret|token)["']?\s{0,4}[:=]\s{0,4}["']?)[^\s"',}]{6,}/gi, '$1[redacted]'],
  // Long opaque words: keys of providers nobody has listed yet.
  [/\b(?=[A-Za-z_-]{0,64}\d)[A-Za-z0-9_-]{32,}/g, '[redacted]'],
  [
    /\b[A-Za-z0-9]{1,63}(?:[.-][A-Za-z0-9]{1,63}){0,10}\.(?:local|internal|lan|svc|localdomain)\b(?::\d{1,5})?/gi,
    '[host]',
  ],
  [/\b(?:localhost|(?:\d{1,3}\.){3}\d{1,3})(?::\d{1,5})?\b/gi, '[host]'],
  [/\b[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,10}:\d{2,5}\b/g, '[host]'],
]

/** A provider's own words, made safe to show to a caller: no credential, no host, bounded. */
export const maskMessage = (message: string): string => {
  let text = message.slice(0, MAX_READ)
  for (const [pattern, replacement] of RULES) text = text.replace(pattern, replacement)
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`
}
