'use client'

import { useActionState } from 'react'
import type { KeptPart, KeptWords } from '@atpar/core/kept-content'
import { Banner } from '../../ui/banner.tsx'
import { Card } from '../../ui/card.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { Time } from '../../ui/time.tsx'
import { openContentAction, type OpenedState } from './actions.ts'

const ROLES = { system: 'System', user: 'User', assistant: 'Assistant', tool: 'Tool' } as const

const PLACES = { image: 'A picture was here.', audio: 'A sound was here.', file: 'A file was here.' } as const

const titleOf = (part: KeptPart): string | null => {
  switch (part.type) {
    case 'text':
    case 'media':
      return null
    case 'thinking':
      return 'Thinking'
    case 'refusal':
      return 'Refusal'
    case 'tool-call':
      return `Calls ${part.name}`
    case 'tool-result':
      return part.name === null ? 'Result of a tool' : `Result of ${part.name}`
  }
}

const Part = ({ part }: { readonly part: KeptPart }) => {
  if (part.type === 'media') return <p className="text-[13px] text-muted italic">{PLACES[part.kind]}</p>
  const title = titleOf(part)
  const isCode = part.type === 'tool-call' || part.type === 'tool-result'
  return (
    <div>
      {title !== null && <p className="mb-1 text-[13px] font-medium text-muted">{title}</p>}
      <p
        className={
          isCode
            ? 'rounded-lg bg-subtle px-3 py-2 font-mono text-[13px] break-words whitespace-pre-wrap'
            : 'text-sm leading-relaxed break-words whitespace-pre-wrap'
        }
      >
        {part.text}
      </p>
    </div>
  )
}

const Words = ({ title, words, cut }: { readonly title: string; readonly words: KeptWords; readonly cut: string }) => (
  <section aria-label={title}>
    <h3 className="border-y bg-subtle px-5 py-2 text-[13px] font-medium text-muted">{title}</h3>
    {words.isCut && <p className="px-5 pt-3 text-[13px] text-muted">{cut}</p>}
    <ol className="divide-y">
      {words.messages.map((message, index) => (
        <li key={index} className="grid gap-x-4 gap-y-1 px-5 py-3.5 sm:grid-cols-[6rem_minmax(0,1fr)]">
          <p className="text-[13px] text-muted">{ROLES[message.role]}</p>
          <div className="min-w-0 space-y-3">
            {message.parts.map((part, place) => (
              <Part key={place} part={part} />
            ))}
          </div>
        </li>
      ))}
    </ol>
  </section>
)

const START: OpenedState = { status: 'idle' }

interface ContentCardProps {
  readonly orgSlug: string
  readonly requestId: string
  readonly keptUntilMs: number
}

/** Words are opened by a click, not by a visit: each time is on record. */
export const ContentCard = ({ orgSlug, requestId, keptUntilMs }: ContentCardProps) => {
  const [state, submit] = useActionState(openContentAction.bind(null, { orgSlug, requestId }), START)
  const content = state.opened?.content ?? null
  const detail = (
    <>
      Sealed, and deleted on <Time atMs={keptUntilMs} style="day" />.
    </>
  )
  return (
    <Card flush={content !== null} title="Prompt and answer" detail={detail}>
      {content === null ? (
        <form action={submit} className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-sm text-muted">
            {state.status === 'done'
              ? 'It is gone: it was deleted since this page was opened.'
              : 'Whoever opens it is named in the audit log.'}
          </p>
          {state.status !== 'done' && (
            <SubmitButton tone="secondary" size="small" pendingLabel="Opening…">
              Show prompt and answer
            </SubmitButton>
          )}
          {state.message !== undefined && (
            <div className="w-full">
              <Banner tone="danger" isAlert>
                {state.message}
              </Banner>
            </div>
          )}
        </form>
      ) : (
        <>
          <Words
            title="Asked"
            words={content.request}
            cut="The conversation was longer; its newest messages are kept."
          />
          {content.answer === null ? (
            <p className="border-t px-5 py-3.5 text-sm text-muted">No answer in words reached the caller.</p>
          ) : (
            <Words title="Answered" words={content.answer} cut="The answer was longer; its beginning is kept." />
          )}
        </>
      )}
    </Card>
  )
}
