/** What a call carries besides its path. `$keyId` stands for the id of that name of some place. */
export interface ApiAsk {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: object
}

const DAY = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }
const DAYS = { from: '2026-11-01', to: '2026-11-02' }
const LEVELS = [
  { scope: 'key', scope_id: '$keyId' },
  { scope: 'member', scope_id: '$memberId' },
  { scope: 'team', scope_id: '$teamId' },
] as const

/** Calls that are right but for whose ids they name, for every operation that needs more than its path. One that is missing fails the test. */
export const API_ASKS: Readonly<Record<string, readonly ApiAsk[]>> = {
  listMembers: [{ query: { team_id: '$teamId' } }],
  changeRole: [{ body: { role: 'viewer' } }],
  renameTeam: [{ body: { name: 'Renamed' } }],
  setTeamRole: [{ body: { role: 'team_admin' } }],
  listKeys: [{ query: { member_id: '$memberId' } }, { query: { team_id: '$teamId' } }],
  createKey: [
    { body: { name: 'A key', owner: { kind: 'member', member_id: '$memberId', team_id: '$teamId' } } },
    { body: { name: 'A key', owner: { kind: 'service', team_id: '$teamId' } } },
  ],
  updateKey: [{ body: { name: 'Renamed' } }],
  rotateKey: [{ body: {} }],
  listBudgets: LEVELS.map((query) => ({ query })),
  setBudget: LEVELS.map((level) => ({ body: { ...level, period: 'month', limit: '5' } })),
  updateBudget: [{ body: { limit: '7' } }],
  listRateLimits: LEVELS.map((query) => ({ query })),
  setRateLimit: LEVELS.map((level) => ({ body: { ...level, requests_per_minute: 5 } })),
  setContentPolicy: [{ body: { team_id: '$teamId', days: 7 } }],
  listGuardrails: LEVELS.map((query) => ({ query })),
  setGuardrail: LEVELS.map((level) => ({ body: { ...level, personal_data: 'redact' } })),
  updateCredential: [{ body: { label: 'Renamed' } }],
  replaceCredential: [{ body: { provider_key: 'sk-abcdefghij0123456789' } }],
  updateCustomEndpoint: [{ body: { label: 'Renamed' } }],
  replaceCustomEndpoint: [{ body: { base_url: 'https://models.example.com/v1' } }],
  setCustomModel: [{ body: { name: 'llama', upstream_model: 'their-llama' } }],
  removeCustomModel: [{ query: { name: 'llama' } }],
  readUsage: [
    { query: { ...DAY, key_id: '$keyId' } },
    { query: { ...DAY, member_id: '$memberId' } },
    { query: { ...DAY, team_id: '$teamId' } },
  ],
  exportUsage: [
    { query: { ...DAYS, key_id: '$keyId' } },
    { query: { ...DAYS, member_id: '$memberId' } },
    { query: { ...DAYS, team_id: '$teamId' } },
  ],
  readCosts: [
    { query: { ...DAYS, by: 'team', member_id: '$memberId' } },
    { query: { ...DAYS, by: 'tag', team_id: '$teamId' } },
  ],
  exportFocus: [
    { query: { day: DAYS.from, member_id: '$memberId' } },
    { query: { day: DAYS.from, team_id: '$teamId' } },
  ],
  listRequests: [
    { query: { key_id: '$keyId' } },
    { query: { member_id: '$memberId' } },
    { query: { team_id: '$teamId' } },
  ],
  listAuditLog: [{ query: { subject_kind: 'key', subject_id: '$keyId' } }],
}
