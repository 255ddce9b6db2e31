import type { Page } from 'playwright-core'
import { findLink, signUpAt, type NewPerson } from '../../apps/dashboard/test/sign-up.ts'
import type { RunningSystem } from '../system/start-system.ts'

const PATIENCE_MS = 20_000
const POLL_MS = 100

/** The link in the newest mail to an address, once the worker has delivered it. @throws when none comes. */
export const linkMailedTo = async (system: RunningSystem, address: string, subject = /./): Promise<string> => {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const mails = system.simulators?.mail.entries() ?? []
    const mail = mails.find((each) => each.to.includes(address.toLowerCase()) && subject.test(each.subject))
    const link = findLink(mail?.text ?? '')
    if (link !== null) return link
    if (Date.now() > deadline) throw new Error(`No mail with a link came to ${address}.`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** A stranger becomes a person with an organization, by the mail that the worker sends. Needs `startSystem({ worker: true, dashboard: true })`. */
export const signUp = (page: Page, system: RunningSystem, person: NewPerson): Promise<string> =>
  signUpAt(page, {
    url: system.dashboardUrl ?? '',
    person,
    mailedLink: (subject) => linkMailedTo(system, person.email, subject),
  })
