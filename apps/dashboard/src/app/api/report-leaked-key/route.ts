import { receiveLeakReport } from '../../../leaked-keys/receive-report.ts'

export const dynamic = 'force-dynamic'

export const POST = receiveLeakReport
