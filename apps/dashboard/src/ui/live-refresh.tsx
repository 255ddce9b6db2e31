'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'

/** Asks the server for this page again while someone looks at it. The list grows where it stands; scroll and focus stay. */
export const LiveRefresh = ({ everyMs }: { readonly everyMs: number }) => {
  const router = useRouter()
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') router.refresh()
    }, everyMs)
    return () => clearInterval(timer)
  }, [router, everyMs])
  return null
}
