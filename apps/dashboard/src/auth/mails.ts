// Plain text: no picture to track, no link that says one thing and does another. One line per thought, which every mail program wraps.

export interface MailText {
  readonly subject: string
  readonly text: string
}

interface LinkMail {
  readonly url: string
  readonly name: string
}

const BRIEF = 'The link works once, for 30 minutes.'
const greet = (name: string): string => `Hello ${name},`
const compose = (...paragraphs: readonly string[]): string => [...paragraphs, 'Atpar'].join('\n\n')

export const signUpMail = ({ url, name }: LinkMail): MailText => ({
  subject: 'Confirm your e-mail address for Atpar',
  text: compose(
    greet(name),
    'Open this link to choose a password and finish your account:',
    url,
    BRIEF,
    'If you did not sign up, do nothing: without the link there is no account.',
  ),
})

/** To the owner of an address that somebody signed up with again. The page says the same to both. */
export const accountExistsMail = ({ url, name }: LinkMail): MailText => ({
  subject: 'You have an Atpar account already',
  text: compose(
    greet(name),
    'Somebody, probably you, signed up for Atpar with this e-mail address. It has an account already. Log in here:',
    url,
    'If you forgot your password, the same page sends you a link. If it was not you, do nothing: nothing was changed.',
  ),
})

export const verifyEmailMail = ({ url, name }: LinkMail): MailText => ({
  subject: 'Confirm your e-mail address for Atpar',
  text: compose(greet(name), 'Open this link to confirm that this address is yours:', url, BRIEF),
})

export const magicLinkMail = ({ url, name }: LinkMail): MailText => ({
  subject: 'Your link to log in to Atpar',
  text: compose(
    greet(name),
    'Open this link to log in:',
    url,
    BRIEF,
    'If you did not ask for it, do nothing. Give it to nobody: it opens your account.',
  ),
})

export const resetPasswordMail = ({ url, name }: LinkMail): MailText => ({
  subject: 'Set a new password for Atpar',
  text: compose(
    greet(name),
    'Open this link to set a new password. It logs you out everywhere else:',
    url,
    BRIEF,
    'If you did not ask for it, do nothing: your password stays as it is.',
  ),
})

/** To an address that somebody asked a link for and that nobody signed up with. The page says the same to both. */
export const noAccountMail = ({ url }: { readonly url: string }): MailText => ({
  subject: 'There is no Atpar account with this address',
  text: compose(
    'Hello,',
    'Somebody, perhaps you, asked for a link to an Atpar account with this e-mail address. There is none.',
    'You may have signed up with another address. To sign up with this one:',
    url,
    'If it was not you, do nothing.',
  ),
})

export const reauthenticateMail = ({ code, name }: { readonly code: string; readonly name: string }): MailText => ({
  subject: 'Your code to confirm that it is you',
  text: compose(
    greet(name),
    'Type this code where Atpar asks for it:',
    code,
    'It works once, for 10 minutes, in the browser that asked for it.',
    'If you did not ask for it, somebody is signed in as you: end that session on your account page.',
  ),
})
