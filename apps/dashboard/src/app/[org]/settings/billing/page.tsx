import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Billing')

export { BillingSettingsPage as default } from '../../../../features/billing/page.tsx'
