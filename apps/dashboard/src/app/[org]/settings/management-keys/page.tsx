import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Management keys')

export { ManagementKeysPage as default } from '../../../../features/management-keys/page.tsx'
