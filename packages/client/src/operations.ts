// Written by `npm run generate` from openapi.json. Not edited by hand.

export type AddedCredential = {
  readonly credential_id: string
}

export type AddedCustomEndpoint = {
  readonly endpoint_id: string
}

export type ApiError = {
  readonly error: {
    readonly code:
      | 'invalid_request'
      | 'invalid_json'
      | 'unsupported_parameter'
      | 'wrong_endpoint'
      | 'response_not_kept'
      | 'missing_key'
      | 'unknown_key'
      | 'budget_exceeded'
      | 'input_unbounded'
      | 'billing_suspended'
      | 'key_disabled'
      | 'model_not_allowed'
      | 'network_not_allowed'
      | 'route_not_allowed'
      | 'endpoint_not_allowed'
      | 'guardrail_blocked'
      | 'answer_withheld'
      | 'forbidden'
      | 'reauthentication_required'
      | 'unknown_model'
      | 'model_retired'
      | 'not_found'
      | 'request_timeout'
      | 'conflict'
      | 'body_too_large'
      | 'model_not_priced'
      | 'idempotency_key_reused'
      | 'upstream_rejected'
      | 'rate_limited'
      | 'upstream_rate_limited'
      | 'internal_error'
      | 'not_implemented'
      | 'upstream_failed'
      | 'upstream_malformed'
      | 'stream_interrupted'
      | 'upstream_unauthorized'
      | 'quota_unavailable'
      | 'no_provider_available'
      | 'overloaded'
      | 'shutting_down'
      | 'upstream_timeout'
    /** What happened, which value, what to do next. For people. */
    readonly message: string
    /** The field that is wrong. */
    readonly param: string | null
    readonly request_id: string
  }
}

export type AuditEntry = {
  readonly entry_id: string
  /** Its place in the organization’s chain, from 1. */
  readonly sequence: number
  readonly actor_kind: 'member' | 'management-key' | 'support' | 'system'
  readonly actor_user_id: string | null
  readonly actor_name: string | null
  readonly management_key_id: string | null
  readonly action: string
  readonly subject_kind: string
  readonly subject_id: string
  readonly before: unknown
  readonly after: unknown
  readonly ip: string | null
  /** RFC 3339, in UTC. */
  readonly created_at: string
  /** Of this entry and, by it, of all before it. */
  readonly hash: string
}

export type Budget = {
  readonly budget_id: string
  /** What the limit is of. */
  readonly scope: 'key' | 'member' | 'team' | 'organization'
  readonly scope_id: string
  readonly period: 'day' | 'week' | 'month' | 'total'
  readonly time_zone: string
  readonly unit: 'usd' | 'tokens'
  /** Dollars or tokens, as `unit` says. */
  readonly limit: string
  readonly hard: boolean
  readonly soft_thresholds: readonly number[]
  readonly model: string | null
  readonly tag: string | null
  /** Set by the platform: the organization cannot change it. */
  readonly is_credit: boolean
}

export type BudgetState = {
  readonly budget_id: string
  /** What the limit is of. */
  readonly scope: 'key' | 'member' | 'team' | 'organization'
  readonly scope_id: string
  readonly period: 'day' | 'week' | 'month' | 'total'
  readonly time_zone: string
  readonly unit: 'usd' | 'tokens'
  /** Dollars or tokens, as `unit` says. */
  readonly limit: string
  readonly hard: boolean
  readonly soft_thresholds: readonly number[]
  readonly model: string | null
  readonly tag: string | null
  /** Set by the platform: the organization cannot change it. */
  readonly is_credit: boolean
  /** In the current period; dollars or tokens. */
  readonly used: string
  /** Reserved for requests that run. */
  readonly held: string
  /** When the period ends; null for `total`. */
  readonly ends_at: string | null
  /** As the proxies count; otherwise some seconds behind. */
  readonly is_live: boolean
}

export type ContentPolicy = {
  /** How many days prompts and answers are kept; 0 = not at all. */
  readonly days: 0 | 7 | 30
  readonly teams: readonly {
    readonly team_id: string
    readonly name: string
    /** Null: the organization’s counts. */
    readonly days: 0 | 7 | 30 | null
  }[]
}

export type Cost = {
  /** Month of use, `YYYY-MM`. */
  readonly month: string
  /** Null for calls that have none, and for tags. */
  readonly group_id: string | null
  readonly group: string | null
  readonly provider: string
  readonly model: string
  readonly requests: number
  /** By the provider’s list price. */
  readonly cost_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly cost_pusd: string
  /** Dollars as a decimal string, exact. */
  readonly billed_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly billed_pusd: string
}

export type CreatedKey = {
  readonly key: Key
  /** The whole key: in this answer and never again. */
  readonly api_key: string
}

export type CreatedTeam = {
  readonly team_id: string
  readonly name: string
}

export type Credential = {
  readonly credential_id: string
  readonly provider: string
  readonly label: string
  /** `prefer` falls back to the platform’s; `only` never does. */
  readonly preference: 'prefer' | 'only'
  /** `refused`: the provider does not take it. */
  readonly status: 'active' | 'disabled' | 'refused'
  /** Its last four characters, where enough others stay hidden. */
  readonly hint: string
  readonly base_url: string | null
  /** Counts the times it was replaced. */
  readonly version: number
  /** RFC 3339, in UTC. */
  readonly created_at: string
  /** RFC 3339, in UTC. */
  readonly replaced_at: string
  readonly last_used_at: string | null
  readonly last_failed_at: string | null
  readonly last_error: string | null
}

export type CustomEndpoint = {
  readonly endpoint_id: string
  /** Its models are called `custom/<name>/<model>`. */
  readonly name: string
  readonly label: string
  /** The format it speaks. */
  readonly shape: 'openai-chat' | 'anthropic-messages' | 'gemini'
  /** `refused`: the endpoint does not take the key. */
  readonly status: 'active' | 'disabled' | 'refused'
  readonly base_url: string | null
  /** The key’s last four characters, where enough others stay hidden. */
  readonly hint: string
  readonly header_names: readonly string[]
  /** Counts the times its address, key or headers were replaced. */
  readonly version: number
  /** RFC 3339, in UTC. */
  readonly created_at: string
  /** RFC 3339, in UTC. */
  readonly replaced_at: string
  readonly last_used_at: string | null
  readonly last_failed_at: string | null
  readonly last_error: string | null
  readonly models: readonly CustomModel[]
}

