import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

/** AWS's own client signs, writes and reads: what it takes for Bedrock is near enough to it. */

const MODEL = 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'
let simulators: Simulators
beforeAll(async () => {
  simulators = await startSimulators()
})
afterAll(() => simulators.close())
beforeEach(() => simulators.books.clear())

const clientWith = (secretAccessKey: string, accessKeyId = 'AKIAIOSFODNN7EXAMPLE'): BedrockRuntimeClient =>
  new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: `${simulators.url}/bedrock`,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    // The client would speak HTTP/2.
    requestHandler: new NodeHttpHandler(),
  })
const ask = (text: string) => ({ modelId: MODEL, messages: [{ role: 'user' as const, content: [{ text }] }] })
const toolConfig = {
  tools: [
    {
      toolSpec: {
        name: 'get_weather',
        inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } } } },
      },
    },
  ],
}

const readAll = async (stream: AsyncIterable<ConverseStreamOutput> | undefined): Promise<ConverseStreamOutput[]> => {
  const events: ConverseStreamOutput[] = []
  for await (const event of stream ?? []) events.push(event)
  return events
}

test('answers whole, with the counts of its books', async () => {
  const answer = await clientWith('simulated').send(
    new ConverseCommand(ask('Hi [[sim:{"tokens":7,"cached":100,"cache_write_1h":50}]]')),
  )
  const [entry] = simulators.books.entries()
  expect(answer.stopReason).toBe('end_turn')
  expect(answer.usage).toEqual({
    inputTokens: entry?.usage.input_uncached,
    outputTokens: 7,
    totalTokens: (entry?.usage.input_uncached ?? 0) + 157,
    cacheReadInputTokens: 100,
    cacheWriteInputTokens: 50,
    cacheDetails: [{ ttl: '1h', inputTokens: 50 }],
  })
  expect(entry).toMatchObject({ provider: 'bedrock', model: MODEL, billable: true })
})

test('streams words and calls as messages the client can check', async () => {
  const { stream } = await clientWith('simulated').send(
    new ConverseStreamCommand({ ...ask('[[sim:{"tool":"get_weather","tokens":3}]]'), toolConfig }),
  )
  const events = await readAll(stream)
  const input = events.map((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? '').join('')
  expect(JSON.parse(input)).toEqual({ city: expect.any(String) })
  expect(events.filter((event) => event.contentBlockDelta?.delta?.text !== undefined)).toHaveLength(3)
  expect(events.at(-2)?.messageStop?.stopReason).toBe('tool_use')
  expect(events.at(-1)?.metadata?.usage?.outputTokens).toBe(simulators.books.entries()[0]?.usage.output_text)
})

test('an error inside a stream is an exception of its own', async () => {
  const { stream } = await clientWith('simulated').send(
    new ConverseStreamCommand(ask('[[sim:{"tokens":9,"error_after":2,"status":429}]]')),
  )
  await expect(readAll(stream)).rejects.toMatchObject({ name: 'ThrottlingException' })
})

test('a wrong secret and an unknown key are told apart, and neither is billed', async () => {
  await expect(clientWith('wrong').send(new ConverseCommand(ask('Hi')))).rejects.toMatchObject({
    name: 'InvalidSignatureException',
    $metadata: { httpStatusCode: 403 },
  })
  await expect(clientWith('simulated', 'AKIAUNKNOWN').send(new ConverseCommand(ask('Hi')))).rejects.toMatchObject({
    name: 'UnrecognizedClientException',
  })
  simulators.accounts.addAwsKey('AKIAOTHER', 'other+secret/key')
  await clientWith('other+secret/key', 'AKIAOTHER').send(new ConverseCommand(ask('Hi [[sim:{"tokens":1}]]')))
  expect(simulators.books.entries().map(({ billable }) => billable)).toEqual([false, false, true])
})
