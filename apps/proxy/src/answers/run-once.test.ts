import { expect, it, vi } from 'vitest'
import { namedHeaders, type Reply } from '../http/reply.ts'
import type { KeptAnswers } from '@atpar/redis/kept-answers'
import { runOnce, type OnceRequest } from './run-once.ts'

const createMemoryAnswers = (): KeptAnswers & { readonly all: Map<string, Buffer> } => {
  const all = new Map<string, Buffer>()
  const keyOf = ({ orgId, name }: { readonly orgId: string; readonly name: string }): string => `${orgId} ${name}`
  return {
    all,
    claim: async (place, bytes) => {
      const before = all.get(keyOf(place)) ?? null
      if (before === null) all.set(keyOf(place), bytes)
      return before
    },
    put: async (place, bytes) => {
      all.set(keyOf(place), bytes)
    },
    find: async (place) => all.get(keyOf(place)) ?? null,
    prolong: async () => {},
    drop: async (place) => {
      all.delete(keyOf(place))
    },
  }
}

interface FakeReply extends Reply {
  readonly got: { status: number; headers: Record<string, unknown>; text: string }
  leave(): void
}

const createFakeReply = (): FakeReply => {
  const got: FakeReply['got'] = { status: 0, headers: {}, text: '' }
  let gone = false
  const add = (bytes: Uint8Array | string | undefined): void => {
    if (bytes !== undefined && !gone) got.text += Buffer.from(bytes as Uint8Array).toString()
  }
  return {
    got,
    leave: () => {
      gone = true
    },
    isGone: () => gone,
    onGone: () => {},
    hasStarted: () => got.status !== 0,
    keepHeaders: () => {},
    sendWhole: (status, headers, body) => {
      Object.assign(got, { status, headers })
      add(body)
    },
    sendWire: (status, headers, wire) => {
      Object.assign(got, { status, headers: namedHeaders(headers) })
      add(Buffer.from(wire, 'latin1'))
    },
    sendLast: () => {},
    startStream: (headers) => {
      Object.assign(got, { status: 200, headers })
    },
    write: (bytes) => {
      add(bytes)
      return true
    },
    onDrain: () => {},
    end: add,
    abort: (lastWords) => add(lastWords ?? undefined),
  }
}

const ask = (answers: KeptAnswers, run: (reply: Reply) => Promise<void>, more: Partial<OnceRequest> = {}) => {
  const reply = createFakeReply()
  const done = runOnce(
    { answers, warn: () => {} },
    {
      idempotencyKey: 'retry-1',
      caller: { orgId: 'org', keyId: 'key' },
      keyText: 'atp_secret',
      path: '/v1/chat/completions',
      body: Buffer.from('{}'),
      reply,
      ...more,
    },
    run,
  )
  return { reply, done }
}

const answerWith =
  (text: string) =>
  async (reply: Reply): Promise<void> => {
    reply.keepHeaders(['x-ratelimit-remaining-requests', '5'])
    reply.sendWhole(200, { 'content-type': 'application/json', 'x-generation-id': 'gen-canary' }, text)
  }

it('a retry gets the bytes that were sent as a text of bytes', async () => {
  const answers = createMemoryAnswers()
  const wire = Buffer.from('{"text":"Grüße 世界"}').toString('latin1')
  const run = vi.fn(async (reply: Reply) => reply.sendWire(200, ['content-type', 'application/json'], wire))
  await ask(answers, run).done
  const { reply, done } = ask(answers, run)
  await done
  expect(run).toHaveBeenCalledTimes(1)
  expect(reply.got.text).toBe('{"text":"Grüße 世界"}')
  expect(reply.got.headers).toMatchObject({ 'content-type': 'application/json' })
})

it('a retry gets the stored answer, marked, without what was true of the moment only', async () => {
  const answers = createMemoryAnswers()
  const run = vi.fn(answerWith('{"text":"PROMPT-CANARY"}'))
  await ask(answers, run).done
  const { reply, done } = ask(answers, run)
  await done
  expect(run).toHaveBeenCalledTimes(1)
  expect(reply.got).toEqual({
    status: 200,
    headers: { 'content-type': 'application/json', 'x-generation-id': 'gen-canary', 'idempotent-replayed': 'true' },
    text: '{"text":"PROMPT-CANARY"}',
  })
  // What is kept is sealed, and neither name nor content tell what it is.
  const kept = [...answers.all].map(([name, bytes]) => name + bytes.toString('latin1')).join()
  expect(kept).not.toMatch(/PROMPT|retry-1|atp_secret|gen-canary/)
})

it('whoever sends the same while it runs waits for its answer, and it is not run again', async () => {
  const answers = createMemoryAnswers()
  const { promise, resolve } = Promise.withResolvers<void>()
  const run = vi.fn(async (reply: Reply) => {
    reply.startStream({})
    reply.write('data: a\n\n')
    await promise
    reply.end('data: b\n\n')
  })
  const first = ask(answers, run)
  const second = ask(answers, run)
  // The first caller leaves in the middle: the answer is read to its end for the second.
  first.reply.leave()
  resolve()
  await Promise.all([first.done, second.done])
  expect(run).toHaveBeenCalledTimes(1)
  expect(second.reply.got.text).toBe('data: a\n\ndata: b\n\n')
})

it('another body or path under the same key is refused', async () => {
  const answers = createMemoryAnswers()
  await ask(answers, answerWith('1')).done
  for (const more of [{ body: Buffer.from('{ }') }, { path: '/v1/messages' }])
    await expect(ask(answers, answerWith('2'), more).done).rejects.toMatchObject({ code: 'idempotency_key_reused' })
})

it('keys of others are others’ affair: of another organization, another API key, another secret', async () => {
  const answers = createMemoryAnswers()
  const run = vi.fn(answerWith('mine'))
  await ask(answers, run).done
  await ask(answers, run, { caller: { orgId: 'other', keyId: 'key' } }).done
  await ask(answers, run, { caller: { orgId: 'org', keyId: 'other' } }).done
  await ask(answers, run, { keyText: 'atp_other' }).done
  expect(run).toHaveBeenCalledTimes(4)
})

it('what failed leaves nothing behind and may run again', async () => {
  const answers = createMemoryAnswers()
  await expect(ask(answers, () => Promise.reject(new Error('upstream'))).done).rejects.toThrow('upstream')
  const { reply, done } = ask(answers, answerWith('now'))
  await done
  expect(reply.got.text).toBe('now')
  expect(reply.got.headers).not.toHaveProperty('idempotent-replayed')
})

it('an answer too large to keep is not run and billed a second time', async () => {
  const answers = createMemoryAnswers()
  const run = vi.fn(answerWith('x'.repeat(17 * 1024 * 1024)))
  await ask(answers, run).done
  await expect(ask(answers, run).done).rejects.toMatchObject({ code: 'conflict' })
  expect(run).toHaveBeenCalledTimes(1)
})

it('without Redis a request that must not run twice does not run', async () => {
  const run = vi.fn(answerWith('1'))
  const broken = { ...createMemoryAnswers(), claim: () => Promise.reject(new Error('connection refused')) }
  await expect(ask(broken, run).done).rejects.toMatchObject({ code: 'quota_unavailable', status: 503 })
  expect(run).not.toHaveBeenCalled()
})

it.each(['', 'x'.repeat(256), 'with space', 'ünï'])('%j is no idempotency key', async (idempotencyKey) => {
  await expect(ask(createMemoryAnswers(), answerWith('1'), { idempotencyKey }).done).rejects.toMatchObject({
    code: 'invalid_request',
    param: 'idempotency-key',
  })
})
