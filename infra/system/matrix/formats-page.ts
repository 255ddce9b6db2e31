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

## Refusals

${writeRefusals()}
`
