import type { Page } from 'playwright-core'

export interface NewPerson {
  readonly name: string
  readonly email: string
  readonly organization: string
}

export const PASSWORD = 'quiet maple lantern'

/** Null for a text without a link. */
export const findLink = (text: string): string | null => /https?:\/\/\S+/.exec(text)?.[0] ?? null

interface SignUp {
  /** Of the dashboard. */
  readonly url: string
  readonly person: NewPerson
  /** The link in the newest mail to this person whose subject fits. */
  readonly mailedLink: (subject: RegExp) => Promise<string>
}

/** A stranger becomes a person with an organization, by what the screens and the mail say, and is left on its start page. @returns the organization's slug */
export const signUpAt = async (page: Page, { url, person, mailedLink }: SignUp): Promise<string> => {
  await page.goto(`${url}/sign-up`)
  await page.getByLabel('Name').fill(person.name)
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('Check your mail').waitFor()
  await page.goto(await mailedLink(/Confirm your e-mail/))
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm and start' }).click()
  await page.waitForURL('**/new-organization')
  await page.getByLabel('Organization').fill(person.organization)
  await page.getByRole('button', { name: 'Create organization' }).click()
  await page.waitForURL('**/start')
  return new URL(page.url()).pathname.split('/')[1] ?? ''
}
