import { providers } from '../providers.ts'
import type { SimulatorContext } from './context.ts'
import { writePage } from './page.ts'

/** What this is, and where its parts are. */
export function writeHomePage({ mail }: SimulatorContext): string {
  const rows = providers
    .map(({ id, prefix, cancelPolicy }) => {
      const policy = cancelPolicy === 'stops' ? 'stops, bills what it made' : 'runs on, bills it all'
      return `<tr><td>${id}</td><td><code>${prefix}</code></td><td>${policy}</td></tr>`
    })
    .join('')
  return writePage(
    'Atpar simulators',
    `<h1>Simulated outside world</h1>
<p class="lead">No key is set for these providers, so their answers are made here. No model is asked, nothing leaves this machine, and nothing is charged.</p>
<p><a href="/mail">Mail</a> (${mail.entries().length}) · <a href="/stripe">Stripe</a> · <a href="/sim/books">Books</a>, what each provider would bill · <a href="/sim/faults">Faults</a></p>
<table><thead><tr><th>Provider</th><th>Path</th><th>When the caller hangs up</th></tr></thead><tbody>${rows}</tbody></table>`,
  )
}
