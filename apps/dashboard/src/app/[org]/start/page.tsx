import { titled } from '../../../auth/titled.ts'

export const generateMetadata = titled('Start')

export { StartPage as default } from '../../../features/onboarding/start-page.tsx'
