import { describeApi } from '../../../../api/openapi.ts'

// The same for every installation and every caller: written once, when the dashboard is built.
export const dynamic = 'force-static'

export const GET = () => Response.json(describeApi())
