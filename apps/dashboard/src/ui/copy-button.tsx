'use client'

import clsx from 'clsx'
import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'

interface CopyButtonProps {
  readonly text: string
  /** What is copied, for those who hear the page: "Copy key". */
  readonly label: string
  readonly showLabel?: boolean
  readonly className?: string
}

const SHOWN_MS = 1_800

export const CopyButton = ({ text, label, showLabel = false, className }: CopyButtonProps) => {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle')

  useEffect(() => {
    if (state === 'idle') return
    const timer = setTimeout(() => setState('idle'), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [state])

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setState('copied')
    } catch {
      // The browser refuses without a secure context or permission; the text stays selectable.
      setState('refused')
    }
  }
  const spoken = { idle: label, copied: 'Copied', refused: 'Select the text and copy it by hand' }[state]
  return (
    <button
      type="button"
      onClick={() => void copy()}
      aria-label={spoken}
      title={spoken}
      className={clsx(
        'inline-flex shrink-0 items-center gap-1.5 rounded-md p-1.5 text-[13px] font-medium text-muted hover:bg-subtle hover:text-ink',
        className,
      )}
    >
      {state === 'copied' ? (
        <Check className="size-4 text-accent" aria-hidden />
      ) : (
        <Copy className="size-4" aria-hidden />
      )}
      {showLabel && <span>{state === 'idle' ? label : spoken}</span>}
      <span className="sr-only" role="status">
        {state === 'idle' ? '' : spoken}
      </span>
    </button>
  )
}
