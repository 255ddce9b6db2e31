export const metadata = { title: 'Usage' }

export { UsagePage as default } from '../../../features/usage/page.tsx'
