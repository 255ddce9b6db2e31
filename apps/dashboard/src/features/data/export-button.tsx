'use client'

import { Download } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useGuardedAction } from '../../reauth/use-guarded-action.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { prepareExportAction } from './actions.ts'

/** Asks for a fresh proof of who is there when the last one is old, then lets the browser fetch the archive by itself. */
export const ExportButton = ({ orgSlug }: { readonly orgSlug: string }) => {
  const { state, submit, dialog } = useGuardedAction(prepareExportAction.bind(null, orgSlug), IDLE)
  const download = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (state.status === 'done') download.current?.submit()
  }, [state])
  return (
    <>
      <form action={submit}>
        <SubmitButton tone="secondary" pendingLabel="Preparing…">
          <Download aria-hidden /> Download .tar.gz
        </SubmitButton>
        {state.message !== undefined && (
          <p role="alert" className="mt-1 text-[13px] text-danger">
            {state.message}
          </p>
        )}
      </form>
      <form ref={download} action={`/${orgSlug}/settings/data/export`} method="post" hidden />
      {dialog}
    </>
  )
}
