/** What a server action tells its form. `fields` names the input at fault. */
export interface FormState {
  readonly status: 'idle' | 'failed' | 'done'
  readonly message?: string
  /** Of the expected failure behind the message, for forms that can do something about it. */
  readonly code?: string
  readonly fields?: Readonly<Record<string, string>>
}

export const IDLE: FormState = { status: 'idle' }
