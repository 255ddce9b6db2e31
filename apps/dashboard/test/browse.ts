import type { BrowserContext, Page } from 'playwright-core'
import type { TestDashboard } from './start-dashboard.ts'

export interface Credentials {
  readonly email: string
  readonly password: string
}

export const PASSWORD = 'quiet maple lantern'

/** The link in a mail, on the dashboard it came from. */
export const linkIn = (mail: { readonly text: string }): string => {
  const [link] = /https?:\/\/\S+/.exec(mail.text) ?? []
  if (link === undefined) throw new Error(`No link in: ${mail.text}`)
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
  person: { readonly name: string; readonly email: string; readonly organization: string },
): Promise<{ readonly orgSlug: string }> => {
  await page.goto(`${dashboard.url}/sign-up`)
  await page.getByLabel('Name').fill(person.name)
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('Check your mail').waitFor()
  await page.goto(linkIn(await dashboard.mailTo(person.email, /Confirm your e-mail/)))
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm and start' }).click()
  await page.waitForURL('**/new-organization')
  await page.getByLabel('Organization').fill(person.organization)
  await page.getByRole('button', { name: 'Create organization' }).click()
  await page.waitForURL('**/start')
  return { orgSlug: new URL(page.url()).pathname.split('/')[1] ?? '' }
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
