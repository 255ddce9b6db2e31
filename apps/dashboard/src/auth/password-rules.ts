import { isCommonPassword } from '@atpar/crypto/common-passwords'
import { newPasswordSchema } from './log-in-schema.ts'

/** What is wrong with a new password, in words for the form; null when nothing is. */
export const findPasswordFault = (
  password: unknown,
  person: { readonly email: string; readonly name: string },
): string | null => {
  const parsed = newPasswordSchema.safeParse(password)
  if (!parsed.success) return parsed.error.issues[0]?.message ?? 'Enter a password.'
  const own = [person.email, person.email.replace(/@.*/, ''), person.name]
  return isCommonPassword(parsed.data, own)
    ? 'That is among the first passwords anyone would try. A few unrelated words in a row work well.'
    : null
}
