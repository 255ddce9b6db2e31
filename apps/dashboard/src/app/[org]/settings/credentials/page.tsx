import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Provider credentials')

export { CredentialsPage as default } from '../../../../features/credentials/page.tsx'
