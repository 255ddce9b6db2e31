import { createHmac } from 'node:crypto'

/** The `stripe-signature` header: `t=<unix seconds>,v1=<HMAC-SHA256 of "t.body">`. */
export function signPayload(body: string, secret: string, at: Date): string {
  const time = Math.floor(at.getTime() / 1_000)
  const mac = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
  return `t=${time},v1=${mac}`
}