export type CustomEndpointTest = {
  readonly result: 'ok' | 'refused' | 'unreachable' | 'unexpected'
  /** `4xx` and the like; null when nothing answered. */
  readonly status_class: string | null
  /** What it says it serves. */
  readonly models: readonly string[]
  /** `refused`: the endpoint does not take the key. */
  readonly status: 'active' | 'disabled' | 'refused'
}

export type CustomModel = {
  /** The end of `custom/<endpoint>/<model>`. */
  readonly name: string
  /** What callers send as `model`. */
  readonly model: string
  readonly upstream_model: string
  readonly task: 'chat' | 'embeddings'
  readonly reasoning: boolean
  readonly context_tokens: number | null
  readonly max_output_tokens: number | null
  /** Decimal dollars for a million tokens, as you declare them, both or neither: they show in your usage, and never on an invoice. */
  readonly input_usd_per_million: string | null
  /** Decimal dollars for a million tokens, as you declare them, both or neither: they show in your usage, and never on an invoice. */
  readonly output_usd_per_million: string | null
  /** RFC 3339, in UTC. */
  readonly created_at: string
}

export type ExportedEvent = {
  readonly request_id: string
  readonly attempt: number
  /** `settle` for an attempt, otherwise a correction or refund of one. */
  readonly kind: string
  readonly seq: number
  /** RFC 3339, in UTC. */
  readonly started_at: string
  /** RFC 3339, in UTC. */
  readonly ended_at: string
  readonly month_of_use: string
  readonly month_of_invoice: string | null
  readonly team_id: string | null
  readonly team: string | null
  readonly member_id: string | null
  readonly member: string | null
  readonly key_id: string | null
  readonly key: string | null
  /** With spaces between them. */
  readonly tags: string
  readonly endpoint: string | null
  readonly provider: string | null
  readonly model: string | null
  readonly model_served: string | null
  readonly outcome: string | null
  readonly http_status: number | null
  readonly paid_by: string | null
  readonly price_book: number | null
  readonly usage_source: string | null
  /** Tokens and other units by kind, each counted once; below zero where taken back. */
  readonly units: Readonly<Record<string, number>>
  /** By the provider’s list price. */
  readonly cost_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly cost_pusd: string
  /** Dollars as a decimal string, exact. */
  readonly billed_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly billed_pusd: string
  /** What the platform bore of the cost. */
  readonly absorbed_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly absorbed_pusd: string
  readonly absorbed_reason: string | null
  /** For `cursor`, to go on behind this event. */
  readonly cursor: string
}

export type FocusRow = {
  readonly BilledCost: string | null
  readonly BillingAccountId: string | null
  readonly BillingAccountName: string | null
  readonly BillingAccountType: string | null
  readonly BillingCurrency: string | null
  readonly BillingPeriodEnd: string | null
  readonly BillingPeriodStart: string | null
  readonly ChargeCategory: string | null
  readonly ChargeClass: string | null
  readonly ChargeDescription: string | null
  readonly ChargeFrequency: string | null
  readonly ChargePeriodEnd: string | null
  readonly ChargePeriodStart: string | null
  readonly ConsumedQuantity: string | null
  readonly ConsumedUnit: string | null
  readonly ContractedCost: string | null
  readonly EffectiveCost: string | null
  readonly InvoiceId: string | null
  readonly InvoiceIssuerName: string | null
  readonly ListCost: string | null
  readonly PricingCategory: string | null
  readonly PricingCurrency: string | null
  readonly PricingQuantity: string | null
  readonly PricingUnit: string | null
  readonly ProviderName: string | null
  readonly PublisherName: string | null
  readonly ResourceId: string | null
  readonly ResourceName: string | null
  readonly ResourceType: string | null
  readonly ServiceCategory: string | null
  readonly ServiceName: string | null
  readonly ServiceSubcategory: string | null
  readonly SkuId: string | null
  readonly SkuMeter: string | null
  readonly SubAccountId: string | null
  readonly SubAccountName: string | null
  readonly SubAccountType: string | null
  readonly Tags: string | null
  readonly x_AbsorbedCost: string | null
  readonly x_PriceBook: string | null
}

export type Guardrail = {
  readonly guardrail_id: string
  /** What the limit is of. */
  readonly scope: 'key' | 'member' | 'team' | 'organization'
  readonly scope_id: string
  /** RFC 3339, in UTC. */
  readonly updated_at: string
  /** Nothing, a note on the record, the place blacked out, or a refusal. */
  readonly personal_data: 'off' | 'warn' | 'redact' | 'block'
  /** API keys, tokens and private keys in what is sent. */
  readonly credentials: 'off' | 'warn' | 'redact' | 'block'
  /** Phrases that try to override instructions. */
  readonly injection: 'off' | 'warn' | 'block'
  readonly blocked_terms: readonly string[]
  /** Nothing, a note on the record, the place blacked out, or a refusal. */
  readonly blocked_terms_action: 'off' | 'warn' | 'redact' | 'block'
  /** Answers are looked through too, for all of these but injection. */
  readonly answers: boolean
  /** Empty = all. */
  readonly allowed_models: readonly string[]
  /** Members of the body that are refused. */
  readonly refused_parameters: readonly string[]
  readonly max_output_tokens: number | null
  /** The same request of the same key is answered from the cache for so long. */
  readonly cache_seconds: number | null
}

export type Invitation = {
  readonly invitation_id: string
  readonly email: string
  readonly role: 'owner' | 'admin' | 'billing' | 'developer' | 'viewer'
  readonly team_id: string | null
  readonly team_role: 'team_admin' | 'developer'
  readonly invited_by: string
  /** RFC 3339, in UTC. */
  readonly created_at: string
  /** RFC 3339, in UTC. */
  readonly expires_at: string
}

