import type { Page } from 'playwright-core'

/** Of those that the simulated Stripe offers: works · is saved, and every charge of it is declined. */
export type StripeCard = '4242424242424242' | '4000000000000341'

/** Chooses a card on the hosted page that the browser was sent to, and sends it off. */
export const payWith = async (page: Page, card: StripeCard): Promise<void> => {
  await page.waitForURL('**/stripe/**')
  await page.locator(`input[value="${card}"]`).check()
  await page.locator('button.main').click()
}
