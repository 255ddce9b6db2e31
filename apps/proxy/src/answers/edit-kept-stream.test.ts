import { expect, it } from 'vitest'
import { editKeptStream } from './edit-kept-stream.ts'

const edit = (text: string, path = ['usage', 'cost']): string =>
  editKeptStream(Buffer.from(text), [{ path, value: '0' }]).toString()

it('the event that tells the cost tells another one, and every other byte stays', () => {
  const words = 'data: {"choices":[{"delta":{"content":"the \\"cost\\" is {high}"}}]}\n\n'
  const comment = ': ping\n\n'
  const usage = (cost: string): string => `data: {"choices":[],"usage":{"total_tokens":12,"cost":${cost}}}\n\n`
  const end = 'data: [DONE]\n\nhalf an ev'
  expect(edit(words + comment + usage('0.00123') + end)).toBe(words + comment + usage('0') + end)
})

it('nothing is added where no cost was told', () => {
  const text = 'data: {"usage":null}\n\ndata: {"usage":{"total_tokens":3},"cost":1}\n\n'
  expect(edit(text)).toBe(text)
})

it('the path is that of the format', () => {
  const text = 'event: response.completed\ndata: {"response":{"usage":{"cost":0.5}},"sequence_number":9}\n\n'
  expect(edit(text, ['response', 'usage', 'cost'])).toBe(text.replace('0.5', '0'))
})
