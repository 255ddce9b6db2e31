export const IDENTITY_PROBLEM_TEXTS = {
  'confirm-first': 'Confirm that it is you before you connect another way to sign in. Nothing was changed.',
  'linked-elsewhere': 'That identity belongs to another account here. Sign in with it, or disconnect it there first.',
  'no-verified-email':
    'That provider has not verified an e-mail address of yours, so we cannot tell whose account it is.',
  'not-connected': 'That provider did not confirm who you are. Nothing was changed: try again, or use another one.',
  'sign-in-first':
    'An account with that e-mail address exists, and nobody has confirmed the address. Log in another way, then connect the provider on your account page.',
} as const
export type IdentityProblem = keyof typeof IDENTITY_PROBLEM_TEXTS

export const isIdentityProblem = (text: unknown): text is IdentityProblem =>
  typeof text === 'string' && Object.hasOwn(IDENTITY_PROBLEM_TEXTS, text)
