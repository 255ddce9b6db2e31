import { describeApi } from '../../api/openapi.ts'
import { readEnv } from '../../env.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { InputField } from '../../ui/field.tsx'
import { matchesSearch, readOperations, type FieldLine, type OperationView } from './api-operations.ts'
import { DocsFrame } from './docs-frame.tsx'
import { InlineMarkdown } from './inline-markdown.tsx'

const Fields = ({ title, lines }: { readonly title: string; readonly lines: readonly FieldLine[] }) =>
  lines.length > 0 && (
    <div className="mt-3">
      <h4 className="text-[13px] font-medium">{title}</h4>
      <dl className="mt-1.5 divide-y rounded-lg border text-[13px]">
        {lines.map((line) => (
          <div key={line.name} className="flex flex-wrap gap-x-3 gap-y-0.5 px-3 py-1.5">
            <dt className="font-mono text-xs leading-5 text-ink">
              {line.name}
              {line.isRequired && (
                <span title="required" className="text-danger">
                  {' '}
                  *
                </span>
              )}
            </dt>
            <dd className="min-w-0 flex-1 text-muted">
              <span className="font-mono text-xs break-words">{line.type}</span>
              {line.description !== null && (
                <span className="block">
                  <InlineMarkdown text={line.description} />
                </span>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )

const Operation = ({ view }: { readonly view: OperationView }) => (
  <section className="border-t py-6 first:border-t-0">
    <h3 id={view.operation} className="flex flex-wrap items-center gap-2 text-[15px] font-semibold">
      <Badge tone={view.method === 'GET' ? 'info' : view.method === 'DELETE' ? 'bad' : 'neutral'}>{view.method}</Badge>
      <a href={`#${view.operation}`} className="font-mono text-sm break-all hover:underline">
        {view.path}
      </a>
    </h3>
    <p className="mt-1.5 text-sm">{view.summary}</p>
    {view.description !== null && (
      <p className="mt-1 text-sm text-muted">
        <InlineMarkdown text={view.description} />
      </p>
    )}
    <div className="mt-3">
      <CodeBlock code={view.curl} label={`${view.summary} with curl`} />
    </div>
    <Fields title="Parameters" lines={view.parameters} />
    <Fields title="Body" lines={view.body} />
    <Fields title={`Answer ${view.status}`} lines={view.answer} />
  </section>
)

interface ApiPageProps {
  readonly searchParams: Promise<{ readonly q?: string | readonly string[] }>
}

export const ApiPage = async ({ searchParams }: ApiPageProps) => {
  const { q } = await searchParams
  const search = typeof q === 'string' ? q.trim().slice(0, 100) : ''
  const api = describeApi()
  const views = readOperations(api, readEnv().dashboardUrl).filter((view) => matchesSearch(view, search))
  const groups = api.tags
    .map(({ name }) => ({ name, views: views.filter((view) => view.tag === name) }))
    .filter((group) => group.views.length > 0)
  return (
    <DocsFrame current="/docs/api">
      <h1 className="text-2xl font-semibold tracking-tight">Management API</h1>
      {api.info.description.split('\n\n').map((paragraph) => (
        <p key={paragraph} className="mt-2 leading-relaxed text-muted">
          <InlineMarkdown text={paragraph} />
        </p>
      ))}
      <p className="mt-2 leading-relaxed text-muted">
        As a file for your own generator:{' '}
        <a href="/api/v1/openapi.json" className="font-medium text-accent underline-offset-2 hover:underline">
          openapi.json
        </a>{' '}
        (OpenAPI 3.1).
      </p>
      <form role="search" className="mt-5 flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <InputField label="Search" name="q" type="search" defaultValue={search} placeholder="rotate key, budget…" />
        </div>
        <Button type="submit" tone="secondary">
          Find
        </Button>
      </form>
      <nav aria-label="Operations" className="mt-5 space-y-2">
        {groups.map((group) => (
          <div key={group.name} className="flex flex-wrap items-baseline gap-1.5">
            <span className="w-28 shrink-0 text-[13px] text-muted">{group.name}</span>
            {group.views.map((view) => (
              <a
                key={view.operation}
                href={`#${view.operation}`}
                className="rounded-md border bg-surface px-2 py-1 font-mono text-xs text-muted hover:border-line-strong hover:text-ink"
              >
                {view.operation}
              </a>
            ))}
          </div>
        ))}
      </nav>
      {groups.length === 0 && <p className="mt-6 text-sm text-muted">Nothing here is called “{search}”.</p>}
      {groups.map((group) => (
        <div key={group.name} className="mt-8">
          <h2 className="text-lg font-semibold tracking-tight">{group.name}</h2>
          {group.views.map((view) => (
            <Operation key={view.operation} view={view} />
          ))}
        </div>
      ))}
    </DocsFrame>
  )
}
