import PDFDocument from 'pdfkit'
import { FONT_NAMES, fontFor, parsedFont, printable, type FontName } from './fonts.ts'

/** A4 in points. */
const WIDTH = 595.28
const HEIGHT = 841.89
export const LEFT = 50
export const RIGHT = WIDTH - 50
const TOP = 54
const BOTTOM = HEIGHT - 62

export const INK = '#18181b'
export const MUTED = '#71717a'
const HAIR = '#e4e4e7'

export interface TextStyle {
  readonly font?: FontName
  readonly size?: number
  readonly color?: string
}

export interface TextBox extends TextStyle {
  readonly x: number
  readonly width: number
  readonly align?: 'left' | 'right'
}

/** A page that is written from top to bottom. `y` is where the next thing goes. */
export interface Paper {
  y: number
  /** Writes and returns the height it took; does not move `y`. */
  readonly write: (text: string, box: TextBox) => number
  readonly heightOf: (text: string, box: TextBox) => number
  readonly rule: (weight?: 'hair' | 'strong', fromX?: number) => void
  /** Goes to the next page when less than this is left; draws what must stand on top of each. */
  readonly need: (height: number) => void
  readonly repeatOnTop: (draw: (() => void) | null) => void
  readonly finish: (footer: string) => Promise<Buffer>
}

/**
 * An empty document. Same calls, same bytes: the only instant in it is the one given, its file id is derived from that and the title, and the
 * letters are subsets of fonts of fixed versions.
 */
export const openPaper = (about: { title: string; author: string; createdAtMs: number }): Paper => {
  const document = new PDFDocument({
    size: [WIDTH, HEIGHT],
    margin: 0,
    // None to begin with: the default would read Helvetica's measures for nothing.
    font: '',
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    info: {
      Title: about.title,
      Author: about.author,
      Creator: 'Atpar',
      Producer: 'Atpar',
      CreationDate: new Date(about.createdAtMs),
    },
  })
  // It takes a font that is parsed already as well: https://github.com/foliojs/pdfkit/blob/master/lib/font_factory.js. Its types know bytes only.
  for (const name of FONT_NAMES) document.registerFont(name, parsedFont(name) as unknown as Buffer)
  const chunks: Buffer[] = []
  const whole = new Promise<Buffer>((resolve, reject) => {
    document.on('data', (chunk: Buffer) => chunks.push(chunk))
    document.on('end', () => resolve(Buffer.concat(chunks)))
    document.on('error', reject)
  })
  let onTop: (() => void) | null = null

  const set = (text: string, { font = 'regular', size = 9, color = INK }: TextStyle) =>
    document.font(fontFor(text, font)).fontSize(size).fillColor(color)
  const optionsOf = ({ width, align = 'left' }: TextBox) => ({ width, align, lineGap: 1.5 })

  const paper: Paper = {
    y: TOP,
    write: (given, box) => {
      const text = printable(given)
      set(text, box).text(text, box.x, paper.y, optionsOf(box))
      return document.y - paper.y
    },
    heightOf: (given, box) => {
      const text = printable(given)
      return set(text, box).heightOfString(text, optionsOf(box))
    },
    rule: (weight = 'hair', fromX = LEFT) => {
      document
        .moveTo(fromX, paper.y)
        .lineTo(RIGHT, paper.y)
        .lineWidth(weight === 'hair' ? 0.6 : 1.2)
        .strokeColor(weight === 'hair' ? HAIR : INK)
        .stroke()
    },
    need: (height) => {
      if (paper.y + height <= BOTTOM) return
      document.addPage()
      paper.y = TOP
      onTop?.()
    },
    repeatOnTop: (draw) => {
      onTop = draw
    },
    finish: (footer) => {
      const { count } = document.bufferedPageRange()
      for (let index = 0; index < count; index += 1) {
        document.switchToPage(index)
        set(footer, { size: 7.5, color: MUTED }).text(footer, LEFT, HEIGHT - 38, { width: 380, lineBreak: false })
        const place = `${index + 1} / ${count}`
        set(place, { size: 7.5, color: MUTED }).text(place, RIGHT - 60, HEIGHT - 38, { width: 60, align: 'right' })
      }
      document.end()
      return whole
    },
  }
  return paper
}
