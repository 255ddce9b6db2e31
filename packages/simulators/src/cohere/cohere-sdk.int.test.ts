import { CohereClientV2 } from 'cohere-ai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

let simulators: Simulators
let client: CohereClientV2
beforeAll(async () => {
  simulators = await startSimulators()
  client = new CohereClientV2({ token: 'simulated', environment: `${simulators.url}/cohere` })
})
afterAll(() => simulators.close())
beforeEach(() => simulators.books.clear())

const ask = (content: string) => ({ model: 'command-a-03-2025', messages: [{ role: 'user' as const, content }] })

test('Cohere’s own client reads an answer, with the billed counts of the books', async () => {
  const answer = await client.chat(ask('Hi [[sim:{"tokens":6}]]'))
  expect(answer.finishReason).toBe('COMPLETE')
  expect(answer.usage?.billedUnits).toMatchObject({
    inputTokens: simulators.books.entries()[0]?.usage.input_uncached,
    outputTokens: 6,
  })
})

test('Cohere’s own client reads a stream', async () => {
  let text = ''
  let last: string | undefined
  for await (const event of await client.chatStream(ask('Hi [[sim:{"tokens":6}]]'))) {
    if (event.type === 'content-delta') text += event.delta?.message?.content?.text ?? ''
    last = event.type
  }
  expect(text.length).toBeGreaterThan(6)
  expect(last).toBe('message-end')
})
