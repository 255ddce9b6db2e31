import { connect } from 'node:net'
import { createInterface } from 'node:readline'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { startSimulators, type Simulators } from '../start.ts'

let simulators: Simulators
beforeAll(async () => {
  simulators = await startSimulators({ smtpPort: 0 })
})
afterAll(() => simulators.close())

/** Speaks SMTP as any mailer does: one line, one reply. */
async function sendMail(message: string): Promise<void> {
  const socket = connect(simulators.smtpPort ?? 0, '127.0.0.1')
  const replies = createInterface({ input: socket })[Symbol.asyncIterator]()
  const lastReply = async () => {
    for (;;) {
      const { value } = await replies.next()
      if (!/^\d{3}-/.test(String(value))) return String(value)
    }
  }
  await lastReply()
  for (const line of [
    'EHLO test',
    'MAIL FROM:<noreply@atpar.example>',
    'RCPT TO:<ada@example.org>',
    'DATA',
    `${message}\r\n.`,
    'QUIT',
  ]) {
    socket.write(`${line}\r\n`)
    expect(await lastReply()).toMatch(/^[23]/)
  }
  socket.destroy()
}

test('a mail shows up on the page, newest first, with nothing in it able to run', async () => {
  await sendMail(
    'From: Atpar <noreply@atpar.example>\r\nTo: ada@example.org\r\nSubject: First\r\n\r\nConfirm: https://example.org/confirm?a=1&b=2',
  )
  await sendMail(
    'From: x@y.z\r\nTo: ada@example.org\r\nSubject: <script>alert(1)</script>\r\nContent-Type: text/html\r\n\r\n<p onclick="x">Hello</p><script>alert(2)</script>',
  )
  expect(simulators.mail.entries()).toMatchObject([
    { to: ['ada@example.org'], html: expect.stringContaining('Hello') },
    { subject: 'First', html: null },
  ])

  const page = await (await fetch(`${simulators.url}/mail`)).text()
  expect(page.indexOf('alert(1)')).toBeLessThan(page.indexOf('First'))
  expect(page).toContain('<a href="https://example.org/confirm?a=1&amp;b=2"')
  expect(page).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox"')
  expect(page).not.toContain('<script')
})

test('mail is read as JSON and emptied', async () => {
  const { mails } = (await (await fetch(`${simulators.url}/mail.json`)).json()) as { mails: unknown[] }
  expect(mails).toHaveLength(2)
  await fetch(`${simulators.url}/mail`, { method: 'DELETE' })
  expect(simulators.mail.entries()).toEqual([])
})
