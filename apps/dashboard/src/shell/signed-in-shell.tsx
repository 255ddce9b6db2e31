'use client'

import { signOut } from 'next-auth/react'
import type { ComponentProps } from 'react'
import { NavShell } from '../ui/nav-shell.tsx'

/** The shell with its way out. */
export const SignedInShell = (props: Omit<ComponentProps<typeof NavShell>, 'onSignOut'>) => (
  <NavShell {...props} onSignOut={() => void signOut({ callbackUrl: '/' })} />
)
