import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Security')

export { SecuritySettingsPage as default } from '../../../../features/security/settings-page.tsx'
