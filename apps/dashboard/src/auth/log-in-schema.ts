import { z } from 'zod'

export const PASSWORD_MIN = 10
/** Argon2 hashes every byte it is given: an upper bound keeps one request from becoming a lot of work. */
export const PASSWORD_MAX = 200

/** What would make a mail header or a mailer's list of recipients out of one address. */
// oxlint-disable-next-line no-control-regex -- Control characters are what it looks for.
const NOT_IN_ONE_ADDRESS = /[\u0000-\u001F\u007F\u0080-\u009F,;<>"\u2028\u2029]/

/** One address and nothing else: a list would send a link meant for one person to several. */
export const isSingleAddress = (text: string): boolean =>
  !NOT_IN_ONE_ADDRESS.test(text) && z.email().safeParse(text).success

export const emailSchema = z
  .string()
  .refine((text) => !NOT_IN_ONE_ADDRESS.test(text), 'Enter one e-mail address like ada@example.com.')
  .trim()
  .toLowerCase()
  .pipe(z.email('Enter an e-mail address like ada@example.com.').max(254, 'That e-mail address is too long.'))

export const newPasswordSchema = z
  .string()
  .min(PASSWORD_MIN, `Use at least ${PASSWORD_MIN} characters.`)
  .max(PASSWORD_MAX, `Use at most ${PASSWORD_MAX} characters.`)

export const signUpSchema = z.object({
  name: z.string().trim().min(1, 'Enter your name.').max(80, 'At most 80 characters.'),
  email: emailSchema,
})

export const logInSchema = z.object({
  email: emailSchema,
  password: z.string().min(1, 'Enter your password.').max(PASSWORD_MAX, 'That password is too long.'),
})
