'use client'

import { useState } from 'react'

/** The value of an input held in state: a form that was refused forgets what its inputs held, and everything but a secret may be given back. */
export const useTyped = (value: string) => {
  const [typed, setTyped] = useState(value)
  return {
    value: typed,
    onChange: (event: { readonly target: { readonly value: string } }) => setTyped(event.target.value),
  }
}
