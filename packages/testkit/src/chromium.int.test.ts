import { expect, it } from 'vitest'
import { launchChromium } from './chromium.ts'

it('drives a page in a fresh headless browser', async () => {
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    await page.setContent('<h1>At par</h1>')
    expect(await page.textContent('h1')).toBe('At par')
  } finally {
    await browser.close()
  }
}, 30_000)
