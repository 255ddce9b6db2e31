import { receiveWebhook } from '../../../../stripe/receive-webhook.ts'

export const dynamic = 'force-dynamic'

export const POST = receiveWebhook
