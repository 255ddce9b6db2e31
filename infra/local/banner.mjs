import { existsSync, readFileSync } from 'node:fs'
import { DEMO_FILE } from './paths.mjs'

/** @typedef {{ email: string, password: string, key: string, org?: string }} Demo */

/** @returns {Demo | undefined} */
function readDemo() {
  return existsSync(DEMO_FILE) ? JSON.parse(readFileSync(DEMO_FILE, 'utf8')) : undefined
}

/**
 * What a person needs to know once it runs. The curl is complete: it can be pasted and answers.
 * @param {{ dashboardUrl: string, proxyUrl: string, simulatorsUrl: string, isSimulating: boolean, realProviders: readonly string[], mail: string }} facts
 * @returns {string}
 */
export function describeInstallation({ dashboardUrl, proxyUrl, simulatorsUrl, isSimulating, realProviders, mail }) {
  const demo = readDemo()
  const lines = [
    '',
    '  Atpar is ready.',
    '',
    `  Dashboard   ${dashboardUrl}`,
    `  API         ${proxyUrl}/v1`,
    `  Mail        ${mail}`,
  ]
  if (isSimulating) {
    lines.push(`  Simulation  on: providers without a key are simulated at ${simulatorsUrl}`)
    if (realProviders.length > 0) lines.push(`              real: ${realProviders.join(', ')}`)
  }
  if (demo === undefined) {
    lines.push('', `  Sign up at ${dashboardUrl} to create an organization and a key.`)
  } else {
    lines.push(
      '',
      `  Demo login  ${demo.email}`,
      `  Password    ${demo.password}`,
      `  API key     ${demo.key}`,
      '',
      '  Try it:',
      '',
      `  curl ${proxyUrl}/v1/chat/completions \\`,
      `    -H "Authorization: Bearer ${demo.key}" \\`,
      '    -H "Content-Type: application/json" \\',
      `    -d '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}'`,
    )
  }
  lines.push('', '  Ctrl-C stops everything (`npm stop` when detached); `npm run doctor` shows this again.', '')
  return lines.join('\n')
}
