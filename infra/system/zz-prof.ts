import { spawnServer } from '../bench/spawned.ts'
import { startSystem } from './start-system.ts'
import { createTenant } from './tenant.ts'
import { requestBody } from '../bench/answers.ts'
import { runLoad } from '../bench/load.ts'
const upstream = await spawnServer(new URL('../bench/upstream.ts', import.meta.url))
const stream = process.argv[2] === 'stream'
const system = await startSystem({ upstreamUrl: upstream.origin, proxyEnv: { NODE_OPTIONS: '--cpu-prof --cpu-prof-dir=/tmp/prof --cpu-prof-interval=200' } })
const tenant = await createTenant(system.owner, { name: 'prof', budgets: { organization: '1000000', team: '1000000', member: '1000000', key: '1000000' }, rateLimits: { organization: 100_000_000, team: 100_000_000, member: 100_000_000, key: 100_000_000 } })
const body = requestBody({ model: 'gpt-4o-mini', stream, events: 60 })
for (let i = 0; i < 2; i++) console.log(await runLoad({ origin: system.proxyUrls[0]!, path: '/v1/chat/completions', headers: { authorization: `Bearer ${tenant.key}` }, body, connections: 64, requests: stream ? 600 : 12000 }))
await system.stop(); await upstream.stop()
