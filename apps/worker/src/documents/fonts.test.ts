import { describe, expect, it } from 'vitest'
import { fontFor, lettersOf, parsedFont, printable } from './fonts.ts'

describe('what a PDF prints', () => {
  it.each([
    ['Müller & Söhne GmbH', 'Müller & Söhne GmbH'],
    ['ООО «Ромашка»', 'ООО «Ромашка»'],
    ['Ծաղիկ', 'Ծաղիկ'],
    ['株式会社', 'ZhuShiHuiShe'],
    ['삼성전자', 'SamSeongJeonJa'],
    ['Cafe\u0301', 'Café'],
  ])('of %s is %s', (given, printed) => {
    expect(printable(given)).toBe(printed)
  })

  it.each(['regular', 'strong'] as const)(
    'is copied as what it is printed for, whatever was drawn before (%s)',
    (name) => {
      const font = parsedFont(name)
      font.glyphsForString('ʼˮɩ')
      expect(Array.from('’”ι', (letter) => font.glyphsForString(letter)[0]?.codePoints)).toEqual([
        [0x2019],
        [0x201d],
        [0x3b9],
      ])
    },
  )

  it('has a letter in the font it is set in, whatever is given: never an empty box', () => {
    const known = { regular: lettersOf('regular'), strong: lettersOf('strong'), wide: lettersOf('wide') }
    const boxes: string[] = []
    for (let code = 0x20; code < 0x2_0000; code += 1) {
      // Half of a pair is no character.
      if (code >= 0xd800 && code <= 0xdfff) continue
      const text = printable(String.fromCodePoint(code))
      for (const wanted of ['regular', 'strong'] as const) {
        const letters = known[fontFor(text, wanted)]
        if (Array.from(text).some((letter) => !letters.has(letter.codePointAt(0) ?? 0)))
          boxes.push(`${code.toString(16)} as ${text} in ${wanted}`)
      }
    }
    expect(boxes).toEqual([])
  })
})
