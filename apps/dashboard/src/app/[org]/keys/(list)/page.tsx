import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Keys')

export { KeysPage as default } from '../../../../features/keys/page.tsx'
