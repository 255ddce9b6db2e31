import { FEATURE_IDS, FEATURES } from './features.ts'
import { findRefusal, REFUSALS } from './refusals.ts'
import type { CallerDialectId, ProviderDialectId } from '@atpar/dialects/contract'
import { SPEAKERS } from './speakers.ts'
import { UPSTREAMS } from './upstreams.ts'

const CALLER_TITLES: Readonly<Record<CallerDialectId, string>> = {
  'openai-chat': 'OpenAI Chat Completions',
  'anthropic-messages': 'Anthropic Messages',
  gemini: 'Gemini generateContent',
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const writeTable = (caller: CallerDialectId): string =>
  [
    row(['Provider speaks', ...FEATURE_IDS.map((feature) => FEATURES[feature].title)]),
    row(['---', ...FEATURE_IDS.map(() => '---')]),
    ...(Object.keys(UPSTREAMS) as ProviderDialectId[]).map((provider) =>
      row([
        UPSTREAMS[provider].title,
        ...FEATURE_IDS.map((feature) => (findRefusal({ caller, provider, feature }) === null ? 'yes' : 'refused')),
      ]),
    ),
  ].join('\n')

const writeRefusals = (): string =>
  REFUSALS.length === 0
    ? 'None: every square works.'
    : REFUSALS.map(
        ({ caller, provider, feature, reason }) =>
          `- **${FEATURES[feature].title}, ${UPSTREAMS[provider].title}${caller === 'any' ? '' : `, asked in ${CALLER_TITLES[caller]}`}.** ${reason}`,
      ).join('\n')

/** The page of the docs that says what works between which formats. A test plays every square, and fails when the page says anything else. */
export const writeFormatsPage = (): string => `# Formats

You may speak any of these formats whatever the provider speaks. Each square below is played against the running gateway by our tests: the words, the tool calls with their ids and the tokens arrive as the provider sent them. Where the provider's format has no word for something, the request is refused with \`unsupported_parameter\` before anything is sent or billed.

${(Object.keys(SPEAKERS) as CallerDialectId[]).map((caller) => `## ${CALLER_TITLES[caller]}\n\n\`POST ${SPEAKERS[caller].path('{model}', false)}\`\n\n${writeTable(caller)}`).join('\n\n')}

## Refusals

${writeRefusals()}
`
