import { readEnv } from '../../../env.ts'

export const dynamic = 'force-dynamic'

export const GET = () => Response.json({ ok: true, service: 'dashboard', instance: readEnv().instanceId })
