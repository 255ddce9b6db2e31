import type { Party } from './document-model.ts'
import { INK, LEFT, MUTED, RIGHT, type Paper } from './paper.ts'

export interface Fact {
  readonly heading: string
  readonly value: string
  readonly details?: readonly string[]
}

/** Title, number and the issuer's name, over a strong rule. */
export const drawHead = (paper: Paper, head: { title: string; number: string; seller: string }): void => {
  const top = paper.y
  paper.y += 3
  paper.write(head.seller, { x: LEFT + 250, width: RIGHT - LEFT - 250, align: 'right', font: 'strong', size: 11 })
  paper.y = top
  paper.y += paper.write(head.title, { x: LEFT, width: 250, font: 'strong', size: 22 }) + 2
  paper.y += paper.write(head.number, { x: LEFT, width: 400, size: 9, color: MUTED }) + 12
  paper.rule('strong')
  paper.y += 18
}

const GAP = 20

const drawColumn = (paper: Paper, fact: Fact, box: { x: number; width: number }): number => {
  const top = paper.y
  paper.y += paper.write(fact.heading, { ...box, size: 7.5, color: MUTED }) + 1
  paper.y += paper.write(fact.value, { ...box, font: 'strong', size: 9.5 }) + 1
  for (const detail of fact.details ?? []) paper.y += paper.write(detail, { ...box, size: 8.5, color: INK })
  const height = paper.y - top
  paper.y = top
  return height
}

/** Facts side by side in columns of equal width. */
export const drawFacts = (paper: Paper, facts: readonly Fact[]): void => {
  const width = (RIGHT - LEFT - GAP * (facts.length - 1)) / facts.length
  const heights = facts.map((fact, index) => drawColumn(paper, fact, { x: LEFT + index * (width + GAP), width }))
  paper.y += Math.max(...heights) + 16
}

export const partyFact = (heading: string, { name, details }: Party): Fact => ({ heading, value: name, details })

/** Label and figure, right-aligned in the right half of the page. */
export const drawSum = (paper: Paper, sum: { name: string; value: string; isTotal?: boolean }): void => {
  const x = LEFT + 200
  const isTotal = sum.isTotal === true
  paper.need(isTotal ? 34 : 15)
  if (isTotal) {
    paper.y += 4
    paper.rule('strong', x)
    paper.y += 8
  }
  const style = isTotal ? ({ font: 'strong', size: 12 } as const) : ({ size: 9 } as const)
  paper.write(sum.name, { x, width: 180, ...style, ...(isTotal ? {} : { color: MUTED }) })
  paper.write(sum.value, { x: x + 150, width: RIGHT - x - 150, align: 'right', ...style })
  paper.y += isTotal ? 24 : 15
}

/** A heading with a paragraph under it, kept together. */
export const drawSection = (paper: Paper, section: { heading: string; text: string; code?: string }): void => {
  const box = { x: LEFT, width: RIGHT - LEFT }
  paper.need(paper.heightOf(section.text, { ...box, size: 8.5 }) + 60)
  paper.y += 14
  paper.rule()
  paper.y += 12
  paper.y += paper.write(section.heading, { ...box, font: 'strong', size: 9.5 }) + 3
  if (section.code !== undefined) paper.y += paper.write(section.code, { ...box, size: 8.5 }) + 4
  paper.y += paper.write(section.text, { ...box, size: 8.5, color: MUTED })
}
