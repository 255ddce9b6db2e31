import { z } from 'zod'

export const PASSWORD_MIN = 10
/** Argon2 hashes every byte it is given: an upper bound keeps one request from becoming a lot of work. */
export const PASSWORD_MAX = 200

const email = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.email('Enter an e-mail address like ada@example.com.').max(254, 'That e-mail address is too long.'))

export const signUpSchema = z.object({
  name: z.string().trim().min(1, 'Enter your name.').max(80, 'At most 80 characters.'),
  email,
  password: z
    .string()
    .min(PASSWORD_MIN, `Use at least ${PASSWORD_MIN} characters.`)
    .max(PASSWORD_MAX, `Use at most ${PASSWORD_MAX} characters.`),
})

export const logInSchema = z.object({
  email,
  password: z.string().min(1, 'Enter your password.').max(PASSWORD_MAX, 'That password is too long.'),
})
