import { simpleParser, type AddressObject, type ParsedMail } from 'mailparser'
import { SMTPServer } from 'smtp-server'

/** One mail as it arrived. */
export interface Mail {
  id: number
  receivedAt: string
  from: string
  to: string[]
  subject: string
  text: string
  html: string | null
}

export interface MailSink {
  /** Newest first. */
  entries: () => Mail[]
  clear: () => void
  deliver: (raw: Buffer) => Promise<void>
}

/** Enough for a long day of development; the oldest go first. */
const MOST_MAILS = 1_000

export function createMailSink(now: () => Date): MailSink {
  let mails: Mail[] = []
  let lastId = 0
  return {
    entries: () => [...mails],
    clear: () => {
      mails = []
    },
    deliver: async (raw) => {
      const parsed = await simpleParser(raw)
      lastId += 1
      mails = [readMail(parsed, { id: lastId, receivedAt: now().toISOString() }), ...mails].slice(0, MOST_MAILS)
    },
  }
}

function readMail(parsed: ParsedMail, arrival: { id: number; receivedAt: string }): Mail {
  return {
    ...arrival,
    from: parsed.from?.text ?? '',
    to: addressesOf(parsed.to),
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    html: typeof parsed.html === 'string' ? parsed.html : null,
  }
}

function addressesOf(to: AddressObject | AddressObject[] | undefined): string[] {
  return [to ?? []].flat().flatMap(({ value }) => value.flatMap(({ address }) => address ?? []))
}

export interface SmtpSink {
  port: number
  close: () => Promise<void>
}

async function acknowledge(delivered: Promise<void>, callback: (error?: Error) => void): Promise<void> {
  try {
    await delivered
    callback()
  } catch (error) {
    callback(error instanceof Error ? error : new Error(String(error)))
  }
}

/** Takes any mail from anyone and sends none. */
export async function listenForMail(sink: MailSink, place: { host: string; port: number }): Promise<SmtpSink> {
  const server = new SMTPServer({
    authOptional: true,
    // Sign-in is taken as it comes, so that a configured user and password do no harm.
    onAuth: (_auth, _session, callback) => callback(null, { user: 'anyone' }),
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onData: (stream, _session, callback) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        void acknowledge(sink.deliver(Buffer.concat(parts)), callback)
      })
    },
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(place.port, place.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // A client that drops its connection is no reason to end the process.
  server.on('error', () => undefined)
  const address = server.server.address()
  if (address === null || typeof address === 'string') throw new Error('the mail sink is not listening on a port')
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) }
}
