import { randomUUID } from 'node:crypto'
import type { WebSocket } from 'ws'

import { NO_USAGE, type BookUsage } from '../books.ts'
import { directiveOfText } from '../directives.ts'
import { writeProse } from '../generate/prose.ts'
import { createRandom } from '../generate/random.ts'
import { countTextTokens } from '../generate/tokens.ts'
import type { SimulatorContext } from '../service/context.ts'

/** Sound of 24 kHz and 16 bit comes to ten tokens a second. */
const BYTES_PER_TOKEN = 4_800
const SOUND_TOKENS_PER_WORD = 4
const ORDINARY_WORDS = 12

interface RealtimeEvent {
  type?: string
  event_id?: string
  audio?: string
  session?: Record<string, unknown>
  item?: { content?: readonly { type?: string; text?: string }[] }
  response?: { output_modalities?: readonly string[] }
}

interface Talk {
  context: SimulatorContext
  socket: WebSocket
  model: string
  keySha256: string | null
  endpoint: string
}

/** One conversation: everything said before is read again from the cache with each answer, as at OpenAI. */
export function converse({ context, socket, model, keySha256, endpoint }: Talk): void {
  const session = { id: `sess_${randomUUID()}`, object: 'realtime.session', type: 'realtime', model }
  let newText = 0
  let newSound = 0
  let cachedText = 0
  let cachedSound = 0
  let lastText = ''
  const send = (event: Record<string, unknown>) =>
    socket.send(JSON.stringify({ event_id: `event_${randomUUID()}`, ...event }))
  const refuse = (message: string, eventId?: string) =>
    send({
      type: 'error',
      error: { type: 'invalid_request_error', code: null, message, param: null, event_id: eventId },
    })

  const answer = (asksText: boolean): void => {
    const id = `resp_${randomUUID()}`
    const entry = context.books.begin({
      provider: 'openai',
      providerRequestId: id,
      endpoint,
      callerRequestId: null,
      keySha256,
    })
    Object.assign(entry, { model, streamed: true })
    const words = writeProse(createRandom(newText + newSound), directiveOfText(lastText)?.tokens ?? ORDINARY_WORDS)
    const output = { text: words.length, audio: asksText ? 0 : words.length * SOUND_TOKENS_PER_WORD }
    const usage: BookUsage = {
      ...NO_USAGE,
      input_uncached: newText,
      cache_read: cachedText,
      cache_read_audio: cachedSound,
      audio_in: newSound,
      output_text: output.text,
      audio_out: output.audio,
    }
    send({ type: 'response.created', response: { id, object: 'realtime.response', status: 'in_progress', output: [] } })
    for (const delta of words)
      send({ type: asksText ? 'response.output_text.delta' : 'response.output_audio_transcript.delta', delta })
    if (!asksText)
      send({ type: 'response.output_audio.delta', delta: Buffer.alloc(output.audio * 480).toString('base64') })
    send({
      type: 'response.done',
      response: {
        id,
        object: 'realtime.response',
        status: 'completed',
        output: [],
        usage: {
          total_tokens: newText + newSound + cachedText + cachedSound + output.text + output.audio,
          input_tokens: newText + newSound + cachedText + cachedSound,
          output_tokens: output.text + output.audio,
          input_token_details: {
            text_tokens: newText + cachedText,
            audio_tokens: newSound + cachedSound,
            image_tokens: 0,
            cached_tokens: cachedText + cachedSound,
            cached_tokens_details: { text_tokens: cachedText, audio_tokens: cachedSound, image_tokens: 0 },
          },
          output_token_details: { text_tokens: output.text, audio_tokens: output.audio },
        },
      },
    })
    context.books.finish(entry, { status: 200, usage, ending: 'complete', billable: true, finalUsageSent: true })
    cachedText += newText + output.text
    cachedSound += newSound + output.audio
    newText = 0
    newSound = 0
  }

  const hear = (event: RealtimeEvent): void => {
    switch (event.type ?? '') {
      case 'session.update':
        send({ type: 'session.updated', session: { ...session, ...event.session } })
        return
      case 'conversation.item.create':
        lastText = (event.item?.content ?? []).map(({ text }) => text ?? '').join('\n')
        newText += countTextTokens(lastText)
        send({ type: 'conversation.item.added', item: { id: `item_${randomUUID()}`, ...event.item } })
        return
      case 'input_audio_buffer.append':
        newSound += Math.ceil(((event.audio ?? '').length * 3) / 4 / BYTES_PER_TOKEN)
        return
      case 'input_audio_buffer.commit':
        send({ type: 'input_audio_buffer.committed', item_id: `item_${randomUUID()}` })
        return
      case 'response.create':
        answer(event.response?.output_modalities?.includes('text') === true)
        return
      default:
        refuse(`Invalid value: '${event.type ?? ''}'.`, event.event_id)
    }
  }

  send({ type: 'session.created', session })
  socket.on('message', (data: Buffer) => {
    try {
      hear(JSON.parse(data.toString()) as RealtimeEvent)
    } catch (error) {
      if (!(error instanceof SyntaxError)) context.reportBug(error)
      refuse('The message is not valid JSON.')
    }
  })
}
