import { ANTHROPIC_CASES } from './anthropic-cases.ts'
import type { ClientCase } from './client-case.ts'
import { GOOGLE_CASES } from './google-cases.ts'
import { LANGCHAIN_CASES } from './langchain-cases.ts'
import { OPENAI_CASES } from './openai-cases.ts'
import { OPENAI_OTHER_CASES } from './openai-other-cases.ts'
import { VERCEL_CASES } from './vercel-cases.ts'

/** Everything that is promised to work by changing the base URL. */
export const CLIENT_CASES: readonly ClientCase[] = [
  ...OPENAI_CASES,
  ...OPENAI_OTHER_CASES,
  ...ANTHROPIC_CASES,
  ...GOOGLE_CASES,
  ...VERCEL_CASES,
  ...LANGCHAIN_CASES,
]
