import { ask, type Door } from '../matrix/exchange.ts'
import type { Seen, Speaker, ToolSpec } from '../matrix/speaker.ts'
import { ASK_TOOLS, ASK_WORDS, CALLS, SAID, type AimockUpstream } from './aimock-upstreams.ts'

const TOOLS: readonly ToolSpec[] = [
  { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  { name: 'get_time', parameters: { type: 'object', properties: {} } },
]

export type AimockCase = 'words' | 'words, streamed' | 'tools' | 'tools, streamed'
export const AIMOCK_CASES: readonly AimockCase[] = ['words', 'words, streamed', 'tools', 'tools, streamed']

/** What a caller gets of aimock's answer through us, compared with what aimock was told to say. @returns troubles, in words */
export const playAimock = async (
  door: Door,
  {
    speaker,
    upstream,
    what,
  }: { readonly speaker: Speaker; readonly upstream: AimockUpstream; readonly what: AimockCase },
): Promise<readonly string[]> => {
  const stream = what.endsWith('streamed')
  const asksTools = what.startsWith('tools')
  const model = upstream.offering
  const question = asksTools ? { prompt: ASK_TOOLS, tools: TOOLS } : { prompt: ASK_WORDS }
  const { status, seen, raw } = await ask(door, speaker, {
    asked: speaker.ask(question, { model, stream }),
    model,
    stream,
  })
  if (status !== 200) return [`status ${status}: ${raw.slice(0, 300)}`]
  const troubles: string[] = []
  if (seen.text !== expectedWords(upstream, { asksTools, stream })) troubles.push(`said "${seen.text}"`)
  if (!seen.ended) troubles.push('never ended')
  if (seen.errorCode !== null) troubles.push(`ended with ${seen.errorCode}`)
  return [...troubles, ...judgeCalls(seen, asksTools)]
}

const expectedWords = (
  { says }: AimockUpstream,
  { asksTools, stream }: { readonly asksTools: boolean; readonly stream: boolean },
): string => (says === undefined || (asksTools && !stream) ? SAID : asksTools ? says.streamedCalls : says.words)

const judgeCalls = ({ calls, finish }: Seen, asksTools: boolean): readonly string[] => {
  const expected = asksTools ? CALLS.map(({ name, args }) => `${name} ${JSON.stringify(args)}`) : []
  const called = calls.map(({ name, args }) => `${name} ${JSON.stringify(args)}`)
  const troubles: string[] = []
  if (called.join() !== expected.join()) troubles.push(`called ${called.join(', ') || 'nothing'}`)
  // Gemini's own word for the end of calls is STOP.
  if (finish !== 'stop' && !(asksTools && finish === 'tools')) troubles.push(`ended by ${finish ?? 'nothing'}`)
  return troubles
}
