import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Guardrails')

export { GuardrailsPage as default } from '../../../../features/guardrails/page.tsx'
