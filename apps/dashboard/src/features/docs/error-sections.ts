import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface ErrorSection {
  readonly code: string
  /** `**What happened.** …` and its siblings, one each. */
  readonly paragraphs: readonly string[]
}

/** Reads our own catalogue page: `##` headings and paragraphs, nothing more, so no Markdown library is needed. */
export const parseErrorSections = (page: string): readonly ErrorSection[] =>
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [code = '', ...paragraphs] = section.trim().split(/\n\n+/)
      return { code: code.trim(), paragraphs }
    })

export const readErrorSections = async (): Promise<readonly ErrorSection[]> =>
  parseErrorSections(await readFile(join(process.cwd(), 'docs', 'errors.md'), 'utf8'))
