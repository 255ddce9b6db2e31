import { connect } from 'node:net'
import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import type { RealtimeServerEvent } from 'openai/resources/realtime/realtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntilSettled } from './settled.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant, type SeededTenant } from './tenant.ts'

describe('conversations in sound, by the official client', () => {
  let system: RunningSystem
  let tenant: SeededTenant
  beforeAll(async () => {
    system = await startSystem()
    tenant = await createTenant(system.owner, { name: 'realtime' })
  }, 90_000)
  afterAll(() => system.stop())

  const open = (apiKey: string, model = 'gpt-realtime'): OpenAIRealtimeWS =>
    new OpenAIRealtimeWS(
      {
        model,
        // The client knows secure connections only, and this proxy stands behind nobody who would end one.
        options: { createConnection: () => connect(Number(new URL(system.proxyUrls[0] ?? '').port), '127.0.0.1') },
      },
      new OpenAI({ baseURL: `${system.proxyUrls[0]}/v1`, apiKey }),
    )

  const next = <Type extends RealtimeServerEvent['type']>(socket: OpenAIRealtimeWS, type: Type) =>
    new Promise<Extract<RealtimeServerEvent, { type: Type }>>((resolve, reject) => {
      socket.on('error', reject)
      socket.once(type, (event: unknown) => resolve(event as Extract<RealtimeServerEvent, { type: Type }>))
    })

  const say = (socket: OpenAIRealtimeWS, text: string): void => {
    socket.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
    })
  }

  it('answers turn after turn, in text and in sound, each billed by its own account', async () => {
    const socket = open(tenant.key)
    await next(socket, 'session.created')
    say(socket, 'Hello. [[sim:{"tokens":7}]]')
    socket.send({ type: 'response.create', response: { output_modalities: ['text'] } })
    const first = await next(socket, 'response.done')
    expect(first.response.usage?.output_token_details?.text_tokens).toBe(7)
    socket.send({ type: 'input_audio_buffer.append', audio: Buffer.alloc(48_000).toString('base64') })
    socket.send({ type: 'input_audio_buffer.commit' })
    socket.send({ type: 'response.create' })
    const second = await next(socket, 'response.done')
    expect(second.response.usage?.input_token_details?.audio_tokens).toBe(10)
    expect(second.response.usage?.input_token_details?.cached_tokens).toBeGreaterThan(0)
    const closed = new Promise((resolve) => socket.socket.on('close', resolve))
    socket.close()
    await closed
    await waitUntilSettled(system)
    const { rows } = await system.owner.query<{ units: Record<string, number>; billed: string; source: string }>(
      `SELECT units, billed_pusd::text AS billed, usage_source AS source FROM usage_event
       WHERE org_id = $1 AND endpoint = 'realtime' AND outcome = 'ok' ORDER BY request_id`,
      [tenant.orgId],
    )
    const told = (units: object) => Object.fromEntries(Object.entries(units).filter(([, count]) => count > 0))
    expect(rows.map(({ units }) => told(units))).toEqual(
      system.simulators?.books.entries().map(({ usage }) => told(usage)),
    )
    const prices: Record<string, number> = {
      input_uncached: 4,
      cache_read: 0.4,
      audio_in: 32,
      output_text: 16,
      audio_out: 64,
    }
    const [units] = rows.map((row) => told(row.units))
    expect(rows[0]?.billed).toBe(
      String(
        Object.entries(units ?? {}).reduce((sum, [bucket, count]) => sum + count * (prices[bucket] ?? 0) * 1e6, 0),
      ),
    )
    expect(rows.map(({ source }) => source)).toEqual(['provider_final', 'provider_final'])
  }, 30_000)

  it('takes the key from the subprotocol, as browsers show it, and from no address', async () => {
    const url = `${system.proxyUrls[0]?.replace('http', 'ws')}/v1/realtime?model=gpt-realtime`
    const opened = new WebSocket(url, ['realtime', `openai-insecure-api-key.${tenant.key}`])
    const event = await new Promise<string>((resolve, reject) => {
      opened.addEventListener('message', ({ data }) => resolve(String(data)))
      opened.addEventListener('error', () => reject(new Error('refused')))
    })
    expect(JSON.parse(event)).toMatchObject({ type: 'session.created' })
    expect(opened.protocol).toBe('realtime')
    opened.close()
    const inAddress = new WebSocket(`${url}&api_key=${tenant.key}&key=${tenant.key}`, ['realtime'])
    await expect(
      new Promise((resolve, reject) => {
        inAddress.addEventListener('open', resolve)
        inAddress.addEventListener('error', () => reject(new Error('refused')))
      }),
    ).rejects.toThrow('refused')
  }, 30_000)

  it('refuses what would be billed behind its back, and goes on', async () => {
    const socket = open(tenant.key)
    await next(socket, 'session.created')
    const refused = new Promise<unknown>((resolve) => socket.on('error', resolve))
    socket.send({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { transcription: { model: 'whisper-1' } } } },
    })
    expect(await refused).toMatchObject({ message: expect.stringContaining('/v1/audio/transcriptions') })
    const updated = new Promise((resolve) => socket.once('session.updated', resolve))
    socket.send({ type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.' } })
    await updated
    socket.close()
  }, 30_000)

  it('ends with a typed event when a hard budget has no room for another answer', async () => {
    const poor = await createTenant(system.owner, { name: 'poor', budgets: { key: '0.5' } })
    const socket = open(poor.key)
    const errors: unknown[] = []
    socket.on('error', (error) => errors.push(error))
    const closed = new Promise<number>((resolve) => socket.socket.on('close', resolve))
    await new Promise((resolve) => socket.once('session.created', resolve))
    socket.on('response.done', () => socket.send({ type: 'response.create' }))
    say(socket, 'Talk. [[sim:{"tokens":400}]]')
    socket.send({ type: 'response.create' })
    expect(await closed).toBe(1008)
    expect(errors.at(-1)).toMatchObject({ error: { code: 'budget_exceeded' } })
  }, 30_000)
})
