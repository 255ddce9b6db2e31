import { CopyButton } from './copy-button.tsx'

export const CodeBlock = ({ code, label }: { readonly code: string; readonly label: string }) => (
  <div className="relative min-w-0 rounded-lg border bg-subtle">
    {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- WCAG 2.1.1: a scrolling region must be reachable without a mouse. */}
    <pre
      tabIndex={0}
      role="region"
      aria-label={label}
      className="mr-11 overflow-x-auto p-4 font-mono text-[12.5px] leading-relaxed"
    >
      <code>{code}</code>
    </pre>
    <CopyButton text={code} label={`Copy ${label}`} className="absolute top-2 right-2 bg-subtle" />
  </div>
)

/** An id among other text: short to read, whole to copy. */
export const CopyableId = ({ id, label }: { readonly id: string; readonly label: string }) => (
  <span className="inline-flex max-w-full min-w-0 items-center gap-1">
    <code className="min-w-0 truncate font-mono text-[13px]" title={id}>
      {id}
    </code>
    <CopyButton text={id} label={`Copy ${label}`} />
  </span>
)
