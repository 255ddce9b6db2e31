import Link from 'next/link'
import { readEnv } from '../../env.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import { firstCallSnippets } from '../../ui/snippets.ts'
import { Tabs } from '../../ui/tabs.tsx'
import { DocsFrame } from './docs-frame.tsx'

const inText = 'font-medium text-accent underline-offset-2 hover:underline'

export const QuickstartPage = () => {
  const { proxyUrl } = readEnv()
  const snippets = firstCallSnippets({ proxyUrl, apiKey: 'YOUR_KEY', model: 'gpt-4o-mini' })
  const anthropic = `from anthropic import Anthropic

client = Anthropic(base_url="${proxyUrl}", api_key="YOUR_KEY")
answer = client.messages.create(
    model="claude-sonnet-5",
    max_tokens=256,
    messages=[{"role": "user", "content": "Say hello"}],
)
print(answer.content[0].text)`
  return (
    <DocsFrame current="/docs">
      <h1 className="text-2xl font-semibold tracking-tight">Quickstart</h1>
      <p className="mt-2 leading-relaxed text-muted">Keep your SDK. Change its base URL and the model&rsquo;s name.</p>
      <div className="prose-doc">
        <h2>1. Get a key</h2>
        <p>
          <Link href="/sign-up" className={inText}>
            Sign up
          </Link>
          , name your organization, and copy the key. It is shown once.
        </p>
        <h2>2. Make a call</h2>
        <div className="mt-3">
          <Tabs
            label="Language"
            tabs={snippets.map(({ id, label, code }) => ({
              id,
              label,
              content: <CodeBlock code={code} label={`${label} example`} />,
            }))}
          />
        </div>
        <h2>3. Change only the model</h2>
        <p>
          Every name on the{' '}
          <Link href="/models" className={inText}>
            price list
          </Link>{' '}
          works in the same call, whoever serves it. <code>GET /v1/models</code> returns the same names.
        </p>
        <h2>With the Anthropic SDK</h2>
        <p>Its messages endpoint is offered too, for every model.</p>
        <div className="mt-3">
          <CodeBlock code={anthropic} label="Anthropic example" />
        </div>
        <h2>What it costs</h2>
        <p>
          Exactly the provider&rsquo;s list price. Each request&rsquo;s page shows its tokens, the dated price of each
          kind of token, and the product to the last digit; the month&rsquo;s invoice adds the same numbers up.
        </p>
        <h2>When a call is refused</h2>
        <p>
          The answer carries a code, and each code has{' '}
          <Link href="/docs/errors" className={inText}>
            a section
          </Link>{' '}
          that says what to do.
        </p>
      </div>
    </DocsFrame>
  )
}
