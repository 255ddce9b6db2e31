import { startDashboard, type Scenario } from './start-dashboard.ts'

// `node test/serve.ts [scenario]`: the built dashboard with a seeded database, to look at. Ends with Ctrl-C.
const SCENARIOS: readonly Scenario[] = ['empty', 'demo', 'acme', 'over-budget']
const dashboard = await startDashboard(SCENARIOS.find((name) => name === process.argv[2]) ?? 'acme')
process.stdout.write(`${JSON.stringify({ url: dashboard.url, login: dashboard.login })}\n`)
const stop = () => void dashboard.stop().then(() => process.exit(0))
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
