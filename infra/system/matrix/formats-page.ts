import { FEATURE_IDS, FEATURES } from './features.ts'
import type { Cell } from './play-cell.ts'
import { findRefusal, REFUSALS } from './refusals.ts'
import type { Speaker } from './speaker.ts'
import { SPEAKERS } from './speakers.ts'
import { UPSTREAMS } from './upstreams.ts'

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const wordFor = (cell: Cell): string => {
  if (cell.feature === 'reasoning' && cell.upstream.leavesReasoningOut === true) return 'left out'
  return findRefusal(cell) === null ? 'yes' : 'refused'
}

const writeTable = (speaker: Speaker): string =>
  [
    row(['Provider speaks', ...FEATURE_IDS.map((feature) => FEATURES[feature].title)]),
    row(['---', ...FEATURE_IDS.map(() => '---')]),
    ...UPSTREAMS.map((upstream) =>
      row([upstream.title, ...FEATURE_IDS.map((feature) => wordFor({ speaker, upstream, feature }))]),
    ),
  ].join('\n')

const writeSection = (speaker: Speaker): string =>
  `## ${speaker.title}\n\n\`POST ${speaker.path('{model}', false)}\`\n\n${writeTable(speaker)}`

const writeRefusals = (): string =>
  REFUSALS.length === 0
    ? 'None: every square works.'
    : REFUSALS.map(({ callers, provider, feature, reason }) => {
        const to = UPSTREAMS.find(({ dialect }) => dialect === provider)?.title ?? provider
        const from = SPEAKERS.filter(({ id }) => callers.includes(id)).map(({ title }) => title)
        return `- **${FEATURES[feature].title}, from ${from.join(', ')} to ${to}.** ${reason}`
      }).join('\n')

/** The page of the docs that says what works between which formats. A test plays every square, and fails when the page says anything else. */
export const writeFormatsPage = (): string => `# Formats

You may speak any of these formats whatever the provider speaks. Each square below is played against the running gateway by our tests: the words, the tool calls with their ids and the tokens arrive as the provider sent them. Where the provider's format has no word for something, the request is refused with \`unsupported_parameter\` before anything is sent or billed. "Left out" is a wish that no model there can grant: the answer comes without it, and its \`x-atpar-dropped\` header says so.

${SPEAKERS.map(writeSection).join('\n\n')}

## What only one format knows

A wish that the provider's format has no word for (\`logprobs\`, \`image.detail\`, \`citations\`, \`tools.strict\`, …) is left out, and \`x-atpar-dropped\` names it; with \`"provider": {"require_parameters": true}\` the request goes only where its parameters are taken. What would change the question itself is refused with \`unsupported_parameter\`, and the next offering of the model is tried: tools that a provider runs (\`web_search_20250305\`, \`googleSearch\`), custom tools, \`mcp_servers\`, \`cachedContent\`, \`previous_response_id\`, and the \`functions\` that came before tools. A test asks every format for all of them and finds none that vanishes in silence.

## What needs an account of your own

The platform's accounts at providers are shared, and its bill is the provider's list price. So these are refused there, and work with a credential of your own:

- ids of what an account keeps: uploaded files, containers, cached contents, \`gs://\` addresses, sounds of earlier answers;
- what a provider charges for without saying so in its answer: code execution, grounding with Google's search and maps, tools that Groq, Moonshot or Zhipu run, fast mode, a region at a higher price;
- searches, where the price list has no price of one.

Of \`anthropic-beta\` the values that switch on nothing of this kind are passed on to Anthropic; \`x-atpar-dropped\` names the others.

## Refusals

${writeRefusals()}
`
