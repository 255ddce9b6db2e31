import type { JobPayload } from '@atpar/queue/catalog'
import type { Deps } from '../deps.ts'

/** One mail. It may arrive twice when the server took it and its answer was lost; it may not be lost. */
export const sendEmail = async ({ sendMail, log }: Deps, mail: JobPayload<'send-email'>): Promise<void> => {
  await sendMail(mail)
  log.info('mail-sent', { subject: mail.subject })
}
