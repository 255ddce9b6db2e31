'use client'

import { signOut } from 'next-auth/react'
import { Button } from '../../ui/button.tsx'

/** Out of this account and back to the invitation. */
export const SwitchAccountButton = ({ returnTo }: { readonly returnTo: string }) => (
  <Button className="w-full" onClick={() => void signOut({ callbackUrl: returnTo })}>
    Log out and continue with the other address
  </Button>
)
