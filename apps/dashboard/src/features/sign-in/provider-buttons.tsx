'use client'

import { signIn } from 'next-auth/react'
import { useState } from 'react'
import { Button } from '../../ui/button.tsx'

interface ProviderButtonsProps {
  readonly providers: readonly { readonly id: string; readonly name: string }[]
  readonly next: string
  readonly verb: 'Continue' | 'Log in'
}

/** Only those this installation has credentials for; nothing at all when there are none. */
export const ProviderButtons = ({ providers, next, verb }: ProviderButtonsProps) => {
  const [chosen, setChosen] = useState<string | null>(null)
  if (providers.length === 0) return null
  const leave = (id: string) => {
    setChosen(id)
    void signIn(id, { callbackUrl: next })
  }
  return (
    <div className="mt-6">
      <div className="flex items-center gap-3 text-[13px] text-muted" aria-hidden>
        <span className="h-px flex-1 bg-line" /> or <span className="h-px flex-1 bg-line" />
      </div>
      <div className="mt-5 space-y-2.5">
        {providers.map(({ id, name }) => (
          <Button
            key={id}
            tone="secondary"
            className="w-full"
            disabled={chosen !== null}
            aria-busy={chosen === id}
            onClick={() => leave(id)}
          >
            {verb} with {name}
          </Button>
        ))}
      </div>
    </div>
  )
}
