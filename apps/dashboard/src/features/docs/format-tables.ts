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
  /** The sections beside the tables, in the docs' own Markdown. */
  readonly notes: readonly FormatNote[]
}

export interface FormatNote {
  readonly title: string
  /** Paragraphs, and lists as their items. */
  readonly blocks: readonly (string | readonly string[])[]
}

const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

const isTable = (block: string): boolean => block.startsWith('|')

const readBlock = (block: string): string | readonly string[] =>
  block.startsWith('- ') ? block.split('\n').map((line) => line.replace(/^- /, '')) : block

/** Reads our own generated page: headings, paragraphs, tables and lists, nothing more. */
export const parseFormatsPage = (page: string): FormatsPageText => {
  const [opening = '', ...sections] = page.split(/^## /m)
  const blocks = sections.map((section) => section.trim().split(/\n\n+/))
  return {
    introduction: opening.trim().split(/\n\n+/)[1] ?? '',
    tables: blocks.flatMap(([title = '', endpoint = '', table = '']) => {
      const [head, , ...rows] = table.split('\n')
      if (head === undefined || !isTable(table)) return []
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
    notes: blocks.flatMap(([title = '', ...others]) =>
      others.some(isTable) ? [] : [{ title, blocks: others.map(readBlock) }],
    ),
  }
}

export const readFormatsPage = async (): Promise<FormatsPageText> =>
  parseFormatsPage(await readFile(join(process.cwd(), 'docs', 'formats.md'), 'utf8'))
