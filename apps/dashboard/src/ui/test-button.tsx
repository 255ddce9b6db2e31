'use client'

import { useActionState } from 'react'
import { IDLE, type FormState } from './form-state.ts'
import { SubmitButton } from './submit-button.tsx'

/** How a test went. Its message is good news or bad. */
export interface TestState extends FormState {
  readonly isGood?: boolean
}

interface TestButtonProps {
  /** What is tested, for those who hear the button. */
  readonly label: string
  readonly action: (previous: TestState, form: FormData) => Promise<TestState>
}

/** Tries something out and says what came of it, below the buttons it stands among. */
export const TestButton = ({ label, action }: TestButtonProps) => {
  const [state, submit] = useActionState<TestState, FormData>(action, IDLE)
  return (
    <form action={submit} className="contents">
      <SubmitButton tone="quiet" size="small" pendingLabel="Testing…" aria-label={`Test ${label}`}>
        Test
      </SubmitButton>
      {state.message !== undefined && (
        <p
          role="status"
          className={`order-last basis-full px-3 text-[13px] break-words ${state.isGood === true ? 'text-accent' : 'text-danger'}`}
        >
          {state.message}
        </p>
      )}
    </form>
  )
}
