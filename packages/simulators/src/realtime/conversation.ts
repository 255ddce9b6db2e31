import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WebSocket } from 'ws'

import { NO_USAGE, type BookUsage } from '../books.ts'
import { directiveOfText } from '../directives.ts'
import { writeProse } from '../generate/prose.ts'
import { createRandom } from '../generate/random.ts'
import { countTextTokens } from '../generate/tokens.ts'
import { paceOf } from '../pace.ts'
import type { SimulatorContext } from '../service/context.ts'
import { transcribeSpeech } from './transcript.ts'

/** Sound of 24 kHz and 16 bit comes to ten tokens a second. */
const BYTES_PER_TOKEN = 4_800
const SOUND_TOKENS_PER_WORD = 4
const ORDINARY_WORDS = 12

interface RealtimeEvent {
  type?: string
  event_id?: string
  audio?: string
  session?: Record<string, unknown> & { audio?: { input?: { transcription?: { model?: string } | null } } }
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
  /** Sound since the last commit, in base64. */
  let spoken = 0
  let transcriptModel: string | null = null
  let isCancelled = false
  const send = (event: Record<string, unknown>) =>
    socket.send(JSON.stringify({ event_id: `event_${randomUUID()}`, ...event }))
  const refuse = (message: string, eventId?: string) =>
    send({
      type: 'error',
      error: { type: 'invalid_request_error', code: null, message, param: null, event_id: eventId },
    })

  const answer = async (asksText: boolean): Promise<void> => {
    const id = `resp_${randomUUID()}`
    const entry = context.books.begin({
      provider: 'openai',
      providerRequestId: id,
      endpoint,
      callerRequestId: null,
      keySha256,
    })
    Object.assign(entry, { model, streamed: true })
    const directive = directiveOfText(lastText) ?? {}
    const words = writeProse(createRandom(newText + newSound), directive.tokens ?? ORDINARY_WORDS)
    const { tokenDelayMs } = paceOf(directive, context.pace)
    isCancelled = false
    send({ type: 'response.created', response: { id, object: 'realtime.response', status: 'in_progress', output: [] } })
    let made = 0
    for (const delta of words) {
      if (made === directive.reset_after) socket.terminate()
      if (isCancelled || socket.readyState !== socket.OPEN) break
      send({ type: asksText ? 'response.output_text.delta' : 'response.output_audio_transcript.delta', delta })
      made += 1
      if (tokenDelayMs > 0) await sleep(tokenDelayMs)
    }
    const output = { text: made, audio: asksText ? 0 : made * SOUND_TOKENS_PER_WORD }
    const usage: BookUsage = {
      ...NO_USAGE,
      input_uncached: newText,
      cache_read: cachedText,
      cache_read_audio: cachedSound,
      audio_in: newSound,
      output_text: output.text,
      audio_out: output.audio,
    }
    const isThere = socket.readyState === socket.OPEN
    if (!isThere) {
      context.books.finish(entry, {
        status: 200,
        usage,
        ending: directive.reset_after === undefined ? 'client_aborted' : 'error',
        billable: directive.reset_after === undefined,
        finalUsageSent: false,
      })
      return
    }
    if (!asksText)
      send({ type: 'response.output_audio.delta', delta: Buffer.alloc(output.audio * 480).toString('base64') })
    send({
      type: 'response.done',
      response: {
        id,
        object: 'realtime.response',
        status: isCancelled ? 'cancelled' : 'completed',
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

  const commit = (itemId: string): void => {
    send({ type: 'input_audio_buffer.committed', item_id: itemId })
    const bytes = spoken
    spoken = 0
    if (transcriptModel === null) return
    const heard = transcribeSpeech({ context, endpoint, keySha256 }, { model: transcriptModel, bytes })
    const type = 'conversation.item.input_audio_transcription.completed'
    send({ type, item_id: itemId, content_index: 0, ...heard })
  }

  const hear = (event: RealtimeEvent): void => {
    switch (event.type ?? '') {
      case 'session.update':
        if (event.session?.audio?.input?.transcription !== undefined)
          transcriptModel = event.session.audio.input.transcription?.model ?? null
        send({ type: 'session.updated', session: { ...session, ...event.session } })
        return
      case 'conversation.item.create':
        lastText = (event.item?.content ?? []).map(({ text }) => text ?? '').join('\n')
        newText += countTextTokens(lastText)
        send({ type: 'conversation.item.added', item: { id: `item_${randomUUID()}`, ...event.item } })
        return
      case 'input_audio_buffer.append':
        spoken += ((event.audio ?? '').length * 3) / 4
        newSound += Math.ceil(((event.audio ?? '').length * 3) / 4 / BYTES_PER_TOKEN)
        return
      case 'input_audio_buffer.commit':
        commit(`item_${randomUUID()}`)
        return
      case 'response.create':
        answer(event.response?.output_modalities?.includes('text') === true).catch(context.reportBug)
        return
      case 'response.cancel':
        isCancelled = true
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
