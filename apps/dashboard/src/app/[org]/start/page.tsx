export const metadata = { title: 'Start' }

export { StartPage as default } from '../../../features/onboarding/start-page.tsx'
