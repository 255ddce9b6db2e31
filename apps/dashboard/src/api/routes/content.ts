import { z } from 'zod'
import type { KeptPart, KeptWords } from '@atpar/core/kept-content'
import { readContentAct, type ReadContent } from '../../acts/content/read-content.ts'
import { readContentPolicyAct, type ContentPolicyView } from '../../acts/content/read-content-policy.ts'
import { setContentPolicyAct } from '../../acts/content/set-content-policy.ts'
import { defineRoute } from '../define-route.ts'
import { id, instant, toInstantOrNull } from '../wire.ts'

const days = z
  .union([z.literal(0), z.literal(7), z.literal(30)])
  .meta({ description: 'How many days prompts and answers are kept; 0 = not at all.' })

const contentPolicy = z
  .strictObject({
    days,
    teams: z.array(
      z.strictObject({
        team_id: id,
        name: z.string(),
        days: days.nullable().meta({ description: 'Null: the organization’s counts.' }),
      }),
    ),
  })
  .meta({ id: 'ContentPolicy' })

const part = z.strictObject({
  type: z.enum(['text', 'thinking', 'refusal', 'tool-call', 'tool-result', 'media']),
  name: z.string().nullable().meta({ description: 'Of the tool.' }),
  text: z.string().nullable(),
  media: z
    .enum(['image', 'audio', 'file'])
    .nullable()
    .meta({ description: 'Stands where there was one: its bytes are never kept.' }),
})

const words = z.strictObject({
  messages: z.array(z.strictObject({ role: z.enum(['system', 'user', 'assistant', 'tool']), parts: z.array(part) })),
  is_cut: z.boolean().meta({
    description: 'More was said than is kept. The oldest messages of a request are missing, or the end of an answer.',
  }),
})

const content = z
  .strictObject({
    request: words.nullable().meta({ description: 'Null: nothing is kept of this request.' }),
    answer: words.nullable(),
    kept_until: instant.nullable(),
  })
  .meta({ id: 'RequestContent' })

const showPolicy = (view: ContentPolicyView) => ({
  days: view.days,
  teams: view.teams.map((team) => ({ team_id: team.teamId, name: team.name, days: team.days })),
})

const showPart = (shown: KeptPart) => ({
  type: shown.type,
  name: 'name' in shown ? shown.name : null,
  text: 'text' in shown ? shown.text : null,
  media: shown.type === 'media' ? shown.kind : null,
})

const showWords = ({ messages, isCut }: KeptWords) => ({
  messages: messages.map(({ role, parts }) => ({ role, parts: parts.map(showPart) })),
  is_cut: isCut,
})

const showContent = ({ content: kept, keptUntilMs }: ReadContent) => ({
  request: kept === null ? null : showWords(kept.request),
  answer: kept === null || kept.answer === null ? null : showWords(kept.answer),
  kept_until: toInstantOrNull(keptUntilMs),
})

export const CONTENT_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/content-policy',
    operation: 'readContentPolicy',
    tag: 'Organization',
    summary: 'Read how long content is kept',
    description: 'Of prompts and answers. 0 unless somebody set it.',
    act: readContentPolicyAct,
    status: 200,
    answer: contentPolicy,
    toInput: () => ({}),
    toAnswer: showPolicy,
  }),
  defineRoute({
    method: 'PUT',
    path: '/content-policy',
    operation: 'setContentPolicy',
    tag: 'Organization',
    summary: 'Set how long content is kept',
    description:
      'Of the organization, or of one team, whose policy counts before the organization’s. What is kept longer than the new policy says is deleted.',
    act: setContentPolicyAct,
    body: z.strictObject({ team_id: id.nullable().default(null), days: days.nullable() }),
    status: 200,
    answer: contentPolicy,
    toInput: ({ body }) => ({ teamId: body.team_id, days: body.days }),
    toAnswer: showPolicy,
  }),
  defineRoute({
    method: 'GET',
    path: '/requests/{request_id}/content',
    operation: 'readRequestContent',
    tag: 'Requests',
    summary: 'Read the content of a request',
    description: 'Where the content policy keeps it. For owners and admins; each reading is in the audit log.',
    act: readContentAct,
    status: 200,
    answer: content,
    errors: ['upstream_failed'],
    toInput: ({ params }) => ({ requestId: params['request_id'] }),
    toAnswer: showContent,
  }),
]
