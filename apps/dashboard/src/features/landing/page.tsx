import { ArrowRight, Equal, ReceiptText, ShieldCheck } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { listCatalogue, type CatalogueModel } from '@atpar/db/catalogue'
import { readDeps } from '../../deps.ts'
import { readEnv } from '../../env.ts'
import { formatCount } from '../../format/number.ts'
import { LinkButton } from '../../ui/button.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { pickTeaser } from './teaser.ts'

const PROMISES: readonly { readonly icon: ReactNode; readonly title: string; readonly text: string }[] = [
  {
    icon: <Equal />,
    title: 'At par',
    text: 'You pay what the provider’s price list says on that day. No markup, no fee per token.',
  },
  {
    icon: <ShieldCheck />,
    title: 'Caps that hold',
    text: 'A budget on an organization, team, member or key is checked before a request leaves, also when a thousand arrive at once.',
  },
  {
    icon: <ReceiptText />,
    title: 'Proof on the invoice',
    text: 'Every line is units × dated list price. The page of each request shows the same multiplication.',
  },
]

const Difference = ({ proxyUrl }: { readonly proxyUrl: string }) => (
  <div className="min-w-0 overflow-hidden rounded-xl border bg-surface shadow-sm">
    <p className="border-b px-4 py-2.5 font-mono text-xs text-muted">app.py</p>
    {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- WCAG 2.1.1: a scrolling region must be reachable without a mouse. */}
    <pre
      tabIndex={0}
      role="region"
      aria-label="What changes in your code"
      className="overflow-x-auto py-3 font-mono text-[12.5px] leading-[1.75]"
    >
      <code className="block w-max min-w-full">
        <span className="block px-4">client = OpenAI(</span>
        <span className="block bg-accent-soft px-4 text-accent">{`+   base_url="${proxyUrl}/v1",`}</span>
        <span className="block px-4">{'    api_key=os.environ["ATPAR_KEY"],'}</span>
        <span className="block px-4">)</span>
        <span className="block px-4">answer = client.chat.completions.create(</span>
        <span className="block bg-danger-soft px-4 text-danger">{'-   model="gpt-4o-mini",'}</span>
        <span className="block bg-accent-soft px-4 text-accent">{'+   model="claude-sonnet-5",'}</span>
        <span className="block px-4">{'    messages=messages,'}</span>
        <span className="block px-4">)</span>
      </code>
    </pre>
  </div>
)

const Teaser = ({
  models,
  offeringCount,
}: {
  readonly models: readonly CatalogueModel[]
  readonly offeringCount: number
}) => {
  const rows = pickTeaser(models, Date.now())
  if (rows.length === 0) return null
  return (
    <section aria-labelledby="prices" className="mx-auto w-full max-w-6xl px-5 pb-20">
      <div className="mb-4 flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 id="prices" className="text-lg font-semibold tracking-tight">
            {formatCount(models.length)} models, {formatCount(offeringCount)} prices on record
          </h2>
          <p className="mt-1 text-muted">Dollars for a million tokens, straight from the live catalogue.</p>
        </div>
        <Link
          href="/models"
          className="inline-flex items-center gap-1 text-sm font-medium text-accent underline-offset-4 hover:underline"
        >
          The whole list <ArrowRight className="size-4" aria-hidden />
        </Link>
      </div>
      <div className="rounded-xl border bg-surface">
        <Table label="Some prices">
          <thead>
            <tr>
              <HeaderCell>Model</HeaderCell>
              <HeaderCell className="max-sm:hidden">Provider</HeaderCell>
              <HeaderCell numeric>Input</HeaderCell>
              <HeaderCell numeric>Output</HeaderCell>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.offeringId}>
                <Cell className="font-medium">{row.modelName}</Cell>
                <Cell className="text-muted max-sm:hidden">{row.providerName}</Cell>
                <Cell numeric className="font-mono text-[13px]">
                  {row.input}
                </Cell>
                <Cell numeric className="font-mono text-[13px]">
                  {row.output}
                </Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      </div>
    </section>
  )
}

export const LandingPage = async () => {
  const models = await listCatalogue(readDeps().db)
  const { proxyUrl } = readEnv()
  const offeringCount = models.reduce((sum, model) => sum + model.offerings.length, 0)
  return (
    <>
      <section className="mx-auto grid w-full max-w-6xl items-center gap-x-14 gap-y-10 px-5 pt-16 pb-16 lg:grid-cols-[1.1fr_1fr] lg:pt-24">
        <div className="min-w-0">
          <h1 className="text-[clamp(2.25rem,6vw,3.5rem)] leading-[1.05] font-semibold tracking-[-0.03em] text-balance">
            Every AI model,
            <br />
            one endpoint,
            <br />
            <span className="text-accent">at par.</span>
          </h1>
          <p className="mt-5 max-w-lg text-base leading-relaxed text-muted">
            Keep your OpenAI or Anthropic SDK. Change its base URL and the model&rsquo;s name, and reach GPT, Claude,
            Gemini, DeepSeek, Qwen and Llama. One invoice a month, at list price, with the arithmetic on it.
          </p>
          <div className="mt-8 flex flex-wrap gap-3">
            <LinkButton href="/sign-up">
              Create an account <ArrowRight aria-hidden />
            </LinkButton>
            <LinkButton href="/log-in" tone="secondary">
              Log in
            </LinkButton>
          </div>
        </div>
        <Difference proxyUrl={proxyUrl} />
      </section>
      <section aria-label="Promises" className="mx-auto w-full max-w-6xl px-5">
        <div className="grid gap-8 border-t py-12 md:grid-cols-3">
          {PROMISES.map(({ icon, title, text }) => (
            <div key={title}>
              <div className="text-accent [&_svg]:size-5" aria-hidden>
                {icon}
              </div>
              <h2 className="mt-3 font-semibold">{title}</h2>
              <p className="mt-1.5 leading-relaxed text-muted">{text}</p>
            </div>
          ))}
        </div>
      </section>
      <Teaser models={models} offeringCount={offeringCount} />
    </>
  )
}
