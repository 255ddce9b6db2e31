import { expect, it } from 'vitest'
import type { FormFile, SpooledForm } from '../http/multipart.ts'
import { fingerprintForm } from './fingerprint-form.ts'

const fileOf = (text: string, more: Partial<FormFile> = {}): FormFile => ({
  name: 'file',
  fileName: 'talk.wav',
  contentType: 'audio/wav',
  content: {
    write: () => Promise.resolve(),
    bytes: () => Buffer.byteLength(text),
    read: async function* () {
      // In pieces, as a disk gives them.
      for (const piece of text) yield Buffer.from(piece)
    },
    discard: () => Promise.resolve(),
  },
  ...more,
})

const form = (
  fields: readonly [string, string][],
  files: readonly FormFile[],
): Pick<SpooledForm, 'fields' | 'files'> => ({
  fields: fields.map(([name, value]) => ({ name, value })),
  files,
})

const FIELDS: readonly [string, string][] = [
  ['model', 'whisper-1'],
  ['prompt', 'Oslo'],
]

it('forms with the same parts are the same request', async () => {
  expect(await fingerprintForm(form(FIELDS, [fileOf('sound')]))).toEqual(
    await fingerprintForm(form([...FIELDS], [fileOf('sound')])),
  )
})

it('a form that differs in anything is another request', async () => {
  const forms = [
    form(FIELDS, [fileOf('sound')]),
    form(FIELDS, [fileOf('sounD')]),
    form(FIELDS, [fileOf('sound', { fileName: 'other.wav' })]),
    form(FIELDS, [fileOf('sound', { contentType: 'audio/mpeg' })]),
    form(FIELDS, [fileOf('sound', { name: 'mask' })]),
    form(FIELDS, [fileOf('so'), fileOf('und')]),
    form(FIELDS, []),
    form(FIELDS.toReversed(), [fileOf('sound')]),
    form([['model', 'whisper-1prompt']], [fileOf('sound')]),
    form([['modelwhisper-1', 'promptOslo']], [fileOf('sound')]),
  ]
  const prints = await Promise.all(forms.map(fingerprintForm))
  expect(new Set(prints.map((print) => print.toString('hex'))).size).toBe(forms.length)
})
