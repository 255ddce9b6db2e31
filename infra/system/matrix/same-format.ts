import { recordedStreams } from '@atpar/dialects/recorded-streams'
import type { Stage } from './exchange.ts'
import type { Speaker } from './speaker.ts'
import type { Upstream } from './upstreams.ts'

/** Of no format, and with every freedom that JSON leaves: numbers beyond a double, escapes, spaces. */
const UNKNOWN = String.raw`"x_unknown" : { "n":1.50, "big": 12345678901234567890, "e":"\u00e9\/", "list" : [ ] }`

const USAGE: Readonly<Record<string, string>> = {
  'openai-chat': `"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}`,
  'openai-responses': `"id":"resp_1","object":"response","status":"completed","model":"gpt-5-mini","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[]}]}],"usage":{"input_tokens":9,"output_tokens":1,"total_tokens":10}`,
  'anthropic-messages': `"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-5","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}`,
  gemini: `"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1,"totalTokenCount":10}`,
}

/** The cost is the one thing that is added to an answer. */
const withoutCost = (text: string): string => text.replaceAll(/,"cost(?:_details)?":(?:[-0-9.eE+]+|\{[^}]*\})/g, '')

/** Bytes on both sides of the gateway where both speak one format: equal but for the closed list of edits. @returns what differs */
export const playSameFormat = async (
  stage: Stage,
  speaker: Speaker,
  upstream: Upstream,
): Promise<readonly string[]> => {
  const troubles: string[] = []
  const model = upstream.offering
  for (const stream of [false, true]) {
    const made = stream
      ? String(recordedStreams[upstream.dialect]['textStream'])
      : `{ ${UNKNOWN},\n ${USAGE[upstream.dialect] ?? ''} }\n`
    stage.wire.intercept(() => ({
      status: 200,
      contentType: stream ? 'text/event-stream' : 'application/json',
      body: made,
    }))
    const { max_completion_tokens: _, ...asked } = speaker.ask({ prompt: 'Hi there.' }, { model, stream })
    const sent = `{ ${UNKNOWN}, ${JSON.stringify(asked, null, 1).slice(1)}`
    const response = await fetch(stage.proxyUrl + speaker.path(model, stream), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...speaker.headers(stage.key) },
      body: sent,
    })
    const got = await response.text()
    const [wire] = stage.wire.recordsOf(response.headers.get('x-request-id') ?? '')
    const expected = sent.replace(JSON.stringify(model), JSON.stringify(model.slice(model.indexOf('/') + 1)))
    const how = stream ? 'streamed' : 'whole'
    if (wire?.body.toString('utf8') !== expected)
      troubles.push(`${how}: sent ${wire?.body.toString('utf8') ?? 'nothing'} instead of ${expected}`)
    if (withoutCost(got) !== made) troubles.push(`${how}: answered ${got} instead of ${made}`)
  }
  stage.wire.intercept(null)
  return troubles
}