export type Invoice = {
  readonly invoice_id: string
  readonly number: string
  /** First day of the month. */
  readonly period: string
  readonly status: 'finalised' | 'carried' | 'open' | 'past_due' | 'paid' | 'uncollectible' | 'void'
  /** What is to be paid, in whole cents. */
  readonly total_usd: string
  /** Dollars as a decimal string, exact. */
  readonly usage_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly usage_pusd: string
  /** Less than a cent, from the invoice before. */
  readonly carry_in_pusd: string
  /** Less than a cent, to the next invoice. */
  readonly carry_out_pusd: string
  readonly event_count: string
  /** RFC 3339, in UTC. */
  readonly issued_at: string
}

export type InvoiceEvidence = {
  readonly invoice_id: string
  readonly number: string
  /** Count, sum and hash of the usage events the invoice is made of. */
  readonly evidence: unknown
  /** Of the HTML as issued; null while it waits for the tax to be computed. */
  readonly document_sha256: string | null
  readonly pdf_sha256: string | null
  readonly proofs: readonly {
    readonly proof: string
    /** The same amount in pico-dollars (10^-12), as an integer string. */
    readonly difference_pusd: string
    readonly detail: unknown
    /** RFC 3339, in UTC. */
    readonly ran_at: string
  }[]
}

export type InvoiceLine = {
  readonly position: number
  readonly kind: string
  readonly description: string
  readonly billing_period: string
  readonly model: string | null
  readonly provider: string | null
  readonly price_book: number | null
  readonly units: unknown
  /** Dollars as a decimal string, exact. */
  readonly amount_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly amount_pusd: string
}

export type InvoiceWithLines = {
  readonly invoice_id: string
  readonly number: string
  /** First day of the month. */
  readonly period: string
  readonly status: 'finalised' | 'carried' | 'open' | 'past_due' | 'paid' | 'uncollectible' | 'void'
  /** What is to be paid, in whole cents. */
  readonly total_usd: string
  /** Dollars as a decimal string, exact. */
  readonly usage_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly usage_pusd: string
  /** Less than a cent, from the invoice before. */
  readonly carry_in_pusd: string
  /** Less than a cent, to the next invoice. */
  readonly carry_out_pusd: string
  readonly event_count: string
  /** RFC 3339, in UTC. */
  readonly issued_at: string
  readonly lines: readonly InvoiceLine[]
}

export type Key = {
  readonly key_id: string
  readonly name: string
  readonly kind: 'member' | 'service'
  readonly status: 'active' | 'revoked'
  /** Null for a service key. */
  readonly member_id: string | null
  /** The team it counts against. */
  readonly team_id: string | null
  /** The parts of the key that are no secret. */
  readonly shown: string
  readonly labels: readonly string[]
  /** Empty = all; so for the three below. */
  readonly allowed_models: readonly string[]
  readonly allowed_endpoints: readonly string[]
  readonly allowed_routes: readonly string[]
  readonly allowed_cidrs: readonly string[]
  readonly expires_at: string | null
  /** RFC 3339, in UTC. */
  readonly created_at: string
  readonly revoked_at: string | null
  /** To the hour. */
  readonly last_used_at: string | null
  /** Dollars as a decimal string, exact. */
  readonly spent_this_month_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly spent_this_month_pusd: string
}

export type Member = {
  readonly member_id: string
  readonly name: string
  readonly email: string
  readonly role: 'owner' | 'admin' | 'billing' | 'developer' | 'viewer'
  readonly teams: readonly {
    readonly team_id: string
    readonly name: string
    readonly role: 'team_admin' | 'developer'
  }[]
  /** RFC 3339, in UTC. */
  readonly joined_at: string
  /** To five minutes; null = never. */
  readonly last_seen_at: string | null
  readonly active_keys: number | null
  /** In the current UTC month. Null where the role may not see it. */
  readonly spent_this_month_usd: string | null
  readonly spent_this_month_pusd: string | null
}

export type NamedCustomModel = {
  readonly model: string
}

export type Organization = {
  readonly organization_id: string
  /** First part of the dashboard’s paths. */
  readonly slug: string
  readonly name: string
  readonly status: 'active' | 'suspended' | 'closed'
  /** RFC 3339, in UTC. */
  readonly created_at: string
}

export type RateLimit = {
  readonly rate_limit_id: string
  /** What the limit is of. */
  readonly scope: 'key' | 'member' | 'team' | 'organization'
  readonly scope_id: string
  readonly requests_per_minute: number | null
  readonly tokens_per_minute: number | null
  readonly concurrency: number | null
  readonly model: string | null
  readonly tag: string | null
}

export type RateLimitState = {
  readonly rate_limit_id: string
  /** What the limit is of. */
  readonly scope: 'key' | 'member' | 'team' | 'organization'
  readonly scope_id: string
  readonly requests_per_minute: number | null
  readonly tokens_per_minute: number | null
  readonly concurrency: number | null
  readonly model: string | null
  readonly tag: string | null
  /** Null where there is no such limit. */
  readonly requests_used: number | null
  /** Null where there is no such limit. */
  readonly tokens_used: number | null
  /** Null where there is no such limit. */
  readonly concurrent: number | null
  /** Without it nobody knows how much of the minute is used. */
  readonly is_live: boolean
}

export type Request = {
  readonly request_id: string
  /** RFC 3339, in UTC. */
  readonly started_at: string
  readonly duration_ms: number
  readonly first_byte_ms: number | null
  readonly endpoint: string
  readonly streamed: boolean
  readonly provider: string
  readonly model_requested: string
  readonly model: string
  readonly key_id: string
  readonly key_name: string | null
  readonly member_id: string | null
  readonly team_id: string | null
  readonly outcome: string
  readonly http_status: number
  readonly error_code: string | null
  readonly attempts: number
  /** Tokens and other units by kind, each counted once. */
  readonly units: Readonly<Record<string, number>>
  /** Dollars as a decimal string, exact. */
  readonly billed_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly billed_pusd: string
}

