import { readDeps } from '../deps.ts'

export interface LeakNotice {
  /** For the log. */
  readonly keyId: string
  readonly addresses: readonly string[]
  readonly subject: string
  readonly text: string
}

/** Mails it to everybody whom it concerns. What leaked is stopped already: that its people hear of it later, in the dashboard, must not undo that. */
export const tellOfLeak = async ({ keyId, addresses, ...mail }: LeakNotice): Promise<void> => {
  const { sendMail, log } = readDeps()
  for (const to of addresses) {
    try {
      await sendMail({ to, ...mail })
    } catch (error) {
      log.error('leak-mail-not-queued', { keyId, reason: error instanceof Error ? error.message : String(error) })
    }
  }
}
