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

  interface Row {
    readonly model: string
    readonly outcome: string
    readonly units: Record<string, number>
    readonly billed: string
  }

  /** What a tenant's conversation came to, oldest first, without turns that held no answer. */
  const rowsOf = async ({ orgId }: SeededTenant): Promise<readonly Row[]> => {
    await waitUntilSettled(system)
    const { rows } = await system.owner.query<Row>(
      `SELECT model_id AS model, outcome, units, billed_pusd::text AS billed FROM usage_event
       WHERE org_id = $1 AND usage_source <> 'none' ORDER BY request_id`,
      [orgId],
    )
    return rows
  }

  const talkUntil = async (socket: OpenAIRealtimeWS, directive: object): Promise<void> => {
    await next(socket, 'session.created')
    say(socket, `Talk. [[sim:${JSON.stringify(directive)}]]`)
    socket.send({ type: 'response.create', response: { output_modalities: ['text'] } })
    await next(socket, 'response.output_text.delta')
  }

  /** How a conversation ended: the code of the last error, and that of the connection. */
  const endOf = (socket: OpenAIRealtimeWS) =>
    new Promise<{ readonly error: unknown; readonly close: number }>((resolve) => {
      let error: unknown = null
      socket.on('error', (event) => {
        error = event.error?.code ?? null
      })
      socket.socket.on('close', (close: number) => resolve({ error, close }))
    })

  it('has what the caller says written down, each by its model’s own price', async () => {
    const speaker = await createTenant(system.owner, { name: 'speaker' })
    const socket = open(speaker.key)
    await next(socket, 'session.created')
    for (const model of ['whisper-1', 'openai/gpt-4o-mini-transcribe']) {
      socket.send({
        type: 'session.update',
        session: { type: 'realtime', audio: { input: { transcription: { model } } } },
      })
      await next(socket, 'session.updated')
      socket.send({ type: 'input_audio_buffer.append', audio: Buffer.alloc(144_000).toString('base64') })
      socket.send({ type: 'input_audio_buffer.commit' })
      const heard = await next(socket, 'conversation.item.input_audio_transcription.completed')
      expect(heard.transcript.length).toBeGreaterThan(5)
    }
    socket.close()
    // $0.006 a minute; for a million tokens $3 of sound and $5 of text.
    expect(await rowsOf(speaker)).toEqual([
      { model: 'whisper-1', outcome: 'ok', units: { seconds: 3 }, billed: '300000000' },
      {
        model: 'gpt-4o-mini-transcribe',
        outcome: 'ok',
        units: { input_uncached: 0, audio_in: 30, output_text: 6 },
        billed: String(30n * 3_000_000n + 6n * 5_000_000n),
      },
    ])
  }, 30_000)

  it('refuses what it could not bill, and goes on', async () => {
    const socket = open(tenant.key)
    await next(socket, 'session.created')
    for (const session of [
      { type: 'realtime', audio: { input: { transcription: { model: 'gpt-4o-mini' as 'whisper-1' } } } },
      { type: 'realtime', audio: { input: { transcription: { model: 'whisper-large-v3' as 'whisper-1' } } } },
      { type: 'transcription', audio: { input: { transcription: { model: 'whisper-1' } } } },
    ] as const) {
      const refused = new Promise<unknown>((resolve) => socket.once('error', resolve))
      socket.send({ type: 'session.update', session })
      expect(await refused).toMatchObject({ error: { type: 'invalid_request_error' } })
    }
    const updated = new Promise((resolve) => socket.once('session.updated', resolve))
    socket.send({ type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.' } })
    await updated
    socket.close()
  }, 30_000)

  it('a caller who leaves in the middle of an answer pays what the provider made of it', async () => {
    const leaver = await createTenant(system.owner, { name: 'leaver' })
    const socket = open(leaver.key)
    await talkUntil(socket, { tokens: 9_000, delay_ms: 5 })
    socket.socket.terminate()
    const [row, ...others] = await rowsOf(leaver)
    const entry = system.simulators?.books.entries().at(-1)
    expect(others).toEqual([])
    expect(row?.outcome).toBe('client_abort')
    expect(row?.units.output_text).toBe(entry?.usage.output_text)
    expect(row?.units.output_text).toBeLessThan(9_000)
    expect(Number(row?.billed)).toBeGreaterThan(0)
  }, 60_000)

  it('a revoked key ends the conversation with a typed event, what was made being billed', async () => {
    const revoked = await createTenant(system.owner, { name: 'revoked' })
    const socket = open(revoked.key)
    await talkUntil(socket, { tokens: 9_000, delay_ms: 5 })
    const ended = endOf(socket)
    await system.owner.query(`UPDATE api_key SET status = 'revoked', revoked_at = now() WHERE id = $1`, [revoked.keyId])
    expect(await ended).toEqual({ error: 'key_disabled', close: 1008 })
    expect(await rowsOf(revoked)).toMatchObject([{ outcome: 'client_abort' }])
  }, 60_000)

  it('a provider that breaks off is told as such, and nothing is billed', async () => {
    const unlucky = await createTenant(system.owner, { name: 'unlucky' })
    const socket = open(unlucky.key)
    const ended = endOf(socket)
    await talkUntil(socket, { tokens: 50, delay_ms: 5, reset_after: 5 })
    expect(await ended).toEqual({ error: 'stream_interrupted', close: 1011 })
    expect(await rowsOf(unlucky)).toEqual([])
    const { rows } = await system.owner.query(
      'SELECT outcome, billed_pusd::text AS billed FROM usage_event WHERE org_id = $1',
      [unlucky.orgId],
    )
    expect(rows).toEqual([{ outcome: 'upstream_error', billed: '0' }])
  }, 30_000)

  it.each([
    [
      'an event of seventeen megabytes',
      (socket: OpenAIRealtimeWS) => socket.socket.send('x'.repeat(17 * 1024 * 1024)),
      1009,
    ],
    ['bytes in place of text', (socket: OpenAIRealtimeWS) => socket.socket.send(Buffer.from([1, 2])), 1003],
  ])(
    '%s ends it by its code',
    async (_what, send, code) => {
      const socket = open(tenant.key)
      await next(socket, 'session.created')
      const ended = endOf(socket)
      send(socket)
      expect((await ended).close).toBe(code)
    },
    30_000,
  )

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

  it('a restart lets the answer under way end, bills it, and says why it closes', async () => {
    const last = await createTenant(system.owner, { name: 'last' })
    const socket = open(last.key)
    await talkUntil(socket, { tokens: 100, delay_ms: 20 })
    const done = next(socket, 'response.done')
    const ended = endOf(socket)
    const stopped = system.proxies[0]?.stop()
    expect((await done).response.usage?.output_tokens).toBe(100)
    expect(await ended).toEqual({ error: 'shutting_down', close: 1012 })
    expect(await stopped).toBe(0)
    expect(await rowsOf(last)).toMatchObject([{ outcome: 'ok', units: { output_text: 100 } }])
  }, 60_000)
})
