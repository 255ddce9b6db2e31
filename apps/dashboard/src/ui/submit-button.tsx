'use client'

import { useFormStatus } from 'react-dom'
import type { ComponentProps } from 'react'
import { Button } from './button.tsx'

type SubmitButtonProps = ComponentProps<typeof Button> & { readonly pendingLabel: string }

/** Says what is happening while it happens, and cannot be pressed twice. */
export const SubmitButton = ({ pendingLabel, children, disabled, ...rest }: SubmitButtonProps) => {
  const { pending } = useFormStatus()
  return (
    <Button type="submit" disabled={pending || disabled} aria-busy={pending} {...rest}>
      {pending ? pendingLabel : children}
    </Button>
  )
}
