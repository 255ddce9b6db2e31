import type { BrowserContext, Page } from 'playwright-core'
import { findLink, signUpAt, type NewPerson } from './sign-up.ts'
import type { TestDashboard } from './start-dashboard.ts'

export interface Credentials {
  readonly email: string
  readonly password: string
}

/** The link in a mail, on the dashboard it came from. */
export const linkIn = (mail: { readonly text: string }): string => {
  const link = findLink(mail.text)
  if (link === null) throw new Error(`No link in: ${mail.text}`)
  return link
}

export const logIn = async (page: Page, dashboard: TestDashboard, credentials: Credentials): Promise<void> => {
  await page.goto(`${dashboard.url}/log-in`)
  await page.getByLabel('E-mail').fill(credentials.email)
  await page.getByLabel('Password').fill(credentials.password)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.waitForURL((url) => url.pathname !== '/log-in')
}

/** A new person with a new organization, left on its start page. */
export const signUp = async (
  page: Page,
  dashboard: TestDashboard,
  person: NewPerson,
): Promise<{ readonly orgSlug: string }> => {
  const mailedLink = async (subject: RegExp) => linkIn(await dashboard.mailTo(person.email, subject))
  return { orgSlug: await signUpAt(page, { url: dashboard.url, person, mailedLink }) }
}

/** Everything the browser complained about: script errors, refused resources, breaches of the content policy. */
export const collectComplaints = (context: BrowserContext): readonly string[] => {
  const complaints: string[] = []
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`${page.url()}: ${message.text()} ${message.location().url}`)
    })
  })
  return complaints
}
