'use client'

import { X } from 'lucide-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'

interface DialogProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly title: string
  readonly description?: ReactNode
  /** A key shown once must not vanish by a stray Escape. */
  readonly mustBeAnswered?: boolean
  readonly children: ReactNode
}

/** The platform's own modal: focus kept inside, Escape and inert background come with it, and no script of ours. */
export const Dialog = ({ isOpen, onClose, title, description, mustBeAnswered = false, children }: DialogProps) => {
  const element = useRef<HTMLDialogElement>(null)
  const titleId = useId()

  useEffect(() => {
    const dialog = element.current
    if (dialog === null) return
    if (isOpen && !dialog.open) dialog.showModal()
    if (!isOpen && dialog.open) dialog.close()
  }, [isOpen])

  return (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onClose={onClose}
      onCancel={(event) => {
        if (mustBeAnswered) event.preventDefault()
      }}
      className="max-h-[calc(100dvh-2rem)] w-[min(34rem,calc(100vw-2rem))] overflow-y-auto rounded-2xl border bg-raised p-0 text-left text-ink shadow-2xl"
    >
      {isOpen && (
        <div className="p-6">
          <div className="flex items-start justify-between gap-4">
            <div>
              <h2 id={titleId} className="text-base font-semibold tracking-tight">
                {title}
              </h2>
              {description !== undefined && (
                <div className="mt-1 text-sm leading-relaxed text-muted">{description}</div>
              )}
            </div>
            {!mustBeAnswered && (
              <button
                type="button"
                onClick={onClose}
                aria-label="Close"
                className="-mt-1 -mr-2 rounded-lg p-2 text-muted hover:bg-subtle hover:text-ink"
              >
                <X className="size-4" aria-hidden />
              </button>
            )}
          </div>
          <div className="mt-5">{children}</div>
        </div>
      )}
    </dialog>
  )
}
