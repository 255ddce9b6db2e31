import { titled } from '../../../auth/titled.ts'

export const generateMetadata = titled('Usage')

export { UsagePage as default } from '../../../features/usage/page.tsx'
