import { titled } from '../../../auth/titled.ts'

export const generateMetadata = titled('Settings')

export { OrganizationSettingsPage as default } from '../../../features/organization/settings-page.tsx'
