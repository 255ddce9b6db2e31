'use client'

import { ConfirmView, type ConfirmButtonProps } from '../ui/confirm-button.tsx'
import { IDLE } from '../ui/form-state.ts'
import { useGuardedAction } from './use-guarded-action.tsx'

/** A `ConfirmButton` for an action that begins with `requireRecentAuth`. */
export const GuardedConfirmButton = ({ action, ...words }: ConfirmButtonProps) => {
  const { state, submit, dialog } = useGuardedAction(action, IDLE)
  return (
    <>
      <ConfirmView {...words} state={state} submit={submit} />
      {dialog}
    </>
  )
}
