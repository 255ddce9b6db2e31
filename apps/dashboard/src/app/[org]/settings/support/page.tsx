import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Support access')

export { SupportAccessPage as default } from '../../../../features/support/page.tsx'
