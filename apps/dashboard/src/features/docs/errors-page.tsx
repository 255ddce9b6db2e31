import { ERRORS, type ErrorCode } from '@atpar/core/errors'
import { Badge } from '../../ui/badge.tsx'
import { DocsFrame } from './docs-frame.tsx'
import { readErrorSections } from './error-sections.ts'
import { InlineMarkdown } from './inline-markdown.tsx'

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code)

export const ErrorsPage = async () => {
  const sections = await readErrorSections()
  return (
    <DocsFrame current="/docs/errors">
      <h1 className="text-2xl font-semibold tracking-tight">Errors</h1>
      <p className="mt-2 leading-relaxed text-muted">
        Every refusal carries a <code className="font-mono text-[13px] text-ink">code</code>. A failure of ours is never
        dressed up as one of yours: we do not answer 401 or 429 for it.
      </p>
      <nav aria-label="Codes" className="mt-5 flex flex-wrap gap-1.5">
        {sections.map(({ code }) => (
          <a
            key={code}
            href={`#${code}`}
            className="rounded-md border bg-surface px-2 py-1 font-mono text-xs text-muted hover:border-line-strong hover:text-ink"
          >
            {code}
          </a>
        ))}
      </nav>
      <div className="prose-doc">
        {sections.map(({ code, paragraphs }) => (
          <section key={code}>
            <h2 id={code} className="flex flex-wrap items-center gap-2">
              <a href={`#${code}`} className="font-mono text-[15px] hover:underline">
                {code}
              </a>
              {isErrorCode(code) && (
                <>
                  <Badge>{ERRORS[code].status}</Badge>
                  <Badge tone={ERRORS[code].retryable ? 'info' : 'neutral'}>
                    {ERRORS[code].retryable ? 'Retry may help' : 'Retrying does not help'}
                  </Badge>
                </>
              )}
            </h2>
            {isErrorCode(code) && <p className="border-l-2 pl-3 italic">{ERRORS[code].sentence}</p>}
            {paragraphs.map((paragraph) => (
              <p key={paragraph}>
                <InlineMarkdown text={paragraph} />
              </p>
            ))}
          </section>
        ))}
      </div>
    </DocsFrame>
  )
}
