import { ArrowLeft } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'

/** Above the title of a page that was opened from a list: the way back to it. */
export const BackLink = ({ href, children }: { readonly href: string; readonly children: ReactNode }) => (
  <Link href={href} className="mb-3 inline-flex items-center gap-1.5 rounded text-[13px] text-muted hover:text-ink">
    <ArrowLeft className="size-3.5" aria-hidden /> {children}
  </Link>
)
