// `npm run bench`: the figures of infra/bench, floor and product in the same run.
import { runWorkspaceScript } from './run-workspace-script.mjs'

await runWorkspaceScript('infra/bench/main.ts')
