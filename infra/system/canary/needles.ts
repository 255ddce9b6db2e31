/** A secret in the forms in which it may lie about. */
export interface Needle {
  readonly name: string
  readonly forms: readonly string[]
}

/** Base64 of a text that stands anywhere in a longer one: what is the same whatever came before it. */
const base64Cores = (text: string): readonly string[] =>
  [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).toString('base64')
    const core = whole.slice(shift === 0 ? 0 : 4, Math.floor(whole.length / 4 - 1) * 4)
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')]
  })

/** @param text letters and digits only, at least 16 of them, so that no form turns up by chance */
export const needleOf = (name: string, text: string): Needle => ({
  name,
  forms: [
    ...new Set([
      text,
      encodeURIComponent(text),
      Buffer.from(text).toString('hex'),
      ...base64Cores(text),
      // As a database may show wide characters.
      Buffer.from(text, 'utf16le').toString('hex'),
    ]),
  ],
})

/** Names of the needles found in a haystack. */
export const findNeedles = (haystack: string, needles: readonly Needle[]): readonly string[] =>
  needles.filter(({ forms }) => forms.some((form) => haystack.includes(form))).map(({ name }) => name)
