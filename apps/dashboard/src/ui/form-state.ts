/** What a server action tells its form. `fields` names the input at fault. */
export interface FormState {
  readonly status: 'idle' | 'failed' | 'done'
  readonly message?: string
  readonly fields?: Readonly<Record<string, string>>
}

export const IDLE: FormState = { status: 'idle' }
