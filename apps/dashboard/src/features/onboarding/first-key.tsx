'use client'

import { Check, KeyRound } from 'lucide-react'
import { useActionState } from 'react'
import { Banner } from '../../ui/banner.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { firstCallSnippets } from '../../ui/snippets.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { createFirstKeyAction, type FirstKeyState } from './actions.ts'

interface FirstKeyProps {
  readonly orgSlug: string
  readonly proxyUrl: string
  readonly model: string
  readonly hasKeys: boolean
}

const Step = ({
  number,
  title,
  isDone,
  children,
}: {
  readonly number: number
  readonly title: string
  readonly isDone: boolean
  readonly children: React.ReactNode
}) => (
  <section className="relative pl-11">
    <span
      className={`absolute top-0 left-0 flex size-7 items-center justify-center rounded-full border text-[13px] font-medium tabular-nums ${isDone ? 'border-transparent bg-accent-soft text-accent' : 'bg-surface text-muted'}`}
    >
      {isDone ? <Check className="size-4" aria-label="done" /> : number}
    </span>
    <h2 className="pt-0.5 text-base font-semibold tracking-tight">{title}</h2>
    <div className="mt-3">{children}</div>
  </section>
)

/** Steps one and two share the key: the code below holds it for as long as this page stays open, and nowhere after. */
export const FirstKey = ({ orgSlug, proxyUrl, model, hasKeys }: FirstKeyProps) => {
  const [state, submit] = useActionState<FirstKeyState, FormData>(createFirstKeyAction.bind(null, orgSlug), {
    status: 'idle',
  })
  const snippets = firstCallSnippets({ proxyUrl, apiKey: state.apiKey ?? 'YOUR_KEY', model })
  return (
    <>
      <Step number={1} title="Your key" isDone={state.apiKey !== undefined}>
        {state.message !== undefined && (
          <div className="mb-3">
            <Banner tone="danger" isAlert>
              {state.message}
            </Banner>
          </div>
        )}
        {state.apiKey === undefined ? (
          <form action={submit}>
            <p className="mb-3 leading-relaxed text-muted">
              {hasKeys
                ? 'You have a key already. Use it, or create another.'
                : 'It carries your identity and your budget. It is shown once: here.'}
            </p>
            <SubmitButton pendingLabel="Creating…" tone={hasKeys ? 'secondary' : 'primary'}>
              <KeyRound aria-hidden /> {hasKeys ? 'Create another key' : 'Create your key'}
            </SubmitButton>
          </form>
        ) : (
          <div className="space-y-3">
            <div className="flex items-center gap-2 rounded-lg border border-line-strong bg-subtle py-1.5 pr-1.5 pl-3.5">
              <code data-testid="new-key" className="min-w-0 flex-1 font-mono text-[13px] break-all select-all">
                {state.apiKey}
              </code>
              <CopyButton text={state.apiKey} label="Copy key" />
            </div>
            <p className="text-[13px] text-warning">
              Copy it now. It is stored only as a hash and cannot be shown again.
            </p>
          </div>
        )}
      </Step>
      <Step number={2} title="Make a call" isDone={false}>
        <Tabs
          label="Language"
          tabs={snippets.map(({ id, label, code }) => ({
            id,
            label,
            content: <CodeBlock code={code} label={`${label} example`} />,
          }))}
        />
      </Step>
    </>
  )
}
