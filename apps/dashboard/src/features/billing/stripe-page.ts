import type { FormState } from '../../ui/form-state.ts'

/** Where the browser goes next, or why it does not. */
export type StripePage = FormState | { readonly status: 'done'; readonly url: string }
