import { titled } from '../../../../auth/titled.ts'

export const generateMetadata = titled('Key')

export { KeyPage as default } from '../../../../features/keys/key-page.tsx'
