import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What works for callers of one format. */
export interface FormatTable {
  readonly title: string
  /** Method and path, as one calls it. */
  readonly endpoint: string
  readonly columns: readonly string[]
  readonly rows: readonly { readonly provider: string; readonly cells: readonly string[] }[]
}

export interface FormatsPageText {
  readonly introduction: string
  readonly tables: readonly FormatTable[]
  /** One sentence each, in the docs' own Markdown. */
  readonly refusals: readonly string[]
}

const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

/** Reads our own generated page: headings, paragraphs, tables and one list, nothing more. */
export const parseFormatsPage = (page: string): FormatsPageText => {
  const [opening = '', ...sections] = page.split(/^## /m)
  const blocks = sections.map((section) => section.trim().split(/\n\n+/))
  return {
    introduction: opening.trim().split(/\n\n+/)[1] ?? '',
    tables: blocks.flatMap(([title = '', endpoint = '', table = '']) => {
      const [head, , ...rows] = table.split('\n')
      if (head === undefined || !head.startsWith('|')) return []
      return [
        {
          title,
          endpoint: endpoint.replaceAll('`', ''),
          columns: cellsOf(head),
          rows: rows.map((line) => {
            const [provider = '', ...cells] = cellsOf(line)
            return { provider, cells }
          }),
        },
      ]
    }),
    refusals: (blocks.find(([title]) => title === 'Refusals')?.[1] ?? '')
      .split('\n')
      .map((line) => line.replace(/^- /, '')),
  }
}

export const readFormatsPage = async (): Promise<FormatsPageText> =>
  parseFormatsPage(await readFile(join(process.cwd(), 'docs', 'formats.md'), 'utf8'))
