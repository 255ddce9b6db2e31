'use client'

import { KeyRound } from 'lucide-react'
import { Banner } from '../../ui/banner.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'

/** The only moment a key is readable: afterwards there is its hash and nothing else. */
export const NewKeyShown = ({ apiKey }: { readonly apiKey: string }) => (
  <div className="space-y-3">
    <div className="flex items-center gap-2 rounded-lg border border-line-strong bg-subtle py-1.5 pr-1.5 pl-3.5">
      <code data-testid="new-key" className="min-w-0 flex-1 font-mono text-[13px] break-all select-all">
        {apiKey}
      </code>
      <CopyButton text={apiKey} label="Copy key" />
    </div>
    <Banner tone="warning" icon={<KeyRound aria-hidden />}>
      Copy it now. It is stored only as a hash and cannot be shown again.
    </Banner>
  </div>
)
