'use client'

import { LogOut } from 'lucide-react'
import { signOut } from 'next-auth/react'
import { Button } from '../../ui/button.tsx'

export const SignOutButton = () => (
  <Button tone="secondary" size="small" onClick={() => void signOut({ callbackUrl: '/' })}>
    <LogOut aria-hidden /> Log out
  </Button>
)
