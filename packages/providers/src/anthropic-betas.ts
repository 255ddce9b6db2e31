/**
 * Values of `anthropic-beta` that callers may pass on: what they switch on is counted by the usage of the answer and has the ordinary price
 * (https://platform.claude.com/docs/en/api/beta-headers). Not here, because it is kept in the account, is sold at another price, or is counted apart
 * from the totals: files, skills, code execution, fast mode, compaction, advisors.
 */
export const COUNTED_BETAS: readonly string[] = [
  'adaptive-thinking-2026-01-28',
  'advanced-tool-use-2025-11-20',
  'claude-code-20250219',
  'computer-use-2024-10-22',
  'computer-use-2025-01-24',
  'computer-use-2025-11-24',
  'context-1m-2025-08-07',
  'context-management-2025-06-27',
  'effort-2025-11-24',
  'extended-cache-ttl-2025-04-11',
  'fine-grained-tool-streaming-2025-05-14',
  'interleaved-thinking-2025-05-14',
  'max-tokens-3-5-sonnet-2024-07-15',
  'mcp-client-2025-04-04',
  'mcp-client-2025-11-20',
  'output-128k-2025-02-19',
  'pdfs-2024-09-25',
  'prompt-caching-2024-07-31',
  'prompt-caching-scope-2026-01-05',
  'search-results-2025-06-09',
  'structured-outputs-2025-11-13',
  'token-counting-2024-11-01',
  'token-efficient-tools-2025-02-19',
  'tool-examples-2025-10-29',
  'tool-search-tool-2025-10-19',
  'web-fetch-2025-09-10',
]
