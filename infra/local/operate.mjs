// `npm run operate -- close-month|proofs|explain …`: what an operator does to the installation of this folder.
import { runWorkspaceScript } from './run-workspace-script.mjs'

await runWorkspaceScript('infra/operator/main.ts')
