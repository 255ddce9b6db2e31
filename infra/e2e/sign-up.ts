import type { Page } from 'playwright-core'
import type { RunningSystem } from '../system/start-system.ts'

export interface NewPerson {
  readonly name: string
  readonly email: string
  readonly organization: string
}

export const PASSWORD = 'quiet maple lantern'
const PATIENCE_MS = 20_000
const POLL_MS = 100

/** The link in the newest mail to an address, once the worker has delivered it. @throws when none comes. */
export const linkMailedTo = async (system: RunningSystem, address: string, subject = /./): Promise<string> => {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const mails = system.simulators?.mail.entries() ?? []
    const mail = mails.find((each) => each.to.includes(address.toLowerCase()) && subject.test(each.subject))
    const [link] = /https?:\/\/\S+/.exec(mail?.text ?? '') ?? []
    if (link !== undefined) return link
    if (Date.now() > deadline) throw new Error(`No mail with a link came to ${address}.`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** A stranger becomes a person with an organization, by the mail that the worker sends. Needs `startSystem({ worker: true, dashboard: true })`. */
export const signUp = async (page: Page, system: RunningSystem, person: NewPerson): Promise<string> => {
  await page.goto(`${system.dashboardUrl}/sign-up`)
  await page.getByLabel('Name').fill(person.name)
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('Check your mail').waitFor()
  await page.goto(await linkMailedTo(system, person.email, /Confirm your e-mail/))
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm and start' }).click()
  await page.waitForURL('**/new-organization')
  await page.getByLabel('Organization').fill(person.organization)
  await page.getByRole('button', { name: 'Create organization' }).click()
  await page.waitForURL('**/start')
  return new URL(page.url()).pathname.split('/')[1] ?? ''
}