export type RequestContent = {
  /** Null: nothing is kept of this request. */
  readonly request: {
    readonly messages: readonly {
      readonly role: 'system' | 'user' | 'assistant' | 'tool'
      readonly parts: readonly {
        readonly type: 'text' | 'thinking' | 'refusal' | 'tool-call' | 'tool-result' | 'media'
        /** Of the tool. */
        readonly name: string | null
        readonly text: string | null
        /** Stands where there was one: its bytes are never kept. */
        readonly media: 'image' | 'audio' | 'file' | null
      }[]
    }[]
    /** More was said than is kept. The oldest messages of a request are missing, or the end of an answer. */
    readonly is_cut: boolean
  } | null
  readonly answer: {
    readonly messages: readonly {
      readonly role: 'system' | 'user' | 'assistant' | 'tool'
      readonly parts: readonly {
        readonly type: 'text' | 'thinking' | 'refusal' | 'tool-call' | 'tool-result' | 'media'
        /** Of the tool. */
        readonly name: string | null
        readonly text: string | null
        /** Stands where there was one: its bytes are never kept. */
        readonly media: 'image' | 'audio' | 'file' | null
      }[]
    }[]
    /** More was said than is kept. The oldest messages of a request are missing, or the end of an answer. */
    readonly is_cut: boolean
  } | null
  readonly kept_until: string | null
}

export type RequestDetail = {
  readonly request_id: string
  readonly key_id: string
  readonly member_id: string | null
  readonly team_id: string | null
  readonly endpoint: string
  readonly streamed: boolean
  readonly model_requested: string
  readonly events: readonly RequestEvent[]
}

export type RequestEvent = {
  readonly attempt: number
  /** `settle` for an attempt, otherwise a correction or refund of one. */
  readonly kind: string
  readonly provider: string
  readonly offering: string
  readonly model_served: string | null
  readonly funding: string
  /** RFC 3339, in UTC. */
  readonly started_at: string
  readonly first_byte_at: string | null
  /** RFC 3339, in UTC. */
  readonly ended_at: string
  readonly billing_period: string
  /** The dated list prices it was billed by. */
  readonly price_book: number
  /** Tokens and other units by kind, each counted once. */
  readonly units: Readonly<Record<string, number>>
  readonly outcome: string
  /** Its answer is the one the caller got. */
  readonly is_final: boolean
  readonly http_status: number
  readonly error_code: string | null
  /** Dollars as a decimal string, exact. */
  readonly cost_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly cost_pusd: string
  /** Dollars as a decimal string, exact. */
  readonly billed_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly billed_pusd: string
  /** Why it was routed this way, step by step. */
  readonly trail: readonly unknown[]
}

export type RotatedKey = {
  readonly key: Key
  /** The whole key: in this answer and never again. */
  readonly api_key: string
  /** RFC 3339, in UTC. */
  readonly former_ends_at: string
}

export type Route = {
  readonly route_id: string
  /** What callers name instead of a model. */
  readonly name: string
  /** RFC 3339, in UTC. */
  readonly created_at: string
  /** Its newest published version; null while there are drafts only. */
  readonly published: {
    readonly number: number
    readonly policy: unknown
    readonly note: string
    readonly published_at: string | null
  } | null
}

export type Team = {
  readonly team_id: string
  readonly name: string
  readonly member_count: number
  readonly active_keys: number | null
  readonly spent_this_month_usd: string | null
  readonly spent_this_month_pusd: string | null
  /** RFC 3339, in UTC. */
  readonly created_at: string
}

export type TeamWithMembers = {
  readonly team_id: string
  readonly name: string
  readonly member_count: number
  readonly active_keys: number | null
  readonly spent_this_month_usd: string | null
  readonly spent_this_month_pusd: string | null
  /** RFC 3339, in UTC. */
  readonly created_at: string
  readonly members: readonly Member[]
}

export type UsagePoint = {
  /** Start of the UTC hour or day; of the whole span when `step` is total. */
  readonly start: string
  /** The model, provider or id; null where there is none. */
  readonly group: string | null
  readonly name: string | null
  readonly requests: number
  readonly failures: number
  /** Tokens and other units by kind, each counted once; integers as text. */
  readonly units: Readonly<Record<string, string>>
  /** By the provider’s list price. */
  readonly cost_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly cost_pusd: string
  /** Dollars as a decimal string, exact. */
  readonly billed_usd: string
  /** The same amount in pico-dollars (10^-12), as an integer string. */
  readonly billed_pusd: string
}

