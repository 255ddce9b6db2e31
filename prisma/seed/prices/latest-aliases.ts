/**
 * Names that stand for the newest of a family: `claude-sonnet-latest` is whichever Sonnet has the highest version in the catalogue. The groups of a
 * pattern are that version, most significant first. A name that a provider documents itself and keeps at one model (`mistral-large-latest`) is an
 * alias in that model's file instead.
 */
export const LATEST_ALIASES: readonly { readonly alias: string; readonly among: RegExp }[] = [
  { alias: 'claude-opus-latest', among: /^claude-opus-(\d+)(?:-(\d+))?$/ },
  { alias: 'claude-sonnet-latest', among: /^claude-sonnet-(\d+)(?:-(\d+))?$/ },
  { alias: 'claude-haiku-latest', among: /^claude-haiku-(\d+)(?:-(\d+))?$/ },
  { alias: 'claude-fable-latest', among: /^claude-fable-(\d+)(?:-(\d+))?$/ },
  // OpenAI's plain name means its `sol` since 5.6: https://platform.openai.com/docs/models
  { alias: 'gpt-latest', among: /^gpt-(\d+)(?:\.(\d+))?(?:-sol)?$/ },
  { alias: 'gpt-mini-latest', among: /^gpt-(\d+)(?:\.(\d+))?-mini$/ },
  { alias: 'gpt-nano-latest', among: /^gpt-(\d+)(?:\.(\d+))?-nano$/ },
  { alias: 'gpt-luna-latest', among: /^gpt-(\d+)(?:\.(\d+))?-luna$/ },
  { alias: 'gpt-terra-latest', among: /^gpt-(\d+)(?:\.(\d+))?-terra$/ },
  { alias: 'gpt-sol-latest', among: /^gpt-(\d+)(?:\.(\d+))?-sol$/ },
  { alias: 'gemini-pro-latest', among: /^gemini-(\d+)(?:\.(\d+))?-pro(?:-preview)?$/ },
  { alias: 'gemini-flash-latest', among: /^gemini-(\d+)(?:\.(\d+))?-flash$/ },
  { alias: 'gemini-flash-lite-latest', among: /^gemini-(\d+)(?:\.(\d+))?-flash-lite$/ },
  // One digit only: 4.20 is older than 4.3.
  { alias: 'grok-latest', among: /^grok-(\d+)(?:\.(\d))?$/ },
  { alias: 'deepseek-pro-latest', among: /^deepseek-v(\d+)(?:\.(\d+))?-pro$/ },
  { alias: 'deepseek-flash-latest', among: /^deepseek-v(\d+)(?:\.(\d+))?-flash$/ },
  { alias: 'kimi-latest', among: /^kimi-k(\d+)(?:\.(\d+))?$/ },
  { alias: 'glm-latest', among: /^glm-(\d+)(?:\.(\d+))?$/ },
  { alias: 'minimax-latest', among: /^minimax-m(\d+)(?:\.(\d+))?$/ },
]

/** The id with the highest version; null when none is of the family. */
export const findLatest = (ids: readonly string[], among: RegExp): string | null => {
  let latest: { readonly id: string; readonly version: readonly number[] } | null = null
  for (const id of ids) {
    const match = among.exec(id)
    if (match === null) continue
    const version = match.slice(1).map((part) => Number(part ?? 0))
    if (latest === null || isHigher(version, latest.version)) latest = { id, version }
  }
  return latest?.id ?? null
}

const isHigher = (version: readonly number[], than: readonly number[]): boolean => {
  const index = version.findIndex((part, place) => part !== than[place])
  return index >= 0 && (version[index] ?? 0) > (than[index] ?? 0)
}
