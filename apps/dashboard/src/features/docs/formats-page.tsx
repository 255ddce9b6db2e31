import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { Badge } from '../../ui/badge.tsx'
import { DocsFrame } from './docs-frame.tsx'
import { readFormatsPage, type FormatTable } from './format-tables.ts'
import { InlineMarkdown } from './inline-markdown.tsx'

const Formats = ({ table }: { readonly table: FormatTable }) => {
  const [first = '', ...columns] = table.columns
  return (
    <section className="mt-8">
      <h2 className="text-lg font-semibold">{table.title}</h2>
      <p className="mt-1 font-mono text-xs break-all text-muted">{table.endpoint}</p>
      <div className="mt-3 rounded-xl border bg-surface">
        <Table label={`What works in ${table.title}`}>
          <thead>
            <tr>
              <HeaderCell className="sticky left-0 z-10 rounded-tl-xl bg-surface max-sm:pr-1">{first}</HeaderCell>
              {columns.map((column) => (
                <HeaderCell key={column} className="text-center align-bottom sm:px-2 md:px-1! md:whitespace-normal!">
                  {column}
                </HeaderCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map(({ provider, cells }) => (
              <Row key={provider}>
                <Cell className="sticky left-0 z-10 bg-surface font-medium max-sm:max-w-36 max-sm:pr-1 max-sm:whitespace-normal">
                  {provider}
                </Cell>
                {cells.map((cell, index) => (
                  <Cell key={columns[index]} className="text-center sm:px-2 md:px-1!">
                    {cell === 'yes' ? (
                      <span className="text-accent" title="works">
                        <span aria-hidden="true">✓</span>
                        <span className="sr-only">yes</span>
                      </span>
                    ) : (
                      <Badge tone="neutral">{cell}</Badge>
                    )}
                  </Cell>
                ))}
              </Row>
            ))}
          </tbody>
        </Table>
      </div>
    </section>
  )
}

export const FormatsPage = async () => {
  const { introduction, tables, notes } = await readFormatsPage()
  return (
    <DocsFrame current="/docs/formats" wide>
      <h1 className="text-2xl font-semibold tracking-tight">Formats</h1>
      <p className="mt-2 max-w-3xl leading-relaxed text-muted">
        <InlineMarkdown text={introduction} />
      </p>
      {tables.map((table) => (
        <Formats key={table.title} table={table} />
      ))}
      {notes.map(({ title, blocks }) => (
        <section key={title} className="prose-doc mt-8 max-w-3xl">
          <h2>{title}</h2>
          {blocks.map((block) =>
            typeof block === 'string' ? (
              <p key={block}>
                <InlineMarkdown text={block} />
              </p>
            ) : (
              <ul key={block[0]}>
                {block.map((item) => (
                  <li key={item}>
                    <InlineMarkdown text={item} />
                  </li>
                ))}
              </ul>
            ),
          )}
        </section>
      ))}
    </DocsFrame>
  )
}