export interface Operations {
  /** Read the organization */
  readonly readOrganization: {
    readonly ask: Readonly<Record<never, never>>
    readonly answer: Organization
  }
  /** Rename the organization */
  readonly updateOrganization: {
    readonly ask: {
      readonly body: {
        readonly name?: string | undefined
        readonly slug?: string | undefined
      }
    }
    readonly answer: Organization
  }
  /** List members */
  readonly listMembers: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly search?: string | undefined
        readonly team_id?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly Member[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Read a member */
  readonly readMember: {
    readonly ask: {
      readonly params: {
        readonly member_id: string
      }
    }
    readonly answer: Member
  }
  /** Change a member’s role */
  readonly changeRole: {
    readonly ask: {
      readonly params: {
        readonly member_id: string
      }
      readonly body: {
        readonly role: 'owner' | 'admin' | 'billing' | 'developer' | 'viewer'
      }
    }
    readonly answer: undefined
  }
  /** Remove a member */
  readonly removeMember: {
    readonly ask: {
      readonly params: {
        readonly member_id: string
      }
    }
    readonly answer: undefined
  }
  /** List open invitations */
  readonly listInvitations: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly Invitation[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Revoke an invitation */
  readonly revokeInvitation: {
    readonly ask: {
      readonly params: {
        readonly invitation_id: string
      }
    }
    readonly answer: undefined
  }
  /** List teams */
  readonly listTeams: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly Team[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Create a team */
  readonly createTeam: {
    readonly ask: {
      readonly body: {
        readonly name: string
      }
      readonly idempotencyKey?: string
    }
    readonly answer: CreatedTeam
  }
  /** Read a team and who is in it */
  readonly readTeam: {
    readonly ask: {
      readonly params: {
        readonly team_id: string
      }
    }
    readonly answer: TeamWithMembers
  }
  /** Rename a team */
  readonly renameTeam: {
    readonly ask: {
      readonly params: {
        readonly team_id: string
      }
      readonly body: {
        readonly name: string
      }
    }
    readonly answer: undefined
  }
  /** Archive a team */
  readonly archiveTeam: {
    readonly ask: {
      readonly params: {
        readonly team_id: string
      }
    }
    readonly answer: undefined
  }
  /** Put a member into a team */
  readonly setTeamRole: {
    readonly ask: {
      readonly params: {
        readonly team_id: string
        readonly member_id: string
      }
      readonly body: {
        readonly role: 'team_admin' | 'developer'
      }
    }
    readonly answer: undefined
  }
  /** Take a member out of a team */
  readonly removeFromTeam: {
    readonly ask: {
      readonly params: {
        readonly team_id: string
        readonly member_id: string
      }
    }
    readonly answer: undefined
  }
  /** List keys */
  readonly listKeys: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly status?: 'active' | 'revoked' | undefined
        readonly member_id?: string | undefined
        readonly team_id?: string | undefined
        readonly search?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly Key[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Create a key */
  readonly createKey: {
    readonly ask: {
      readonly body: {
        readonly name: string
        /** A member, or a team for a service key that outlives its members. */
        readonly owner:
          | {
              readonly kind: 'member'
              readonly member_id: string
              readonly team_id?: string | null | undefined
            }
          | {
              readonly kind: 'service'
              readonly team_id: string
            }
        readonly allowed_models?: readonly string[] | null | undefined
        readonly allowed_endpoints?:
          | readonly (
              | 'chat.completions'
              | 'messages'
              | 'generate-content'
              | 'responses'
              | 'completions'
              | 'embeddings'
              | 'embed-content'
              | 'rerank'
              | 'moderations'
              | 'images.generations'
              | 'images.edits'
              | 'audio.speech'
              | 'audio.transcriptions'
              | 'audio.translations'
              | 'realtime'
            )[]
          | null
          | undefined
        readonly allowed_routes?: readonly string[] | null | undefined
        readonly allowed_cidrs?: readonly string[] | null | undefined
        readonly labels?: readonly string[] | null | undefined
        /** Null = it does not expire. */
        readonly expires_at?: string | null | undefined
        readonly budgets?:
          | readonly {
              readonly period: 'day' | 'week' | 'month' | 'total'
              readonly unit?: 'usd' | 'tokens' | undefined
              /** Dollars, or a whole number of tokens, as a decimal string. */
              readonly limit: string
              /** A hard budget refuses, a soft one only tells. */
              readonly hard?: boolean | undefined
              /** IANA zone in which the period begins at midnight. */
              readonly time_zone?: string | undefined
              /** Percent. */
              readonly soft_thresholds?: readonly number[] | undefined
              /** Counts this model only. */
              readonly model?: string | null | undefined
              /** Counts requests with this tag only. */
              readonly tag?: string | null | undefined
            }[]
          | undefined
        readonly rate_limit?:
          | {
              readonly requests_per_minute?: number | null | undefined
              readonly tokens_per_minute?: number | null | undefined
              readonly concurrency?: number | null | undefined
              /** Counts this model only. */
              readonly model?: string | null | undefined
              /** Counts requests with this tag only. */
              readonly tag?: string | null | undefined
            }
          | null
          | undefined
      }
      readonly idempotencyKey?: string
    }
    readonly answer: CreatedKey
  }
  /** Read a key */
  readonly readKey: {
    readonly ask: {
      readonly params: {
        readonly key_id: string
      }
    }
    readonly answer: Key
  }
  /** Change a key */
  readonly updateKey: {
    readonly ask: {
      readonly params: {
        readonly key_id: string
      }
      readonly body: {
        readonly name?: string | undefined
        readonly allowed_models?: readonly string[] | null | undefined
        readonly allowed_endpoints?:
          | readonly (
              | 'chat.completions'
              | 'messages'
              | 'generate-content'
              | 'responses'
              | 'completions'
              | 'embeddings'
              | 'embed-content'
              | 'rerank'
              | 'moderations'
              | 'images.generations'
              | 'images.edits'
              | 'audio.speech'
              | 'audio.transcriptions'
              | 'audio.translations'
              | 'realtime'
            )[]
          | null
          | undefined
        readonly allowed_routes?: readonly string[] | null | undefined
        readonly allowed_cidrs?: readonly string[] | null | undefined
        readonly labels?: readonly string[] | null | undefined
        /** Null = it does not expire. */
        readonly expires_at?: string | null | undefined
      }
    }
    readonly answer: Key
  }
  /** Revoke a key */
  readonly revokeKey: {
    readonly ask: {
      readonly params: {
        readonly key_id: string
      }
    }
    readonly answer: undefined
  }
  /** Rotate a key */
  readonly rotateKey: {
    readonly ask: {
      readonly params: {
        readonly key_id: string
      }
      readonly body: {
        readonly overlap_minutes?: number | undefined
      }
      readonly idempotencyKey?: string
    }
    readonly answer: RotatedKey
  }
  /** End a rotation’s overlap */
  readonly endFormerSecrets: {
    readonly ask: {
      readonly params: {
        readonly key_id: string
      }
    }
    readonly answer: undefined
  }
  /** List budgets */
  readonly listBudgets: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly scope?: 'key' | 'member' | 'team' | 'organization' | undefined
        readonly scope_id?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly BudgetState[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Set a budget */
  readonly setBudget: {
    readonly ask: {
      readonly body: {
        readonly period: 'day' | 'week' | 'month' | 'total'
        readonly unit?: 'usd' | 'tokens' | undefined
        /** Dollars, or a whole number of tokens, as a decimal string. */
        readonly limit: string
        /** A hard budget refuses, a soft one only tells. */
        readonly hard?: boolean | undefined
        /** IANA zone in which the period begins at midnight. */
        readonly time_zone?: string | undefined
        /** Percent. */
        readonly soft_thresholds?: readonly number[] | undefined
        /** Counts this model only. */
        readonly model?: string | null | undefined
        /** Counts requests with this tag only. */
        readonly tag?: string | null | undefined
        /** What the limit is of. */
        readonly scope: 'key' | 'member' | 'team' | 'organization'
        readonly scope_id: string
      }
      readonly idempotencyKey?: string
    }
    readonly answer: Budget
  }
  /** Change a budget */
  readonly updateBudget: {
    readonly ask: {
      readonly params: {
        readonly budget_id: string
      }
      readonly body: {
        /** Dollars, or a whole number of tokens, as a decimal string. */
        readonly limit?: string | undefined
        readonly hard?: boolean | undefined
        readonly soft_thresholds?: readonly number[] | undefined
      }
    }
    readonly answer: Budget
  }
  /** Remove a budget */
  readonly removeBudget: {
    readonly ask: {
      readonly params: {
        readonly budget_id: string
      }
    }
    readonly answer: undefined
  }
  /** List rate limits */
  readonly listRateLimits: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly scope?: 'key' | 'member' | 'team' | 'organization' | undefined
        readonly scope_id?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly RateLimitState[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Set a rate limit */
  readonly setRateLimit: {
    readonly ask: {
      readonly body: {
        readonly requests_per_minute?: number | null | undefined
        readonly tokens_per_minute?: number | null | undefined
        readonly concurrency?: number | null | undefined
        /** Counts this model only. */
        readonly model?: string | null | undefined
        /** Counts requests with this tag only. */
        readonly tag?: string | null | undefined
        /** What the limit is of. */
        readonly scope: 'key' | 'member' | 'team' | 'organization'
        readonly scope_id: string
      }
      readonly idempotencyKey?: string
    }
    readonly answer: RateLimit
  }
  /** Remove a rate limit */
  readonly removeRateLimit: {
    readonly ask: {
      readonly params: {
        readonly rate_limit_id: string
      }
    }
    readonly answer: undefined
  }
  /** List guardrails */
  readonly listGuardrails: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly scope?: 'key' | 'member' | 'team' | 'organization' | undefined
        readonly scope_id?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly Guardrail[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Set a guardrail */
  readonly setGuardrail: {
    readonly ask: {
      readonly body: {
        /** Nothing, a note on the record, the place blacked out, or a refusal. */
        readonly personal_data?: 'off' | 'warn' | 'redact' | 'block' | undefined
        /** API keys, tokens and private keys in what is sent. */
        readonly credentials?: 'off' | 'warn' | 'redact' | 'block' | undefined
        /** Phrases that try to override instructions. */
        readonly injection?: 'off' | 'warn' | 'block' | undefined
        readonly blocked_terms?: readonly string[] | undefined
        /** Nothing, a note on the record, the place blacked out, or a refusal. */
        readonly blocked_terms_action?: 'off' | 'warn' | 'redact' | 'block' | undefined
        /** Answers are looked through too, for all of these but injection. */
        readonly answers?: boolean | undefined
        /** Empty = all. */
        readonly allowed_models?: readonly string[] | undefined
        /** Members of the body that are refused. */
        readonly refused_parameters?: readonly string[] | undefined
        readonly max_output_tokens?: number | null | undefined
        /** The same request of the same key is answered from the cache for so long. */
        readonly cache_seconds?: number | null | undefined
        /** What the limit is of. */
        readonly scope: 'key' | 'member' | 'team' | 'organization'
        readonly scope_id: string
      }
      readonly idempotencyKey?: string
    }
    readonly answer: Guardrail
  }
  /** Remove a guardrail */
  readonly removeGuardrail: {
    readonly ask: {
      readonly params: {
        readonly guardrail_id: string
      }
    }
    readonly answer: undefined
  }
  /** List your provider credentials */
  readonly listCredentials: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly Credential[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Add a provider credential */
  readonly addCredential: {
    readonly ask: {
      readonly body: {
        readonly provider: string
        readonly label: string
        /** The provider’s key: an API key, a secret access key, or the JSON key of a service account. Sealed for the proxy; never shown again. */
        readonly provider_key: string
        /** What the credential has beside its key, by the provider’s own names, such as `region`. Sealed with it. */
        readonly fields?: Readonly<Record<string, string>> | undefined
        readonly base_url?: string | null | undefined
        /** `prefer` falls back to the platform’s; `only` never does. */
        readonly preference?: 'prefer' | 'only' | undefined
      }
      readonly idempotencyKey?: string
    }
    readonly answer: AddedCredential
  }
  /** Read a credential */
  readonly readCredential: {
    readonly ask: {
      readonly params: {
        readonly credential_id: string
      }
    }
    readonly answer: Credential
  }
  /** Change a credential */
  readonly updateCredential: {
    readonly ask: {
      readonly params: {
        readonly credential_id: string
      }
      readonly body: {
        readonly label?: string | undefined
        /** `prefer` falls back to the platform’s; `only` never does. */
        readonly preference?: 'prefer' | 'only' | undefined
        readonly enabled?: boolean | undefined
      }
    }
    readonly answer: undefined
  }
  /** Delete a credential */
  readonly deleteCredential: {
    readonly ask: {
      readonly params: {
        readonly credential_id: string
      }
    }
    readonly answer: undefined
  }
  /** Replace a credential’s key */
  readonly replaceCredential: {
    readonly ask: {
      readonly params: {
        readonly credential_id: string
      }
      readonly body: {
        /** The provider’s key: an API key, a secret access key, or the JSON key of a service account. Sealed for the proxy; never shown again. */
        readonly provider_key: string
        /** What the credential has beside its key, by the provider’s own names, such as `region`. Sealed with it. */
        readonly fields?: Readonly<Record<string, string>> | undefined
        readonly base_url?: string | null | undefined
      }
    }
    readonly answer: undefined
  }
  /** List your own endpoints */
  readonly listCustomEndpoints: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly CustomEndpoint[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Add an endpoint of your own */
  readonly addCustomEndpoint: {
    readonly ask: {
      readonly body: {
        /** Its models are called `custom/<name>/<model>`. */
        readonly name: string
        readonly label: string
        readonly shape: 'openai-chat' | 'anthropic-messages' | 'gemini'
        /** Everything before `/chat/completions`, `/messages` or `/models/…`. A public https address. */
        readonly base_url: string
        /** Left out where the endpoint asks for none. Sealed for the proxy; never shown again. */
        readonly endpoint_key?: string | undefined
        /** Sent with every call beside the key. Sealed with it. */
        readonly headers?: Readonly<Record<string, string>> | undefined
      }
      readonly idempotencyKey?: string
    }
    readonly answer: AddedCustomEndpoint
  }
  /** Read an endpoint */
  readonly readCustomEndpoint: {
    readonly ask: {
      readonly params: {
        readonly endpoint_id: string
      }
    }
    readonly answer: CustomEndpoint
  }
  /** Rename an endpoint, or switch it off and on */
  readonly updateCustomEndpoint: {
    readonly ask: {
      readonly params: {
        readonly endpoint_id: string
      }
      readonly body: {
        /** Its models are called `custom/<name>/<model>`. */
        readonly name?: string | undefined
        readonly label?: string | undefined
        readonly enabled?: boolean | undefined
      }
    }
    readonly answer: undefined
  }
  /** Remove an endpoint */
  readonly removeCustomEndpoint: {
    readonly ask: {
      readonly params: {
        readonly endpoint_id: string
      }
    }
    readonly answer: undefined
  }
  /** Replace an endpoint’s address, key and headers */
  readonly replaceCustomEndpoint: {
    readonly ask: {
      readonly params: {
        readonly endpoint_id: string
      }
      readonly body: {
        /** Everything before `/chat/completions`, `/messages` or `/models/…`. A public https address. */
        readonly base_url: string
        /** Left out where the endpoint asks for none. Sealed for the proxy; never shown again. */
        readonly endpoint_key?: string | undefined
        /** Sent with every call beside the key. Sealed with it. */
        readonly headers?: Readonly<Record<string, string>> | undefined
      }
    }
    readonly answer: undefined
  }
  /** Test an endpoint */
  readonly testCustomEndpoint: {
    readonly ask: {
      readonly params: {
        readonly endpoint_id: string
      }
      readonly idempotencyKey?: string
    }
    readonly answer: CustomEndpointTest
  }
  /** Add a model to an endpoint, or describe it anew */
  readonly setCustomModel: {
    readonly ask: {
      readonly params: {
        readonly endpoint_id: string
      }
      readonly body: {
        /** The end of `custom/<endpoint>/<model>`. */
        readonly name: string
        /** What the endpoint calls it. */
        readonly upstream_model: string
        readonly task?: 'chat' | 'embeddings' | undefined
        readonly reasoning?: boolean | undefined
        readonly context_tokens?: number | null | undefined
        readonly max_output_tokens?: number | null | undefined
        /** Decimal dollars for a million tokens, as you declare them, both or neither: they show in your usage, and never on an invoice. */
        readonly input_usd_per_million?: string | null | undefined
        /** Decimal dollars for a million tokens, as you declare them, both or neither: they show in your usage, and never on an invoice. */
        readonly output_usd_per_million?: string | null | undefined
      }
    }
    readonly answer: NamedCustomModel
  }
  /** Remove a model from an endpoint */
  readonly removeCustomModel: {
    readonly ask: {
      readonly params: {
        readonly endpoint_id: string
      }
      readonly query: {
        readonly name: string
      }
    }
    readonly answer: undefined
  }
  /** List routing policies */
  readonly listRoutes: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly Route[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Read usage */
  readonly readUsage: {
    readonly ask: {
      readonly query: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly from: string
        readonly to: string
        readonly step?: 'hour' | 'day' | 'total' | undefined
        readonly group_by?: 'model' | 'provider' | 'team' | 'member' | 'key' | undefined
        readonly model?: string | undefined
        readonly key_id?: string | undefined
        readonly member_id?: string | undefined
        readonly team_id?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly UsagePoint[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Export usage call by call */
  readonly exportUsage: {
    readonly ask: {
      readonly query: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly from: string
        readonly to: string
        readonly key_id?: string | undefined
        readonly member_id?: string | undefined
        readonly team_id?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly ExportedEvent[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Read costs by team, member, key or tag */
  readonly readCosts: {
    readonly ask: {
      readonly query: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly from: string
        readonly to: string
        readonly by: 'team' | 'member' | 'key' | 'tag'
        readonly member_id?: string | undefined
        readonly team_id?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly Cost[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Export one day in the columns of FOCUS 1.2 */
  readonly exportFocus: {
    readonly ask: {
      readonly query: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly day: string
        readonly member_id?: string | undefined
        readonly team_id?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly FocusRow[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** List requests */
  readonly listRequests: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly model?: string | undefined
        readonly provider?: string | undefined
        readonly key_id?: string | undefined
        readonly member_id?: string | undefined
        readonly team_id?: string | undefined
        readonly result?: 'ok' | 'failed' | undefined
      }
    }
    readonly answer: {
      readonly data: readonly Request[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Read a request */
  readonly readRequest: {
    readonly ask: {
      readonly params: {
        readonly request_id: string
      }
    }
    readonly answer: RequestDetail
  }
  /** Read how long content is kept */
  readonly readContentPolicy: {
    readonly ask: Readonly<Record<never, never>>
    readonly answer: ContentPolicy
  }
  /** Set how long content is kept */
  readonly setContentPolicy: {
    readonly ask: {
      readonly body: {
        readonly team_id?: string | null | undefined
        readonly days: 0 | 7 | 30 | null
      }
    }
    readonly answer: ContentPolicy
  }
  /** Read the content of a request */
  readonly readRequestContent: {
    readonly ask: {
      readonly params: {
        readonly request_id: string
      }
    }
    readonly answer: RequestContent
  }
  /** List invoices */
  readonly listInvoices: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly Invoice[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
  /** Read an invoice with its lines */
  readonly readInvoice: {
    readonly ask: {
      readonly params: {
        readonly invoice_id: string
      }
    }
    readonly answer: InvoiceWithLines
  }
  /** Read an invoice’s evidence */
  readonly readInvoiceEvidence: {
    readonly ask: {
      readonly params: {
        readonly invoice_id: string
      }
    }
    readonly answer: InvoiceEvidence
  }
  /** List the record of acts */
  readonly listAuditLog: {
    readonly ask: {
      readonly query?: {
        readonly limit?: number | undefined
        readonly cursor?: string | undefined
        readonly actor_kind?: 'member' | 'management-key' | 'support' | 'system' | undefined
        readonly action?: string | undefined
        readonly subject_kind?: string | undefined
        readonly subject_id?: string | undefined
        readonly from?: string | undefined
        readonly until?: string | undefined
      }
    }
    readonly answer: {
      readonly data: readonly AuditEntry[]
      /** Null on the last page. */
      readonly next_cursor: string | null
    }
  }
}

export const OPERATIONS = {
  readOrganization: { method: 'GET', path: '/organization' },
  updateOrganization: { method: 'PATCH', path: '/organization' },
  listMembers: { method: 'GET', path: '/members' },
  readMember: { method: 'GET', path: '/members/{member_id}' },
  changeRole: { method: 'PATCH', path: '/members/{member_id}' },
  removeMember: { method: 'DELETE', path: '/members/{member_id}' },
  listInvitations: { method: 'GET', path: '/invitations' },
  revokeInvitation: { method: 'DELETE', path: '/invitations/{invitation_id}' },
  listTeams: { method: 'GET', path: '/teams' },
  createTeam: { method: 'POST', path: '/teams' },
  readTeam: { method: 'GET', path: '/teams/{team_id}' },
  renameTeam: { method: 'PATCH', path: '/teams/{team_id}' },
  archiveTeam: { method: 'DELETE', path: '/teams/{team_id}' },
  setTeamRole: { method: 'PUT', path: '/teams/{team_id}/members/{member_id}' },
  removeFromTeam: { method: 'DELETE', path: '/teams/{team_id}/members/{member_id}' },
  listKeys: { method: 'GET', path: '/keys' },
  createKey: { method: 'POST', path: '/keys' },
  readKey: { method: 'GET', path: '/keys/{key_id}' },
  updateKey: { method: 'PATCH', path: '/keys/{key_id}' },
  revokeKey: { method: 'DELETE', path: '/keys/{key_id}' },
  rotateKey: { method: 'POST', path: '/keys/{key_id}/rotate' },
  endFormerSecrets: { method: 'DELETE', path: '/keys/{key_id}/former-secrets' },
  listBudgets: { method: 'GET', path: '/budgets' },
  setBudget: { method: 'POST', path: '/budgets' },
  updateBudget: { method: 'PATCH', path: '/budgets/{budget_id}' },
  removeBudget: { method: 'DELETE', path: '/budgets/{budget_id}' },
  listRateLimits: { method: 'GET', path: '/rate-limits' },
  setRateLimit: { method: 'POST', path: '/rate-limits' },
  removeRateLimit: { method: 'DELETE', path: '/rate-limits/{rate_limit_id}' },
  listGuardrails: { method: 'GET', path: '/guardrails' },
  setGuardrail: { method: 'POST', path: '/guardrails' },
  removeGuardrail: { method: 'DELETE', path: '/guardrails/{guardrail_id}' },
  listCredentials: { method: 'GET', path: '/credentials' },
  addCredential: { method: 'POST', path: '/credentials' },
  readCredential: { method: 'GET', path: '/credentials/{credential_id}' },
  updateCredential: { method: 'PATCH', path: '/credentials/{credential_id}' },
  deleteCredential: { method: 'DELETE', path: '/credentials/{credential_id}' },
  replaceCredential: { method: 'PUT', path: '/credentials/{credential_id}/key' },
  listCustomEndpoints: { method: 'GET', path: '/custom-endpoints' },
  addCustomEndpoint: { method: 'POST', path: '/custom-endpoints' },
  readCustomEndpoint: { method: 'GET', path: '/custom-endpoints/{endpoint_id}' },
  updateCustomEndpoint: { method: 'PATCH', path: '/custom-endpoints/{endpoint_id}' },
  removeCustomEndpoint: { method: 'DELETE', path: '/custom-endpoints/{endpoint_id}' },
  replaceCustomEndpoint: { method: 'PUT', path: '/custom-endpoints/{endpoint_id}/access' },
  testCustomEndpoint: { method: 'POST', path: '/custom-endpoints/{endpoint_id}/test' },
  setCustomModel: { method: 'PUT', path: '/custom-endpoints/{endpoint_id}/models' },
  removeCustomModel: { method: 'DELETE', path: '/custom-endpoints/{endpoint_id}/models' },
  listRoutes: { method: 'GET', path: '/routes' },
  readUsage: { method: 'GET', path: '/usage' },
  exportUsage: { method: 'GET', path: '/usage/events' },
  readCosts: { method: 'GET', path: '/usage/costs' },
  exportFocus: { method: 'GET', path: '/usage/focus' },
  listRequests: { method: 'GET', path: '/requests' },
  readRequest: { method: 'GET', path: '/requests/{request_id}' },
  readContentPolicy: { method: 'GET', path: '/content-policy' },
  setContentPolicy: { method: 'PUT', path: '/content-policy' },
  readRequestContent: { method: 'GET', path: '/requests/{request_id}/content' },
  listInvoices: { method: 'GET', path: '/invoices' },
  readInvoice: { method: 'GET', path: '/invoices/{invoice_id}' },
  readInvoiceEvidence: { method: 'GET', path: '/invoices/{invoice_id}/evidence' },
  listAuditLog: { method: 'GET', path: '/audit-log' },
} as const satisfies Record<keyof Operations, { method: string; path: string }>
